"""Say how each receiver does, as the page and the API show it.

The names of ``ReceiverStatus`` are keys of the public interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from notifier.core.facts.state import RECEIVER_RULE, Incident
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan
from notifier.core.rules.compiled import Rulebook


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went to a receiver lately.

    Attributes:
        waiting: Messages that wait; *oldest_at*: since when the first of them does.
        delivered, failed: Of the last day; *last_at*: the last delivery.
        error: What the far side last said of a message that waits or failed.
    """

    waiting: int = 0
    oldest_at: datetime | None = None
    delivered: int = 0
    failed: int = 0
    last_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverStatus:
    """How one receiver does.

    Attributes:
        kind: ``slack``, ``slack_webhook``, ``webhook`` or ``email``.
        state: ``well``, ``broken`` (it takes nothing: somebody has to mend it) or ``late``
            (messages wait, and it was tried).
        addresses: How many recipients it has.
        target: Hits a day.
        waiting, oldest_at, delivered, failed, last_at, error: See ``Traffic``.
    """

    receiver: str
    kind: str
    state: str
    addresses: int
    operations: tuple[str, ...]
    language: str
    timezone: str
    quiet: str | None = None
    target: int | None = None
    waiting: int = 0
    oldest_at: datetime | None = None
    delivered: int = 0
    failed: int = 0
    last_at: datetime | None = None
    error: str = ""


def receivers(
    known: Known, book: Rulebook, plan: Plan, traffic: Mapping[str, Traffic]
) -> Iterator[ReceiverStatus]:
    """Every receiver that some operation reaches, in the order of the file."""
    broken = {i.fields.get("source") for i in known.incidents.values() if _in_trouble(i)}
    for name, receiver in book.receivers.items():
        reaches = {o: r for (o, called), r in plan.reaches.items() if called == name}
        first = next(iter(reaches.values()))
        went = traffic.get(name, Traffic())
        late = went.waiting > 0 and bool(went.error)
        yield ReceiverStatus(
            receiver=name,
            kind=first.kind,
            state="broken" if name in broken else "late" if late else "well",
            addresses=len(first.recipients),
            operations=tuple(reaches),
            language=first.language,
            timezone=first.timezone,
            quiet=first.quiet.text if first.quiet else None,
            target=receiver.target,
            waiting=went.waiting,
            oldest_at=went.oldest_at,
            delivered=went.delivered,
            failed=went.failed,
            last_at=went.last_at,
            error=went.error,
        )


def _in_trouble(incident: Incident) -> bool:
    return incident.open and incident.key.rule == RECEIVER_RULE


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message on its way to one recipient, without what it says.

    Attributes:
        position: Its place in the order of all messages.
        form: ``post``, ``edit``, ``reply`` or ``mail``.
        reason: Why people are told.
        state: ``queued``, ``sending``, ``ambiguous``, ``delivered``, ``failed``, ``superseded``.
    """

    position: int
    delivery: str
    incident: str
    conversation: str
    receiver: str
    recipient: str
    kind: str
    form: str
    reason: str
    state: str
    queued_at: datetime
    due_at: datetime
    settled_at: datetime | None
    attempts: int
    error: str
