"""Empty the outbox: send what is due, write down how it went. Decides nothing about alerts.

One worker per kind of channel, each on its own thread: a Slack that hangs holds up no email. A
message is marked as being sent, and that is on the disk, before a byte of it leaves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from notifier import logs
from notifier.channels.base import Channel, Delivered
from notifier.core.outgoing import Envelope
from notifier.core.retry import CHAT, MAIL, next_attempt
from notifier.errors import PermanentDeliveryError, TemporaryDeliveryError
from notifier.store import outbox
from notifier.store.database import Database
from notifier.store.outbox import Claimed
from notifier.web.metrics import Metrics

log = logs.logger("deliver")

BATCH = 20  # messages claimed at once: a crash makes so many ambiguous at most
LOOKS = 2  # a message is believed not to have arrived when it was not found so often
BETWEEN_LOOKS = timedelta(seconds=5)
CLOCKS_APART = timedelta(seconds=60)  # between our clock and the far side's
MENDING = timedelta(minutes=5)  # a dead token or a closed channel waits for somebody's hand


@dataclass(slots=True)
class Worker:
    """Delivers the messages of one kind of channel.

    Attributes:
        owner: This process, as the outbox knows it.
        jitter: Draws from [0, 1).
        on_ambiguous: A receiver's own wish where a message of unknown outcome cannot be looked
            for: ``resend``, ``drop``, or empty for the default.
        report: Told of a receiver that takes nothing, and of each message that one took.
        lost: How many messages it had to give up.
        broken: Recipients that lately took nothing, for good or until somebody mends it.
    """

    channel: Channel
    database: Database
    owner: str
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    metrics: Metrics
    on_ambiguous: Callable[[str], str] = lambda _: ""
    report: Callable[[str, str, bool, str], None] = lambda *_: None
    lost: int = 0
    broken: set[str] = field(default_factory=set)
    _taken: deque[Claimed] = field(default_factory=deque)  # claimed, and not settled yet
    _outcome: Callable[[], None] | None = None  # of the first of them, not written yet
    _seen: datetime | None = None  # the clock, at the last call
    _asked: dict[str, datetime] = field(default_factory=dict)  # whom to leave alone, until when

    def run_once(self) -> int:
        """Try everything that is due now. Returns how many messages were tried.

        Raises:
            StateError: the database is in trouble; the next call goes on where this one ended.
        """
        self._make_up()
        now = self.clock()
        with self.database.transaction() as connection:
            if self._seen is None or now < self._seen - CLOCKS_APART:
                outbox.hasten(connection, now)
            claimed = outbox.claim(connection, now, self.owner, BATCH, self.channel.kind)
        self._seen = now
        self._taken.extend(claimed)
        self._asked.clear()
        while self._taken:
            self._deliver(self._taken[0])
            self._taken.popleft()
        return len(claimed)

    def _make_up(self) -> None:
        """Write down what the database could not take before, and give back what was not tried."""
        if self._outcome is not None:
            self._settle(self._outcome)
            self._taken.popleft()
        if self._taken:
            with self.database.transaction() as connection:
                for message in self._taken:
                    outbox.give_back(connection, message.id, self.clock())
            self._taken.clear()

    def _settle(self, outcome: Callable[[], None]) -> None:
        """Write down how a message went; where that fails it is kept, and never sent again."""
        self._outcome = outcome
        outcome()
        self._outcome = None

    def next_due(self) -> datetime | None:
        """When the next message of this kind falls due."""
        with self.database.reading() as connection:
            return outbox.next_due(connection, self.channel.kind)

    def backlog(self) -> tuple[int, datetime | None]:
        """How many messages wait, and since when the oldest does."""
        with self.database.reading() as connection:
            waiting = outbox.waiting(connection).get(self.channel.kind, 0)
            return waiting, outbox.oldest(connection, self.channel.kind)

    def _deliver(self, message: Claimed) -> None:
        envelope = message.envelope
        if (until := self._asked.get(envelope.recipient)) is not None:
            with self.database.transaction() as connection:
                outbox.give_back(connection, message.id, until)
            return
        with self.database.reading() as connection:
            lane = (envelope.conversation, envelope.recipient)
            reference = outbox.reference(connection, *lane)
            unheard = envelope.reason == "close" and outbox.unheard(connection, *lane)
        if unheard:  # nobody is told of the end of what never reached them
            self._settle(partial(self._failed, envelope, "its opening was never delivered"))
            return
        outcome = self._looked(message, reference) if _doubtful(message, reference) else None
        self._settle(outcome or self._tried(message, reference))

    def _tried(self, message: Claimed, reference: str | None) -> Callable[[], None]:
        """Send, and return what writes down how that went."""
        try:
            delivered = self._send(message.envelope, reference)
        except TemporaryDeliveryError as error:
            return partial(self._later, message, error)
        except PermanentDeliveryError as error:
            return partial(self._refused, message, error)
        except Exception as error:  # noqa: BLE001  # a mistake of ours holds up no other message
            return partial(self._later, message, _mistake(error))
        return partial(self._done, message.envelope, delivered)

    def _send(self, envelope: Envelope, reference: str | None) -> Delivered:
        """Send; a message whose predecessor is gone is posted anew."""
        try:
            return self.channel.send(envelope, reference, self.clock())
        except PermanentDeliveryError as error:
            if not error.gone or reference is None:
                raise
            return self.channel.send(envelope, None, self.clock())

    # ---- a message of unknown outcome ----

    def _looked(self, message: Claimed, reference: str | None) -> Callable[[], None] | None:
        """Look for it; None when it is to be sent again."""
        if not self.channel.can_find:
            return self._dropped(message.envelope)
        since = (message.unsure_since or message.envelope.queued_at) - CLOCKS_APART
        try:
            found = self.channel.find(message.envelope, reference, since)
        except TemporaryDeliveryError as error:
            return partial(self._unseen, message, error)  # not to have looked is not "not there"
        except PermanentDeliveryError:
            return self._dropped(message.envelope)
        if found is not None:
            return partial(self._done, message.envelope, Delivered(found, "found"))
        if message.looks + 1 >= LOOKS:
            return None
        due = self.clock() + BETWEEN_LOOKS
        return partial(self._ambiguous, message, "not found yet", due, looked=True)

    def _unseen(self, message: Claimed, error: TemporaryDeliveryError) -> None:
        """It could not be looked for now."""
        now = self.clock()
        if now >= _last_try(message.envelope):
            self._given_up(message.envelope, error)
        else:
            self._ambiguous(message, str(error), self._due(message, now, error.after))

    def _dropped(self, envelope: Envelope) -> Callable[[], None] | None:
        """A doubled page beats a lost one; a doubled celebration does not."""
        default = "drop" if envelope.reason == "event" else "resend"
        if (self.on_ambiguous(envelope.receiver) or default) == "resend":
            return None
        return partial(self._failed, envelope, "it may have arrived and cannot be looked for")

    # ---- how it went ----

    def _done(self, envelope: Envelope, delivered: Delivered) -> None:
        now = self.clock()
        with self.database.transaction() as connection:
            outbox.settle_delivered(connection, envelope.id, delivered.reference, now)
            if delivered.reference:
                outbox.remember_reference(
                    connection, envelope.conversation, envelope.recipient, delivered.reference
                )
        self.broken.discard(envelope.recipient)
        self._count("delivered")
        log.info("delivered", receiver=envelope.receiver, form=envelope.form,
                 reason=envelope.reason, id=envelope.id, detail=delivered.detail)  # fmt: skip
        self.report(envelope.receiver, envelope.recipient, True, "")

    def _later(self, message: Claimed, error: TemporaryDeliveryError) -> None:
        envelope, now = message.envelope, self.clock()
        if now >= _last_try(envelope):
            self._given_up(envelope, error)
            return
        due = self._due(message, now, error.after)
        if error.ambiguous:
            soon = message.unsure_since is None and self.channel.can_find
            self._ambiguous(message, str(error), now + BETWEEN_LOOKS if soon else due)
            return
        with self.database.transaction() as connection:
            outbox.settle_later(
                connection, envelope.id, due, str(error), counts_attempt=error.after is None
            )
            if error.after is not None:
                outbox.postpone(connection, envelope.recipient, envelope.kind, due)
                self._asked[envelope.recipient] = due
        self._count("later")
        log.warning("not delivered yet", receiver=envelope.receiver, id=envelope.id,
                    error=str(error), again=due.isoformat())  # fmt: skip

    def _due(self, message: Claimed, now: datetime, asked: timedelta | None) -> datetime:
        patience = MAIL if self.channel.kind == "email" else CHAT
        return next_attempt(
            patience, attempts=message.attempt, now=now, jitter=self.jitter(), asked=asked
        )

    def _ambiguous(
        self, message: Claimed, error: str, due: datetime, *, looked: bool = False
    ) -> None:
        with self.database.transaction() as connection:
            outbox.settle_ambiguous(connection, message.id, due, error, looked=looked)
        self._count("ambiguous")
        log.warning("outcome unknown", receiver=message.envelope.receiver, id=message.id,
                    error=error, looked=looked)  # fmt: skip

    def _refused(self, message: Claimed, error: PermanentDeliveryError) -> None:
        """Keep what a mended token or channel will take; the rest can never be delivered."""
        envelope, now = message.envelope, self.clock()
        self.broken.add(envelope.recipient)
        self.report(envelope.receiver, envelope.recipient, False, str(error))
        if error.broken == "message" or now >= _last_try(envelope):
            self._failed(envelope, str(error))
            return
        with self.database.transaction() as connection:
            outbox.settle_later(connection, envelope.id, now + MENDING, str(error))
        self._count("broken")
        log.error("receiver broken", receiver=envelope.receiver, what=error.broken,
                  id=envelope.id, error=str(error))  # fmt: skip

    def _given_up(self, envelope: Envelope, error: TemporaryDeliveryError) -> None:
        self.broken.add(envelope.recipient)
        self.report(envelope.receiver, envelope.recipient, False, str(error))
        self._failed(envelope, f"given up: {error}")

    def _failed(self, envelope: Envelope, error: str) -> None:
        with self.database.transaction() as connection:
            outbox.settle_failed(connection, envelope.id, error, self.clock())
        self.lost += 1
        self._count("failed")
        log.error("never delivered", receiver=envelope.receiver, form=envelope.form,
                  reason=envelope.reason, id=envelope.id, error=error)  # fmt: skip

    def _count(self, result: str) -> None:
        self.metrics.deliveries.labels(self.channel.kind, result).inc()


def _mistake(error: Exception) -> TemporaryDeliveryError:
    """A mistake of ours, as a trouble of its message: it may have been sent. Never its text."""
    log.error("internal error", kind=type(error).__name__)
    return TemporaryDeliveryError(f"An internal mistake ({type(error).__name__}).", ambiguous=True)


def _doubtful(message: Claimed, reference: str | None) -> bool:
    """Whether it may have arrived, and a second send would show."""
    return message.unsure_since is not None and _doubles(message.envelope, reference)


def _doubles(envelope: Envelope, reference: str | None) -> bool:
    """Whether a second send would show twice.

    An edit repeats harmlessly, but one without a message to edit is a post. A mail is known by its
    Message-ID.
    """
    return envelope.form in ("post", "reply") or (envelope.form == "edit" and reference is None)


def _last_try(envelope: Envelope) -> datetime:
    """Late news goes marked as late; an edit, which only carries the newest state, not at all."""
    if envelope.droppable:
        return envelope.give_up_at
    return envelope.give_up_at + (envelope.give_up_at - envelope.queued_at)
