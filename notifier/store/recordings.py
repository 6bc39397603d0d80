"""Record every reading in the order it was judged, and give the recordings back.

A snapshot is kept column by column with its fields' names beside it: that packs well, and fields
may come and go between two versions of the program.
"""

# ruff: noqa: S608  # statements are put together from constants only

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
import zstandard
from sqlalchemy import Connection, insert, text

from notifier.errors import StateError
from notifier.store import tables
from notifier.store.tables import moment, stamp

GOOD = "good"
_LEVEL = 1  # of zstandard: 60,000 rows within the time of a poll
_R = TypeVar("_R", bound=msgspec.Struct)


class _Table(msgspec.Struct, array_like=True):
    """The rows of one collection."""

    names: tuple[str, ...]
    count: int
    columns: list[list[Any]]


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


def pack(collections: Mapping[str, Sequence[msgspec.Struct]]) -> bytes:
    """Pack the rows of all collections of a snapshot. Do it before the transaction begins.

    The rows of one collection are of one type.
    """
    whole = {name: _columns(rows) for name, rows in collections.items()}
    return zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.msgpack.encode(whole))


def unpack(body: bytes, types: Mapping[str, type[_R]]) -> dict[str, list[_R]]:
    """Unpack what ``pack`` made; *types* says what the rows of each collection are.

    A collection without a type is left out; so is a field that the type does not have, and one
    that was not recorded has its default.

    Raises:
        StateError: it is not what ``pack`` made.
    """
    try:
        raw = zstandard.ZstdDecompressor().decompress(body)
        whole = msgspec.msgpack.decode(raw, type=dict[str, _Table])
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise StateError(f"a recorded snapshot cannot be read ({error}); it is damaged") from None
    return {name: _rows(whole[name], kind) for name, kind in types.items() if name in whole}


def _columns(rows: Sequence[msgspec.Struct]) -> _Table:
    names = type(rows[0]).__struct_fields__ if rows else ()
    return _Table(names, len(rows), [list(map(attrgetter(name), rows)) for name in names])


def _rows(table: _Table, kind: type[_R]) -> list[_R]:
    known = dict(zip(table.names, table.columns, strict=True))
    if table.names == kind.__struct_fields__ and table.names:
        return list(map(kind, *table.columns))
    names = [name for name in kind.__struct_fields__ if name in known]
    columns = [known[name] for name in names]
    if not names:
        return [kind() for _ in range(table.count)]
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


def recordings(
    connection: Connection,
    operation: str,
    source: str | None,
    since: datetime,
    until: datetime,
) -> Iterator[Recording]:
    """Yield the readings from *since* up to, not including, *until*, as they were judged.

    One at a time is in memory. Without a *source*: those of all sources of the operation.
    """
    for identity in _identities(connection, operation, source, since, until):
        row = connection.execute(text(f"{_ONE} id = :id"), {"id": identity}).one_or_none()
        if row is not None:
            yield _recording(row)


def latest(
    connection: Connection, operation: str, source: str, kind: str = GOOD
) -> Recording | None:
    """The last reading of that kind, as it was judged."""
    newest = """
        id = (SELECT max(id) FROM recording
              WHERE operation = :operation AND source = :source AND kind = :kind)
    """
    values = {"operation": operation, "source": source, "kind": kind}
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


def _recording(row: Any) -> Recording:
    return Recording(row.id, row.operation, row.source, moment(row.at), row.kind, bytes(row.body))
