"""Do what people ask for: silences and acknowledgements, and their reverse."""

from __future__ import annotations

from msgspec.structs import replace

from notifier.core.facts.state import Incident
from notifier.core.judging.known import Draft
from notifier.core.judging.reading import Asked
from notifier.core.judging.request import (
    Acknowledge,
    AddSilence,
    EndSilence,
    Request,
    Unacknowledge,
)
from notifier.core.judging.silence import Silence, check_hours

GONE = "there is no such silence any more"
CLOSED = "there is no such open incident any more"


def judge(draft: Draft, asked: Asked) -> None:
    """Do it; where it cannot be done any more, the draft's answer says why."""
    draft.answers[asked.id] = _judged(draft, asked.request)


def _judged(draft: Draft, request: Request) -> str:
    match request:
        case AddSilence(silence=silence):
            return _add(draft, silence)
        case EndSilence():
            return _end(draft, request)
        case Acknowledge() | Unacknowledge():
            return _take(draft, request)


def _add(draft: Draft, silence: Silence) -> str:
    """Take no hours that cannot be read: they would be looked at ever after."""
    try:
        check_hours(silence.weekly, silence.timezone)
    except ValueError as error:
        return str(error)
    draft.silences[silence.id] = silence
    return ""


def _end(draft: Draft, request: EndSilence) -> str:
    silence = draft.quieting().get(request.silence)
    if silence is None or silence.over:
        return GONE
    draft.silences[silence.id] = replace(silence, ended_at=draft.at, ended_by=request.author)
    return ""


def _take(draft: Draft, request: Acknowledge | Unacknowledge) -> str:
    incident = draft.member(request.incident)
    if incident is None or not incident.open:
        return CLOSED
    after = released(incident)
    if isinstance(request, Acknowledge):
        after = replace(
            incident,
            acknowledged_by=request.author,
            acknowledged_at=draft.at,
            acknowledged_until=request.until,
            sticky=request.sticky,
        )
    draft.incidents[incident.id] = after
    return ""


def expire(draft: Draft) -> None:
    """Let acknowledgements end whose time is over."""
    for incident in draft.current().values():
        until = incident.acknowledged_until
        if incident.open and until is not None and until <= draft.at:
            draft.incidents[incident.id] = released(incident)


def released(incident: Incident) -> Incident:
    """The incident, of which nobody says any more that they have it."""
    return replace(
        incident, acknowledged_by="", acknowledged_at=None, acknowledged_until=None, sticky=False
    )
