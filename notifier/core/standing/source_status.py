"""Say how each source does, as the page and the API show it.

The names of ``SourceStatus`` are keys of the public interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from notifier.core.facts.state import SourceKey, SourceState, seconds
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan, SourcePlan
from notifier.core.standing.source_notes import Note, notes

Days = Mapping[str, tuple[int, int | None]]
NEVER = SourceState(key=SourceKey("", ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How one source does.

    Attributes:
        state: ``good``, ``failing``, ``resting`` (left alone on purpose), ``waiting`` (off
            duty, or nothing was read yet) or ``stale`` (its last data are too old).
        every: Seconds between two polls.
        good_at: The last good reading; *tried_at*: the last one.
        entities: In the last good reading.
        calls: Of the day so far, this source's readings.
        notes: What is odd about its answers, without being a failure.
        used: Of the operation's day so far, all calls that are known of; *quota*: its whole day.
    """

    operation: str
    source: str
    endpoint: str
    state: str
    every: float
    good_at: datetime | None = None
    tried_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    trouble: str | None = None
    detail: str = ""
    retry_at: datetime | None = None
    entities: int = 0
    calls: int = 0
    used: int = 0
    quota: int | None = None
    notes: tuple[Note, ...] = ()


def sources(
    known: Known, plan: Plan, calls: Mapping[SourceKey, int], day: Days, now: datetime
) -> Iterator[SourceStatus]:
    """Every source, in the order of the file.

    calls: Readings of the day so far. day: Of each operation, its calls so far and at most.
    """
    for key, source in plan.sources.items():
        state = known.sources.get(key, NEVER)
        used, quota = day.get(key.operation, (0, None))
        snapshot = known.snapshots.get(key)
        failing = state.failures > 0
        yield SourceStatus(
            operation=key.operation,
            source=key.source,
            endpoint=source.endpoint.name,
            state=_doing(state, source, now),
            every=seconds(source.cadence),
            good_at=state.good_at,
            tried_at=state.tried_at,
            failures=state.failures,
            failing_since=state.failing_since if failing else None,
            trouble=state.trouble.value if failing and state.trouble else None,
            detail=state.detail if failing else "",
            retry_at=state.retry_at,
            entities=sum(map(len, snapshot.collections.values())) if snapshot else 0,
            calls=calls.get(key, 0),
            used=used,
            quota=quota,
            notes=tuple(notes(state)),
        )


def _doing(state: SourceState, source: SourcePlan, now: datetime) -> str:
    if state.failures:
        return "resting" if state.retry_at is not None and state.retry_at > now else "failing"
    if state.good_at is None or not source.shifts.hold(now):
        return "waiting"
    on_duty = source.shifts.seconds(state.good_at, now)
    return "stale" if on_duty > seconds(source.stale_after) else "good"


def unwell(known: Known, plan: Plan, now: datetime) -> list[SourceStatus]:
    """The sources of which nothing new is known: what rules say of them may be over, or begun.

    One failed poll is no news: the next one may be good.
    """
    found = sources(known, plan, {}, {}, now)
    return [e for e in found if e.state not in ("good", "waiting") and e.failures != 1]
