"""Keep what is to be sent: post it, claim what is due, write down how it went.

A row goes ``queued -> sending -> delivered | failed | ambiguous``; a waiting edit may become
``superseded``. One to a receiver that stands in for another is ``standby`` until it must go. Rows
of one conversation and recipient are a lane: they go one after the other.
A failed or superseded row is final and holds nobody up.
"""

# ruff: noqa: S608  # statements are put together from constants only

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, text

from notifier.core.telling.outgoing import Envelope
from notifier.store.tables import Row, add, address, moment, outbox, stamp, write

_ERROR = 1_000  # characters kept of what the far side said


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message that its claimer, and nobody else, sends now.

    Attributes:
        attempt: 1 for the first; attempts that cost nothing are not counted.
        unsure_since: When the attempt began whose outcome is unknown; None where all are known.
        looks: How often the far side was asked for a message of unknown outcome.
        error: How the last attempt went.
    """

    envelope: Envelope = field(repr=False)
    attempt: int
    unsure_since: datetime | None
    looks: int
    error: str

    @property
    def id(self) -> str:
        """The envelope's id."""
        return self.envelope.id


# ---- in ----


def post(connection: Connection, envelopes: Sequence[Envelope]) -> None:
    """Queue *envelopes*, due at once. One that is there already, by its id, changes nothing.

    A newer droppable edit takes the place of one of the same lane that still waits. Whoever stood
    in once hears of the conversation to its end.
    """
    ordered = sorted(envelopes, key=lambda e: (e.revision, e.standby, e.order))
    edits = [_edit(envelope) for envelope in ordered if envelope.droppable]
    add(connection, outbox, [_row(envelope) for envelope in ordered])
    if edits:
        connection.execute(text(_SUPERSEDE), edits)
    talks = {(e.conversation, e.recipient) for e in ordered if e.standby}
    for conversation, recipient in talks:
        values = {"conversation": conversation, "recipient": recipient}
        connection.execute(text(_GOES_ON), values)


_SUPERSEDE = """
    UPDATE outbox SET state = 'superseded', settled_at = :at
    WHERE conversation = :conversation AND recipient = :recipient AND state = 'queued'
      AND droppable = 1 AND form = :form
      AND (revision < :revision OR (revision = :revision AND place < :place))
"""


_GOES_ON = """
    UPDATE outbox SET state = 'queued'
    WHERE conversation = :conversation AND recipient = :recipient AND state = 'standby'
      AND EXISTS (
        SELECT 1 FROM outbox told
        WHERE told.conversation = :conversation AND told.recipient = :recipient
          AND told.position < outbox.position
          AND (told.state NOT IN ('standby', 'failed') OR told.unsure_since IS NOT NULL))
"""


def _edit(envelope: Envelope) -> Row:
    return {
        "conversation": envelope.conversation,
        "recipient": envelope.recipient,
        "form": envelope.form,
        "revision": envelope.revision,
        "place": envelope.order,
        "at": stamp(envelope.queued_at),
    }


def _row(envelope: Envelope) -> Row:
    return {
        "id": envelope.id,
        "conversation": envelope.conversation,
        "incident": envelope.incident,
        "receiver": envelope.receiver,
        "recipient": envelope.recipient,
        "kind": envelope.kind,
        "revision": envelope.revision,
        "form": envelope.form,
        "reason": envelope.reason,
        "payload": envelope.payload,
        "place": envelope.order,
        "droppable": int(envelope.droppable),
        "queued_at": stamp(envelope.queued_at),
        "give_up_at": stamp(envelope.give_up_at),
        "state": "standby" if envelope.standby else "queued",
        "due_at": stamp(envelope.queued_at),
        "attempts": 0,
        "looks": 0,
        "error": "",
    }


# ---- out ----

_LIVE = "state IN ('queued', 'sending', 'ambiguous')"  # as the partial indices are written
_WAITING = "state IN ('queued', 'ambiguous')"
_HEAD = f"""
    FROM outbox o
    WHERE o.{_WAITING} AND NOT EXISTS (
        SELECT 1 FROM outbox earlier
        WHERE earlier.conversation = o.conversation AND earlier.recipient = o.recipient
          AND earlier.position < o.position AND earlier.{_LIVE})
"""
_CLAIM = (
    f"SELECT o.* {_HEAD} AND o.due_at <= :now {{kind}} ORDER BY o.due_at, o.position LIMIT :limit"
)
_SENDING = """
    UPDATE outbox SET state = 'sending', owner = :owner, tried_at = :now, attempts = attempts + 1
    WHERE id = :id
"""


