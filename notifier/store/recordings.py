"""Record every reading in the order it was judged, and give the recordings back.

A snapshot is kept column by column with its fields' names beside it: that packs well, and fields
may come and go between two versions of the program.
"""

# ruff: noqa: S608  # statements are put together from constants only

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

import msgspec
import zstandard
from sqlalchemy import Connection, bindparam, insert, text

from notifier.core.facts.state import SourceKey
from notifier.errors import StateError
from notifier.store import tables
from notifier.store.tables import moment, stamp

GOOD = "good"
_GAP = "?gap"  # no collection is called so
_SAID = "?said"
_SOME = 200  # recordings read at once
_LEVEL = 1  # of zstandard: 60,000 rows within the time of a poll
_R = TypeVar("_R", bound=msgspec.Struct)


class _Table(msgspec.Struct, array_like=True):
    """The rows of one collection."""

    names: tuple[str, ...]
    count: int
    columns: list[list[Any]]


class _Packed(msgspec.Struct, array_like=True):
    """The same, read no further than it is wanted."""

    names: tuple[str, ...]
    count: int
    columns: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Recording:
    """One reading as it was judged.

    Attributes:
        kind: ``good``, ``failed``, ``reload``, ...
        body: Packed rows where good; else what the writer gave.
    """

    id: int
    operation: str
    source: str
    at: datetime
    kind: str
    body: bytes = field(repr=False)

    def rows(self, types: Mapping[str, type[_R]]) -> dict[str, list[_R]]:
        """The rows of a good one, by collection; see ``unpack``."""
        return unpack(self.body, types)


class Unpacked(NamedTuple):
    """What ``pack`` was given."""

    rows: dict[str, list[Any]]
    gap: bool = False
    said: str = ""


def pack(
    collections: Mapping[str, Sequence[msgspec.Struct]],
    *,
    gap: bool = False,
    said: str = "",
) -> bytes:
    """Pack the rows of all collections of a snapshot. Do it before the transaction begins.

    The rows of one collection are of one type.
    gap: No span may be counted up to this poll: the clock jumped.
    said: What else there is to say of it.
    """
    whole = {name: _columns(rows) for name, rows in collections.items()}
    if gap:
        whole[_GAP] = _Table((), 0, [])
    if said:
        whole[_SAID] = _Table((said,), 0, [])
    return squeeze(msgspec.msgpack.encode(whole))


