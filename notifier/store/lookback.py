"""Read again what the rules of a source look back at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from notifier.core.facts.snapshot import Snapshot
from notifier.core.facts.state import SourceKey
from notifier.core.judging.plan import SourcePlan
from notifier.core.language.history import DRIFT, WEEKS, History
from notifier.store import recordings
from notifier.store.readings import snapshot

USUAL = timedelta(weeks=WEEKS)


@dataclass(slots=True)
class Past:
    """One source's snapshots, one after the other: the last one, and what rules ask of the rest."""

    source: SourcePlan
    snapshot: Snapshot | None = None
    histories: dict[tuple[SourceKey, str], History] = field(default_factory=dict)

    def longest(self) -> timedelta:
        """How far back any rule looks, polls that were a little late among them."""
        needs = [plan.needs for plan in self.source.collections.values()]
        spans = [span for need in needs for span in need.spans.values()]
        usual = USUAL if any(need.weeks for need in needs) else timedelta(0)
        longest = max(spans, default=0.0)
        return max(usual, timedelta(seconds=longest + DRIFT if longest else 0.0))

    def add(self, recording: recordings.Recording) -> None:
        """Remember one more reading, if it was a good one."""
        if recording.kind != recordings.GOOD:
            return
        found = snapshot(recording, self.source)
        if self.snapshot is None and found.oddities.not_found:
            return  # of what may never have answered: it says nothing
        self.snapshot = found
        for name, keyed in found.collections.items():
            key, needs = (self.source.key, name), self.source.collections[name].needs
            history = self.histories.get(key) or History(zone=self.source.zone)
            self.histories[key] = history.add(recording.at.timestamp(), keyed, needs)


def past(
    connection: Connection, source: SourcePlan, until: datetime, last: int | None = None
) -> Past:
    """What is remembered of a source at *until*; without rules that look back only the last one.

    last: The id of the last recording that counts; None for all.
    """
    found = Past(source)
    operation, name = source.key
    longest = found.longest()
    if longest:
        since = until - longest
        for each in recordings.recordings(connection, operation, name, since, until, last):
            found.add(each)
    newest = recordings.latest(connection, operation, name, last=last)
    if newest is not None and (found.snapshot is None or found.snapshot.at < newest.at):
        found.add(newest)
    return found