def claim(
    connection: Connection, now: datetime, owner: str, limit: int, kind: str | None = None
) -> list[Claimed]:
    """Take up to *limit* messages to send: the first of each lane, where that is due.

    *kind*: only those that this kind of channel carries.

    Commit before sending: a claim that is not on the disk is nobody's. *owner* is who sends: its
    name is kept so that its death can be told from its slowness.
    """
    several = connection.dialect.name == "postgresql"
    chosen = _CLAIM.format(kind=_of_kind(kind))
    statement = text(chosen + (" FOR UPDATE OF o SKIP LOCKED" if several else ""))
    values = {"now": stamp(now), "limit": limit, **_kind_value(kind)}
    found = connection.execute(statement, values).mappings().all()
    taken = [{"id": row["id"], "owner": owner, "now": stamp(now)} for row in found]
    if taken:
        connection.execute(text(_SENDING), taken)
    return [_claimed(row) for row in found]


def next_due(connection: Connection, kind: str | None = None) -> datetime | None:
    """When the next message falls due, those behind an unfinished one left out."""
    first = text(f"SELECT o.due_at {_HEAD} {_of_kind(kind)} ORDER BY o.due_at LIMIT 1")
    found = connection.execute(first, _kind_value(kind)).scalar()
    return None if found is None else moment(found)


def _of_kind(kind: str | None) -> str:
    return "" if kind is None else "AND o.kind = :kind"


def _kind_value(kind: str | None) -> dict[str, str]:
    return {} if kind is None else {"kind": kind}


def adopt_orphans(connection: Connection, owner: str = "", due: datetime | None = None) -> int:
    """Make ambiguous, and due at once or at *due*, what others than *owner* left in sending.

    A process that has sent nothing yet names no owner: the dead one may have had its very name,
    as process 1 of a container that was started again. Only for the holder of the writer's lock:
    nobody else begins to send; what somebody began may still arrive. Returns how many.
    """
    orphans = """
        UPDATE outbox SET state = 'ambiguous', due_at = coalesce(:due, tried_at), owner = NULL,
            unsure_since = coalesce(unsure_since, tried_at)
        WHERE state = 'sending' AND owner <> :owner
    """
    return connection.execute(
        text(orphans), {"owner": owner, "due": stamp(due) if due else None}
    ).rowcount


# ---- how it went ----


def settle_delivered(connection: Connection, message: str, reference: str, now: datetime) -> bool:
    """The far side has it, under *reference*. False when that was known before."""
    return _settle(
        connection,
        message,
        "state = 'delivered', settled_at = :now, reference = :reference, owner = NULL, error = ''",
        {"now": stamp(now), "reference": _said(reference)},
    )


def settle_failed(
    connection: Connection, message: str, error: str, now: datetime, *, unsure: bool = False
) -> bool:
    """It will never be delivered: the next one of its lane may go.

    *unsure*: it may have been taken all the same, so that its end is owed to whoever saw it.
    """
    since = "coalesce(unsure_since, tried_at)" if unsure else "NULL"
    return _settle(
        connection,
        message,
        "state = 'failed', settled_at = :now, error = :error, owner = NULL,"
        f" unsure_since = {since}",
        {"now": stamp(now), "error": _said(error)},
    )


def settle_later(
    connection: Connection, message: str, due: datetime, error: str, *, counts_attempt: bool = True
) -> bool:
    """It was surely not taken; try again at *due*. Its lane waits for it.

    An edit gives way to a newer one that waits behind it. Where the far side asked for patience,
    it costs no attempt: *counts_attempt* is off.
    """
    back = "" if counts_attempt else ", attempts = attempts - 1"
    settled = _settle(
        connection,
        message,
        "state = 'queued', due_at = :due, error = :error, owner = NULL, looks = 0,"
        f" unsure_since = NULL{back}",
        {"due": stamp(due), "error": _said(error)},
    )
    connection.execute(text(_GIVE_WAY), {"id": message, "due": stamp(due)})
    return settled


_GIVE_WAY = """
    UPDATE outbox SET state = 'superseded', settled_at = :due
    WHERE id = :id AND state = 'queued' AND droppable = 1 AND EXISTS (
        SELECT 1 FROM outbox newer
        WHERE newer.conversation = outbox.conversation AND newer.recipient = outbox.recipient
          AND newer.state = 'queued' AND newer.droppable = 1 AND newer.form = outbox.form
          AND newer.position > outbox.position)
"""


def settle_ambiguous(
    connection: Connection, message: str, due: datetime, error: str, *, looked: bool = False
) -> bool:
    """Nobody knows whether it was taken; look, or send again, at *due*.

    *looked*: the far side was asked and did not have it; that is one more look, not an attempt.
    """
    more = "looks = looks + 1, attempts = attempts - 1," if looked else "looks = 0,"
    return _settle(
        connection,
        message,
        f"state = 'ambiguous', due_at = :due, error = :error, owner = NULL, {more}"
        " unsure_since = coalesce(unsure_since, tried_at)",
        {"due": stamp(due), "error": _said(error)},
    )


