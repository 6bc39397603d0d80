"""Print a listing as people read it: short ids, values with their units, a line for each thing."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC
from functools import cache

from notifier.core.facts.state import Scalar
from notifier.render.clean import one_line
from notifier.render.manner import Manner, locale_of
from notifier.render.shipped import vocabularies

SHORT = 8  # characters of an id that tell it from all others; every command takes a beginning
ENDLESS = 100_000  # characters of a line; no cell is as long
IDS = ("id", "incident")  # columns that are of no use when they are cut


def short(identity: str) -> str:
    """As much of an id as people need: commands take the beginning of one."""
    return identity[:SHORT]


def value_of(value: Scalar, unit: str) -> str:
    """A value with its unit, as an English message has it; empty where there is none."""
    return "" if value is None else _manner().value(value, unit)


@cache
def _manner() -> Manner:
    return Manner(vocabularies(None, lambda _: None)["en"], locale_of("en", "en"), UTC)


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[str] = ()
) -> None:
    """Print a table without lines. A terminal cuts what does not fit; a file or a pipe gets it all.

    numbers: The headings of columns that stand to the right.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        least = SHORT if heading in IDS else None
        side = "right" if heading in numbers else "left"
        table.add_column(heading, no_wrap=True, min_width=least, justify=side)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*map(one_line, row))
    width = None if sys.stdout.isatty() else ENDLESS
    Console(markup=False, highlight=False, width=width).print(table)
