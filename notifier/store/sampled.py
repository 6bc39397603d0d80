"""Choose some of a source's readings out of many, by time: a chart needs no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil, log2
from typing import NamedTuple

from sqlalchemy import Connection, text

from notifier.core.facts.state import SourceKey
from notifier.store import recordings
from notifier.store.recordings import Recording
from notifier.store.tables import moment, stamp

FAILED = "failed"
_AT_ONCE = 20  # bodies in memory


class Read(NamedTuple):
    """One reading that was good, or (id 0) a time at which nothing was known."""

    at: datetime
    id: int = 0


def last(
    connection: Connection, source: SourceKey, since: datetime, until: datetime, most: int
) -> list[Read]:
    """The last readings from *since* to *until*, failed ones among them, the oldest first."""
    statement = text(
        "SELECT id, at, kind FROM recording WHERE operation = :operation AND source = :source"
        " AND at >= :since AND at <= :until ORDER BY at DESC, id DESC LIMIT :most"
    )
    values = {**source._asdict(), "since": stamp(since), "until": stamp(until), "most": most}
    rows = connection.execute(statement, values).all()
    return [Read(moment(row.at), 0 if row.kind == FAILED else row.id) for row in reversed(rows)]


def spread(
    connection: Connection, source: SourceKey, since: datetime, until: datetime, most: int
) -> list[Read]:
    """The first good reading of each of at most so many equal parts of that time.

    A part is some power of two of seconds, and begins at a multiple of it: who asks again a little
    later gets the same readings, and a few more.
    """
    seconds = 2 ** ceil(log2((until - since).total_seconds() / (most - 1)))
    begin = since.timestamp() // seconds * seconds
    edges = [
        datetime.fromtimestamp(begin + place * seconds, UTC)
        for place in range(int((until.timestamp() - begin) // seconds) + 2)
    ]
    return [
        _first(connection, source, begin, end) or Read(begin + (end - begin) / 2)
        for begin, end in pairwise(edges)
    ]


def _first(
    connection: Connection, source: SourceKey, begin: datetime, end: datetime
) -> Read | None:
    row = connection.execute(
        _FIRST, {**source._asdict(), "begin": stamp(begin), "end": stamp(end)}
    ).one_or_none()
    return Read(moment(row.at), row.id) if row else None


_FIRST = text(
    "SELECT id, at FROM recording WHERE operation = :operation AND source = :source"
    " AND kind = 'good' AND at >= :begin AND at < :end ORDER BY at LIMIT 1"
)


def bodies(connection: Connection, ids: Sequence[int]) -> Iterator[Recording | None]:
    """These recordings, in this order; None for one that is gone. Some at a time are in memory."""
    for start in range(0, len(ids), _AT_ONCE):
        wanted = ids[start : start + _AT_ONCE]
        found = {each.id: each for each in recordings.of_ids(connection, wanted)}
        yield from map(found.get, wanted)


def gapless(reads: Iterable[Read], longest: timedelta) -> Iterator[Read]:
    """The same, with a time of which nothing is known wherever two are farther apart."""
    before: Read | None = None
    for each in reads:
        if before is not None and each.at - before.at > longest:
            yield Read(before.at + (each.at - before.at) / 2)
        yield each
        before = each
