"""Explain one poll, rule and entity: what was seen, what it led to, and whom it reached.

A gate is what stands between a value and a message. The first one that stopped is the reason why
nobody was told; those behind it were never reached.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.facts.state import Incident, Instance, InstanceKey, Phase, Scalar, Told
from notifier.core.hindsight.replay import Step
from notifier.core.hindsight.scrutiny import Part, Scrutiny, scrutinize, verdict, view_of
from notifier.core.judging.lifecycle import Policy, Result
from notifier.core.judging.notice import Reason, Untold
from notifier.core.judging.plan import RulePlan
from notifier.core.rules.keys import spoken
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
    Untold.MISSING: "it is not there, or `where` is false for it",
    Untold.EXPLAINED: "another open incident explains it",
    Untold.FLAPPING: "it opens all the time, and one message says so",
    Untold.WAITING: "it waits for company (`group_wait`, `batch`)",
    Untold.FLAPPING: "it opens and closes all the time: its close is told when it has settled",
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
class Gate:
    """One thing that stands before a message.

    Attributes:
        passed: None where it was not reached.
    """

    name: str
    passed: bool | None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Timer:
    """What runs, and what is left of it: a time, or a span that must be observed."""

    name: str
    at: datetime | None = None
    left: timedelta | None = None
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one receiver heard, or why it heard nothing."""

    receiver: str
    told: bool
    reason: str
    said: str
    last: datetime | None = None


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
        gates=tuple(_reached(_gates(step, rule, seen, after, incident))),
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


# ---- gates ----


def _gates(
    step: Step, rule: RulePlan, seen: Scrutiny, after: Instance | None, incident: Incident | None
) -> Iterator[Gate]:
    if incident is not None and incident.id in step.known.incidents:
        yield Gate("open", True, "it had opened before")
    else:
        yield from _opening(rule, seen, after, opened=incident is not None)
    if incident is not None:
        yield from _holding(incident)
    yield Gate("receivers", bool(rule.to), ", ".join(rule.to) or "no receiver takes it")


def _opening(
    rule: RulePlan, seen: Scrutiny, after: Instance | None, *, opened: bool
) -> Iterator[Gate]:
    """What stands before an incident."""
    result = seen.result
    yield Gate("believed", result is not Result.UNKNOWN, "the data are believed")
    yield Gate("there", result is not Result.ABSENT or opened, "it is there, and `where` holds")
    yield Gate("known", result is not Result.NULL, "every value it needs is known")
    yield Gate("breach", result is Result.BREACH or opened, "`when` holds")
    yield Gate("lasting", opened or rule.event, _lasting(rule.policy, after))


def _holding(incident: Incident) -> Iterator[Gate]:
    """What holds an open incident back from everybody."""
    cause, held = incident.explained_by, incident.silence
    said = f"incident {cause} explains it" if cause else "nothing else explains it"
    yield Gate("explained", not cause, said)
    said = f"silence {held} of {incident.silenced_by}" if held else "no silence holds it"
    yield Gate("silence", not held, said)


def _lasting(policy: Policy, after: Instance | None) -> str:
    seen = timedelta(seconds=after.observed) if after else timedelta(0)
    samples = after.samples if after else 0
    if policy.of:
        hits = sum(after.recent) if after else 0
        return f"{hits} of the last {policy.of[1]} polls, {policy.of[0]} are needed"
    needed = spoken(timedelta(seconds=policy.hold))
    return f"seen for {spoken(seen)} of {needed}, in {samples} of {policy.min_samples} polls"


def _reached(gates: Iterator[Gate]) -> Iterator[Gate]:
    """Every gate up to the first that stopped; the rest was not reached."""
    stopped = False
    for gate in gates:
        yield dataclasses.replace(gate, passed=None) if stopped else gate
        stopped = stopped or not gate.passed


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
        outcome = _outcome(step, rule, incident, receiver, believed.get(receiver))
        told = isinstance(outcome, Reason)
        last = after.get(receiver) or believed.get(receiver)
        yield Hearing(receiver, told, outcome.value, SAYS[outcome], last.at if last else None)


def _outcome(
    step: Step, rule: RulePlan, incident: Incident, receiver: str, told: Told | None
) -> Reason | Untold:
    for notice in step.decision.notices:
        if notice.conversation.receiver == receiver:
            for item in notice.items:
                if item.incident.id == incident.id:
                    return item.reason
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

    None where it breached, where nothing is known, and where the rule has no single limit.
    """
    view = view_of(step, rule)
    if view is None or rule.threshold is None:
        return None
    seen = scrutinize(view, rule, entity)
    if seen.result is Result.BREACH or not isinstance(seen.value, float):
        return None
    gap = rule.threshold - seen.value if rule.direction == ">" else seen.value - rule.threshold
    return Miss(step.at, seen.value, rule.threshold, max(gap, 0.0))
