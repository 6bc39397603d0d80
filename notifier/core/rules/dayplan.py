"""Lay out what a day of each operation costs, and refuse a plan that its quota can never bear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from notifier.core.payload.endpoint import spread
from notifier.core.rules.budget import (
    SLOWEST,
    Ask,
    Quota,
    allowance,
    fit,
    needed,
    on_weekday,
    slowed,
)
from notifier.core.rules.compiled import CompiledSource
from notifier.core.rules.draft import Draft
from notifier.core.rules.hours import DAYS
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.rulebook import Operation
from notifier.core.rules.shifts import Shifts

SHOWN = 5  # sources that a sentence names


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What one operation asks on its busiest day of the week.

    Attributes:
        day: 0 for Monday; holidays are not looked at.
        calls: By source, at the pace of `every`.
        allowance: Calls that are ours; None where the quota is not known.
        stretches: Sources that would be asked less often, and how many times their `every`.
    """

    quota: Quota
    day: int
    calls: Mapping[str, int]
    allowance: int | None
    stretches: Mapping[str, float]

    @property
    def total(self) -> int:
        return sum(self.calls.values())

    @property
    def least(self) -> float:
        """What it costs when every source waits as long as it ever does."""
        return needed(self.calls, dict.fromkeys(self.calls, SLOWEST))

    def slowed(self) -> list[str]:
        """What would be asked less often, as ``skills 1m -> 2m``."""
        return slowed(self.quota, self.stretches)


def quota_of(
    operation: Operation, sources: Iterable[CompiledSource], operators: Sequence[str] = ()
) -> Quota:
    """What an operation may ask in a day, and what its sources ask for."""
    own = [each for each in sources if each.operation.name == operation.name]
    return Quota(
        operation=operation.name,
        zone=ZoneInfo(operation.timezone),
        licenses=operation.licenses,
        share=operation.quota_share / 100,
        reset=operation.quota_reset,
        asks=tuple(_ask(each) for each in own),
        operators=tuple(operators),
    )


def _ask(compiled: CompiledSource) -> Ask:
    source, operation = compiled.source, compiled.operation
    shifts = Shifts(source.active, ZoneInfo(operation.timezone), operation.holidays or "")
    cost = len(spread(compiled.params)) * compiled.endpoint.cost
    return Ask(source.title, source.every, shifts, cost, source.priority)


def day_plan(quota: Quota) -> DayPlan:
    """Lay out the busiest day."""
    days = [{ask.source: on_weekday(ask, day) for ask in quota.asks} for day in range(len(DAYS))]
    day = max(range(len(days)), key=lambda each: sum(days[each].values()))
    mine = allowance(quota, None)
    slower = {} if mine is None else fit(quota.asks, days[day], mine)
    return DayPlan(quota, day, days[day], mine, slower)


def check_quotas(draft: Draft, sources: Sequence[CompiledSource], mistakes: Mistakes) -> None:
    """A plan that never fits is a mistake; one that fits only more slowly is worth a word.

    It never fits where nobody said, by `priority`, what may wait; or where waiting is not enough.
    """
    said = {s.operation or _only(draft) for _, s in draft.sources if _says_priority(s)}
    for i, operation in draft.operations:
        plan = day_plan(quota_of(operation, sources))
        if plan.allowance is None or plan.total <= plan.allowance:
            continue
        loc, text = ("operation", i, "licenses"), _too_much(operation, plan)
        if operation.name not in said:
            mistakes.add(loc, f"{text}, and no source says by `priority` what may wait", _MEND)
        elif plan.least > plan.allowance:
            mistakes.add(loc, f"{text}; {plan.least:,.0f} are left when all wait longest", _MEND)
        else:
            mistakes.warn(loc, f"{text}; less often asked: {_listed(plan.slowed())}")


_MEND = "raise `every`, narrow `active`, or give `priority` to sources"


def _says_priority(source: object) -> bool:
    return "priority" in getattr(source, "model_fields_set", ())


def _only(draft: Draft) -> str:
    return next((each.name for _, each in draft.operations), "")


def _too_much(operation: Operation, plan: DayPlan) -> str:
    return (
        f"`{operation.name}` would ask {plan.total:,} calls a day, but {plan.allowance:,} are "
        f"notifier's ({operation.quota_share} % of {plan.quota.limit(None):,})"
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
