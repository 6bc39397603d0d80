"""Name the tables: what is true, what people believe, what was seen, asked and is to be sent.

Times are ISO-8601 texts in UTC with microseconds: they sort as they follow one another, and a
person with a database shell can read them. A body is the whole value as JSON; the columns beside
it are what is searched by. The migrations make the same tables; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]

metadata = MetaData()
_SERIAL = BigInteger().with_variant(Integer, "sqlite")
_STRICT: dict[str, Any] = {"sqlite_strict": True}
_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null)


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


source = Table(
    "source",
    metadata,
    _text("operation", key=True),
    _text("source", key=True),
    _text("body"),
    **_KEYED,
)
instance = Table(
    "instance",
    metadata,
    _text("operation", key=True),
    _text("rule", key=True),
    _text("entity", key=True),
    _text("phase"),
    _text("body"),
    **_KEYED,
)
incident = Table(
    "incident",
    metadata,
    _text("id", key=True),
    _text("operation"),
    _text("rule"),
    _text("entity"),
    _text("opened_at"),
    _text("closed_at", null=True),
    _text("body"),
    Index("incident_closed_at", "closed_at"),
    Index("incident_opened_at", "opened_at", "id"),
    **_STRICT,
)
told = Table(
    "told",
    metadata,
    Column("incident", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True),
    _text("receiver", key=True),
    Column("closed", Integer, nullable=False),
    _text("body"),
    _partial("told_unclosed", "incident", where="closed = 0"),
    **_KEYED,
)
conversation = Table(
    "conversation",
    metadata,
    _text("id", key=True),
    _text("operation"),
    _text("opened_at"),
    Column("closed", Integer, nullable=False),
    _text("body"),
    _partial("conversation_open", "id", where="closed = 0"),
    **_STRICT,
)
event_seen = Table(
    "event_seen",
    metadata,
    _text("operation", key=True),
    _text("rule", key=True),
    _text("event", key=True),
    _text("at"),
    Index("event_seen_at", "at"),
    **_KEYED,
)
address = Table(
    "address",
    metadata,
    _text("conversation", key=True),
    _text("recipient", key=True),
    _text("reference"),
    **_KEYED,
)
outbox = Table(
    "outbox",
    metadata,
    Column("position", _SERIAL, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _text("conversation"),
    _text("incident"),
    _text("receiver"),
    _text("recipient"),
    _text("kind"),
    Column("revision", Integer, nullable=False),
    _text("form"),
    _text("reason"),
    _text("payload"),
    Column("place", Integer, nullable=False),
    Column("droppable", Integer, nullable=False),
    _text("queued_at"),
    _text("give_up_at"),
    _text("state"),
    _text("due_at"),
    Column("attempts", Integer, nullable=False),
    Column("looks", Integer, nullable=False),
    _text("owner", null=True),
    _text("tried_at", null=True),
    _text("unsure_since", null=True),
    _text("settled_at", null=True),
    _text("reference", null=True),
    _text("error"),
    _partial(
        "outbox_lane",
        "conversation",
        "recipient",
        "position",
        where="state IN ('queued', 'sending', 'ambiguous')",
    ),
    _partial("outbox_due", "due_at", "position", where="state IN ('queued', 'ambiguous')"),
    Index("outbox_settled_at", "settled_at"),
    sqlite_autoincrement=True,  # a position is never used again: it is the order
    **_STRICT,
)
recording = Table(
    "recording",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    _text("operation"),
    _text("source"),
    _text("at"),
    _text("kind"),
    Column("body", LargeBinary, nullable=False),
    Index("recording_of", "operation", "source", "at"),
    Index("recording_last", "operation", "source", "kind", "id"),
    Index("recording_at", "at"),
    sqlite_autoincrement=True,  # the order in which readings were judged
    **_STRICT,
)
suppression = Table(
    "suppression",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    _text("at"),
    _text("operation"),
    _text("rule"),
    _text("entity"),
    _text("reason"),
    Index("suppression_of", "operation", "rule", "entity", "at"),
    Index("suppression_at", "at"),
    **_STRICT,
)
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    _text("at"),
    Column("recording", _SERIAL, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("checkpoint_at", "at"),
    **_STRICT,
)
timeline = Table(
    "timeline",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    Column("incident", Text, ForeignKey("incident.id", ondelete="CASCADE"), nullable=False),
    _text("at"),
    _text("what"),
    _text("who"),
    _text("detail"),
    Index("timeline_of", "incident", "id"),
    **_STRICT,
)
silence = Table(
    "silence",
    metadata,
    _text("id", key=True),
    _text("ends_at"),
    Column("over", Integer, nullable=False),
    _text("body"),
    Index("silence_ends_at", "ends_at"),
    **_STRICT,
)
request = Table(
    "request",
    metadata,
    _text("id", key=True),
    _text("at"),
    _text("body"),
    _text("judged_at", null=True),
    _text("answer"),
    _partial("request_waiting", "at", where="judged_at IS NULL"),
    **_STRICT,
)
audit = Table(
    "audit",
    metadata,
    Column("id", _SERIAL, primary_key=True, autoincrement=True),
    _text("at"),
    _text("who"),
    _text("how"),
    _text("what"),
    _text("about"),
    _text("detail"),
    Index("audit_about", "about", "id"),
    sqlite_autoincrement=True,
    **_STRICT,
)
tally = Table(
    "tally",
    metadata,
    _text("operation", key=True),
    _text("digest", key=True),
    _text("body"),
    **_KEYED,
)
score = Table(
    "score",
    metadata,
    _text("operation", key=True),
    _text("rule", key=True),
    _text("body"),
    **_KEYED,
)
meta = Table("meta", metadata, _text("key", key=True), _text("value"), **_KEYED)


def stamp(at: datetime) -> str:
    """A time as it is stored: ``2026-05-01T10:00:00.000000Z``. *at* must be aware."""
    if at.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def moment(stored: str) -> datetime:
    """A stored time as an aware one in UTC."""
    return datetime.fromisoformat(stored)


def plain(value: str) -> str:
    """A text that both databases store, another for every other text.

    PostgreSQL refuses NUL, which a hostile name may hold.
    """
    if "\x00" in value or "\\" in value:
        return value.replace("\\", "\\\\").replace("\x00", "\\0")
    return value


def unplain(stored: str) -> str:
    """The text that ``plain`` was given."""
    if "\\" not in stored:
        return stored
    return re.sub(r"\\(.)", lambda found: "\x00" if found[1] == "0" else found[1], stored)


# What may change under a key. Leaving the rest alone saves its indices the work.
_CHANGING = {
    "source": ("body",),
    "instance": ("phase", "body"),
    "incident": ("closed_at", "body"),
    "told": ("closed", "body"),
    "conversation": ("closed", "body"),
    "tally": ("body",),
    "score": ("body",),
    "address": ("reference",),
    "silence": ("ends_at", "over", "body"),
    "meta": ("value",),
}


def _upsert(dialect: str, table: Table, *, replace: bool) -> Any:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement: Any = insert(table)
    if not replace:
        return statement.on_conflict_do_nothing()
    others = {name: statement.excluded[name] for name in _CHANGING[table.name]}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


@dataclass(frozen=True, slots=True)
class _Sql:
    """A statement as the driver takes it.

    Attributes:
        places: The columns in the order of its question marks; None where it names them.
    """

    text: str
    places: tuple[str, ...] | None

    def values(self, row: Row) -> Any:
        return row if self.places is None else tuple(row[name] for name in self.places)


@cache
def _sql(dialect: Dialect, table: Table, names: tuple[str, ...], replace: bool) -> _Sql:
    statement = _upsert(dialect.name, table, replace=replace)
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    return _Sql(compiled.string, tuple(compiled.positiontup) if compiled.positional else None)


def _put(connection: Connection, table: Table, rows: Sequence[Row], *, replace: bool) -> None:
    """Give *rows* of the same columns straight to the driver: there may be ten thousands."""
    if rows:
        sql = _sql(connection.dialect, table, tuple(rows[0]), replace)
        connection.exec_driver_sql(sql.text, [sql.values(row) for row in rows])


def write(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert *rows*, or replace those that are there under the same key."""
    _put(connection, table, rows, replace=True)


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert those of *rows* that are not there yet."""
    _put(connection, table, rows, replace=False)
