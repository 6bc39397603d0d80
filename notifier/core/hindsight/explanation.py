"""Explain one poll, rule and entity: what was seen, what it led to, and whom it reached."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.facts.state import (
    STORM_RULE,
    Incident,
    Instance,
    InstanceKey,
    Phase,
    Scalar,
    Told,
)
from notifier.core.hindsight.gates import Gate, gates
from notifier.core.hindsight.replay import Step
from notifier.core.hindsight.scrutiny import Part, scrutinize, verdict, view_of
from notifier.core.judging.lifecycle import Policy, Result
from notifier.core.judging.notice import Notice, Reason, Untold
from notifier.core.judging.plan import RulePlan
from notifier.core.telling.terms import terms_of
from notifier.core.telling.why import Terms, blind, why

SAYS: Mapping[Reason | Untold, str] = {
    Reason.OPEN: "people were told that it opened",
    Reason.RAISED: "people were told that it became more severe",
    Reason.REPEAT: "people were reminded of it",
    Reason.CHANGE: "the message was edited, which disturbs nobody",
    Reason.CLOSE: "people were told that it closed",
    Reason.EVENT: "it was announced",
    Untold.CLEAR: "nothing is wrong",
    Untold.PENDING: "the condition holds, but not for long enough yet",
    Untold.BAND: "neither `when` nor `clear` holds",
    Untold.UNKNOWN: "the data are not believed for it, or too old",
    Untold.NULL: "a value that the rule needs is blank",
    Untold.RESET: "a counter that the rule needs was reset or corrected just now",
    Untold.MISSING: "it is not in the data, or `where` is false for it",
    Untold.EXPLAINED: "another open incident explains it",
    Untold.WAITING: "it waits for company (`group_wait`, `batch`)",
    Untold.SILENCED: "a silence holds it back",
    Untold.FLAPPING: "it opens and closes all the time: its close is told when it has settled",
    Untold.QUIET: "it is within the receiver's quiet hours",
    Untold.SUBDUED: "no cheers while something critical is open in the operation",
    Untold.ACKNOWLEDGED: "somebody acknowledged it, so that nobody is reminded",
    Untold.NOBODY: "no receiver takes it",
    Untold.UNCHANGED: "people know already, and nothing is new",
    Untold.NEVER_TOLD: "it closed before anybody was told that it had opened",
    Untold.KNOWN: "it was announced before",
    Untold.BASELINE: "it was there when the rule first looked",
}
PHASES = {
    Phase.QUIET: "ok",
    Phase.PENDING: "pending",
    Phase.OPEN: "open",
    Phase.RECOVERING: "recovering",
}


@dataclass(frozen=True, slots=True)
class State:
    """Where an instance stands.

    Attributes:
        phase: ``ok``, ``pending``, ``open`` or ``recovering``; *since* when.
        observed: Seconds that the condition of the phase was seen to hold, in *samples* polls.
        absent: Polls in a row without it.
    """

    phase: str = "ok"
    since: datetime | None = None
    observed: float = 0.0
    samples: int = 0
    absent: int = 0


@dataclass(frozen=True, slots=True)
class Timer:
    """What runs, and what is left of it: a time, or a span that must be observed."""

    name: str
    at: datetime | None = None
    left: timedelta | None = None
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one receiver heard, or why it heard nothing.

    Attributes:
        how: ``storm``: within the one message of a storm; ``still_open``: once what had held it
            back was over; else empty.
        others: How many more incidents that message is about.
    """

    receiver: str
    told: bool
    reason: str
    said: str
    last: datetime | None = None
    how: str = ""
    others: int = 0


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why people were told of an entity by a poll, or not.

    Attributes:
        at: When the poll was judged.
        reason: The one reason, a value of ``Reason`` or ``Untold``; *told* which of the two.
        said: The same as a sentence.
        result: What the snapshot says: ``breach``, ``band``, ``clear``, ``absent``, ...
    """

    operation: str
    rule: str
    entity: str
    at: datetime
    told: bool
    reason: str
    said: str
    result: str
    value: Scalar
    inputs: Mapping[str, Scalar]
    parts: tuple[Part, ...]
    before: State
    after: State
    gates: tuple[Gate, ...]
    timers: tuple[Timer, ...]
    receivers: tuple[Hearing, ...]
    incident: str = ""


def explain(step: Step, rule: RulePlan, entity: str) -> Explanation | None:
    """Explain what the poll of *step* meant for *entity*; None where it saw nothing of the rule."""
    view = view_of(step, rule)
    if view is None:
        return None
    key = InstanceKey(rule.operation, rule.id, entity)
    seen, reason = scrutinize(view, rule, entity), verdict(step, rule, entity)
    after = step.decision.known.instances.get(key)
    incident = _incident(step, key)
    return Explanation(
        operation=rule.operation,
        rule=rule.id,
        entity=entity,
        at=step.at,
        told=isinstance(reason, Reason),
        reason=reason.value,
        said=SAYS[reason],
        result=seen.result.value,
        value=seen.value,
        inputs=seen.inputs,
        parts=seen.parts,
        before=_state(step.known.instances.get(key)),
        after=_state(after),
        gates=tuple(gates(step, rule, seen, key, incident)),
        timers=(*_spans(rule.policy, after), *_moments(step, rule, incident)),
        receivers=tuple(_hearings(step, rule, incident)),
        incident=incident.id if incident else "",
    )


def _incident(step: Step, key: InstanceKey) -> Incident | None:
    """The instance's latest incident, if the poll knew of one or closed it just now."""
    known = {**step.known.incidents, **step.decision.incidents}
    own = [incident for incident in known.values() if incident.key == key]
    live = [i for i in own if i.open or i.closed_at == step.at or i.id in step.decision.incidents]
    return max(live, key=lambda incident: incident.opened_at, default=None)


