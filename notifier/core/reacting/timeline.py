"""Write down what became of each incident, as it happens: a history that needs no replay.

When it opened and closed the incident itself says; that its value changes is no news of its life.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum

from notifier.core.facts.state import Entry, Incident, Instance, Phase
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Reason


class What(Enum):
    """What happened to an incident."""

    TOLD = "told"
    SEVERITY = "severity"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    EXPLAINED = "explained"  # another incident explains it; in the end, none does
    RECOVERING = "recovering"
    RELAPSED = "relapsed"  # recovering no more: the same incident


def timeline(draft: Draft) -> Iterator[Entry]:
    """Yield what *draft* adds to the timelines of incidents."""
    for incident in draft.incidents.values():
        before = draft.known.incidents.get(incident.id)
        if before is not None:
            yield from _changed(before, incident, draft.at)
    for key, instance in draft.instances.items():
        yield from _turned(draft.known.instances.get(key), instance, draft.at)
    for notice in draft.notices:
        receiver = notice.conversation.receiver
        for item in notice.items:
            if item.reason is not Reason.CHANGE:
                told = item.reason.value
                yield Entry(item.incident.id, draft.at, What.TOLD.value, receiver, told)


def _changed(before: Incident, incident: Incident, at: datetime) -> Iterator[Entry]:
    if incident.severity is not before.severity:
        severity = incident.severity.value
        yield Entry(incident.id, at, What.SEVERITY.value, detail=severity)
    if incident.acknowledged_by != before.acknowledged_by:
        yield Entry(incident.id, at, What.ACKNOWLEDGED.value, who=incident.acknowledged_by)
    if incident.silence != before.silence:
        yield Entry(incident.id, at, What.SILENCED.value, incident.silenced_by, incident.silence)
    if incident.explained_by != before.explained_by:
        yield Entry(incident.id, at, What.EXPLAINED.value, detail=incident.explained_by)


def _turned(before: Instance | None, after: Instance | None, at: datetime) -> Iterator[Entry]:
    if before is None or after is None or not after.incident or before.phase is after.phase:
        return
    if after.phase is Phase.RECOVERING:
        yield Entry(after.incident, at, What.RECOVERING.value)
    elif before.phase is Phase.RECOVERING:
        yield Entry(after.incident, at, What.RELAPSED.value)