def squeeze(plain: bytes) -> bytes:
    """Compress what is kept for long."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(plain)


def swell(body: bytes) -> bytes:
    """Give back what was squeezed.

    Raises:
        StateError: it was not, or is damaged.
    """
    try:
        return zstandard.ZstdDecompressor().decompress(body)
    except zstandard.ZstdError as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> StateError:
    return StateError(f"a recorded snapshot cannot be read ({error}); it is damaged")


def unpack(body: bytes, types: Mapping[str, type[_R]]) -> dict[str, list[_R]]:
    """Unpack the rows of what ``pack`` made; see ``unpacked``.

    Raises:
        StateError: it is not what ``pack`` made.
    """
    return unpacked(body, types).rows


def unpacked(body: bytes, types: Mapping[str, type[_R]]) -> Unpacked:
    """Unpack what ``pack`` made.

    *types* says what the rows of each collection are.

    A collection without a type is left out; so is a field that the type does not have, and one
    that was not recorded has its default.

    Raises:
        StateError: it is not what ``pack`` made.
    """
    try:
        whole = _decode(swell(body))
        rows = {name: _rows(whole[name], kind) for name, kind in types.items() if name in whole}
    except msgspec.MsgspecError as error:
        raise _damaged(error) from None
    said = whole[_SAID].names if _SAID in whole else ()
    return Unpacked(rows, _GAP in whole, "".join(said))


_decode = msgspec.msgpack.Decoder(dict[str, _Packed]).decode
_column = msgspec.msgpack.Decoder(list[Any]).decode


def _columns(rows: Sequence[msgspec.Struct]) -> _Table:
    names = type(rows[0]).__struct_fields__ if rows else ()
    return _Table(names, len(rows), [list(map(attrgetter(name), rows)) for name in names])


def _rows(table: _Packed, kind: type[_R]) -> list[_R]:
    known = dict(zip(table.names, table.columns, strict=True))
    names = [name for name in kind.__struct_fields__ if name in known]
    if not names:
        return [kind() for _ in range(table.count)]
    columns = [_column(known[name]) for name in names]
    if names == list(kind.__struct_fields__):
        return list(map(kind, *columns))
    return [kind(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


# ---- the table ----


def record(
    connection: Connection,
    operation: str,
    source: str,
    at: datetime,
    kind: str,
    body: bytes = b"",
) -> None:
    """Record one reading, in the transaction that writes its decision.

    A ``good`` one has a body that ``pack`` made; any other *kind* is a word of the caller's, and
    so is its body.
    """
    values = {"operation": operation, "source": source, "at": stamp(at), "kind": kind, "body": body}
    connection.execute(insert(tables.recording), values)


def is_newest(
    connection: Connection,
    operation: str,
    source: str,
    at: datetime,
    kind: str,
    body: bytes = b"",
) -> bool:
    """Whether this very reading was recorded last."""
    found = connection.execute(text(f"{_ONE} id = (SELECT max(id) FROM recording)")).one_or_none()
    if found is None:
        return False
    newest = _recording(found)
    return newest == Recording(newest.id, operation, source, at, kind, body)


def recordings(
    connection: Connection,
    operation: str,
    source: str | None,
    since: datetime,
    until: datetime,
    last: int | None = None,
) -> Iterator[Recording]:
    """Yield the readings from *since* up to, not including, *until*, as they were judged.

    One at a time is in memory. Without a *source*: those of all sources of the operation.
    last: The id of the last that counts; None for all.
    """
    for identity in _identities(connection, operation, source, since, until):
        if last is None or identity <= last:
            yield from of_ids(connection, [identity])


def following(
    connection: Connection, after: int, until: datetime, sources: Collection[SourceKey] | None
) -> Iterator[Recording]:
    """Yield the readings judged later than the one of id *after*, up to and including *until*.

    Some at a time are in memory. sources: Only these, and what is of no source; None for all.
    """
    found = connection.execute(
        text("SELECT id, operation, source FROM recording WHERE id > :after AND at <= :until"
             " ORDER BY id"),
        {"after": after, "until": stamp(until)},
    ).all()  # fmt: skip
    wanted = [
        row.id
        for row in found
        if sources is None or not row.source or (row.operation, row.source) in sources
    ]
    for start in range(0, len(wanted), _SOME):
        yield from of_ids(connection, wanted[start : start + _SOME])


def bounds(connection: Connection) -> tuple[datetime, datetime] | None:
    """The times of the first and of the last reading; None where there is none."""
    first, last = connection.execute(text("SELECT min(at), max(at) FROM recording")).one()
    return (moment(first), moment(last)) if first else None


def newest(connection: Connection) -> int:
    """The id of the reading that was judged last; 0 where there is none."""
    return connection.execute(text("SELECT max(id) FROM recording")).scalar() or 0


def last_before(connection: Connection, at: datetime) -> int:
    """The id of the reading before the first one from *at* on; 0 where there is none."""
    statement = text("SELECT min(id) FROM recording WHERE at >= :at")
    first = connection.execute(statement, {"at": stamp(at)}).scalar()
    return newest(connection) if first is None else first - 1


def latest(
    connection: Connection,
    operation: str,
    source: str,
    kind: str = GOOD,
    last: int | None = None,
) -> Recording | None:
    """The last reading of that kind, as it was judged; up to that of id *last*."""
    up_to = "" if last is None else "AND id <= :last"
    newest = f"""
        id = (SELECT max(id) FROM recording
              WHERE operation = :operation AND source = :source AND kind = :kind {up_to})
    """
    values: dict[str, str | int] = {"operation": operation, "source": source, "kind": kind}
    if last is not None:
        values["last"] = last
    row = connection.execute(text(f"{_ONE} {newest}"), values).one_or_none()
    return None if row is None else _recording(row)


def forget(connection: Connection, before: datetime) -> int:
    """Forget the readings from before *before*, but each source's last good one. Returns how many.

    The last good one is what a restart begins from.
    """
    gone = """
        DELETE FROM recording WHERE at < :before AND id NOT IN (
            SELECT max(id) FROM recording WHERE kind = 'good' GROUP BY operation, source)
    """
    return connection.execute(text(gone), {"before": stamp(before)}).rowcount


_ONE = "SELECT id, operation, source, at, kind, body FROM recording WHERE"


def _identities(
    connection: Connection,
    operation: str,
    source: str | None,
    since: datetime,
    until: datetime,
) -> list[int]:
    """Ids are in the order of judgement; times need not be, where a clock was set back."""
    one = "" if source is None else "AND source = :source"
    statement = f"""
        SELECT id FROM recording
        WHERE operation = :operation {one} AND at >= :since AND at < :until ORDER BY id
    """
    values = {"operation": operation, "since": stamp(since), "until": stamp(until)}
    if source is not None:
        values["source"] = source
    return [row[0] for row in connection.execute(text(statement), values)]


def of_ids(connection: Connection, identities: Sequence[int]) -> Iterator[Recording]:
    """The recordings of these ids, in their order; all of them are in memory."""
    statement = text(f"{_ONE} id IN :ids ORDER BY id").bindparams(bindparam("ids", expanding=True))
    yield from map(_recording, connection.execute(statement, {"ids": list(identities)}).all())


def _recording(row: Any) -> Recording:
    return Recording(row.id, row.operation, row.source, moment(row.at), row.kind, bytes(row.body))
