"""Find out what is asked of the past: why people were told, and what other rules had told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import msgspec

from notifier.core.hindsight.difference import Kind, Pair, compare
from notifier.core.hindsight.explanation import Explanation
from notifier.core.hindsight.message import Message
from notifier.core.hindsight.noise import disturbances, per_hour
from notifier.core.hindsight.toll import by_rule, days, tolls, worst
from notifier.core.judging.notice import Notice
from notifier.core.judging.planning import plan as plan_of
from notifier.core.language.expression import ExpressionError
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.rulefile import load
from notifier.core.standing.rule_status import RuleTest
from notifier.core.trial.rehearse import rehearse
from notifier.core.trial.whatif import with_condition
from notifier.errands.orders import Errand, Explain, Order, Rehearse, Review, Reviewed, WhatIf
from notifier.errands.orders import Replay as ToReplay
from notifier.errors import RequestError
from notifier.hindsight.explained import DAY, Looked, Subject, look
from notifier.hindsight.replayed import Replay, Speak, Watch, mute, replay
from notifier.hindsight.tapes import RecordedTape, covered
from notifier.store.database import Database, open_database
from notifier.web.wishes import Answered, Compared, Reasoned, Replayed, Sent, ToldThen, Tried
from notifier.wolkvox.endpoints import CATALOGUE

HOURS = 24
Answer: TypeAlias = Answered | Tried | Replayed | dict[str, list[RuleTest]] | Reviewed
Share = Callable[[float], None]


def found(errand: Errand, share: Share) -> bytes:
    """Do what is asked, and return its answer as JSON.

    share: Told how much is done, 0 to 1, as it goes.

    Raises:
        NotifierError: it cannot be done, and why.
    """
    with closing(open_database(errand.database, prepare=False)) as database:
        past = _Past(database, load(errand.rules, CATALOGUE), _speaker(errand.templates), share)
        return msgspec.json.encode(past.answer(errand.order))


def _speaker(templates: str) -> Speak:
    """What puts a notice into one line; made when the first one is to be said."""
    made: list[Speak] = []

    def speak(notice: Notice) -> str:
        if not made:
            from notifier.render import Renderer, text  # slow to import

            renderer = Renderer(Path(templates) if templates else None)
            made.append(lambda each: text(each, renderer))
        return made[0](notice)

    return speak


@dataclass(frozen=True, slots=True)
class _Past:
    """The recordings, and the rules that are in force."""

    database: Database
    book: Rulebook
    speak: Speak
    share: Share

    def answer(self, order: Order) -> Answer:
        match order:
            case Explain():
                return self.explain(order)
            case WhatIf():
                return self.what_if(order)
            case ToReplay():
                return self.replay(order)
            case Rehearse():
                return rehearsed(self.book)
            case Review():
                return self.review(order)

    def explain(self, order: Explain) -> Answered:
        about = Subject(order.rule, order.entity, order.operation, order.at)
        watch = self._watch(order.at - DAY, order.at, 0.0, 1.0)
        return _answered(about, look(self.database, self.book, about, watch=watch))

    def what_if(self, order: WhatIf) -> Tried:
        try:
            other = with_condition(self.book, order.operation, order.rule, order.when)
        except ExpressionError as error:
            raise RequestError(error.text) from None
        tape = RecordedTape(self.database, order.since, order.until, only=frozenset({order.rule}))
        was = self._played(tape, self.book, self.speak, 0.0, 0.5)
        would = self._played(tape, other, self.speak, 0.5, 0.5)
        return Tried(was=_sent(order, was.told), would=_sent(order, would.told))

    def replay(self, order: ToReplay) -> Replayed:
        first, _ = covered(self.database)
        only = frozenset(order.only) or None
        tape = RecordedTape(self.database, order.since, order.until, only=only)
        speak = self.speak if order.words else mute
        if not order.other:
            return _replayed(first, self._played(tape, self.book, speak, 0.0, 1.0), order)
        before = self._played(tape, self.book, speak, 0.0, 0.5)
        other = load(order.other, CATALOGUE)
        return _replayed(first, self._played(tape, other, speak, 0.5, 0.5), order, before)

    def review(self, order: Review) -> Reviewed:
        tape = RecordedTape(self.database, order.since, order.until)
        played = self._played(tape, self.book, mute, 0.0, 1.0)
        return Reviewed(rules=tuple(by_rule(played.told, played.zones, order.since, order.until)))

    def _played(
        self, tape: RecordedTape, book: Rulebook, speak: Speak, begin: float, part: float
    ) -> Replay:
        """What comes of *tape*: a *part* of the whole errand, after what is done at *begin*."""
        watch = self._watch(tape.since, tape.until, begin, part)
        return replay(tape, book, speak=speak, watch=watch)

    def _watch(self, since: datetime, until: datetime, begin: float, part: float) -> Watch:
        whole = max((until - since).total_seconds(), 1.0)

        def watch(at: datetime) -> None:
            passed = (at - since).total_seconds() / whole
            self.share(begin + part * min(max(passed, 0.0), 1.0))

        return watch


# ---- why ----


def _answered(about: Subject, looked: Looked) -> Answered:
    told = looked.explanation
    asked = Answered(
        rule=about.rule,
        operation=about.operation,
        entity=about.entity,
        at=None,
        told=False,
        reason="",
        said="no good poll of it is recorded within the day before",
        inputs={},
        failed=looked.failed,
        nearest=looked.nearest,
        day=tuple(
            Reasoned(since=run.since, until=run.until, reason=run.reason, polls=run.polls)
            for run in looked.day
        ),
    )
    return asked if told is None else _explained(asked, told)


def _explained(asked: Answered, told: Explanation) -> Answered:
    return replace(
        asked,
        at=told.at,
        told=told.told,
        reason=told.reason,
        said=told.said,
        result=told.result,
        value=told.value,
        inputs=dict(told.inputs),
        parts=tuple(
            Compared(key=part.key, holds=part.holds, comparisons=tuple(map(str, part.comparisons)))
            for part in told.parts
        ),
        gates=told.gates,
        receivers=told.receivers,
        timers=told.timers,
    )


# ---- what if ----


def _sent(order: WhatIf, told: Iterable[Message]) -> tuple[Sent, ...]:
    return tuple(
        Sent(
            at=each.at, reason=each.reason, entity=each.entity, receiver=each.receiver,
            text=each.text,
        )
        for each in told
        if (each.operation, each.rule) == (order.operation, order.rule) and each.loud
    )  # fmt: skip


# ---- tests ----


def rehearsed(book: Rulebook) -> dict[str, list[RuleTest]]:
    """How the tests of each rule go."""
    plan, found = plan_of(book), dict[str, list[RuleTest]]()
    laid = {rule.id for rule in plan.rules.values()}
    for test in book.file.test:
        if test.rule in laid:
            differences = tuple(map(str, rehearse(test, plan)))
            result = RuleTest(test.name, not differences, differences)
            found.setdefault(test.rule, []).append(result)
    return found


# ---- replays ----


def _replayed(
    first: datetime, played: Replay, order: ToReplay, before: Replay | None = None
) -> Replayed:
    """*before*: what the rules in force tell, where others are held against them."""
    told, was = played.told, before.told if before else None
    pairs = None if was is None else compare(was, told)
    shown = list(_shown(told, order.edits) if pairs is None else _differing(pairs))
    hours = per_hour(told, played.zones)
    return Replayed(
        since=played.since,
        until=played.until,
        recorded_since=first,
        polls=played.polls,
        failed=played.failed,
        noticed=len(disturbances(told)),
        was=None if was is None else len(disturbances(was)),
        tolls=tuple(tolls(told, was)),
        days=tuple(days(told, played.zones, was)),
        by_hour=tuple(hours[hour] for hour in range(HOURS)),
        worst=tuple(worst(told, played.zones)),
        differences=None if pairs is None else _differences(pairs),
        told=tuple(shown[: order.limit]),
        left_out=max(len(shown) - order.limit, 0),
    )


def _differences(pairs: Sequence[Pair]) -> dict[str, int]:
    counts = Counter(pair.kind for pair in pairs)
    return {kind.value: counts[kind] for kind in Kind}


def _shown(told: Iterable[Message], edits: bool) -> Iterator[ToldThen]:
    return (_told(each) for each in told if edits or each.loud)


def _differing(pairs: Iterable[Pair]) -> Iterator[ToldThen]:
    for pair in pairs:
        if pair.kind is not Kind.SAME:
            before = pair.before.at if pair.before else None
            yield _told(pair.message, pair.kind.value, before)


def _told(one: Message, difference: str | None = None, before: datetime | None = None) -> ToldThen:
    return ToldThen(
        at=one.at, reason=one.reason, operation=one.operation, rule=one.rule, entity=one.entity,
        receiver=one.receiver, severity=one.severity, loud=one.loud, text=one.text,
        difference=difference, before=before,
    )  # fmt: skip
