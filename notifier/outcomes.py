"""Write down how each message went, and say when it is tried again, or who is told instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from notifier import logs
from notifier.channels.base import Delivered
from notifier.circuit import Circuit
from notifier.core.telling.outgoing import Envelope, trace
from notifier.core.telling.retry import CHAT, MAIL, next_attempt
from notifier.errors import PermanentDeliveryError, TemporaryDeliveryError
from notifier.store import lanes, outbox
from notifier.store.database import Database
from notifier.store.lanes import Lane, lane_of
from notifier.store.outbox import Claimed
from notifier.traces.span import Span, Traces
from notifier.web.metrics import Metrics

log = logs.logger("deliver")

BETWEEN_LOOKS = timedelta(seconds=5)
MENDING = timedelta(minutes=5)  # a closed channel waits for somebody's hand
LEAST = 10  # attempts before a message is given up, whatever the clock says
BAD = frozenset({"later", "ambiguous", "broken", "instead", "failed"})  # results
INSTEAD = "told whoever stands in"


@dataclass(slots=True)
class Outcomes:
    """The outcomes of one kind of channel.

    Attributes:
        jitter: Draws from [0, 1).
        can_find: Whether a message whose answer was lost can be looked for.
        report: Told of a receiver that takes nothing, and of each message that one took; of a
            whole kind of channel, without a recipient.
        lost: How many messages had to be given up.
        broken: Recipients that lately took nothing, for good or until somebody mends it.
        patience: Whom to leave alone, until when.
        began: When the attempt under way began.
    """

    kind: str
    database: Database
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    metrics: Metrics
    can_find: bool = False
    traces: Traces = field(default_factory=Traces)
    report: Callable[[str, str, bool, str], None] = lambda *_: None
    lost: int = 0
    broken: set[str] = field(default_factory=set)
    patience: dict[str, datetime] = field(default_factory=dict)
    began: datetime | None = None
    log: Any = log
    circuit: Circuit = field(init=False)

    def __post_init__(self) -> None:
        self.circuit = Circuit(self.database, self.kind)

    def troubles(self) -> list[str]:
        """Why messages of this kind do not arrive now, in words that name nobody."""
        found = []
        if self.circuit.is_open:
            found.append(f"delivery: {self.kind} refuses our credential, see the log")
        elif self.broken:
            found.append("delivery: a receiver takes nothing, see the log")
        return found

    # ---- it was taken ----

    def done(self, envelope: Envelope, delivered: Delivered) -> None:
        """The far side has it."""
        now = self.clock()
        # Whoever is owner by now: that people have it is true, and spares them a second one.
        with self.database.transaction() as connection:
            outbox.settle_delivered(connection, envelope.id, delivered.reference, now)
            if delivered.reference:
                outbox.remember_reference(connection, *lane_of(envelope), delivered.reference)
        self.broken.discard(envelope.recipient)
        self._count("delivered", envelope)
        self.log.info("delivered", trace=trace(envelope.queued_at),
                 receiver=envelope.receiver, form=envelope.form,
                 reason=envelope.reason, id=envelope.id, detail=delivered.detail)  # fmt: skip
        self._works_again(now)
        self.report(envelope.receiver, envelope.recipient, True, "")

    def _works_again(self, now: datetime) -> None:
        if not self.circuit.is_open:
            return
        self.circuit.close()
        with self.database.as_owner() as connection:
            outbox.hasten_kind(connection, self.kind, now)
        log.info("credential works again", kind=self.kind)
        self.report(self.kind, "", True, "")

    # ---- it was not ----

    def moved(self, lane: Lane, reference: str) -> None:
        """The message of a lane is gone; the lane goes on under another reference."""
        with self.database.as_owner() as connection:
            outbox.remember_reference(connection, *lane, reference)

    def combined(self, envelope: Envelope, end: str) -> None:
        """It ended before anybody could be told that it began: one message says both."""
        with self.database.as_owner() as connection:
            lanes.give_way(connection, lane_of(envelope), end, self.clock())
        self._count("superseded", envelope)
        log.info(
            "told with its end",
            trace=trace(envelope.queued_at),
            receiver=envelope.receiver,
            id=envelope.id,
            end=end,
        )

    def later(self, message: Claimed, error: TemporaryDeliveryError) -> None:
        """The trouble may pass."""
        envelope, now = message.envelope, self.clock()
        unsure = error.ambiguous or message.unsure_since is not None
        if over(message, now):
            self.given_up(envelope, error, unsure=unsure)
            return
        if now >= envelope.give_up_at and self._stood_in_for(envelope, str(error), now, unsure):
            return
        due = self.due(message, now, error.after)
        if error.ambiguous:
            soon = message.unsure_since is None and self.can_find
            self.ambiguous(message, str(error), now + BETWEEN_LOOKS if soon else due)
            return
        with self.database.as_owner() as connection:
            outbox.settle_later(
                connection, envelope.id, due, str(error), counts_attempt=error.after is None
            )
            if error.after is not None:
                outbox.postpone(connection, envelope.recipient, envelope.kind, due)
                self.patience[envelope.recipient] = due
        self._count("later", envelope)
        log.warning("not delivered yet", trace=trace(envelope.queued_at),
                    receiver=envelope.receiver, id=envelope.id,
                    error=str(error), again=due.isoformat())  # fmt: skip

    def _stood_in_for(self, envelope: Envelope, error: str, now: datetime, unsure: bool) -> bool:
        """Old news goes to whoever stands in, and operators hear of it; False where nobody does.

        So too where it is *unsure* whether it was taken: then it is looked for still; and where
        those who heard of it before wait for this.
        """
        with self.database.as_owner() as connection:
            awaited = unsure or _awaited(envelope, lanes.heard(connection, lane_of(envelope)))
            covered = lanes.release(connection, envelope, now) and not awaited
            if covered:
                outbox.settle_failed(connection, envelope.id, f"{INSTEAD}: {error}", now)
        if covered:
            self._note_failed(envelope, error, lost=False)
        self.report(envelope.receiver, envelope.recipient, False, error)
        return covered

    def due(self, message: Claimed, now: datetime, asked: timedelta | None) -> datetime:
        """When it is tried again."""
        patience = MAIL if self.kind == "email" else CHAT
        return next_attempt(
            patience, attempts=message.attempt, now=now, jitter=self.jitter(), asked=asked
        )

    def ambiguous(
        self, message: Claimed, error: str, due: datetime, *, looked: bool = False
    ) -> None:
        """Nobody knows whether it was taken."""
        with self.database.as_owner() as connection:
            outbox.settle_ambiguous(connection, message.id, due, error, looked=looked)
        self._count("ambiguous", message.envelope)
        log.warning("outcome unknown", trace=trace(message.envelope.queued_at),
                    receiver=message.envelope.receiver, id=message.id,
                    error=error, looked=looked)  # fmt: skip

    def refused(self, message: Claimed, error: PermanentDeliveryError) -> None:
        """Keep what a mended token or channel will take; the rest can never be delivered."""
        envelope, now = message.envelope, self.clock()
        self._note_broken(envelope, error, now)
        due = self.circuit.probe_at or now + MENDING
        with self.database.as_owner() as connection:
            covered = lanes.release(connection, envelope, now)
            heard = lanes.heard(connection, lane_of(envelope))
            said = f"{INSTEAD}: {error}" if covered else str(error)
            hopeless = error.broken == "message" or over(message, now)
            unsure = message.unsure_since is not None
            for_good = hopeless or (covered and not unsure and not _awaited(envelope, heard))
            if for_good:
                outbox.settle_failed(connection, envelope.id, said, now, unsure=unsure)
            elif unsure:
                outbox.settle_ambiguous(connection, envelope.id, due, said)
            else:
                outbox.settle_later(connection, envelope.id, due, said)
        if for_good:
            self._note_failed(envelope, said, lost=not covered)
            return
        self._count("broken", envelope)
        log.error("receiver broken", trace=trace(envelope.queued_at),
                  receiver=envelope.receiver, what=error.broken,
                  id=envelope.id, error=str(error))  # fmt: skip

    def _note_broken(
        self, envelope: Envelope, error: PermanentDeliveryError, now: datetime
    ) -> None:
        """Say once what is broken: the address, or the credential for all of them."""
        self.broken.add(envelope.recipient)
        if error.broken != "credential":
            self.report(envelope.receiver, envelope.recipient, False, str(error))
        elif not self.circuit.blocks(now) and self.circuit.open(str(error), now):
            log.error("credential refused", kind=self.kind, error=str(error))
            self.report(self.kind, "", False, str(error))

    def given_up(
        self, envelope: Envelope, error: TemporaryDeliveryError, *, unsure: bool = True
    ) -> None:
        """It was tried for too long. *unsure*: it may have been taken."""
        self.broken.add(envelope.recipient)
        self.report(envelope.receiver, envelope.recipient, False, str(error))
        self.failed(envelope, f"given up: {error}", unsure=unsure)

    def failed(
        self, envelope: Envelope, error: str, *, stand_in: bool = True, unsure: bool = False
    ) -> None:
        """It will never be delivered. *stand_in*: unless by whoever stands in."""
        now = self.clock()
        with self.database.as_owner() as connection:
            covered = stand_in and lanes.release(connection, envelope, now)
            outbox.settle_failed(connection, envelope.id, error, now, unsure=unsure)
        self._note_failed(envelope, error, lost=not covered)

    def _note_failed(self, envelope: Envelope, error: str, *, lost: bool = True) -> None:
        if not lost:
            self._count("instead", envelope)
            log.warning("told somebody else instead", trace=trace(envelope.queued_at),
                        receiver=envelope.receiver,
                        reason=envelope.reason, id=envelope.id, error=error)  # fmt: skip
            return
        self.lost += 1
        self._count("failed", envelope)
        log.error("never delivered", trace=trace(envelope.queued_at),
                  receiver=envelope.receiver, form=envelope.form,
                  reason=envelope.reason, id=envelope.id, error=error)  # fmt: skip

    def _count(self, result: str, envelope: Envelope) -> None:
        self.metrics.deliveries.labels(self.kind, result, envelope.reason).inc()
        now = self.clock()
        facts = {"channel": self.kind, "receiver": envelope.receiver, "form": envelope.form,
                 "reason": envelope.reason, "result": result, "id": envelope.id}  # fmt: skip
        self.traces.show(Span(name="deliver", at=envelope.queued_at, began=self.began or now,
                              ended=now, facts=facts,
                              failed=result if result in BAD else ""))  # fmt: skip


def over(message: Claimed, now: datetime) -> bool:
    """Whether a message was tried for long enough, and often: a clock may only have jumped.

    Late news goes marked as late, for as long again; an edit, which only carries the newest state,
    not at all.
    """
    envelope = message.envelope
    last = envelope.give_up_at
    if not envelope.droppable:
        last += envelope.give_up_at - envelope.queued_at
    return now >= last and message.attempt >= LEAST


def _awaited(envelope: Envelope, heard: bool) -> bool:
    """Whether those who heard of it before wait for this, whoever else is told meanwhile."""
    return heard and (envelope.form == "edit" or envelope.reason == "close")