def _state(instance: Instance | None) -> State:
    if instance is None:
        return State()
    return State(
        PHASES[instance.phase],
        instance.since,
        instance.observed,
        instance.samples,
        instance.absent,
    )


# ---- timers ----


def _spans(policy: Policy, after: Instance | None) -> Iterator[Timer]:
    """What must still be observed."""
    if after is None:
        return
    if after.phase is Phase.PENDING and policy.hold:
        yield Timer("for", left=timedelta(seconds=max(0.0, policy.hold - after.observed)))
    if after.phase is Phase.RECOVERING:
        yield Timer("keep", left=timedelta(seconds=max(0.0, policy.keep - after.observed)))


def _moments(step: Step, rule: RulePlan, incident: Incident | None) -> Iterator[Timer]:
    """What falls due at a time."""
    if incident is None or not incident.open:
        return
    if incident.silenced_until is not None:
        yield Timer("silence", incident.silenced_until)
    believed = step.decision.known.told.get(incident.id, {})
    for receiver in dict.fromkeys((*incident.receivers, *believed)):
        terms = _terms(step, rule, receiver)
        told = believed.get(receiver)
        if terms.quiet_until is not None:
            yield Timer("quiet", terms.quiet_until, receiver=receiver)
        if told is None and terms.wait:
            yield Timer("group_wait", incident.opened_at + terms.wait, receiver=receiver)
        if told is not None and terms.repeat is not None and not incident.acknowledged_by:
            yield Timer("repeat", told.at + terms.repeat, receiver=receiver)


# ---- receivers ----


def _hearings(step: Step, rule: RulePlan, incident: Incident | None) -> Iterator[Hearing]:
    if incident is None:
        return
    believed = step.known.told.get(incident.id, {})
    after = {who: told for (name, who), told in step.decision.told.items() if name == incident.id}
    for receiver in dict.fromkeys((*incident.receivers, *believed)):
        before, notice = believed.get(receiver), _heard(step, incident, receiver)
        outcome = _outcome(step, rule, incident, receiver, before, notice)
        last = after.get(receiver) or before
        how = _how(incident, receiver, before, notice)
        others = notice.members - 1 if notice is not None and how == "storm" else 0
        yield Hearing(
            receiver, isinstance(outcome, Reason), outcome.value,
            (SAYS[outcome] + HOW[how]).format(others=others), last.at if last else None,
            how, others,
        )  # fmt: skip


def retold(step: Step, rule: RulePlan, entity: str) -> Hearing | None:
    """What the first receiver heard of an entity by a decision that was no poll; None: nothing."""
    incident = _incident(step, InstanceKey(rule.operation, rule.id, entity))
    return next((each for each in _hearings(step, rule, incident) if each.told), None)


HOW = {
    "": "",
    "storm": ", in the one message of a storm, with {others} others",
    "still_open": "; what had held it back is over, and it is open still",
}


def _heard(step: Step, incident: Incident, receiver: str) -> Notice | None:
    """What told a receiver of an incident."""
    for notice in step.decision.notices:
        if notice.conversation.receiver == receiver and incident.id in _told_in(notice):
            return notice
    return None


def _told_in(notice: Notice) -> set[str]:
    return {item.incident.id for item in notice.items}


def _how(incident: Incident, receiver: str, before: Told | None, notice: Notice | None) -> str:
    if notice is None:
        return ""
    if notice.conversation.rule == STORM_RULE:
        return "storm"
    held = incident.kept_from.get(receiver) if before is None else before.kept_by
    reason = _reason(notice, incident)
    return "still_open" if held is not None and reason in (Reason.OPEN, Reason.REPEAT) else ""


def _reason(notice: Notice, incident: Incident) -> Reason:
    return next(item.reason for item in notice.items if item.incident.id == incident.id)


def _outcome(
    step: Step, rule: RulePlan, incident: Incident, receiver: str, told: Told | None,
    notice: Notice | None,
) -> Reason | Untold:  # fmt: skip
    if notice is not None:
        return _reason(notice, incident)
    if told is None and (rule.operation, receiver) not in step.plan.reaches:
        return Untold.NOBODY
    found = why(incident, told, _terms(step, rule, receiver), step.at)
    # What was not sent in spite of a reason waited: it goes with the first of its message.
    return found if isinstance(found, Untold) else Untold.WAITING


def _terms(step: Step, rule: RulePlan, receiver: str) -> Terms:
    terms = terms_of(step.plan, rule.operation, rule.id, receiver, now=step.at)
    known, source = step.decision.known, step.plan.sources.get(rule.source)
    stale = known.stale_after(source) if source else timedelta(0)
    return dataclasses.replace(
        terms, blind=blind(known.sources[rule.source], source, step.at, stale)
    )


# ---- near misses ----


@dataclass(frozen=True, slots=True)
class Miss:
    """How near a value came to the limit without passing it.

    Attributes:
        gap: What was missing, in the value's own unit.
    """

    at: datetime
    value: float
    limit: float
    gap: float


def miss(step: Step, rule: RulePlan, entity: str) -> Miss | None:
    """How far the poll of *step* was from the limit.

    None where it breached, where nothing is known, where the rule has no single limit, and where
    the limit was passed, but another part of the condition did not hold.
    """
    view = view_of(step, rule)
    if view is None or rule.threshold is None:
        return None
    seen = scrutinize(view, rule, entity)
    if seen.result is Result.BREACH or not isinstance(seen.value, float):
        return None
    gap = rule.threshold - seen.value if rule.direction == ">" else seen.value - rule.threshold
    return Miss(step.at, seen.value, rule.threshold, gap) if gap >= 0 else None