def give_back(connection: Connection, message: str, due: datetime) -> None:
    """It was claimed and not tried: as it was before, at *due*."""
    _settle(
        connection,
        message,
        "state = CASE WHEN unsure_since IS NULL THEN 'queued' ELSE 'ambiguous' END,"
        " due_at = :due, owner = NULL, attempts = attempts - 1",
        {"due": stamp(due)},
    )


def hasten(connection: Connection, now: datetime, apart: timedelta) -> None:
    """Let what was queued or tried later than *now* fall due now: a clock was ahead then.

    apart: How far another machine's clock may be ahead without that.
    """
    ahead = f"""
        UPDATE outbox SET due_at = :now
        WHERE {_WAITING} AND due_at > :now AND (queued_at > :ahead OR tried_at > :ahead)
    """
    connection.execute(text(ahead), {"now": stamp(now), "ahead": stamp(now + apart)})


def hasten_kind(connection: Connection, kind: str, now: datetime) -> None:
    """Let all that waits for a kind of channel fall due: it works again."""
    sooner = f"UPDATE outbox SET due_at = :now WHERE {_WAITING} AND kind = :kind AND due_at > :now"
    connection.execute(text(sooner), {"now": stamp(now), "kind": kind})


def postpone(connection: Connection, recipient: str, kind: str, until: datetime) -> None:
    """Let nothing for *recipient* fall due before *until*: the far side asked for patience."""
    later = f"""
        UPDATE outbox SET due_at = :until
        WHERE {_WAITING} AND recipient = :recipient AND kind = :kind AND due_at < :until
    """
    values = {"until": stamp(until), "recipient": recipient, "kind": kind}
    connection.execute(text(later), values)


def _settle(connection: Connection, message: str, how: str, values: dict[str, Any]) -> bool:
    # Also from ambiguous: who was slow, and taken for dead, still knows better than nobody.
    statement = f"UPDATE outbox SET {how} WHERE id = :id AND state IN ('sending', 'ambiguous')"
    return connection.execute(text(statement), {"id": message, **values}).rowcount == 1


def _said(far_side: str) -> str:
    """What a database stores of a stranger's words."""
    return far_side.replace("\x00", "")[:_ERROR]


def _claimed(row: RowMapping) -> Claimed:
    return Claimed(
        envelope=envelope_of(row),
        attempt=row["attempts"] + 1,
        unsure_since=moment(row["unsure_since"]) if row["unsure_since"] else None,
        looks=row["looks"],
        error=row["error"],
    )


def envelope_of(row: RowMapping) -> Envelope:
    """A row as the message that it was posted as."""
    same = ("id", "conversation", "incident", "receiver", "recipient", "kind", "revision", "form")
    return Envelope(
        **{name: row[name] for name in same},
        reason=row["reason"],
        payload=row["payload"],
        queued_at=moment(row["queued_at"]),
        give_up_at=moment(row["give_up_at"]),
        order=row["place"],
        droppable=bool(row["droppable"]),
    )


# ---- where messages live ----


def reference(connection: Connection, conversation: str, recipient: str) -> str | None:
    """What a conversation's message is called at the far side, as it was remembered."""
    found = "SELECT reference FROM address WHERE conversation = :c AND recipient = :r"
    return connection.execute(text(found), {"c": conversation, "r": recipient}).scalar()


def remember_reference(
    connection: Connection, conversation: str, recipient: str, reference: str
) -> None:
    """Remember where a conversation's message lives; a later one takes the place of an earlier."""
    row = {"conversation": conversation, "recipient": recipient, "reference": _said(reference)}
    write(connection, address, [row])


# ---- to be seen ----


class Went(NamedTuple):
    """How a message went so far: ``delivered``, ``failed``, or it waits; and the last error."""

    state: str
    error: str


def went(connection: Connection, message: str) -> Went:
    """How the message of that id went."""
    found = text("SELECT state, error FROM outbox WHERE id = :id")
    return Went(*connection.execute(found, {"id": message}).one())


def waiting(connection: Connection) -> dict[str, int]:
    """How many messages are not settled yet, by kind of channel."""
    counts = text(f"SELECT kind, count(*) AS waiting FROM outbox WHERE {_LIVE} GROUP BY kind")
    return {row.kind: row.waiting for row in connection.execute(counts)}


def oldest(connection: Connection, kind: str | None = None) -> datetime | None:
    """When the message that waits longest was queued."""
    first = text(f"SELECT min(o.queued_at) FROM outbox o WHERE o.{_LIVE} {_of_kind(kind)}")
    found = connection.execute(first, _kind_value(kind)).scalar()
    return None if found is None else moment(found)
