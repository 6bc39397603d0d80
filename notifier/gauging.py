"""Set the numbers that are counted only when somebody asks for them: how old, how many, how far."""

from __future__ import annotations

from datetime import datetime

from notifier.core.facts.state import Severity
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan, SourcePlan
from notifier.web.metrics import Metrics


def gauge(known: Known, plan: Plan, now: datetime, metrics: Metrics) -> None:
    """Set what is to be seen of incidents and sources; what the rules file has no more is gone."""
    still_open = [i.severity for i in known.incidents.values() if i.open]
    for severity in Severity:
        metrics.open.labels(severity.value).set(still_open.count(severity))
    metrics.keep(set(plan.sources))
    for key, source in plan.sources.items():
        state = known.sources.get(key)
        good_at = state.good_at if state is not None else None
        if good_at is not None:
            metrics.fresh.labels(*key).set(good_at.timestamp())
            metrics.stale.labels(*key).set(_stale(known, source, good_at, now))
        else:
            metrics.stale.labels(*key).set(0)


def _stale(known: Known, source: SourcePlan, good_at: datetime, now: datetime) -> bool:
    """Whether there should have been a good answer since: not so outside its hours."""
    oldest = now - known.stale_after(source)
    return good_at < oldest and source.shifts.hold(oldest) and source.shifts.hold(now)
