"""Say what a message on its way is: rendered, addressed, and in its place among the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from notifier.core.facts.state import digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One rendered message for one recipient.

    Attributes:
        id: The same for the same decision, so that a repeated one is not sent again.
        incident: The conversation's first incident: its name in message metadata.
        kind: Which channel carries it: ``slack``, ``email``, ``webhook``, ...
        revision: Grows within the conversation.
        form: ``post``, ``edit``, ``reply``, ``mail`` or ``data``.
        payload: What is sent, as JSON; never rendered again.
        order: Its place among the messages of the same revision and recipient.
        give_up_at: When it is no longer news.
        droppable: A newer one may take its place while it waits; never an open or a close.
        standby: It is sent only if the receiver cannot be reached for which this one stands in.
    """

    id: str
    conversation: str
    incident: str
    receiver: str
    recipient: str
    kind: str
    revision: int
    form: str
    reason: str
    payload: str
    queued_at: datetime
    give_up_at: datetime
    order: int = 0
    droppable: bool = False
    standby: bool = False


def trace(at: datetime) -> str:
    """What ties a reading that was judged at *at* to its messages, in the log."""
    return digest("trace", at.isoformat())[:8]


def doubtful(envelope: Envelope) -> Envelope:
    """Return *envelope*, marked: it may have been seen before, and nobody can look."""
    return _with(envelope, "doubtful")


def alone(envelope: Envelope) -> Envelope:
    """Return a close, marked: nothing of its conversation could be delivered before."""
    return _with(envelope, "alone")


def _with(envelope: Envelope, mark: str) -> Envelope:
    payload = {**json.loads(envelope.payload), mark: True}
    return replace(envelope, payload=json.dumps(payload, ensure_ascii=False))


def before_text(payload: Mapping[str, Any], *, late: bool) -> str:
    """What a message begins with that is no news any more; empty for one that is."""
    both = payload.get("both", "") if payload.get("alone") else ""
    return " ".join(filter(None, (payload.get("late", "") if late else "", both)))


def behind_text(payload: Mapping[str, Any]) -> str:
    """What a message ends with that may have been seen before."""
    return str(payload.get("again", "")) if payload.get("doubtful") else ""


MARKS = frozenset({"late", "both", "again", "moved", "alone", "doubtful"})
"""Keys of a payload that are about its delivery, and are not sent as they are."""
