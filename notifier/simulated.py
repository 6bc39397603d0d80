"""Live through days of a simulated contact center in a moment: every answer that would be polled.

The same seed and the same beginning give the same days, for ever.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.core.facts.snapshot import take
from notifier.core.hindsight.replay import Turn
from notifier.core.judging.plan import Plan, SourcePlan
from notifier.core.judging.reading import Due, Failed, Good, Reading
from notifier.errors import Trouble
from notifier.hindsight.folder import reading_of
from notifier.simulator.center import Center
from notifier.simulator.envelope import envelope
from notifier.simulator.script import day_script
from notifier.wolkvox.reader import window

SEED = 7


def turns(plan: Plan, since: datetime, until: datetime, seed: int = SEED) -> Iterator[Turn]:
    """Yield what polls would have read, each source at its pace and within its hours."""
    centers: dict[str, _Days] = {}
    for at, source in heapq.merge(
        *(_polls(source, since, until) for source in plan.sources.values()),
        key=lambda poll: (poll[0], poll[1].key),
    ):
        days = centers.setdefault(source.key.operation, _Days(seed, source.zone))
        yield Turn(_reading(days.center(at), source, at))
    yield Turn(Due(until))


@dataclass(slots=True)
class _Days:
    """One operation's contact center, a day at a time: what happens in others need not be asked."""

    seed: int
    zone: ZoneInfo
    _date: date | None = None
    _center: Center = field(default_factory=Center)

    def center(self, at: datetime) -> Center:
        """The center on the local day of *at*; it knows of the day before and the day after."""
        local = at.astimezone(self.zone)
        if local.date() != self._date:
            self._date = local.date()
            before = local - timedelta(days=1)
            script = day_script(before, self.zone, 3)
            self._center = Center(self.seed, before, script, zone=str(self.zone))
        return self._center


def _polls(
    source: SourcePlan, since: datetime, until: datetime
) -> Iterator[tuple[datetime, SourcePlan]]:
    at = since
    while at <= until:
        if source.shifts.hold(at):
            yield at, source
        at += source.cadence


def _reading(center: Center, source: SourcePlan, at: datetime) -> Reading:
    if any(fault.meets(source.endpoint.name) for fault in center.faults(at)):
        return Failed(source.key, at, Trouble.SERVER, "wolkvox failed on its side")
    said = _said(center, source.endpoint.name, source.params, window(source, at), at)
    if not said:
        nothing = {collection.name: () for collection in source.endpoint.collections}
        return Good(source.key, take(source.key, source.endpoint, nothing, at))
    return reading_of(envelope(said), source, at)


def _said(
    center: Center,
    endpoint: str,
    params: Mapping[str, str],
    asked: tuple[datetime, datetime] | None,
    at: datetime,
) -> object:
    """What the platform would answer, without its envelope."""
    begin, end = asked or (at - timedelta(hours=1), at)
    match endpoint:
        case "latency":
            return center.latency(at)
        case "skills":
            return center.skills(at, params.get("skill_id", "all"))
        case "hits_last_hour":
            return center.hits(at)
        case "cdr_4":
            return center.cdr_4(at, begin, end)
        case "agent_3":
            return center.agent_3(at, begin, end)
        case _:
            return None
