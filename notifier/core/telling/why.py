"""Say why a receiver is told of an incident now, or the one reason why not.

What people believe is compared with what is true. Nobody hears of a close without an open, and
whoever heard of an open hears of its close once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.facts.state import SET_BACK, Incident, Severity, SourceState, Told
from notifier.core.judging.flapping import unsettled
from notifier.core.judging.notice import Reason, Untold, shown_severity
from notifier.core.judging.plan import SourcePlan


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a receiver hears of a rule.

    Attributes:
        repeat: How often to remind while nobody acknowledged; None for never.
        wait: How long an open waits for company (``group_wait``).
        quiet_until: The end of the receiver's quiet hours, when within; critical incidents pass.
        blind: Nobody has looked for so long that it need not be so still: no news, no reminder.
        loud_close: A close notifies (mail), so that quiet hours hold it back too; an edit does not.
        flapping: A close of what opens all the time waits until it has settled.
        still_open: It hears once of what is open when a silence or its quiet hours end.
    """

    repeat: timedelta | None = None
    wait: timedelta = timedelta(0)
    quiet_until: datetime | None = None
    loud_close: bool = False
    blind: bool = False
    flapping: bool = False
    still_open: bool = True


def why(incident: Incident, told: Told | None, terms: Terms, now: datetime) -> Reason | Untold:
    """Return the reason to tell of *incident* at *now*, or the one not to."""
    return _first(incident, terms, now) if told is None else _next(incident, told, terms, now)


def _first(incident: Incident, terms: Terms, now: datetime) -> Reason | Untold:
    if not incident.open:
        return Untold.NEVER_TOLD
    if incident.explained_by:
        return Untold.EXPLAINED
    if incident.silence:
        return Untold.SILENCED
    # What opened later than now opened while the clock was ahead: far ahead, it waits for nothing.
    if -max(SET_BACK, terms.wait) <= now - incident.opened_at < terms.wait:
        return Untold.WAITING
    if kept_quiet(incident, terms):
        return Untold.QUIET
    return Untold.UNKNOWN if terms.blind else Reason.OPEN


def _next(incident: Incident, told: Told, terms: Terms, now: datetime) -> Reason | Untold:
    if told.closed:
        return Untold.UNCHANGED
    if not incident.open:
        return _end(incident, terms, now)
    due = _due(incident, told, terms, now)
    held = _held(incident, terms, due) if due else None
    if due and not held:
        return due
    return Reason.CHANGE if _changed(incident, told) else held or Untold.UNCHANGED


def _end(incident: Incident, terms: Terms, now: datetime) -> Reason | Untold:
    if terms.flapping and unsettled(incident, now):
        return Untold.FLAPPING
    hold = terms.loud_close and kept_quiet(incident, terms)
    return Untold.QUIET if hold else Reason.CLOSE


def _due(incident: Incident, told: Told, terms: Terms, now: datetime) -> Reason | None:
    """What people are to notice of what they know of already."""
    if incident.severity.rank > told.severity.rank:
        return Reason.RAISED
    overdue = terms.repeat is not None and abs(now - told.at) >= terms.repeat
    settled = terms.flapping and told.flapping and not incident.flapping
    owed = settled or (told.kept_by is not None and terms.still_open)
    return Reason.REPEAT if overdue or owed else None


def _held(incident: Incident, terms: Terms, due: Reason) -> Untold | None:
    """What holds that back, the strongest first."""
    if incident.silence:
        return Untold.SILENCED
    if kept_quiet(incident, terms):
        return Untold.QUIET
    if terms.blind:
        return Untold.UNKNOWN
    # A raised severity ends an acknowledgement, but for one that was given for that, too.
    taken = incident.acknowledged_by and (incident.sticky or due is Reason.REPEAT)
    return Untold.ACKNOWLEDGED if taken else None


def _changed(incident: Incident, told: Told) -> bool:
    """Whether the message says something else by now."""
    milder = incident.severity.rank < shown_severity(told).rank
    return milder or (
        incident.value,
        incident.held,
        incident.silence,
        incident.acknowledged_by,
    ) != (
        told.value,
        told.held,
        told.silence,
        told.acknowledged,
    )


def kept_quiet(incident: Incident, terms: Terms) -> bool:
    """Whether the receiver's quiet hours hold news of *incident* back."""
    return terms.quiet_until is not None and incident.severity is not Severity.CRITICAL


def keeper(incident: Incident, terms: Terms) -> str | None:
    """Who holds back what notifies: a silence's author, or empty for quiet hours."""
    if incident.silence:
        return incident.silenced_by
    return "" if kept_quiet(incident, terms) else None


def blind(
    state: SourceState, source: SourcePlan | None, now: datetime, stale_after: timedelta
) -> bool:
    """Whether nobody has looked for so long that what was true need not be true still.

    So it is outside a source's hours, from the first moment on, and after the machine slept or the
    bot was down. A source that fails is looked at; one that is left alone on purpose has said so.
    """
    if source is None or state.tried_at is None:
        return False
    if now > state.tried_at and not source.shifts.hold(now):
        return True
    resting = state.retry_at is not None and now <= state.retry_at
    return not resting and now - state.tried_at > stale_after
