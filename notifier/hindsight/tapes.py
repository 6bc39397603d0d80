"""Say where the readings of a replay come from: what was recorded, a folder, or made-up days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from notifier.core.hindsight.replay import Turn
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan
from notifier.core.judging.planning import plan as plan_of
from notifier.core.rules.compiled import Rulebook
from notifier.errors import StateError
from notifier.hindsight.folder import answers
from notifier.hindsight.folder import turns as turns_of
from notifier.hindsight.recorded import Recorded
from notifier.store import recordings
from notifier.store.database import Database


class Reel(NamedTuple):
    """What is played.

    Attributes:
        plan: The rules in force at the beginning.
        news: From then on people's messages count: before, the state was only brought about.
    """

    known: Known
    plan: Plan
    turns: Iterator[Turn]
    news: datetime


class Tape(Protocol):
    """Readings of the past, to be judged by any rules.

    Attributes:
        since, until: What they cover.
    """

    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime: ...
    def reel(self, book: Rulebook) -> Reel:
        """What is played under those rules."""


@dataclass(frozen=True, slots=True)
class RecordedTape:
    """What was recorded.

    Attributes:
        as_it_was: Judge by the rules of then, not by those that are given.
        only: Ids of the rules that matter; None for all.
    """

    database: Database
    since: datetime
    until: datetime
    as_it_was: bool = False
    only: frozenset[str] | None = None

    def reel(self, book: Rulebook) -> Reel:
        """Begin at the nearest checkpoint; what was told before *since* is not news."""
        recorded = Recorded(self.database, book, fixed=not self.as_it_was, only=self.only)
        start = recorded.start(self.since)
        known_from = self.since if start.at is None else max(self.since, start.at + _TICK)
        plan = start.plan or recorded.rules
        return Reel(start.known, plan, recorded.turns(start, self.until), known_from)


_TICK = timedelta(microseconds=1)


def covered(database: Database) -> tuple[datetime, datetime]:
    """The times of the first and of the last recording.

    Raises:
        StateError: there is none.
    """
    with database.reading() as connection:
        found = recordings.bounds(connection)
    if found is None:
        raise StateError(
            "nothing is recorded yet; let `notifier run` poll for a while, or use --simulate 1d"
        )
    return found


@dataclass(frozen=True, slots=True)
class FolderTape:
    """Answers in files; see ``folder``."""

    folder: Path
    since: datetime
    until: datetime
    only: frozenset[str] | None = None

    def reel(self, book: Rulebook) -> Reel:
        """Begin with nothing: the first answer of events is a silent baseline."""
        plan = plan_of(book if self.only is None else book.only(self.only))
        found = [
            each for each in answers(self.folder, plan_of(book)) if each.source in plan.sources
        ]
        return Reel(Known(), plan, turns_of(found, plan, self.until), self.since)


Simulate = Callable[[Plan, datetime, datetime], Iterator[Turn]]


@dataclass(frozen=True, slots=True)
class SimulatedTape:
    """Days that were made up; they are lived through once for all rules with the same sources.

    Attributes:
        simulate: Yields what polls would have read; see ``notifier.simulated``.
    """

    simulate: Simulate
    since: datetime
    until: datetime
    only: frozenset[str] | None = None
    _lived: dict[str, list[Turn]] = field(default_factory=dict)

    def reel(self, book: Rulebook) -> Reel:
        """Begin with nothing."""
        plan = plan_of(book if self.only is None else book.only(self.only))
        name = repr([(s.key, s.cadence, s.active, s.window, s.params, s.hit_values)
                     for s in plan.sources.values()])  # fmt: skip
        return Reel(Known(), plan, self._turns(name, plan), self.since)

    def _turns(self, name: str, plan: Plan) -> Iterator[Turn]:
        if name not in self._lived:
            lived: list[Turn] = []
            for turn in self.simulate(plan, self.since, self.until):
                lived.append(turn)
                yield turn
            self._lived[name] = lived
            return
        yield from self._lived[name]
