"""Play readings again through the very ``decide`` that judged them, on a clock of their own.

Timers are not among the readings: they are worked out again, so that other rules have theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from notifier.core.decide import decide, next_due
from notifier.core.judging.known import Decision, Known
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Due, Good, Reading, Reload

Change = Callable[[Known], Known]


@dataclass(frozen=True, slots=True)
class Turn:
    """What came next.

    Attributes:
        reading: A timer's means: up to there timers are to be looked at.
        plan: The rules that come into force with a reload; None where they stay.
        change: What a start of the bot made of what was known: it read the past again.
    """

    reading: Reading
    plan: Plan | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One reading, what was known before it, what it was judged by, and what came of it."""

    known: Known
    reading: Reading
    plan: Plan
    decision: Decision

    @property
    def at(self) -> datetime:
        """When it was judged."""
        return self.decision.at


def play(known: Known, plan: Plan, turns: Iterable[Turn]) -> Iterator[Step]:
    """Yield every decision, those of timers between two readings among them, in their order."""
    for turn in turns:
        if not (isinstance(turn.reading, Reload) and turn.reading.start):
            for step in _timers(known, plan, time_of(turn.reading)):
                yield step
                known = step.decision.known
        if isinstance(turn.reading, Due):
            continue
        plan = turn.plan or plan
        known = turn.change(known) if turn.change else known
        step = _step(known, turn.reading, plan)
        yield step
        known = step.decision.known


def time_of(reading: Reading) -> datetime:
    """When a reading is judged: a snapshot when its answer was received."""
    return reading.snapshot.at if isinstance(reading, Good) else reading.at


def _timers(known: Known, plan: Plan, until: datetime) -> Iterator[Step]:
    while (due := next_due(known, plan)) is not None and due <= until:
        step = _step(known, Due(due), plan)
        yield step
        known = step.decision.known


def _step(known: Known, reading: Reading, plan: Plan) -> Step:
    return Step(known, reading, plan, decide(known, reading, plan, time_of(reading)))
