"""Complete rows: clean their texts, and fill in what is worked out of other fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Any

from notifier.core.endpoint import Collection, Field, Kind
from notifier.core.rows import Row, of_columns, sent
from notifier.core.values import BLANKS, plain, text


def rows_from_texts(
    collection: Collection,
    records: Sequence[Mapping[str, object]],
    hit_values: Iterable[str] = (),
) -> list[Row]:
    """Return the rows of records given as values, as the tables of ``notifier test`` are.

    Args:
        hit_values: The texts that mean a sale; case and accents make no difference.
    """
    columns = {f.name: [record.get(f.name) for record in records] for f in sent(collection)}
    found = of_columns(columns, collection, len(records))
    complete(found.rows, collection, frozenset(map(plain, hit_values)))
    return found.rows


def complete(
    rows: list[Row], collection: Collection, hits: AbstractSet[str], *, printable: bool = False
) -> None:
    """Make texts what ``values.text`` says of them, and fill in what is worked out of others.

    Args:
        hits: The texts that mean a sale, as ``values.plain`` says them.
        printable: No text holds a control character or one that cannot be seen.
    """
    done = {"agent_id"} if collection.split_agent and _split_agents(rows) else set()
    for each in collection.decoded():
        if each.kind in (Kind.TEXT, Kind.TIME) and each.name not in done:
            _tidy(rows, each.name, printable=printable)
        if each.hit_of:
            _mark_hits(rows, each, hits)
    if collection.placeholders:
        _blank_placeholders(rows, collection)


def _tidy(rows: list[Row], name: str, *, printable: bool) -> None:
    """Make texts what ``text`` says of them; nearly always they are so already."""
    distinct = _distinct(name)(rows)
    distinct.discard(None)
    joined = f"|{'|'.join(distinct)}|"
    spaced = "| " in joined or " |" in joined
    if not spaced and distinct.isdisjoint(BLANKS) and (printable or joined.isprintable()):
        return
    mended = {was: now for was in distinct if (now := text(was)[0]) != was}
    for row in rows:
        value = getattr(row, name)
        if value in mended:
            setattr(row, name, mended[value])


@cache
def _distinct(name: str) -> Callable[[list[Row]], set[Any]]:
    """Return what gives a field's distinct values; written out, it takes half of attrgetter's time.

    *name* is the catalogue's own, never the far side's.
    """
    written = f"lambda rows: {{row.{name} for row in rows}}"
    gather: Callable[[list[Row]], set[Any]] = eval(written)  # noqa: S307
    return gather


def _split_agents(rows: list[Any]) -> bool:
    """Tell ``12004-ANA`` apart; names hold hyphens, so only the first one counts.

    Return whether every row was of that form.
    """
    clean = True
    for row in rows:
        number, dash, name = (row.agent_id or "").partition("-")
        if dash and number.isdecimal():
            row.agent_id, row.agent_name = number, row.agent_name or name
            continue
        clean = False
        if dash and number.strip().isdecimal():
            row.agent_id, row.agent_name = number, row.agent_name or name
    return clean


def _mark_hits(rows: list[Row], flag: Field, hits: AbstractSet[str]) -> None:
    for row in rows:
        said = getattr(row, flag.hit_of)
        setattr(row, flag.name, None if said is None else plain(said) in hits)


def _blank_placeholders(rows: list[Row], collection: Collection) -> None:
    """Make unknown what stands for no key at all, as the ``conn_id`` 0."""
    for row in rows:
        for name in collection.key:
            if getattr(row, name) in collection.placeholders:
                setattr(row, name, None)
