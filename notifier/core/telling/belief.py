"""Say what a receiver believes once it heard of an incident, and who keeps the rest from it."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from notifier.core.facts.state import Incident, Told
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Reason, Untold
from notifier.core.telling.conversation import Talk
from notifier.core.telling.why import Terms, keeper


def keep(
    incident: Incident,
    receiver: str,
    told: Told | None,
    outcome: Untold,
    terms: Terms,
    draft: Draft,
) -> None:
    """Remember who holds news back from a receiver: it is said when it may be."""
    if told is not None:
        kept_by = kept_by_now(incident, told, terms, draft)
        if kept_by != told.kept_by and incident.open and not told.closed:
            draft.told[incident.id, receiver] = replace(told, kept_by=kept_by)
    elif outcome in (Untold.SILENCED, Untold.QUIET):
        now = draft.incident(incident.id)
        kept_from = {**now.kept_from, receiver: keeper(incident, terms) or ""}
        if kept_from != now.kept_from:
            draft.incidents[incident.id] = replace(now, kept_from=kept_from)


def kept_by_now(incident: Incident, told: Told, terms: Terms, draft: Draft) -> str | None:
    """Who holds back what would notify, or did so; nobody where no word is owed after that."""
    found = keeper(incident, terms)
    silence = draft.quieting().get(incident.silence)
    if found is None or not terms.still_open or (silence is not None and not silence.still_open):
        return told.kept_by
    return found


def belief(
    talk: Talk,
    incident: Incident,
    receiver: str,
    reason: Reason,
    told: Told | None,
    now: datetime,
) -> Told:
    worst = incident.severity
    if told is not None and (told.severity.rank > worst.rank or not reason.notifies):
        worst = told.severity
    return Told(
        incident=incident.id,
        receiver=receiver,
        conversation=talk.conversation.id,
        at=now if told is None or reason.notifies else told.at,
        severity=worst,
        value=incident.value,
        held=incident.held,
        silence=incident.silence,
        acknowledged=incident.acknowledged_by,
        flapping=incident.flapping if told is None or reason.notifies else told.flapping,
        closed=reason is Reason.CLOSE,
        shown=None if incident.severity is worst else incident.severity,
    )
