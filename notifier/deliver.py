"""Empty the outbox: send what is due, and have written down how it went. Decides nothing itself.

One worker per kind of channel, each on its own thread: a Slack that hangs holds up no email. A
message is marked as being sent, and that is on the disk, before a byte of it leaves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from notifier import logs
from notifier.channels.base import Channel, Delivered, lives
from notifier.core.telling.outgoing import Envelope, alone, doubtful
from notifier.errors import PermanentDeliveryError, StateError, TemporaryDeliveryError
from notifier.outcomes import BETWEEN_LOOKS, INSTEAD, Outcomes, over
from notifier.store import lanes, outbox
from notifier.store.database import Database
from notifier.store.lanes import Lane, lane_of
from notifier.store.outbox import Claimed
from notifier.traces.span import Traces
from notifier.web.metrics import Metrics

log = logs.logger("deliver")

BATCH = 20  # messages claimed at once: a crash makes so many ambiguous at most
LOOKS = 2  # a message is believed not to have arrived when it was not found so often
CLOCKS_APART = timedelta(seconds=60)  # between our clock and the far side's, or another machine's
BLIND = frozenset({"missing_scope", "not_in_channel"})  # it may post there all the same
STUCK = timedelta(minutes=2)  # that a message waits before it is said: a hiccup is over by then
GONE = '{"gone": true}'  # the reference of a message that was deleted, and left no link

Settle = Callable[[], None]
"""Writes down how a message went."""


@dataclass(slots=True)
class Worker:
    """Delivers the messages of one kind of channel.

    Attributes:
        owner: This process, as the outbox knows it.
        jitter: Draws from [0, 1).
        on_ambiguous: A receiver's own wish where a message of unknown outcome cannot be looked
            for: ``resend``, ``drop``, or empty for the default.
        outcomes: Where outcomes are written down.
    """

    channel: Channel
    database: Database
    owner: str
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    metrics: Metrics
    on_ambiguous: Callable[[str], str] = lambda _: ""
    traces: Traces = field(default_factory=Traces)
    outcomes: Outcomes = field(init=False)
    _taken: deque[Claimed] = field(default_factory=deque)  # claimed, and not settled yet
    _outcome: Settle | None = None  # of the first of them, not written yet
    _seen: datetime | None = None  # the clock, at the last call
    _repeated: dict[Lane, datetime] = field(default_factory=dict)  # what is kept alive

    def __post_init__(self) -> None:
        kind, can_find = self.channel.kind, self.channel.can_find
        self.outcomes = Outcomes(
            kind, self.database, self.clock, self.jitter, self.metrics, can_find, self.traces
        )

    @property
    def lost(self) -> int:
        """How many messages it had to give up."""
        return self.outcomes.lost

    def run_once(self) -> int:
        """Try everything that is due now. Returns how many messages were tried.

        Raises:
            StateError: the database is in trouble, or another notifier's; the next call goes on
                where this one ended.
        """
        self._make_up()
        self.outcomes.circuit.recall()
        now = self.clock()
        with self.database.as_owner() as connection:
            if self._seen is None or now < self._seen - CLOCKS_APART:
                outbox.hasten(connection, now, CLOCKS_APART)
            claimed = outbox.claim(connection, now, self.owner, BATCH, self.channel.kind)
        self._seen = now
        self._taken.extend(claimed)
        self.outcomes.patience.clear()
        while self._taken:
            self._deliver(self._taken[0])
            self._taken.popleft()
        self._keep_alive()
        return len(claimed)

    def _make_up(self) -> None:
        """Write down what the database could not take before, and give back what was not tried."""
        if self._outcome is not None:
            self._settle(self._outcome)
            self._taken.popleft()
        if self._taken:
            with self.database.as_owner() as connection:
                for message in self._taken:
                    outbox.give_back(connection, message.id, self.clock())
            self._taken.clear()

    def _settle(self, outcome: Settle) -> None:
        """Write down how a message went; where that fails it is kept, and never sent again."""
        self._outcome = outcome
        outcome()
        self._outcome = None

    def next_due(self) -> datetime | None:
        """When the next message of this kind falls due, or is to be repeated."""
        with self.database.reading() as connection:
            due = outbox.next_due(connection, self.channel.kind)
        if self.channel.again is None or not self._repeated:
            return due
        repeated = min(self._repeated.values()) + self.channel.again
        return repeated if due is None else min(due, repeated)

    def backlog(self) -> tuple[int, datetime | None]:
        """How many messages wait, and since when the oldest does."""
        with self.database.reading() as connection:
            waiting = outbox.waiting(connection).get(self.channel.kind, 0)
            return waiting, outbox.oldest(connection, self.channel.kind)

    def troubles(self) -> list[str]:
        """Why messages of this kind do not arrive now, in words that name nobody.

        Whatever keeps one - no answer, one that asks for patience, one that got lost - it waits.
        """
        try:
            _, oldest = self.backlog()
        except StateError:
            oldest = None  # which is said of the database itself
        waits = oldest is not None and self.clock() - oldest >= STUCK
        stuck = [f"delivery: {self.channel.kind} messages wait for two minutes or longer"]
        return self.outcomes.troubles() + stuck * waits

    # ---- one message ----

    def _deliver(self, message: Claimed) -> None:
        envelope, lane = message.envelope, lane_of(message.envelope)
        self.outcomes.began = self.clock()
        if (until := self.outcomes.patience.get(envelope.recipient)) is not None:
            with self.database.as_owner() as connection:
                outbox.give_back(connection, message.id, until)
            return
        with self.database.reading() as connection:
            reference = outbox.reference(connection, *lane)
            closes = envelope.reason == "close"
            unheard = closes and lanes.unheard(connection, lane)
            end = None if message.unsure_since else lanes.ending(connection, lane)
            if closes and lanes.alone(connection, lane):
                message = replace(message, envelope=alone(envelope))
        if unheard:  # nobody is told of the end of what never reached them
            text = "its opening was never delivered"
            self._settle(partial(self.outcomes.failed, envelope, text))
        elif end is not None:
            self._settle(partial(self.outcomes.combined, envelope, end))
        else:
            self._settle(self._outcome_of(message, reference))

    def _outcome_of(self, message: Claimed, reference: str | None) -> Settle:
        circuit = self.outcomes.circuit
        if circuit.blocks(self.clock()):
            return partial(self.outcomes.refused, message, circuit.refusal())
        if _doubtful(message, reference):
            found = self._looked(message, reference)
            if not isinstance(found, Claimed):
                return found
            message = found
        return self._tried(message, reference)

    def _tried(self, message: Claimed, reference: str | None) -> Settle:
        """Send, and return what writes down how that went.

        Raises:
            NotOwnerError: another notifier took over, and will see to the message.
        """
        self.database.confirm_owned()
        try:
            delivered = self._send(message.envelope, reference)
        except TemporaryDeliveryError as error:
            return partial(self.outcomes.later, message, error)
        except PermanentDeliveryError as error:
            return partial(self.outcomes.refused, message, error)
        except Exception as error:  # noqa: BLE001  # a mistake of ours holds up no other message
            return partial(self.outcomes.later, message, _mistake(error))
        return partial(self.outcomes.done, message.envelope, delivered)

    def _send(self, envelope: Envelope, reference: str | None) -> Delivered:
        """Send; a message whose predecessor is gone is posted anew.

        That it is gone is written down first: the new one is a post, and is looked for as one.
        """
        try:
            return self.channel.send(envelope, reference, self.clock())
        except PermanentDeliveryError as error:
            if not error.gone or reference is None or not lives(reference):
                raise
            moved = error.moved or GONE
            self.outcomes.moved(lane_of(envelope), moved)
            return self.channel.send(envelope, moved, self.clock())

    def _keep_alive(self) -> None:
        """Repeat what is open to a far side that forgets what nobody repeats."""
        again, now = self.channel.again, self.clock()
        if again is None:
            return
        with self.database.reading() as connection:
            living = lanes.living(connection, self.channel.kind)
        for lane, (envelope, delivered_at) in living.items():
            last = max(delivered_at, self._repeated.get(lane, delivered_at))
            due = not timedelta(0) <= now - last < again  # or a clock that was set back
            self._repeated[lane] = now if due else last
            if due:
                self._repeat(envelope)
        self._repeated = {lane: self._repeated[lane] for lane in living}

    def _repeat(self, envelope: Envelope) -> None:
        self.database.confirm_owned()
        try:
            self.channel.send(envelope, None, self.clock())
        except (TemporaryDeliveryError, PermanentDeliveryError) as error:
            log.warning("not kept alive", receiver=envelope.receiver, id=envelope.id,
                        error=str(error))  # fmt: skip

    # ---- a message of unknown outcome ----

    def _looked(self, message: Claimed, reference: str | None) -> Settle | Claimed:
        """Look for it. Returns the message itself when it is to be sent again."""
        if not self.channel.can_find:
            return self._unfindable(message)
        since = (message.unsure_since or message.envelope.queued_at) - CLOCKS_APART
        try:
            found = self.channel.find(message.envelope, reference, since)
        except TemporaryDeliveryError as error:
            return partial(self._unseen, message, error)  # not to have looked is not "not there"
        except PermanentDeliveryError as error:
            if error.broken == "message" or error.name in BLIND:
                return self._unfindable(message)
            return partial(self.outcomes.refused, message, error)
        if found is not None:
            return partial(self.outcomes.done, message.envelope, Delivered(found, "found"))
        if message.looks + 1 >= LOOKS:
            return self._not_there(message)
        due = self.clock() + BETWEEN_LOOKS
        return partial(self.outcomes.ambiguous, message, "not found yet", due, looked=True)

    def _not_there(self, message: Claimed) -> Settle | Claimed:
        """It surely did not arrive: it is sent again, unless its end stands for it by now.

        Nor is old news of which somebody else was told.
        """
        envelope, old = message.envelope, self.clock() >= message.envelope.give_up_at
        with self.database.reading() as connection:
            end = lanes.ending(connection, lane_of(envelope))
            told = old and lanes.stood_in(connection, envelope)
        if end is not None:
            return partial(self.outcomes.combined, envelope, end)
        if told:
            return partial(self.outcomes.failed, envelope, INSTEAD)
        return replace(message, unsure_since=None)

    def _unseen(self, message: Claimed, error: TemporaryDeliveryError) -> None:
        """It could not be looked for now."""
        now = self.clock()
        if over(message, now):
            self.outcomes.given_up(message.envelope, error)
        else:
            due = self.outcomes.due(message, now, error.after)
            self.outcomes.ambiguous(message, str(error), due)

    def _unfindable(self, message: Claimed) -> Settle | Claimed:
        """A doubled page beats a lost one, and says that it may be; a doubled sale does not."""
        envelope = message.envelope
        default = "drop" if envelope.reason == "event" else "resend"
        if (self.on_ambiguous(envelope.receiver) or default) == "resend":
            return replace(message, envelope=doubtful(envelope))
        text = "it may have arrived and cannot be looked for"
        return partial(self.outcomes.failed, envelope, text, stand_in=False, unsure=True)


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
    Message-ID, data by their id.
    """
    if envelope.form == "edit":
        return reference is None or not lives(reference)
    return envelope.form in ("post", "reply")
