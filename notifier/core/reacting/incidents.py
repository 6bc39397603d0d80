"""Open, update and close incidents as instances step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from notifier.core.facts.state import (
    Closing,
    Incident,
    Instance,
    InstanceKey,
    Phase,
    Scalar,
    Severity,
    incident_id,
)
from notifier.core.judging.flapping import opens, settles_at, unsteady
from notifier.core.judging.known import Draft
from notifier.core.judging.lifecycle import Moment, Result, Turn, start, step
from notifier.core.judging.notice import Untold
from notifier.core.judging.plan import RulePlan
from notifier.core.judging.view import Judgement
from notifier.core.reacting.asked import released

TREND = 12  # values kept for the sparkline: an hour at the suggested pace of five minutes
CLOSINGS = {
    Turn.RECOVERED: Closing.RECOVERED,
    Turn.LEFT: Closing.LEFT,
    Turn.CHANGED: Closing.RULE_CHANGED,
}
HELD = {Result.ABSENT: "missing", Result.UNKNOWN: "unknown", Result.NULL: "unknown"}
WHY_NOT = {
    Result.BREACH: Untold.PENDING,
    Result.BAND: Untold.BAND,
    Result.CLEAR: Untold.CLEAR,
    Result.ABSENT: Untold.MISSING,
    Result.UNKNOWN: Untold.UNKNOWN,
    Result.NULL: Untold.NULL,
}


def apply(draft: Draft, rule: RulePlan, judgements: Iterable[Judgement], moment: Moment) -> None:
    """Step every judged instance of *rule*, and its incident with it."""
    for judgement in judgements:
        key = InstanceKey(rule.operation, rule.id, judgement.entity)
        before = draft.known.instances.get(key) or start(key, rule.source, Phase.QUIET, moment)
        _apply(draft, rule, judgement, moment, before)


def _apply(
    draft: Draft, rule: RulePlan, judgement: Judgement, moment: Moment, before: Instance
) -> None:
    after, turn = _step(before, rule, judgement.result, moment)
    if after is not None:
        after = _traced(after, rule, judgement)
    if turn is Turn.OPENED and after is not None:
        after = _open(draft, rule, judgement, after, moment.at)
    elif turn is not None and before.incident:
        incident = draft.incident(before.incident)
        closing = _closing(turn, rule, incident, moment.at)
        _close(draft, incident, before, closing, judgement, moment.at)
    elif after is not None and after.incident:
        incident = draft.incident(after.incident)
        draft.incidents[incident.id] = _update(incident, rule, judgement, after, moment.at)
    if after is None or after.incident is None:
        draft.reasons[before.key] = judgement.why or WHY_NOT[judgement.result]
    if after is not None or before.key in draft.known.instances:
        draft.instances[before.key] = after


def _step(
    before: Instance, rule: RulePlan, result: Result, moment: Moment
) -> tuple[Instance | None, Turn | None]:
    edited = before.condition not in ("", rule.condition)
    if before.incident and result is Result.CLEAR and edited:
        return None, Turn.CHANGED
    return step(before, result, rule.policy, moment)


def _traced(after: Instance, rule: RulePlan, judgement: Judgement) -> Instance:
    """Keep the last values, and the condition that the state rests on."""
    trend = after.trend
    if isinstance(judgement.value, float):
        begun = trend or ((judgement.earlier,) if judgement.earlier is not None else ())
        trend = (*begun, judgement.value)[-TREND:]
    condition = rule.condition if judgement.result is Result.BREACH else after.condition
    return replace(after, trend=trend, condition=condition, shape=rule.shape)


def _open(
    draft: Draft, rule: RulePlan, judgement: Judgement, instance: Instance, now: datetime
) -> Instance:
    before = draft.known.ended.get(instance.key)
    opened = opens(before, now)
    incident = Incident(
        id=incident_id(instance.key, now),
        key=instance.key,
        source=instance.source,
        opened_at=now,
        since=instance.since,
        seen_at=now,
        severity=_severity(rule, judgement, rule.severity),
        value=judgement.value,
        worst=judgement.value,
        unit=rule.unit,
        threshold=rule.threshold,
        direction=rule.direction,
        fields=judgement.fields,
        trend=instance.trend,
        held=HELD.get(judgement.result, ""),
        receivers=rule.to,
        opens=opened,
        flapping=rule.flapping and unsteady(before, opened, now),
    )
    if before is not None and before.sticky and _back(before, rule, now):
        incident = _taken(incident, before)
    draft.incidents[incident.id] = incident
    return replace(instance, incident=incident.id)


def _back(before: Incident, rule: RulePlan, now: datetime) -> bool:
    """Whether it is back so soon that it goes on in the same message."""
    return before.closed_at is not None and now - before.closed_at < rule.reopen_within


def _taken(incident: Incident, before: Incident) -> Incident:
    """Whoever took the one before so that it sticks has this one, too."""
    return replace(
        incident,
        acknowledged_by=before.acknowledged_by,
        acknowledged_at=before.acknowledged_at,
        acknowledged_until=before.acknowledged_until,
        sticky=True,
    )


def settle(draft: Draft) -> None:
    """Let what is open long enough without a change be steady again."""
    for incident in draft.current().values():
        if incident.open and incident.flapping and draft.at >= settles_at(incident):
            draft.incidents[incident.id] = replace(incident, flapping=False)


def _update(
    incident: Incident, rule: RulePlan, judgement: Judgement, instance: Instance, now: datetime
) -> Incident:
    held = HELD.get(judgement.result, "")
    if held:
        return replace(incident, held=held)
    severity = _severity(rule, judgement, incident.severity)
    if severity.rank > incident.severity.rank:
        raised = replace(incident, raised_at=incident.raised_at or now)
        incident = raised if raised.sticky else released(raised)  # it was taken as less bad
    return replace(
        incident,
        value=judgement.value,
        worst=_worse(incident.worst, judgement.value, incident.direction),
        severity=severity,
        fields=judgement.fields or incident.fields,
        trend=instance.trend,
        seen_at=now,
        held="",
    )


def _severity(rule: RulePlan, judgement: Judgement, present: Severity) -> Severity:
    """``critical`` unknown keeps the present severity; an easing within the breach keeps it too."""
    if judgement.critical is None:
        return present
    return Severity.CRITICAL if judgement.critical else rule.severity


def _closing(turn: Turn, rule: RulePlan, incident: Incident, now: datetime) -> Closing:
    """How it ended: a sum that begins anew at midnight is no recovery."""
    if rule.daily is not None and turn is Turn.RECOVERED:
        days = {at.astimezone(rule.daily).date() for at in (incident.seen_at, now)}
        return Closing.NEW_DAY if len(days) > 1 else Closing.RECOVERED
    return CLOSINGS[turn]


def _close(
    draft: Draft,
    incident: Incident,
    before: Instance,
    closing: Closing,
    judgement: Judgement,
    now: datetime,
) -> None:
    recovering = before.phase is Phase.RECOVERING and closing is Closing.RECOVERED
    seen = judgement.result is Result.CLEAR
    draft.incidents[incident.id] = replace(
        incident,
        closed_at=before.since if recovering else now,
        closing=closing,
        value=judgement.value if seen else incident.value,
        seen_at=now if seen else incident.seen_at,
        held="",
    )


def _worse(worst: Scalar, value: Scalar, direction: str) -> Scalar:
    if not isinstance(value, float) or not isinstance(worst, float):
        return value if worst is None else worst
    return max(worst, value) if direction == ">" else min(worst, value)
