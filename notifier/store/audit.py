"""Write down who changed what and when, and read it back. Nothing here is ever altered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, text

from notifier.core.standing.change import Change
from notifier.store import tables
from notifier.store.tables import moment, plain, stamp, unplain

_TEXTS = ("who", "how", "what", "about", "detail")


def note(connection: Connection, change: Change) -> None:
    """Write it down, in the caller's transaction."""
    texts = {name: plain(getattr(change, name)) for name in _TEXTS}
    connection.execute(insert(tables.audit), {"at": stamp(change.at), **texts})


def changes(
    connection: Connection, limit: int = 100, before: int | None = None
) -> list[tuple[int, Change]]:
    """The latest first, each with its number. *before*: only those with smaller numbers."""
    older = "WHERE id < :before" if before is not None else ""
    statement = text(
        f"SELECT id, at, who, how, what, about, detail FROM audit {older}"  # noqa: S608
        " ORDER BY id DESC LIMIT :limit"
    )
    rows = connection.execute(statement, {"limit": limit, "before": before})
    return [(row.id, _change(row)) for row in rows]


def changes_of(connection: Connection, about: str) -> list[Change]:
    """What was changed of one thing, the first change first."""
    statement = text(
        "SELECT at, who, how, what, about, detail FROM audit WHERE about = :about ORDER BY id"
    )
    return [_change(row) for row in connection.execute(statement, {"about": plain(about)})]


def _change(row: Any) -> Change:
    return Change(at=moment(row.at), **{name: unplain(getattr(row, name)) for name in _TEXTS})
