"""Look up what was sent, and how the far side answered."""

# statements are put together from constants only

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text

from notifier.core.facts.state import Conversation, Incident, Told
from notifier.store.memory import decoded
from notifier.store.tables import moment

_SENT = """
    SELECT id, conversation, incident, receiver, recipient, kind, form, reason, state, queued_at,
           settled_at, attempts, reference, error FROM outbox
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message for one recipient.

    Attributes:
        state: ``queued``, ``sending``, ``delivered``, ``failed``, ``ambiguous``, ``superseded``.
        reference: What the far side calls it; *error* what it said when it took it not.
    """

    id: str
    conversation: str
    incident: str
    receiver: str
    recipient: str
    kind: str
    form: str
    reason: str
    state: str
    queued_at: datetime
    settled_at: datetime | None
    attempts: int
    reference: str
    error: str


def of_conversations(connection: Connection, names: Sequence[str]) -> list[Sent]:
    """Every message of these conversations, in the order they were queued."""
    statement = text(f"{_SENT} WHERE conversation IN :names ORDER BY position")
    found = connection.execute(
        statement.bindparams(bindparam("names", expanding=True)), {"names": list(names)}
    )
    return list(map(_sent, found))


def by_id(connection: Connection, prefix: str) -> list[Sent]:
    """The messages whose id, or whose conversation's first incident, begins so."""
    statement = text(f"{_SENT} WHERE id LIKE :prefix OR incident LIKE :prefix ORDER BY position")
    return list(map(_sent, connection.execute(statement, {"prefix": f"{prefix}%"})))


def incidents_by_id(connection: Connection, prefix: str) -> list[Incident]:
    """The incidents whose id begins so."""
    statement = text("SELECT body FROM incident WHERE id LIKE :prefix ORDER BY opened_at")
    rows = connection.execute(statement, {"prefix": f"{prefix}%"}).all()
    return decoded(rows, Incident, "incident")


def conversation(connection: Connection, name: str) -> Conversation | None:
    """A conversation, over or not."""
    rows = connection.execute(
        text("SELECT body FROM conversation WHERE id = :name"), {"name": name}
    ).all()
    return next(iter(decoded(rows, Conversation, "conversation")), None)


def conversations_of(connection: Connection, incident: str) -> list[str]:
    """The conversations in which people were told of an incident."""
    statement = text("SELECT body FROM told WHERE incident = :incident")

    rows = connection.execute(statement, {"incident": incident}).all()
    return [told.conversation for told in decoded(rows, Told, "told")]


def _sent(row: Row[Any]) -> Sent:
    given = row._asdict()
    given["queued_at"] = moment(row.queued_at)
    given["settled_at"] = moment(row.settled_at) if row.settled_at else None
    given["reference"] = row.reference or ""
    return Sent(**given)
