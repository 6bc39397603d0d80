"""Take the page's questions about the past, and have them answered: one at a time, beside the bot.

Each plays recorded readings again, which takes a while. What was found is kept for a few minutes,
so that a page which waits for it finds it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

import msgspec

from notifier.core.language.expression import ExpressionError
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.rulefile import load
from notifier.core.trial.whatif import with_condition
from notifier.errands.errand import Sender, Sent
from notifier.errands.orders import Explain, Order, Replay, WhatIf
from notifier.errors import BusyError, RequestError, StateError
from notifier.hindsight.tapes import covered
from notifier.store.database import Database
from notifier.web.wishes import (
    MOST_DAYS,
    Answered,
    Asked,
    Look,
    ReplayAsked,
    Replayed,
    Trial,
    Tried,
    Wish,
)
from notifier.wolkvox.endpoints import CATALOGUE

BUSY = "somebody else looks back just now, which takes a while; try again when that is done"
STOPPING = "the bot stops"
WEEK, LONGEST = timedelta(days=7), timedelta(days=MOST_DAYS)
LATEST = timedelta(days=366)  # from now, either way
LIMIT = 600.0  # seconds that a look back may take
KEPT = 8  # answers, until pages that wait for them have come
NICENESS = 10  # beside polls; whoever waits for a page comes before what nobody waits for
SENT_TEXT = "rules sent along"
ANSWERS = {Asked: Answered, Trial: Tried, ReplayAsked: Replayed}


@dataclass(frozen=True, slots=True)
class _Begun:
    """A look back that was begun: what was wished, who does it, and of how many days it is."""

    wish: Wish
    sent: Sent
    days: float


@dataclass(slots=True)
class Lookback:
    """The recordings, and the rules that are in force."""

    database: Database
    sender: Sender
    clock: Callable[[], datetime]
    _begun: dict[str, _Begun] = field(default_factory=dict)
    _joined: set[str] = field(default_factory=set)  # ids that somebody else asked for, too
    _lock: Lock = field(default_factory=Lock)
    _reading: Lock = field(default_factory=Lock)  # of rules that were sent along
    _stopping: bool = False

    def begin(self, wish: Wish) -> str:
        """Have it looked up; returns an id. What is under way for the same wish is joined.

        Raises:
            RequestError: it cannot be, and why.
            BusyError: somebody else looks back.
            ConfigError: the rules that were sent along have mistakes.
        """
        with self._lock:
            if (same := self._under_way(wish)) is not None:
                return same
        order = self._order(wish)
        with self._lock:
            if (same := self._under_way(wish)) is not None:
                return same
            sent = self.sender.send(order, niceness=NICENESS, seconds=LIMIT)
            return self._keep(_Begun(wish, sent, _days(order)))

    def _under_way(self, wish: Wish) -> str | None:
        """The id of what is under way for the same wish; None where nothing is."""
        if self._stopping:
            raise BusyError(STOPPING)
        for name, each in self._begun.items():
            if each.sent.last is None:
                if each.wish == wish:
                    self._joined.add(name)
                    return name
                raise BusyError(BUSY)
        return None

    def _keep(self, begun: _Begun) -> str:
        while len(self._begun) >= KEPT:
            oldest = next(iter(self._begun))
            del self._begun[oldest]
            self._joined.discard(oldest)
        name = secrets.token_hex(8)
        self._begun[name] = begun
        return name

    def looked(self, name: str) -> Look | None:
        """How far it is, and what was found; None where nothing of that id is kept."""
        begun = self._begun.get(name)
        if begun is None:
            return None
        look = Look(id=name, wish=begun.wish, share=begun.sent.share, days=begun.days)
        last = begun.sent.last
        if last is None or last.refused:
            return replace(look, wrong=last.refused if last else "")
        answer: Answered | Tried | Replayed = msgspec.json.decode(
            last.answer, type=ANSWERS[type(begun.wish)]
        )
        return replace(look, share=1.0, answer=answer)

    def call_off(self, name: str) -> None:
        """End it."""
        if (begun := self._begun.get(name)) is not None:
            begun.sent.call_off()

    def leave(self, name: str) -> None:
        """Whoever asked is gone: end it, unless somebody else asked the same."""
        with self._lock:
            awaited = name in self._joined
        if not awaited:
            self.call_off(name)

    def stop(self) -> None:
        """End all that is under way, and begin nothing more."""
        with self._lock:
            self._stopping = True
            under_way = [each.sent for each in self._begun.values()]
        for sent in under_way:
            sent.call_off(STOPPING)
            sent.wait()

    # ---- what is wished ----

    def _order(self, wish: Wish) -> Order:
        match wish:
            case Asked():
                return self._explain(wish)
            case Trial():
                return self._what_if(wish)
            case ReplayAsked():
                return self._replay(wish)

    def _explain(self, asked: Asked) -> Explain:
        self._check_rule(asked.operation, asked.rule)
        self._recorded()
        now = self.clock()
        return Explain(
            rule=asked.rule, entity=asked.entity, operation=asked.operation,
            at=_near(asked.at or now, now),
        )  # fmt: skip

    def _what_if(self, trial: Trial) -> WhatIf:
        self._check_rule(trial.operation, trial.rule)
        self._recorded()
        try:
            with_condition(self.sender.book(), trial.operation, trial.rule, trial.when)
        except ExpressionError as error:
            raise RequestError(error.text) from None
        now = self.clock()
        return WhatIf(
            rule=trial.rule, operation=trial.operation, when=trial.when,
            since=now - min(timedelta(days=trial.days), LONGEST), until=now,
        )  # fmt: skip

    def _replay(self, asked: ReplayAsked) -> Replay:
        first, last = self._recorded()
        other = self._read(asked.rules) if asked.rules else None
        book, now = other or self.sender.book(), self.clock()
        until = _near(min(asked.until or now, now), now)
        since = _near(asked.since or until - WEEK, now)
        _check_span(since, until, first, last)
        _check_names(asked.only, book)
        return Replay(
            since=since, until=until, other=asked.rules, only=asked.only, limit=asked.limit,
            edits=asked.edits,
        )  # fmt: skip

    def _read(self, rules: str) -> Rulebook:
        """Rules that were sent along: one file at a time, for a hostile one takes seconds."""
        if not self._reading.acquire(blocking=False):
            raise BusyError(BUSY)
        try:
            return load(rules, CATALOGUE, SENT_TEXT)
        finally:
            self._reading.release()

    def _check_rule(self, operation: str, rule: str) -> None:
        if not any(
            (each.operation, each.rule.id) == (operation, rule) for each in self.sender.book().rules
        ):
            raise RequestError(f"there is no rule `{rule}` in `{operation}`")

    def _recorded(self) -> tuple[datetime, datetime]:
        try:
            return covered(self.database)
        except StateError:
            raise RequestError("nothing is recorded yet; let the bot poll for a while") from None


def _near(at: datetime, now: datetime) -> datetime:
    """The same; far away, dates run out in some zone."""
    if abs(at - now) > LATEST:
        raise RequestError("nothing is kept for so long; ask within the last year")
    return at


def _check_span(since: datetime, until: datetime, first: datetime, last: datetime) -> None:
    if since >= until:
        raise RequestError("a replay ends after it begins, and in the past")
    if until - since > LONGEST:
        raise RequestError(f"a replay is of {LONGEST.days} days at most; let it begin later")
    if until < first or since > last:
        raise RequestError(
            f"nothing is recorded of that time; recordings go from {first:%Y-%m-%d %H:%M} to "
            f"{last:%Y-%m-%d %H:%M} UTC"
        )


def _check_names(only: tuple[str, ...], book: Rulebook) -> None:
    known = {rule.rule.id for rule in book.rules}
    for name in only:
        if name not in known:
            raise RequestError(f"there is no rule `{name}`; there are {', '.join(sorted(known))}")


def _days(order: Order) -> float:
    """Of how many days an order is; an explanation looks at one."""
    if isinstance(order, WhatIf | Replay):
        return (order.until - order.since) / timedelta(days=1)
    return 1.0
