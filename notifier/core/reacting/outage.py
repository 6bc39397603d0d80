"""Open, describe and close the incident of a source: what its operators hear.

One incident per source, one per operation for what is the operation's own trouble. It inhibits
nothing, it explains.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from notifier.core.facts.state import (
    SOURCE_RULE,
    Closing,
    Incident,
    InstanceKey,
    Severity,
    SourceState,
    incident_id,
)
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import SourcePlan
from notifier.core.judging.reactions import BUSY_FOR, REACTIONS
from notifier.core.judging.reading import Failed
from notifier.errors import Trouble

UNAVAILABLE = "unavailable"  # a 404 of what never answered on this server
VANISHED = "vanished"  # all rows went at once, twice in a row


def lasting(draft: Draft, source: SourcePlan, state: SourceState, reading: Failed) -> None:
    """Tell of a failing source when it has lasted, once for what is the whole operation's."""
    if state.incident:
        _describe(draft, draft.incident(state.incident), state)
    elif _worth_telling(state, reading) and not _told_already(draft, state):
        _open(draft, state, source, reading.at)
        _freeze(draft, state)


def settle(draft: Draft, source: SourcePlan, state: SourceState, now: datetime) -> None:
    """Close the incident of a source that answers; open or keep one for a strange answer."""
    if state.incident and state.notice:
        _describe(draft, draft.incident(state.incident), state)
    elif state.incident:
        close(draft, draft.incident(state.incident))
        draft.sources[state.key] = replace(state, incident="")
    elif state.notice:
        _open(draft, state, source, now)


def end_of_the_whole(draft: Draft, before: SourceState) -> None:
    """An answer ends what was the whole operation's trouble, for its other sources too.

    A token that one source is refused with may serve others: only a source that was refused
    itself shows by its answer that the token is good again.
    """
    for state in _siblings(draft, before):
        over = state.trouble is not Trouble.TOKEN or before.trouble is Trouble.TOKEN
        if over and state.trouble is not None and REACTIONS[state.trouble].whole:
            if state.incident:
                close(draft, draft.incident(state.incident))
            draft.sources[state.key] = replace(
                state,
                trouble=None,
                alike=0,
                failures=0,
                failing_since=None,
                retry_at=None,
                incident="",
            )


def close(draft: Draft, incident: Incident) -> None:
    """Its source answers as it should."""
    draft.incidents[incident.id] = replace(
        incident, closed_at=draft.at, closing=Closing.RECOVERED, seen_at=draft.at
    )


def _siblings(draft: Draft, of: SourceState) -> Iterator[SourceState]:
    for key in draft.known.sources:
        if key.operation == of.key.operation and key != of.key:
            yield draft.source(key)


def _told_already(draft: Draft, state: SourceState) -> bool:
    whole = state.trouble is not None and REACTIONS[state.trouble].whole
    return whole and any(
        sibling.incident and sibling.trouble is state.trouble for sibling in _siblings(draft, state)
    )


def _worth_telling(state: SourceState, reading: Failed) -> bool:
    reaction = REACTIONS[reading.trouble]
    if reaction.at_once:
        return True
    if reading.after is not None and reading.after >= BUSY_FOR:
        return True  # it will not be asked before: nothing would say so later
    lasted = reading.at - (state.failing_since or reading.at)
    return state.failures >= reaction.failures and lasted >= reaction.told_after


def _open(draft: Draft, state: SourceState, source: SourcePlan, now: datetime) -> None:
    operation, name = state.key
    key = InstanceKey(operation, SOURCE_RULE, f"{operation}/{name}")
    incident = Incident(
        id=incident_id(key, now),
        key=key,
        source=state.key,
        opened_at=now,
        since=state.failing_since or now,
        seen_at=now,
        severity=_severity(state),
        fields=_fields(state),
        receivers=source.operators,
    )
    draft.incidents[incident.id] = incident
    draft.sources[state.key] = replace(state, incident=incident.id)


def _severity(state: SourceState) -> Severity:
    return Severity.WARNING if state.trouble is None else REACTIONS[state.trouble].severity


def _what(state: SourceState) -> str:
    return state.trouble.value if state.trouble else state.notice


def _describe(draft: Draft, incident: Incident, state: SourceState) -> None:
    """Keep the message true when the trouble becomes another one."""
    if incident.fields.get("trouble") == _what(state):
        return
    severity = max(incident.severity, _severity(state), key=lambda each: each.rank)
    draft.incidents[incident.id] = replace(
        incident, fields=_fields(state), held=_what(state), severity=severity
    )


def _fields(state: SourceState) -> dict[str, float | str | bool | None]:
    """What the message says; ``until``: when it is asked again, where that is not soon."""
    until = state.retry_at.isoformat() if state.retry_at else None
    return {
        "operation": state.key.operation,
        "source": state.key.source,
        "trouble": _what(state),
        "detail": state.detail,
        "failures": float(state.failures),
        "until": until,
    }


def _freeze(draft: Draft, state: SourceState) -> None:
    """Say once in each open message of this source that its data stand still."""
    for incident in draft.known.incidents.values():
        if incident.open and incident.source == state.key and incident.key.rule != SOURCE_RULE:
            draft.incidents[incident.id] = replace(incident, held="frozen")
