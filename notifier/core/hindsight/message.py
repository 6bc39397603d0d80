"""Say what a decision tells, a line for each receiver and incident: for replays and programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from notifier.core.judging.notice import Notice, Reason

WORDS = {reason: reason.value for reason in Reason} | {Reason.RAISED: "change"}


@dataclass(frozen=True, slots=True)
class Message:
    """What one receiver is told of one incident, or event, at one moment.

    Attributes:
        reason: ``open``, ``change``, ``close``, ``event`` or ``repeat``.
        incident: Its id; of an event its key.
        conversation: The message that it is a part of.
        loud: People notice it; an edit they find when they look.
        text: The whole message in one line; empty where it was not asked for.
    """

    at: datetime
    reason: str
    rule: str
    operation: str
    entity: str
    receiver: str
    severity: str
    incident: str
    conversation: str
    loud: bool
    text: str = ""


def messages(notice: Notice, text: str = "") -> Iterator[Message]:
    """Yield what *notice* says that is new."""
    talk, loud = notice.conversation, is_loud(notice)

    def message(reason: Reason, entity: str, severity: str, incident: str) -> Message:
        heard = loud and reason is not Reason.CHANGE
        return Message(
            notice.at, WORDS[reason], notice.rule.id, talk.operation, entity, talk.receiver,
            severity, incident, talk.id, heard, text,
        )  # fmt: skip

    for item in notice.items:
        one = item.incident
        yield message(item.reason, one.key.entity, one.severity.value, one.id)
    for event in notice.events:
        yield message(Reason.EVENT, event.key, notice.rule.severity.value, event.key)


def is_loud(notice: Notice) -> bool:
    """Whether people notice it: a mail, a new message, a reply that the channel sees.

    On Slack a close is an edit and a line in the thread.
    """
    if notice.conversation.kind != "slack":
        return any(reason.notifies for reason in notice.reasons)
    return any(reason.notifies and reason is not Reason.CLOSE for reason in notice.reasons)
