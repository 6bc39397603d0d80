"""Say what a message on its way is: rendered, addressed, and in its place among the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One rendered message for one recipient.

    Attributes:
        id: The same for the same decision, so that a repeated one is not sent again.
        incident: The conversation's first incident: its name in message metadata.
        kind: Which channel carries it: ``slack``, ``slack_webhook``, ``email``.
        revision: Grows within the conversation.
        form: ``post``, ``edit``, ``reply`` or ``mail``.
        payload: What is sent, as JSON; never rendered again.
        order: Its place among the messages of the same revision and recipient.
        give_up_at: When it is no longer news.
        droppable: A newer one may take its place while it waits; never an open or a close.
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
