"""Tell the operators that sources are asked less often than the rules say, and when that ends.

Either an operation's calls of the day would not last, or a source cannot keep up with its pace.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from notifier.core.facts.state import (
    PACE_RULE,
    QUOTA_RULE,
    Closing,
    Incident,
    InstanceKey,
    Scalar,
    Severity,
    SourceKey,
    incident_id,
)
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Lag, Ration
from notifier.core.rules.budget import allowance, slowed

STRETCHED, BEHIND = "stretched", "behind"  # what their words are found by
IN_A_ROW = 3  # late runs before that is told, and punctual ones before its end is


def ration(draft: Draft, reading: Ration, plan: Plan) -> None:
    """Remember how an operation's calls of the day are spent, and say who waits for that."""
    budget = reading.budget
    draft.budgets[budget.operation] = budget
    quota = plan.quotas.get(budget.operation)
    waiting = slowed(quota, budget.stretches) if quota else []
    key = InstanceKey(budget.operation, QUOTA_RULE, budget.operation)
    if quota is None or not waiting:
        _end(draft, key)
        return
    mine = allowance(quota, budget) or 0
    fields: dict[str, Scalar] = {
        "operation": budget.operation,
        "trouble": STRETCHED,
        "detail": ", ".join(waiting),
        "left": float(max(0, mine - reading.spent)),
        "limit": float(quota.limit(budget) or 0),
        "others": float(budget.others),
    }
    _tell(draft, key, SourceKey(budget.operation, ""), fields, quota.operators)


def lag(draft: Draft, reading: Lag, plan: Plan) -> None:
    """Say that a source is behind, or no more."""
    operation, name = reading.source
    key = InstanceKey(operation, PACE_RULE, f"{operation}/{name}")
    source = plan.sources.get(reading.source)
    if source is None or not reading.behind:
        _end(draft, key)
        return
    fields: dict[str, Scalar] = {"operation": operation, "source": name, "trouble": BEHIND}
    _tell(draft, key, reading.source, fields, source.operators)


def streak(before: int, *, late: bool) -> int:
    """Count runs in a row: late ones upwards from 1, punctual ones downwards from -1."""
    if late:
        return max(before, 0) + 1
    return min(before, 0) - 1


def news(streak: int, *, told: bool) -> bool | None:
    """Whether it is news that a source is behind, or that it is no more; None for no news."""
    if streak >= IN_A_ROW and not told:
        return True
    return False if streak <= -IN_A_ROW and told else None


def behind(incidents: Iterable[Incident], source: SourceKey) -> bool:
    """Whether the operators were told that this source is behind."""
    return any(i.key.rule == PACE_RULE and i.source == source for i in incidents if i.open)


def _tell(
    draft: Draft,
    key: InstanceKey,
    source: SourceKey,
    fields: dict[str, Scalar],
    receivers: tuple[str, ...],
) -> None:
    """Open an incident, or keep the words of the open one true."""
    before = _open_one(draft, key)
    if before is None:
        fresh = Incident(
            id=incident_id(key, draft.at),
            key=key,
            source=source,
            opened_at=draft.at,
            since=draft.at,
            seen_at=draft.at,
            severity=Severity.WARNING,
            fields=fields,
            held=str(fields.get("detail", "")),
            receivers=receivers,
        )
        draft.incidents[fresh.id] = fresh
    elif before.fields.get("detail") != fields.get("detail"):
        draft.incidents[before.id] = replace(
            before, fields=fields, held=str(fields["detail"]), seen_at=draft.at
        )


def _end(draft: Draft, key: InstanceKey) -> None:
    known = _open_one(draft, key)
    if known is not None:
        draft.incidents[known.id] = replace(
            known, closed_at=draft.at, closing=Closing.RECOVERED, seen_at=draft.at, held=""
        )


def _open_one(draft: Draft, key: InstanceKey) -> Incident | None:
    return next((i for i in draft.known.incidents.values() if i.open and i.key == key), None)
