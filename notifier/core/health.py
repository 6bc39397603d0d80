"""Say how a source itself is doing, and when people hear of it.

One incident per source: it inhibits nothing, it explains. A failed poll opens, closes and
advances nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from notifier.core.endpoint import Nature
from notifier.core.known import Draft
from notifier.core.plan import SourcePlan
from notifier.core.reading import Failed, Good
from notifier.core.state import (
    SOURCE_RULE,
    Closing,
    Incident,
    InstanceKey,
    Severity,
    SourceState,
    incident_id,
)
from notifier.errors import Trouble

FAILURES = 3  # consecutive, and
FAILING = timedelta(minutes=3)  # so long, before people are told
BUSY_FOR = timedelta(minutes=10)  # simultaneous use of a token passes by itself
PROBE = timedelta(hours=1)  # between polls that cannot succeed before somebody acts
AT_ONCE = frozenset({Trouble.TOKEN, Trouble.REQUEST, Trouble.QUOTA})
SUSPECT_SHARE = 0.5  # more than this of a collection vanishing at once is not believed
SUSPECT_LEAST = 3  # known entities


def took(draft: Draft, reading: Good, source: SourcePlan) -> None:
    """Note a good snapshot: the failures are over, and its incident with them."""
    before = draft.source(reading.source)
    draft.sources[reading.source] = replace(
        before,
        seq=before.seq + (2 if reading.gap else 1),
        good_at=reading.snapshot.at,
        tried_at=reading.snapshot.at,
        failures=0,
        failing_since=None,
        trouble=None,
        detail="",
        retry_at=None,
        suspects=_suspects(draft, reading, source),
        incident="",
    )
    if before.incident:
        _close(draft, draft.incident(before.incident))


def missed(draft: Draft, reading: Failed, source: SourcePlan) -> None:
    """Note a failed poll; open the source's incident when it has lasted."""
    before = draft.source(reading.source)
    after = replace(
        before,
        seq=before.seq + (2 if reading.gap else 1),
        tried_at=reading.at,
        failures=before.failures + 1,
        failing_since=before.failing_since or reading.at,
        trouble=reading.trouble,
        detail=reading.detail,
        retry_at=_retry_at(reading),
    )
    draft.sources[reading.source] = after
    if before.incident:
        _describe(draft, draft.incident(before.incident), after)
    elif _worth_telling(after, reading.at):
        _open(draft, after, source, reading.at)


def _retry_at(reading: Failed) -> datetime | None:
    if reading.after is not None:
        return reading.at + reading.after
    return reading.at + PROBE if reading.trouble in AT_ONCE else None


def _worth_telling(state: SourceState, now: datetime) -> bool:
    if state.trouble in AT_ONCE:
        return True
    if state.retry_at is not None and state.retry_at - now >= BUSY_FOR:
        return True  # it will not be asked before: nothing would say so later
    lasted = now - (state.failing_since or now)
    if state.trouble is Trouble.BUSY:
        return lasted >= BUSY_FOR
    return state.failures >= FAILURES and lasted >= FAILING


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
        severity=Severity.CRITICAL,
        fields=_fields(state),
        receivers=source.operators,
    )
    draft.incidents[incident.id] = incident
    draft.sources[state.key] = replace(state, incident=incident.id)
    _freeze(draft, state)


def _describe(draft: Draft, incident: Incident, state: SourceState) -> None:
    """Keep the message true when the trouble becomes another one."""
    if incident.fields.get("trouble") == (state.trouble.value if state.trouble else ""):
        return
    fields = _fields(state)
    draft.incidents[incident.id] = replace(incident, fields=fields, held=str(fields["trouble"]))


def _fields(state: SourceState) -> dict[str, float | str | bool | None]:
    return {
        "operation": state.key.operation,
        "source": state.key.source,
        "trouble": state.trouble.value if state.trouble else "",
        "detail": state.detail,
        "failures": float(state.failures),
    }


def _freeze(draft: Draft, state: SourceState) -> None:
    """Say once in each open message of this source that its data stand still."""
    for incident in draft.known.incidents.values():
        if incident.open and incident.source == state.key and incident.key.rule != SOURCE_RULE:
            draft.incidents[incident.id] = replace(incident, held="frozen")


def _close(draft: Draft, incident: Incident) -> None:
    draft.incidents[incident.id] = replace(
        incident, closed_at=draft.at, closing=Closing.RECOVERED, seen_at=draft.at
    )


def _suspects(draft: Draft, reading: Good, source: SourcePlan) -> dict[str, frozenset[str]]:
    """Per collection, what vanished together just now and is not believed gone yet."""
    found: dict[str, frozenset[str]] = {}
    for collection in source.endpoint.collections:
        rows = reading.snapshot.collections.get(collection.name)
        past = draft.known.histories.get((reading.source, collection.name))
        if past is None or rows is None or collection.nature is not Nature.STATE:
            continue
        gone = frozenset(past.rows.keys() - rows.keys())
        if len(past.rows) >= SUSPECT_LEAST and len(gone) > SUSPECT_SHARE * len(past.rows):
            found[collection.name] = gone
    return found
