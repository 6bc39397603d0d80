"""Say why a receiver is told of an incident now, or the one reason why not.

What people believe is compared with what is true. Nobody hears of a close without an open, and
whoever heard of an open hears of its close once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.notice import Reason, Untold
from notifier.core.plan import SourcePlan
from notifier.core.state import SET_BACK, Incident, Severity, SourceState, Told


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a receiver hears of a rule.

    Attributes:
        repeat: How often to remind while nobody acknowledged; None for never.
        wait: How long an open waits for company (``group_wait``).
        quiet_until: The end of the receiver's quiet hours, when within; critical incidents pass.
        blind: Nobody has looked for so long that it need not be so still: no news, no reminder.
        loud_close: A close notifies (mail), so that quiet hours hold it back too; an edit does not.
    """

    repeat: timedelta | None = None
    wait: timedelta = timedelta(0)
    quiet_until: datetime | None = None
    loud_close: bool = False
    blind: bool = False


def why(incident: Incident, told: Told | None, terms: Terms, now: datetime) -> Reason | Untold:
    """Return the reason to tell of *incident* at *now*, or the one not to."""
    return _first(incident, terms, now) if told is None else _next(incident, told, terms, now)


def _first(incident: Incident, terms: Terms, now: datetime) -> Reason | Untold:
    if not incident.open:
        return Untold.NEVER_TOLD
    if incident.explained_by:
        return Untold.EXPLAINED
    # What opened later than now opened while the clock was ahead: it waits for nothing.
    if -SET_BACK <= now - incident.opened_at < terms.wait:
        return Untold.WAITING
    if kept_quiet(incident, terms):
        return Untold.QUIET
    return Untold.UNKNOWN if terms.blind else Reason.OPEN


def _next(incident: Incident, told: Told, terms: Terms, now: datetime) -> Reason | Untold:
    if told.closed:
        return Untold.UNCHANGED
    if not incident.open:
        hold = terms.loud_close and kept_quiet(incident, terms)
        return Untold.QUIET if hold else Reason.CLOSE
    if not kept_quiet(incident, terms) and not terms.blind:
        if incident.severity.rank > told.severity.rank:
            return Reason.RAISED
        if _due(incident, told, terms, now):
            return Reason.REPEAT
    fresh = incident.value == told.value and incident.held == told.held
    return Untold.UNCHANGED if fresh else Reason.CHANGE


def kept_quiet(incident: Incident, terms: Terms) -> bool:
    """Whether the receiver's quiet hours hold news of *incident* back."""
    return terms.quiet_until is not None and incident.severity is not Severity.CRITICAL


def _due(incident: Incident, told: Told, terms: Terms, now: datetime) -> bool:
    taken = bool(incident.acknowledged_by)
    return not taken and terms.repeat is not None and abs(now - told.at) >= terms.repeat


def blind(state: SourceState, source: SourcePlan | None, now: datetime) -> bool:
    """Whether nobody has looked for so long that what was true need not be true still.

    So it is outside a source's hours, and after the machine slept or the bot was down. A source
    that fails is looked at; one that is left alone on purpose has said so.
    """
    if source is None or state.tried_at is None:
        return False
    resting = state.retry_at is not None and now <= state.retry_at
    return not resting and now - state.tried_at > source.stale_after
