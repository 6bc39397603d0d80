"""Name what stands between a value and a message, and say of each whether it was passed.

The first gate that stopped is the reason why nobody was told; those behind it were never reached.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from notifier.core.facts.state import Incident, Instance, InstanceKey
from notifier.core.hindsight.replay import Step
from notifier.core.hindsight.scrutiny import Scrutiny, view_of
from notifier.core.judging.lifecycle import Policy, Result
from notifier.core.judging.plan import RulePlan
from notifier.core.rules.keys import spoken

SAYS: Mapping[str, str] = {
    "open": "it had opened before",
    "believed": "the data are believed",
    "believed_no": "the data are not believed, or too old",
    "there": "it is in the data",
    "there_no": "it is not in the data of this poll",
    "where": "`where` holds for it",
    "where_no": "`where` is false for it: the rule is not about it",
    "known": "every value that it needs is known",
    "known_no": "a value that it needs is blank, or was counted anew",
    "breach": "`when` holds",
    "breach_no": "`when` does not hold",
    "lasting_at_once": "one poll is enough",
    "lasting_time": "seen for {seen} of {needed}, in {samples} of {polls} polls",
    "lasting_polls": "{samples} of the last {polls} polls, {needed} are needed",
    "explained": "nothing else explains it",
    "explained_no": "{cause} explains it",
    "silence": "no silence holds it",
    "silence_no": "the silence {silence} of {who} holds it",
    "receivers": "{names}",
    "receivers_no": "no receiver takes it",
}
ID = 8  # characters of an incident's or silence's id that people see


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that stands before a message.

    Attributes:
        passed: None where it was not reached.
        said: How it is so, in English; *key*: of the same phrase in other languages, filled in
            with *values*.
    """

    name: str
    passed: bool | None
    said: str = ""
    key: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def _gate(name: str, passed: bool, key: str = "", /, **values: str) -> Gate:
    found = key or (name if passed else f"{name}_no")
    return Gate(name, passed, SAYS[found].format(**values), found, values)


def gates(
    step: Step, rule: RulePlan, seen: Scrutiny, key: InstanceKey, incident: Incident | None
) -> list[Gate]:
    """Every gate up to the first that stopped; the rest was not reached."""
    found, stopped = [], False
    for gate in _all(step, rule, seen, key, incident):
        found.append(dataclasses.replace(gate, passed=None) if stopped else gate)
        stopped = stopped or not gate.passed
    return found


def _all(
    step: Step, rule: RulePlan, seen: Scrutiny, key: InstanceKey, incident: Incident | None
) -> Iterator[Gate]:
    after = step.decision.known.instances.get(key)
    if incident is not None and incident.id in step.known.incidents:
        yield _gate("open", True)
    else:
        yield from _opening(step, rule, seen, key.entity, after, opened=incident is not None)
    if incident is not None:
        yield from _holding(step, incident)
    yield _gate("receivers", bool(rule.to), names=", ".join(rule.to))


def _opening(
    step: Step, rule: RulePlan, seen: Scrutiny, entity: str, after: Instance | None, *, opened: bool
) -> Iterator[Gate]:
    """What stands before an incident."""
    result = seen.result
    yield _gate("believed", result is not Result.UNKNOWN)
    there = result is not Result.ABSENT or opened
    present = there or _present(step, rule, entity)
    yield _gate("there", present)
    if rule.where is not None and rule.by is None:
        yield _gate("where", there)
    yield _gate("known", result is not Result.NULL)
    yield _gate("breach", result is Result.BREACH or opened)
    yield _lasting(rule.policy, after, passed=opened or rule.event)


def _present(step: Step, rule: RulePlan, entity: str) -> bool:
    """Whether the poll has it, though the rule is not about it."""
    view = view_of(step, rule)
    return view is not None and rule.by is None and entity in view.order


def _lasting(policy: Policy, after: Instance | None, *, passed: bool) -> Gate:
    samples = after.samples if after else 0
    if policy.of:
        hits, (needed, polls) = sum(after.recent) if after else 0, policy.of
        return _gate(
            "lasting", passed, "lasting_polls",
            samples=str(hits), polls=str(polls), needed=str(needed),
        )  # fmt: skip
    if not policy.hold and policy.min_samples <= 1:
        return _gate("lasting", passed, "lasting_at_once")
    seen = timedelta(seconds=after.observed) if after else timedelta(0)
    return _gate(
        "lasting", passed, "lasting_time",
        seen=spoken(seen), needed=spoken(timedelta(seconds=policy.hold)),
        samples=str(samples), polls=str(policy.min_samples),
    )  # fmt: skip


def _holding(step: Step, incident: Incident) -> Iterator[Gate]:
    """What holds an open incident back from everybody."""
    cause = incident.explained_by
    yield _gate("explained", not cause, cause=_called(step, cause))
    silence = incident.silence[:ID]
    yield _gate("silence", not silence, silence=silence, who=incident.silenced_by)


def _called(step: Step, incident: str) -> str:
    """What an incident is called: its rule, its entity, its short id."""
    known = step.decision.incidents.get(incident) or step.known.incidents.get(incident)
    name = f"{known.key.rule} {known.key.entity} ({incident[:ID]})" if known else incident[:ID]
    return name if incident else ""
