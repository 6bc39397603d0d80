"""Measure how each source keeps its pace, and have it judged when that is news.

APScheduler says nothing of runs that were merely late, and of those left out only that they were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from notifier import logs
from notifier.core.facts.state import SourceKey
from notifier.core.judging.plan import SourcePlan
from notifier.core.judging.reading import Lag
from notifier.core.reacting.pace import behind, news, streak
from notifier.cycle import Cycle

log = logs.logger("punctuality")

LATE = 2  # cadences between two polls of a source that make the second one late


@dataclass(slots=True)
class Punctuality:
    """When each source was last polled, and how many runs in a row were late.

    Attributes:
        telling: False where the clock is made to hurry: what is late by it is no news.
    """

    cycle: Cycle
    clock: Callable[[], datetime]
    telling: bool = True
    _begun: dict[SourceKey, datetime] = field(default_factory=dict)
    _streaks: dict[SourceKey, int] = field(default_factory=dict)

    def rests(self, key: SourceKey) -> None:
        """It is off duty: the time until its next poll says nothing."""
        self._begun.pop(key, None)

    def begins(self, source: SourcePlan, now: datetime) -> None:
        """A run of it begins.

        Raises:
            StateError: that it is behind, or no more, cannot be written down now.
        """
        key, before = source.key, self._begun.get(source.key)
        self._begun[key] = now
        if before is None:
            return
        spans = (now - before) / self.cycle.known.cadence(source)
        if spans > LATE:
            self.cycle.metrics.late.labels(*key).inc()
            self.cycle.metrics.missed.labels(*key).inc(round(spans) - 1)
            log.warning("polled late", operation=key.operation, source=key.source)
        self._note(key, late=spans > LATE)

    def left_out(self, key: SourceKey) -> None:
        """A run was left out: the one before still lasts, or still waits for its lane.

        Raises:
            StateError: as above.
        """
        self.cycle.metrics.overlapping.labels(*key).inc()
        self._note(key, late=True)

    def _note(self, key: SourceKey, *, late: bool) -> None:
        self._streaks[key] = streak(self._streaks.get(key, 0), late=late)
        told = behind(self.cycle.known.incidents.values(), key)
        said = news(self._streaks[key], told=told)
        if said is not None and self.telling:
            self.cycle.pace(Lag(self.clock(), key, said))
