"""Complete rows: clean their texts, and fill in what is worked out of other fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import cache
from typing import Any

from notifier.core.payload.endpoint import Collection, Field, Kind
from notifier.core.payload.rows import Row, Rows, of_columns, sent
from notifier.core.payload.values import BLANKS, Scalar, blotted, folded, moment, plain, text, word

_TEXTS = (Kind.TEXT, Kind.WORD, Kind.TIME)
_SLIP = 300  # seconds by which the far side's clock may be ahead of ours
_TOTALS = frozenset(
    {"all", "total", "totals", "total general", "todo", "todos", "todas", "totales"}
)


def rows_from_texts(
    collection: Collection,
    records: Sequence[Mapping[str, object]],
    hit_values: Iterable[str] = (),
) -> list[Row]:
    """Return the rows of records given as values, as the tables of ``notifier test`` are.

    Args:
        hit_values: The texts that mean a sale; case and accents make no difference.
    """
    given = (*sent(collection), *(f for f in collection.decoded() if f.age_of))
    columns = {f.name: [record.get(f.name) for record in records] for f in given}
    found = of_columns(columns, collection, len(records))
    complete(found, collection, frozenset(map(plain, hit_values)))
    return found.rows


def complete(
    found: Rows,
    collection: Collection,
    hits: AbstractSet[str],
    *,
    here: datetime | None = None,
    printable: bool = False,
) -> None:
    """Make texts what ``values.text`` says of them, and fill in what is worked out of others.

    Sums of all the other rows are left out. Words that a field may not hold are counted as
    unreadable.

    Args:
        hits: The texts that mean a sale, as ``values.plain`` says them.
        here: When the answer came, in the operation's own time; without it ages are unknown.
        printable: No text holds a control character or one that cannot be seen.
    """
    rows = found.rows
    done = {"agent_id"} if collection.split_agent and _split_agents(rows) else set()
    if collection.split_campaign:
        _split_campaigns(rows)
    for each in collection.decoded():
        if each.kind in _TEXTS and each.name not in done:
            _tidy(rows, each, printable=printable)
        _derive(found, each, hits, here)
    if collection.placeholders:
        _blank_placeholders(rows, collection)
    if collection.totals:
        _leave_out_totals(found, collection)


def _derive(found: Rows, each: Field, hits: AbstractSet[str], here: datetime | None) -> None:
    if each.hit_of:
        _mark_hits(found.rows, each, hits)
    if each.age_of and here is not None:
        _reckon_ages(found.rows, each, here)
    if each.only:
        _refuse_others(found, each)


def _tidy(rows: list[Row], field: Field, *, printable: bool) -> None:
    """Make texts what their reader says of them; nearly always they are so already."""
    name = field.name
    if field.kind is Kind.WORD or field.free:
        _rewrite(rows, name, _reads(field))
        return
    distinct = _distinct(name)(rows)
    distinct.discard(None)
    joined = f"|{'|'.join(distinct)}|"
    spaced = "| " in joined or " |" in joined
    if not spaced and distinct.isdisjoint(BLANKS) and (printable or joined.isprintable()):
        return
    _rewrite(rows, name, lambda was: text(was)[0])


def _reads(field: Field) -> Callable[[str], Scalar]:
    if field.kind is Kind.WORD:
        return lambda was: word(was)[0]
    return lambda was: text(blotted(was))[0]


def _rewrite(rows: list[Row], name: str, read: Callable[[str], Scalar]) -> None:
    """Put what *read* says in the place of each text, each distinct one read once."""
    distinct = _distinct(name)(rows)
    distinct.discard(None)
    mended = {was: now for was in distinct if (now := read(was)) != was}
    if not mended:
        return
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


def _split_campaigns(rows: list[Any]) -> None:
    """Tell ``12 - COBROS - predictive`` apart: the first part is the number, the last the strategy.

    A name may hold the same signs, so that only the outermost count.
    """
    for row in rows:
        number, dash, rest = (row.campaign_id or "").partition("-")
        if not dash or not number.strip().isdecimal():
            continue
        name, dash, strategy = rest.rpartition("-")
        row.campaign_id = number
        row.campaign_name, row.strategy = (name, strategy) if dash else (rest, row.strategy)


def _mark_hits(rows: list[Row], flag: Field, hits: AbstractSet[str]) -> None:
    for row in rows:
        said = getattr(row, flag.hit_of)
        setattr(row, flag.name, None if said is None else plain(said) in hits)


def _reckon_ages(rows: list[Row], age: Field, here: datetime) -> None:
    """Fill in seconds since a time; what is in the future by more than a slip of clocks is none."""
    now = here.replace(tzinfo=None)
    for row in rows:
        said = getattr(row, age.age_of)
        at = moment(said) if isinstance(said, str) else None
        seconds = None if at is None else (now - at).total_seconds()
        known = seconds is not None and seconds >= -_SLIP
        setattr(row, age.name, max(seconds, 0.0) if known and seconds is not None else None)


def _refuse_others(found: Rows, field: Field) -> None:
    """Make unknown what is none of the words that may stand there; it may be a customer's."""
    for row in found.rows:
        said = getattr(row, field.name)
        if said is not None and said not in field.only:
            setattr(row, field.name, None)
            found.unreadable[field.name] = found.unreadable.get(field.name, 0) + 1


def _leave_out_totals(found: Rows, collection: Collection) -> None:
    kept = [row for row in found.rows if not _sums_up(row, collection)]
    found.totals += len(found.rows) - len(kept)
    found.rows[:] = kept


def _sums_up(row: Row, collection: Collection) -> bool:
    said = (getattr(row, name) for name in collection.totals)
    return any(isinstance(word, str) and folded(word) in _TOTALS for word in said)


def _blank_placeholders(rows: list[Row], collection: Collection) -> None:
    """Make unknown what stands for no key at all, as the ``conn_id`` 0."""
    for row in rows:
        for name in collection.key:
            if getattr(row, name) in collection.placeholders:
                setattr(row, name, None)
