"""Say what was odd about an answer that could be read all the same, and what was so lately."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

MOST = 50  # of each kind that are kept; the catalogue bounds all but the undeclared

LATELY = timedelta(days=7)  # what was not met for so long is forgotten: it was mended


class Oddities(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the last good answer of a source held that the catalogue does not say.

    Names of fields are ``collection.field``, or ``field`` where there is one collection. There is
    no value in it.

    Attributes:
        unreadable: How many values of a field were there and could not be read: unknown, counted.
        absent: Declared fields that no record names: unknown.
        aliased: Fields that came under another name, which is used: field, then that name.
        undeclared: Names that are not in the catalogue; their values are never read. A name that
            may itself be a value is ``(unnamed)``.
        lacking: Collections that the answer did not hold: nothing is known of them.
        dropped: Records without a key, or that were no records.
        totals: Rows that were sums of the others, left out.
        full: So many rows that the vendor's limit may have cut some off.
        not_found: It was a 404, which meant no rows.
        broken: Relations of the catalogue that do not hold, by name: in how many rows.
    """

    unreadable: dict[str, int] = {}
    absent: tuple[str, ...] = ()
    aliased: dict[str, str] = {}
    undeclared: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    dropped: int = 0
    totals: int = 0
    full: bool = False
    not_found: bool = False
    broken: dict[str, int] = {}


class Falls(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """In how many answers of a source counters fell, ever, and when they last did.

    Attributes:
        resets: They began anew; *reset_at* when that was last seen.
        corrections: One fell alone; *corrected_at* when that was last seen.
    """

    resets: int = 0
    reset_at: datetime | None = None
    corrections: int = 0
    corrected_at: datetime | None = None


class Met(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """In how many answers something odd was met, and when first and last."""

    first: datetime
    last: datetime
    answers: int = 1


class Record(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was odd about answers lately, by name: what only comes now and then is found by it.

    The names are those of ``Oddities``; all are of the catalogue, which bounds them.
    """

    unreadable: dict[str, Met] = {}
    absent: dict[str, Met] = {}
    lacking: dict[str, Met] = {}
    aliased: dict[str, Met] = {}


NONE = Oddities()
STEADY = Falls()
BLANK = Record()


def noted(record: Record, found: Oddities, at: datetime) -> Record:
    """Return the record with what was odd about the answer of *at*, and without what is over."""
    return replace(
        record,
        unreadable=_noted(record.unreadable, found.unreadable, at),
        absent=_noted(record.absent, found.absent, at),
        lacking=_noted(record.lacking, found.lacking, at),
        aliased=_noted(record.aliased, found.aliased, at),
    )


def _noted(before: dict[str, Met], names: Iterable[str], at: datetime) -> dict[str, Met]:
    after = {name: met for name, met in before.items() if at - met.last <= LATELY}
    for name in names:
        known = after.get(name)
        after[name] = Met(known.first, at, known.answers + 1) if known else Met(at, at)
    return after
