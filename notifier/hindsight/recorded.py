"""Give the recordings back as they were judged, from the nearest checkpoint on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from notifier.core.hindsight.replay import Turn
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan
from notifier.core.judging.planning import plan as plan_of
from notifier.core.judging.reading import Due, Reload
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.store import checkpoints, recordings
from notifier.store.database import Database
from notifier.store.lookback import past
from notifier.store.readings import reading
from notifier.wolkvox.endpoints import CATALOGUE


@dataclass(frozen=True, slots=True)
class Start:
    """Where a replay begins.

    Attributes:
        known: Everything that was known there.
        plan: The rules that were in force there, if that is known.
        after: The id of the recording that had been judged last.
        at: When that was; None at the beginning of all recordings.
    """

    known: Known
    plan: Plan | None
    after: int
    at: datetime | None


@dataclass(frozen=True)
class Recorded:
    """The recordings of one database.

    Attributes:
        book: What stands in where the rules of then are not known; and, with *fixed*, always.
        fixed: Judge by *book*, whatever was in force then.
        only: Ids of the rules that matter: the rest is left out, and not even read; None for all.
    """

    database: Database
    book: Rulebook
    fixed: bool = False
    only: frozenset[str] | None = None

    @cached_property
    def rules(self) -> Plan:
        """The plan of *book*."""
        return self._plan(self.book)

    def start(self, since: datetime) -> Start:
        """The nearest checkpoint at or before *since*; else the beginning of all recordings."""
        with self.database.reading() as connection:
            found = checkpoints.nearest(connection, since)
        if found is None:
            return Start(Known(), self.rules, 0, None)
        then = self._rules(found.saved.rules)
        known = self._with_past(found.saved.known(), then, found.at, found.recording)
        return Start(known, then, found.recording, found.at)

    def turns(self, start: Start, until: datetime) -> Iterator[Turn]:
        """Yield what was judged from *start* to *until*, and the timers up to there."""
        plan = start.plan or self.rules
        if self.fixed and start.at is not None and plan.text != self.rules.text:
            yield self._anew(Reload(start.at, self.rules.text, start=True), start.after)
        plan = self.rules if self.fixed else plan
        with self.database.reading() as connection:
            wanted = None if self.only is None else self.rules.sources
            for each in recordings.following(connection, start.after, until, wanted):
                turn = self._turn(each, plan)
                if turn is not None:
                    plan = turn.plan or plan
                    yield turn
        yield Turn(Due(until))

    def _turn(self, recording: recordings.Recording, plan: Plan) -> Turn | None:
        found = reading(recording, plan.sources)
        if not isinstance(found, Reload) or not found.text or self.fixed:
            return None if found is None else Turn(found)
        then = self._rules(found.text)
        if not found.start or then.text == plan.text:
            return Turn(found, then)
        return self._anew(found, recording.id - 1, then)

    def _anew(self, reload: Reload, last: int, plan: Plan | None = None) -> Turn:
        """A start under other rules than before: the past is read again as they want it."""
        then = plan or self.rules
        return Turn(reload, then, lambda known: self._with_past(known, then, reload.at, last))

    def _with_past(self, known: Known, plan: Plan, at: datetime, last: int) -> Known:
        with self.database.reading() as connection:
            pasts = [past(connection, source, at, last) for source in plan.sources.values()]
        return replace(
            known,
            snapshots={each.source.key: each.snapshot for each in pasts if each.snapshot},
            histories={key: history for each in pasts for key, history in each.histories.items()},
        )

    def _rules(self, text: str) -> Plan:
        """The plan of the rules of then; the ones of now where this program cannot read those."""
        if not text or text == self.book.text:
            return self.rules
        try:
            return self._plan(load(text, CATALOGUE))
        except ConfigError:
            return self.rules

    def _plan(self, book: Rulebook) -> Plan:
        return plan_of(book if self.only is None else book.only(self.only))
