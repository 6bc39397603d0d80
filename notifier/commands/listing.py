"""Print a listing as people read it: short ids, values with their units, a line for each thing."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC
from functools import cache
from shutil import get_terminal_size
from textwrap import wrap

from notifier.core.facts.state import Scalar
from notifier.render.clean import one_line
from notifier.render.manner import Manner, locale_of
from notifier.render.shipped import vocabularies

SHORT = 8  # characters of an id that tell it from all others; every command takes a beginning
ENDLESS = 100_000  # characters of a line; no cell is as long


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
    """Print a table without lines, or, on a terminal that is too narrow for it, a paragraph a row.

    numbers: The headings of columns that stand to the right.
    """
    shown = [tuple(map(one_line, row)) for row in rows]
    width = get_terminal_size().columns if sys.stdout.isatty() else ENDLESS
    if _breadth(headings, shown) > width:
        print(*folded(headings, shown, width), sep="\n")
    else:
        _print(headings, shown, numbers)


def folded(headings: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> Iterator[str]:
    """Each row as a paragraph: its first cell, then what else there is, each with its heading."""
    for first, *rest in rows:
        cells = zip(headings[1:], rest, strict=True)
        said = [f"{heading} {cell}" for heading, cell in cells if cell]
        yield from wrap(
            "  ".join((first, ", ".join(said))),
            width,
            subsequent_indent="  ",
            break_on_hyphens=False,
        )


def _breadth(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """How wide the table is, with a blank between two columns."""
    columns = zip(headings, *rows, strict=True)
    return sum(max(map(len, column)) + 1 for column in columns) - 1


def _print(
    headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[str]
) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        side = "right" if heading in numbers else "left"
        table.add_column(heading, no_wrap=True, justify=side)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else ENDLESS
    Console(markup=False, highlight=False, width=width).print(table)
