"""Look back at what ended and at what was not told, and forget it in the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from notifier.core.facts.state import Incident, InstanceKey
from notifier.store.memory import decoded
from notifier.store.tables import moment, stamp, unplain


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why nobody was told, from that time on."""

    key: InstanceKey
    reason: str
    at: datetime


def history(connection: Connection, since: datetime, limit: int = 1_000) -> list[Incident]:
    """Incidents that closed at or after *since*, the latest first."""
    statement = text(
        "SELECT body FROM incident WHERE closed_at >= :since ORDER BY closed_at DESC LIMIT :limit"
    )
    rows = connection.execute(statement, {"since": stamp(since), "limit": limit}).all()
    return decoded(rows, Incident, "incident")


def suppressions(
    connection: Connection, operation: str, rule: str, since: datetime
) -> list[Suppression]:
    """What was not told of a rule at or after *since*, in the order it was written down."""
    statement = text(
        "SELECT entity, reason, at FROM suppression"
        " WHERE operation = :operation AND rule = :rule AND at >= :since ORDER BY id"
    )
    values = {"operation": operation, "rule": rule, "since": stamp(since)}
    return [
        Suppression(InstanceKey(operation, rule, unplain(entity)), reason, moment(at))
        for entity, reason, at in connection.execute(statement, values)
    ]


def forget_kind(connection: Connection, kind: str) -> None:
    """Forget every message of that kind of channel."""
    connection.execute(text("DELETE FROM outbox WHERE kind = :kind"), {"kind": kind})


def forget(connection: Connection, before: datetime) -> None:
    """Forget what ended before *before* and is still of no use to anybody.

    What is open, and whose close somebody is owed, stays however old it is.
    """
    for statement in _FORGET:
        connection.execute(text(statement), {"before": stamp(before)})


def forget_messages(connection: Connection, before: datetime) -> int:
    """Forget the messages that were settled before. Returns how many.

    Of what goes on, its opening and what was delivered last are kept: the one tells whether
    anybody heard of it, the other is repeated where that keeps it alive.
    """
    return connection.execute(text(_MESSAGES), {"before": stamp(before)}).rowcount


def forget_events(connection: Connection, before: datetime) -> None:
    """Forget events that were seen before *before*: no source may list them any more."""
    gone = text("DELETE FROM event_seen WHERE at < :before")
    connection.execute(gone, {"before": stamp(before)})


_MESSAGES = """
    DELETE FROM outbox
    WHERE (settled_at < :before OR (state = 'standby' AND queued_at < :before))
      AND NOT (state <> 'standby' AND conversation IN (SELECT id FROM conversation WHERE closed = 0)
               AND (revision = 1 OR position = (
                   SELECT max(o.position) FROM outbox o
                   WHERE o.conversation = outbox.conversation AND o.recipient = outbox.recipient
                     AND o.state = 'delivered')))
"""
_FORGET = (
    # What was told of an incident goes along with it.
    "DELETE FROM incident WHERE closed_at < :before"
    " AND id NOT IN (SELECT incident FROM told WHERE told.closed = 0)",
    "DELETE FROM conversation WHERE closed = 1 AND opened_at < :before"
    " AND id NOT IN (SELECT conversation FROM outbox"
    "  WHERE state IN ('queued', 'sending', 'ambiguous'))",
    "DELETE FROM address WHERE conversation NOT IN (SELECT id FROM conversation)"
    " AND conversation NOT IN (SELECT conversation FROM outbox)",
    "DELETE FROM suppression WHERE at < :before",
    "DELETE FROM silence WHERE over = 1 AND ends_at < :before",
    "DELETE FROM request WHERE judged_at < :before",
)
