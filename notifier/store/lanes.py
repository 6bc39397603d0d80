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
    """Whether anything of a conversation reached this recipient, or may have."""
    taken = "(state = 'delivered' OR (state = 'failed' AND unsure_since IS NOT NULL))"
    delivered = f"SELECT EXISTS (SELECT 1 {_OF} AND {taken})"
    if connection.execute(text(delivered), _values(lane)).scalar():
        return True
    return reference(connection, *lane) is not None


def unheard(connection: Connection, lane: Lane) -> bool:
    """Whether a conversation's opening surely never reached this recipient, nor what came after."""
    never = f"""
        SELECT EXISTS (SELECT 1 {_OF} AND state = 'failed' AND revision = 1
                       AND unsure_since IS NULL)
           AND NOT EXISTS (SELECT 1 {_OF} AND state = 'delivered')
    """
    found = connection.execute(text(never), _values(lane)).scalar()
    return bool(found) and reference(connection, *lane) is None


def alone(connection: Connection, lane: Lane) -> bool:
    """Whether a conversation's opening gave way to its end."""
    gave_way = f"""
        SELECT EXISTS (SELECT 1 {_OF} AND state = 'superseded' AND droppable = 0)
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

    Nobody begins with an end: who heard of nothing before is not told that it is over. Returns
    whether anybody does, or did before: those who stand in were queued behind it.
    """
    released = f"""
        UPDATE outbox SET state = 'queued', due_at = :now
        WHERE {_OTHERS} AND revision >= :revision AND state = 'standby'
          AND (reason <> 'close' OR EXISTS (
            SELECT 1 FROM outbox told
            WHERE told.conversation = outbox.conversation AND told.recipient = outbox.recipient
              AND told.receiver = outbox.receiver AND told.position < outbox.position
              AND told.reason <> 'close' AND (told.state NOT IN ('standby', 'failed')
                OR (told.state = 'standby' AND told.revision >= :revision)
                OR told.unsure_since IS NOT NULL)))
    """
    connection.execute(text(released), _beside(envelope) | {"now": stamp(now)})
    return stood_in(connection, envelope)


def stood_in(connection: Connection, envelope: Envelope) -> bool:
    """Whether somebody was told of this message, or is to be, in its receiver's stead."""
    covered = f"""
        SELECT EXISTS (SELECT 1 FROM outbox
            WHERE {_OTHERS} AND revision = :revision AND state NOT IN ('failed', 'standby')
              AND position > (SELECT position FROM outbox WHERE id = :id))
    """
    return bool(connection.execute(text(covered), _beside(envelope)).scalar())


_OTHERS = "conversation = :conversation AND receiver <> :receiver"


def _beside(envelope: Envelope) -> dict[str, str | int]:
    return {
        "conversation": envelope.conversation,
        "receiver": envelope.receiver,
        "revision": envelope.revision,
        "id": envelope.id,
    }


def _values(lane: Lane) -> dict[str, str]:
    return {"conversation": lane[0], "recipient": lane[1]}
