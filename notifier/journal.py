"""Write each decision with its reading and its messages, all at once; recall it all at a start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from notifier.core.history import WEEKS, History
from notifier.core.known import Decision, Known
from notifier.core.outgoing import Envelope
from notifier.core.plan import Plan, SourcePlan
from notifier.core.reading import Delivery, Due, Failed, Good, Reading, Reload
from notifier.core.rows import row_type
from notifier.core.snapshot import Snapshot, take
from notifier.core.state import SourceKey
from notifier.store import memory, outbox, recordings
from notifier.store.database import Database
from notifier.store.memory import Remembered
from notifier.store.past import forget as forget_ended
from notifier.store.past import forget_events

USUAL = timedelta(weeks=WEEKS)


@dataclass(frozen=True, slots=True)
class Journal:
    """The one way in which decisions reach the disk."""

    database: Database

    def write(self, decision: Decision, reading: Reading, envelopes: Sequence[Envelope]) -> None:
        """Commit all of it, or nothing of it.

        Raises:
            StateError: the database cannot take it now.
        """
        if isinstance(reading, Due | Delivery) and not _changes(decision):
            return
        record = _record(reading)
        with self.database.transaction() as connection:
            memory.remember(connection, decision)
            if record is not None:
                recordings.record(connection, *record)
            if envelopes:
                outbox.post(connection, envelopes)

    def tidy(self, now: datetime, retention: timedelta) -> None:
        """Forget what ended longer ago than *retention*: readings, messages, incidents, events.

        What is open, waits or is owed to somebody stays; so do events that may be listed again.

        Raises:
            StateError: the database cannot take it now.
        """
        before = now - retention
        for forget in (recordings.forget, outbox.forget, forget_ended):
            with self.database.transaction() as connection:
                forget(connection, before)
        with self.database.transaction() as connection:
            forget_events(connection, min(before, now - memory.EVENTS))

    def recall(self, plan: Plan, now: datetime) -> Known:
        """What is known at a start: all that was remembered, and the past that rules look at."""
        with self.database.reading() as connection:
            remembered = memory.recall(connection, now)
        pasts = [self._past(source, now) for source in plan.sources.values()]
        return Known(
            sources=remembered.sources,
            snapshots={past.key: past.snapshot for past in pasts if past.snapshot},
            histories={key: history for past in pasts for key, history in past.histories.items()},
            instances=remembered.instances,
            incidents=remembered.incidents,
            told=remembered.told,
            conversations=remembered.conversations,
            seen=remembered.seen,
            at=_last_judged(remembered),
        )

    def _past(self, source: SourcePlan, now: datetime) -> _Past:
        """Read again what the source's rules look back at; without such rules only the last."""
        past = _Past(source)
        operation, name = source.key
        longest = past.longest()
        with self.database.reading() as connection:
            if longest:
                for each in recordings.recordings(connection, operation, name, now - longest, now):
                    past.add(each)
            last = recordings.latest(connection, operation, name)
        if last is not None and (past.snapshot is None or past.snapshot.at < last.at):
            past.add(last)
        return past


class _Past:
    """One source's snapshots, one after the other."""

    def __init__(self, source: SourcePlan) -> None:
        self._source = source
        self.key = source.key
        self._types = {c.name: row_type(c) for c in source.endpoint.collections}
        self.snapshot: Snapshot | None = None
        self.histories: dict[tuple[SourceKey, str], History] = {}

    def longest(self) -> timedelta:
        """How far back any rule looks."""
        needs = [plan.needs for plan in self._source.collections.values()]
        spans = [span for need in needs for span in need.spans.values()]
        usual = USUAL if any(need.usual for need in needs) else timedelta(0)
        return max(usual, timedelta(seconds=max(spans, default=0.0)))

    def add(self, recording: recordings.Recording) -> None:
        """Remember one more reading, if it was a good one."""
        if recording.kind != recordings.GOOD:
            return
        rows = recording.rows(self._types)
        self.snapshot = take(self._source.key, self._source.endpoint, rows, recording.at)
        for name, keyed in self.snapshot.collections.items():
            key, needs = (self._source.key, name), self._source.collections[name].needs
            history = self.histories.get(key) or History(zone=self._source.zone)
            self.histories[key] = history.add(recording.at.timestamp(), keyed, needs)


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
    )


def _record(reading: Reading) -> tuple[str, str, datetime, str, bytes] | None:
    """A reading as it is recorded; timers are not: they can be worked out again."""
    match reading:
        case Good(source=source, snapshot=snapshot):
            rows = {name: list(rows.values()) for name, rows in snapshot.collections.items()}
            return *source, snapshot.at, recordings.GOOD, recordings.pack(rows)
        case Failed(source=source):
            said = {"trouble": reading.trouble.value, "detail": reading.detail, "gap": reading.gap}
            return *source, reading.at, "failed", msgspec.json.encode(said)
        case Delivery():
            return "", "", reading.at, "delivery", msgspec.json.encode(reading)
        case Reload():
            return "", "", reading.at, "reload", b""
        case Due():
            return None


def _last_judged(remembered: Remembered) -> datetime | None:
    """When something was last judged: timers up to then were looked at."""
    times: list[datetime] = [told.at for by in remembered.told.values() for told in by.values()]
    for state in remembered.sources.values():
        times += [at for at in (state.good_at, state.failing_since) if at is not None]
    return max(times, default=None)
