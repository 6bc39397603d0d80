"""Look along a lane, the messages of one conversation to one recipient, and across to others.

What reached the recipient, what may stand for all that waits, and who stands in for a recipient
that cannot be reached.
"""

# ruff: noqa: S608  # statements are put together from constants only

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, text

from notifier.core.telling.outgoing import Envelope
from notifier.store.outbox import envelope_of, reference
from notifier.store.tables import moment, stamp

Lane = tuple[str, str]  # conversation and recipient

_OF = "FROM outbox WHERE conversation = :conversation AND recipient = :recipient"


def lane_of(envelope: Envelope) -> Lane:
    """The lane in which a message goes."""
    return envelope.conversation, envelope.recipient


def heard(connection: Connection, lane: Lane) -> bool:
    """Whether anything of a conversation reached this recipient."""
    delivered = f"SELECT EXISTS (SELECT 1 {_OF} AND state = 'delivered')"
    if connection.execute(text(delivered), _values(lane)).scalar():
        return True
    return reference(connection, *lane) is not None


def alone(connection: Connection, lane: Lane) -> bool:
    """Whether a conversation's opening gave way to its end."""
    gave_way = f"""
        SELECT EXISTS (SELECT 1 {_OF} AND state = 'superseded' AND revision = 1)
           AND NOT EXISTS (SELECT 1 {_OF} AND state = 'delivered')
    """
    return bool(connection.execute(text(gave_way), _values(lane)).scalar())


def ending(connection: Connection, lane: Lane) -> str | None:
    """The end of a conversation of which nothing was delivered yet: it may stand for all of it.

    Returns its id. The first of the lane is claimed, and was surely not taken.
    """
    waiting = f"SELECT id, payload {_OF} AND state = 'queued' ORDER BY revision DESC, place"
    newest = connection.execute(text(waiting), _values(lane)).first()
    if newest is None or "both" not in json.loads(newest.payload):
        return None
    unsure = text(f"SELECT EXISTS (SELECT 1 {_OF} AND state = 'ambiguous')")
    if heard(connection, lane) or connection.execute(unsure, _values(lane)).scalar():
        return None
    return str(newest.id)


def give_way(connection: Connection, lane: Lane, end: str, now: datetime) -> None:
    """Let the end of a conversation stand for all of it that waits."""
    given = """
        UPDATE outbox SET state = 'superseded', settled_at = :now, owner = NULL
        WHERE conversation = :conversation AND recipient = :recipient AND id <> :end
          AND state IN ('queued', 'sending')
    """
    connection.execute(text(given), {**_values(lane), "end": end, "now": stamp(now)})


def living(connection: Connection, kind: str) -> dict[Lane, tuple[Envelope, datetime]]:
    """The last message that was delivered of each open conversation, and when it was."""
    delivered = """
        SELECT o.* FROM outbox o JOIN conversation c ON c.id = o.conversation
        WHERE c.closed = 0 AND o.kind = :kind AND o.state = 'delivered' ORDER BY o.position
    """
    rows = connection.execute(text(delivered), {"kind": kind}).mappings()
    return {
        (row["conversation"], row["recipient"]): (envelope_of(row), moment(row["settled_at"]))
        for row in rows
    }


def release(connection: Connection, envelope: Envelope, now: datetime) -> bool:
    """Let those stand in for *envelope*'s receiver who can, from this message of it on.

    Returns whether anybody does, or did before: those who stand in were queued behind it.
    """
    values = {
        "conversation": envelope.conversation,
        "receiver": envelope.receiver,
        "revision": envelope.revision,
        "id": envelope.id,
        "now": stamp(now),
    }
    others = "conversation = :conversation AND receiver <> :receiver"
    released = f"""
        UPDATE outbox SET state = 'queued', due_at = :now
        WHERE {others} AND revision >= :revision AND state = 'standby'
    """
    connection.execute(text(released), values)
    covered = f"""
        SELECT EXISTS (SELECT 1 FROM outbox
            WHERE {others} AND revision = :revision AND state <> 'failed'
              AND position > (SELECT position FROM outbox WHERE id = :id))
    """
    return bool(connection.execute(text(covered), values).scalar())


def _values(lane: Lane) -> dict[str, str]:
    return {"conversation": lane[0], "recipient": lane[1]}
