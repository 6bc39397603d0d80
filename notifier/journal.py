"""Write each decision with its reading and its messages, all at once; recall it all at a start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifier.core.facts.state import digest
from notifier.core.judging.known import Decision, Known
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Delivery, Due, Lag, Reading, Reload
from notifier.core.telling.outgoing import Envelope
from notifier.store import checkpoints, memory, outbox, recordings, requests
from notifier.store.database import Database
from notifier.store.lookback import past
from notifier.store.memory import Remembered
from notifier.store.past import forget as forget_ended
from notifier.store.past import forget_events, forget_messages
from notifier.store.readings import recorded

RULES = "rules"  # the note of which rules were recorded last


@dataclass(slots=True)
class Journal:
    """The one way in which decisions reach the disk."""

    database: Database
    _rules: str = ""  # the file in force
    _kept: datetime | None = None  # when the last checkpoint was taken
    _unsure: bool = False  # the last one may be on the disk: no answer came to its commit

    def write(self, decision: Decision, reading: Reading, envelopes: Sequence[Envelope]) -> None:
        """Commit all of it, or nothing of it.

        Raises:
            NotOwnerError: another notifier took the database over.
            StateError: the database cannot take it now.
        """
        if isinstance(reading, Due | Delivery | Lag) and not _changes(decision):
            return
        entry = recorded(reading)
        rules = reading.text if isinstance(reading, Reload) else self._rules
        again, self._unsure = self._unsure, True
        with self.database.as_owner() as connection:
            if not (again and recordings.is_newest(connection, *entry)):
                memory.remember(connection, decision)
                if isinstance(reading, Reload):
                    new = memory.renew(connection, RULES, digest(rules))
                    entry = entry if new else recorded(replace(reading, text=""))
                recordings.record(connection, *entry)
                requests.answered(connection, decision.answers, decision.at)
                outbox.post(connection, envelopes)
            kept = checkpoints.keep(connection, self._kept, decision.at, decision.known, rules)
        self._rules, self._kept, self._unsure = rules, kept, False

    def asking(self) -> list[requests.Waiting]:
        """What people asked for, in that order, and nobody has judged yet.

        Raises:
            StateError: the database cannot be read now.
        """
        with self.database.reading() as connection:
            return requests.waiting(connection)

    def refuse(self, identity: str, now: datetime, answer: str) -> None:
        """Note that a request cannot be judged, and why.

        Raises:
            StateError: the database cannot take it now.
        """
        with self.database.as_owner() as connection:
            requests.judged(connection, identity, now, answer)

    def tidy(self, now: datetime, retention: timedelta) -> None:
        """Forget what ended longer ago than *retention*: readings, messages, incidents, events.

        What is open, waits or is owed to somebody stays; so do events that may be listed again.

        Raises:
            StateError: the database cannot take it now.
        """
        before = now - retention
        for forget in (recordings.forget, checkpoints.forget, forget_messages, forget_ended):
            with self.database.as_owner() as connection:
                forget(connection, before)
        with self.database.as_owner() as connection:
            forget_events(connection, min(before, now - memory.LISTED))

    def in_force(self) -> str | None:
        """The digest of the rules that were last put in force; None where none ever were.

        Raises:
            StateError: the database cannot be read now.
        """
        with self.database.reading() as connection:
            return memory.noted(connection, RULES)

    def recall(self, plan: Plan, now: datetime) -> Known:
        """What is known at a start: all that was remembered, and the past that rules look at."""
        with self.database.reading() as connection:
            remembered = memory.recall(connection, now, _listed(plan))
            pasts = [past(connection, source, now) for source in plan.sources.values()]
        return Known(
            sources=remembered.sources,
            snapshots={each.source.key: each.snapshot for each in pasts if each.snapshot},
            histories={key: history for each in pasts for key, history in each.histories.items()},
            instances=remembered.instances,
            incidents=remembered.incidents,
            told=remembered.told,
            conversations=remembered.conversations,
            seen=remembered.seen,
            silences=remembered.silences,
            ended=remembered.ended,
            tallies=remembered.tallies,
            scores=remembered.scores,
            budgets=remembered.budgets,
            at=_last_judged(remembered),
        )


def _listed(plan: Plan) -> timedelta:
    """For how long an event may be listed, by the windows of the sources."""
    windows = [each.window for each in plan.sources.values() if isinstance(each.window, timedelta)]
    return max((memory.EVENTS, *(window + timedelta(days=1) for window in windows)))


def _changes(decision: Decision) -> bool:
    """Whether there is anything to write."""
    return bool(
        decision.sources
        or decision.instances
        or decision.incidents
        or decision.told
        or decision.conversations
        or decision.seen
        or decision.suppressed
        or decision.silences
        or decision.tallies
        or decision.scores
        or decision.budgets
    )


def _last_judged(remembered: Remembered) -> datetime | None:
    """When something was last judged: timers up to then were looked at."""
    times: list[datetime] = [told.at for by in remembered.told.values() for told in by.values()]
    for state in remembered.sources.values():
        times += [at for at in (state.good_at, state.failing_since) if at is not None]
    return max(times, default=None)
