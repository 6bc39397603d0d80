"""Hold back what a silence covers, end silences, and warn of the end of those that hold news.

A silenced incident is as true as any other; only nobody is notified of it. What was told before
closes as it would otherwise, without noise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from notifier.core.facts.state import SILENCE_RULE, Incident, Severity
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import ROSTER, Notice, RuleText
from notifier.core.judging.plan import Plan, muted_until
from notifier.core.judging.silence import Silence, covering, covers, in_force, turns, warns_at
from notifier.core.telling.composed import worst_first
from notifier.core.telling.conversation import Address, begin


def hush(draft: Draft) -> None:
    """Mark every open incident that a silence holds now, and end the silences that are over."""
    silences = draft.quieting()
    current = [i for i in draft.current().values() if i.open]
    if not silences and not any(incident.silence for incident in current):
        return
    for silence in silences.values():
        if (ended := _ended(silence, current, draft.latest)) is not silence:
            draft.silences[silence.id] = ended
    for incident in current:
        _mark(draft, incident)


def _ended(silence: Silence, current: list[Incident], now: datetime) -> Silence:
    """The silence after this moment: over at its end, or with the last that it held."""
    if silence.over:
        return silence
    if now >= silence.ends_at:
        return replace(silence, ended_at=silence.ends_at)
    if not silence.until_resolved or in_force(silence, now) is None:
        return silence
    holds = any(covers(silence, incident.key) for incident in current)
    if silence.matched and not holds:
        return replace(silence, ended_at=now)
    return replace(silence, matched=True) if holds and not silence.matched else silence


def _mark(draft: Draft, incident: Incident) -> None:
    found = covering(draft.quieting().values(), incident.key, draft.latest)
    silence, until = found or (None, None)
    name, author = (silence.id, silence.author) if silence else ("", "")
    if (incident.silence, incident.silenced_by, incident.silenced_until) != (name, author, until):
        draft.incidents[incident.id] = replace(
            incident, silence=name, silenced_by=author, silenced_until=until
        )


# ---- the warning before its end ----


def warn(draft: Draft, plan: Plan) -> None:
    """Say once, shortly before a silence ends, what it holds still."""
    for silence in list(draft.quieting().values()):
        due = not silence.warned and not silence.over and draft.latest >= warns_at(silence)
        if due and in_force(silence, draft.latest) == silence.ends_at:
            draft.silences[silence.id] = replace(silence, warned=True)
            if silence.ends_at - silence.starts_at > silence.ends_at - warns_at(silence):
                _warn(draft, plan, silence)


@dataclass(frozen=True, slots=True)
class _Warned:
    """One receiver of one operation, and what it will hear of when the silence ends."""

    operation: str
    receiver: str


def _warn(draft: Draft, plan: Plan, silence: Silence) -> None:
    concerned: dict[_Warned, list[Incident]] = {}
    for incident in sorted(draft.current().values(), key=worst_first):
        if incident.open and incident.silence == silence.id:
            for receiver in incident.receivers:
                concerned.setdefault(_Warned(incident.key.operation, receiver), []).append(incident)
    for whom, incidents in concerned.items():
        _warn_one(draft, plan, silence, whom, incidents)


def _warn_one(
    draft: Draft, plan: Plan, silence: Silence, whom: _Warned, incidents: list[Incident]
) -> None:
    reach = plan.reaches.get((whom.operation, whom.receiver))
    critical = any(incident.severity is Severity.CRITICAL for incident in incidents)
    if reach is None or (muted_until(reach, draft.at) is not None and not critical):
        return
    address = Address(whom.receiver, whom.operation, SILENCE_RULE, silence.id)
    talk = replace(begin(address, reach, draft.at, silence.id), revision=1, closed=True)
    draft.conversations[talk.id] = talk
    draft.notices.append(
        Notice(
            conversation=talk,
            rule=RuleText(id=SILENCE_RULE, severity=Severity.INFO),
            at=draft.at,
            roster=tuple(incidents[:ROSTER]),
            open=len(incidents),
            members=len(incidents),
            ending=silence,
            give_up_at=silence.ends_at,
        )
    )


def due(silences: Mapping[str, Silence], after: datetime) -> Iterator[datetime]:
    """When silences begin, are announced to end, or end."""
    for silence in silences.values():
        yield from turns(silence, after)
