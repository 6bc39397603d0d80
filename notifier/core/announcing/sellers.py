"""Say who made a sale, for receivers that ask for names: by the call's id, never by the customer.

Where a source lists calls with their agents it knows; else the id of a call that an agent dialled
by hand begins with that agent's number. Of inbound and predictive calls it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from notifier.core.facts.snapshot import Keyed
from notifier.core.facts.state import Scalar
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Event
from notifier.core.judging.plan import RulePlan
from notifier.core.payload.values import plain

BY_HAND = ("outbound", "outbound_ma", "manual")  # of type_interaction
PARTS = 4  # of such an id; five begin with something else


def seller(draft: Draft, rule: RulePlan, event: Event) -> dict[str, Scalar]:
    """The agent who made the sale, as fields of its event; none where nothing says who."""
    listed = (rows.get(event.key) for rows in _collections(draft, rule.operation))
    return _first_named(listed) or _dialled(draft, rule, event)


def _dialled(draft: Draft, rule: RulePlan, event: Event) -> dict[str, Scalar]:
    parts = event.key.split(".")
    if len(parts) != PARTS or plain(str(event.fields.get("type_interaction"))) not in BY_HAND:
        return {}
    rows = (rows.get(parts[0]) for rows in _collections(draft, rule.operation))
    return _first_named(row for row in rows if getattr(row, "agent_id", None) == parts[0])


def _first_named(rows: Iterable[object]) -> dict[str, Scalar]:
    """Who the first row with a name names; ids serve the aliases of the rules file."""
    found = next((row for row in rows if getattr(row, "agent_name", None)), None)
    if found is None:
        return {}
    return {
        "seller": getattr(found, "agent_name", None),
        "seller_id": getattr(found, "agent_id", None),
    }


def _collections(draft: Draft, operation: str) -> Iterator[Keyed]:
    """The rows of the operation's own sources, as last seen; no other's."""
    for key, snapshot in {**draft.known.snapshots, **draft.snapshots}.items():
        if key.operation == operation:
            yield from snapshot.collections.values()
