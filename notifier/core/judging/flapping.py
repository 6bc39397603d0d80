"""Say when an entity opens so often that one message must do for all of it, and when it settles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from notifier.core.facts.state import Closing, Incident, InstanceKey

OPENS = 4  # within
WINDOW = timedelta(minutes=30)  # so many are flapping; so long without a change ends it
CALM = frozenset({Closing.RECOVERED, Closing.LEFT})  # ends after which it may open once more

Ended = Mapping[InstanceKey, Incident]


def opens(previous: Incident | None, now: datetime) -> tuple[datetime, ...]:
    """When the instance opened lately, *now* included; *previous* is its last incident."""
    known = previous.opens if previous else ()
    return (*(at for at in known if timedelta(0) <= now - at < WINDOW), now)


def unsteady(previous: Incident | None, opened: tuple[datetime, ...], now: datetime) -> bool:
    """Whether an incident that opens *now* is one of too many."""
    goes_on = previous is not None and unsettled(previous, now)
    return goes_on or len(opened) >= OPENS


def settles_at(incident: Incident) -> datetime:
    """When a flapping incident has not changed for long enough."""
    return (incident.closed_at or incident.opened_at) + WINDOW


def unsettled(incident: Incident, now: datetime) -> bool:
    """Whether it ended only for now, as those before it did: its end is not told yet."""
    return incident.flapping and incident.closing in CALM and _recent(incident, now)


def lately(ended: Ended, shown: Mapping[str, Incident], now: datetime) -> Ended:
    """The last incident of each instance while it matters; those *shown* live in some message."""
    kept = {k: i for k, i in ended.items() if i.id in shown or _recent(i, now)}
    return ended if len(kept) == len(ended) else kept


def _recent(incident: Incident, now: datetime) -> bool:
    return incident.closed_at is not None and abs(now - incident.closed_at) < WINDOW
