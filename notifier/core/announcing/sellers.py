"""Say who made a sale, for receivers that ask for names: by the call's id, never by the customer.

Where a source lists calls with their agents it knows; else the id of a call that an agent dialled
by hand begins with that agent's number. Of inbound and predictive calls it is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from notifier.core.facts.snapshot import Keyed
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Event
from notifier.core.judging.plan import RulePlan
from notifier.core.payload.values import plain

BY_HAND = ("outbound", "outbound_ma", "manual")  # of type_interaction
PARTS = 4  # of such an id; five begin with something else


def seller(draft: Draft, rule: RulePlan, event: Event) -> str:
    """The name of the agent who made the sale; empty where nothing says so."""
    listed = (rows.get(event.key) for rows in _collections(draft, rule.operation))
    names = (getattr(row, "agent_name", None) for row in listed if row is not None)
    return next(filter(None, names), "") or _dialled(draft, rule, event)


def _dialled(draft: Draft, rule: RulePlan, event: Event) -> str:
    parts = event.key.split(".")
    if len(parts) != PARTS or plain(str(event.fields.get("type_interaction"))) not in BY_HAND:
        return ""
    rows = (rows.get(parts[0]) for rows in _collections(draft, rule.operation))
    agents = (row for row in rows if getattr(row, "agent_id", None) == parts[0])
    names = (getattr(agent, "agent_name", None) for agent in agents)
    return next(filter(None, names), "")


def _collections(draft: Draft, operation: str) -> Iterator[Keyed]:
    """The rows of the operation's own sources, as last seen; no other's."""
    for key, snapshot in {**draft.known.snapshots, **draft.snapshots}.items():
        if key.operation == operation:
            yield from snapshot.collections.values()
