"""Count the calls that an operation spends of its day: every process that shares the database.

A call is counted before it goes out: one that a crash cut short was perhaps answered.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from notifier.store.tables import stamp

_DAY = 27  # characters of a stored time, with which a value begins: `2026-05-01T10:...Z 123`

_SPEND = f"""
    INSERT INTO meta (key, value) VALUES (:key, :first)
    ON CONFLICT (key) DO UPDATE SET value = CASE
        WHEN substr(meta.value, 1, {_DAY}) = :day
        THEN :day || ' ' || (CAST(substr(meta.value, {_DAY + 2}) AS INTEGER) + :calls)
        ELSE :first END
    WHERE substr(meta.value, 1, {_DAY}) <> :day
        OR CAST(substr(meta.value, {_DAY + 2}) AS INTEGER) + :calls <= :most
    RETURNING value
"""  # noqa: S608  # constants only
NO_END = 2_000_000_000


def spend(
    connection: Connection, operation: str, day: datetime, calls: int, most: int | None
) -> int | None:
    """Count *calls* more, and return the day's sum; None, and nothing counted, beyond *most*.

    day: When the quota's day began: with another one the count begins anew.
    """
    limit = NO_END if most is None else most
    if calls > limit:
        return None
    began = stamp(day)
    values = {
        "key": _key(operation),
        "day": began,
        "first": f"{began} {calls}",
        "calls": calls,
        "most": limit,
    }
    value = connection.execute(text(_SPEND), values).scalar()
    return None if value is None else int(value[_DAY + 1 :])


def spent(connection: Connection, operation: str, day: datetime) -> int:
    """The calls counted since *day* began."""
    found = text("SELECT value FROM meta WHERE key = :key")
    value = connection.execute(found, {"key": _key(operation)}).scalar()
    if value is None or value[:_DAY] != stamp(day):
        return 0
    return int(value[_DAY + 1 :])


def _key(operation: str) -> str:
    return f"calls/{operation}"
