"""Have the tests of the rules in force run, and the last days replayed by them, when nobody waits.

After a start, after the rules changed, and daily; what was found is kept with the rules it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

import msgspec
from msgspec import Struct

from notifier.core.hindsight.toll import RuleToll
from notifier.core.standing.rule_status import Review, ReviewState, RuleTest
from notifier.errands.errand import Sender, Sent
from notifier.errands.orders import Order, Rehearse, Reviewed
from notifier.errands.orders import Review as ToReview
from notifier.errors import StateError
from notifier.hindsight.tapes import covered
from notifier.store import memory
from notifier.store.database import Database

SPAN = timedelta(days=7)  # that is replayed
SHORTEST = timedelta(minutes=1)  # of readings: a start alone is recorded, too
OFTEN, DAILY = timedelta(hours=1), timedelta(days=1)  # anew at the soonest, and at the latest
LIMIT = 2 * 3600.0  # seconds that it may take: nobody waits
NICENESS = 19
KEY = "review"  # of the table of small facts
STOPPING = "the bot stops"
OVERTAKEN = "the rules changed meanwhile"


class Kept(Struct, frozen=True, kw_only=True):
    """What was found; *why* it could not be.

    Attributes:
        digest: Of the rules that it is about.
    """

    digest: str
    at: datetime
    since: datetime
    until: datetime
    rules: tuple[RuleToll, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is under way, and by which rules."""

    order: Order
    digest: str
    sent: Sent


@dataclass(slots=True)
class Reviewer:
    """The recordings, and the rules that are in force."""

    database: Database
    sender: Sender
    clock: Callable[[], datetime]
    _errand: _Errand | None = None
    _kept: Kept | None = None
    _recalled: bool = False
    _tests: tuple[str, Mapping[str, Sequence[RuleTest]] | None] = ("", None)
    _lock: Lock = field(default_factory=Lock)
    _stopping: bool = False

    # ---- what is known ----

    def tests(self) -> Mapping[str, Sequence[RuleTest]] | None:
        """How the tests of the rules in force went, by rule; None while they run."""
        digest, found = self._tests
        return found if digest == self.sender.book().digest else None

    def latest(self) -> Review:
        """What was found by the rules in force, or how far that is."""
        kept, errand = self._kept, self._errand
        if kept is not None and kept.digest == self.sender.book().digest:
            return _shown(kept)
        if errand is not None and isinstance(errand.order, ToReview):
            return Review(state=ReviewState.WORKING, share=errand.sent.share)
        return Review(state=ReviewState.WORKING if self._covered() else ReviewState.NONE)

    # ---- now and then ----

    def look(self) -> None:
        """Take in what was found, and begin what is due. It waits for nothing.

        Raises:
            StateError: the database cannot be used.
        """
        with self._lock:
            self._recall()
            if self._settled() and not self._stopping:
                self._begin()

    def stop(self) -> None:
        """End what is under way, and begin nothing more."""
        with self._lock:
            self._stopping = True
            if self._errand is not None:
                self._errand.sent.call_off(STOPPING)
                self._errand.sent.wait()

    def _recall(self) -> None:
        """What an earlier run of the bot found."""
        if not self._recalled:
            with self.database.reading() as connection:
                found = memory.noted(connection, KEY)
            self._kept, self._recalled = _read(found), True

    def _settled(self) -> bool:
        """Whether nothing is under way any more; what was found is taken in."""
        errand = self._errand
        if errand is None:
            return True
        if errand.sent.last is None:
            if errand.digest != self.sender.book().digest:
                errand.sent.call_off(OVERTAKEN)
            return False
        self._errand = None
        ours = errand.sent.last.refused in (STOPPING, OVERTAKEN)  # that says nothing of the rules
        if errand.digest == self.sender.book().digest and not ours:
            self._take(errand)
        return True

    def _take(self, errand: _Errand) -> None:
        news = errand.sent.last
        if isinstance(errand.order, ToReview) and news is not None:
            kept = Kept(
                digest=errand.digest, at=self.clock(), why=news.refused,
                since=errand.order.since, until=errand.order.until,
                rules=() if news.refused else msgspec.json.decode(news.answer, type=Reviewed).rules,
            )  # fmt: skip
            with self.database.transaction() as connection:
                memory.note(connection, KEY, msgspec.json.encode(kept).decode())
            self._kept = kept
        elif news is not None:
            tests = {} if news.refused else msgspec.json.decode(news.answer, type=_TESTS)
            self._tests = errand.digest, tests

    def _begin(self) -> None:
        digest = self.sender.book().digest
        if self._tests[0] != digest:
            self._send(Rehearse(), digest)
        elif (span := self._due(digest)) is not None:
            self._send(ToReview(since=span[0], until=span[1]), digest)

    def _due(self, digest: str) -> tuple[datetime, datetime] | None:
        """Of what time to replay now; None where that need not be."""
        known, now = self._covered(), self.clock()
        if known is None:
            return None
        kept = self._kept
        if kept is not None and kept.digest == digest:
            fresh = min(max(kept.until - kept.since, OFTEN), DAILY)
            if abs(now - kept.at) < fresh:
                return None
        return max(known[0], now - SPAN), now

    def _covered(self) -> tuple[datetime, datetime] | None:
        try:
            first, last = covered(self.database)
        except StateError:
            return None
        return (first, last) if last - first >= SHORTEST else None

    def _send(self, order: Order, digest: str) -> None:
        sent = self.sender.send(order, niceness=NICENESS, seconds=LIMIT)
        self._errand = _Errand(order, digest, sent)


_TESTS = dict[str, list[RuleTest]]


def _read(text: str | None) -> Kept | None:
    """What was written; None where that is of another program."""
    try:
        return msgspec.json.decode(text, type=Kept) if text else None
    except msgspec.DecodeError:
        return None


def _shown(kept: Kept) -> Review:
    return Review(
        state=ReviewState.FAILED if kept.why else ReviewState.DONE,
        why=kept.why,
        at=kept.at,
        since=kept.since,
        until=kept.until,
        rules={(each.operation, each.rule): each for each in kept.rules},
    )
