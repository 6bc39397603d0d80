"""Say what the day of each operation costs: calls per source, their sum, its share of the quota."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from notifier.core.judging.plan import Plan
from notifier.core.rules.budget import Ask
from notifier.core.rules.dayplan import DayPlan, day_plan
from notifier.core.rules.hours import DAYS
from notifier.core.rules.keys import counted, spoken


def days_of(plan: Plan) -> list[DayPlan]:
    """The busiest day of each operation, in the order of the file."""
    return [day_plan(quota) for quota in plan.quotas.values()]


def costs_lines(days: Iterable[DayPlan]) -> Iterator[str]:
    """The same for people."""
    for day in days:
        yield f"{day.quota.operation}: {_sum(day)}"
        yield from (_line(day, ask) for ask in day.quota.asks)
        if day.stretches:
            yield f"  less often asked, so that they last: {', '.join(day.slowed())}"


def _sum(day: DayPlan) -> str:
    limit = day.quota.limit(None)
    if limit is None:
        return f"{counted(day.total, 'call')} a day"
    share = f"{100 * day.total / limit:.1f} % of its {limit}"
    return f"{counted(day.total, 'call')} a day, {share}; {day.allowance} are notifier's"


def _line(day: DayPlan, ask: Ask) -> str:
    calls, limit = day.calls[ask.source], day.quota.limit(None)
    share = f"{100 * calls / limit:7.1f} %" if limit else ""
    return f"  {ask.source:24} {calls:6}{share}  every {spoken(ask.every)}"


def costs_json(days: Iterable[DayPlan]) -> dict[str, Any]:
    """The same for programs: `operations` and `sources`."""
    known = list(days)
    return {
        "operations": [_operation(day) for day in known],
        "sources": [_source(day, ask) for day in known for ask in day.quota.asks],
    }


def _operation(day: DayPlan) -> dict[str, Any]:
    limit = day.quota.limit(None)
    return {
        "operation": day.quota.operation,
        "day": DAYS[day.day],
        "calls": day.total,
        "quota": limit,
        "share": day.total / limit if limit else None,
        "allowance": day.allowance,
    }


def _source(day: DayPlan, ask: Ask) -> dict[str, Any]:
    calls, limit, factor = day.calls[ask.source], day.quota.limit(None), day.stretches.get
    return {
        "operation": day.quota.operation,
        "source": ask.source,
        "calls": calls,
        "calls_per_poll": ask.cost,
        "share": calls / limit if limit else None,
        "every": spoken(ask.every),
        "stretched_to": spoken(ask.every * factor(ask.source, 1.0)),
        "priority": ask.priority,
    }
