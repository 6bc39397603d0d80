"""Say which incidents share a conversation with a receiver, and begin new ones."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from notifier.core.known import Draft
from notifier.core.plan import Plan, Reach, RulePlan
from notifier.core.state import Conversation, Incident, digest


class Address(NamedTuple):
    """Which conversation an open belongs to."""

    receiver: str
    operation: str
    rule: str
    group: str


def address_of(incident: Incident, receiver: str, now: datetime, plan: Plan) -> Address:
    """The address at which a receiver hears of an incident that is told now."""
    operation, rule, _ = incident.key
    return Address(
        receiver, operation, rule, group_value(plan.rule(operation, rule), incident, now)
    )


def group_value(rule: RulePlan | None, incident: Incident, now: datetime) -> str:
    """What an incident shares with those that share its message."""
    group = rule.group if rule else "entity"
    if group == "poll":
        return now.isoformat()
    if group == "entity":
        return incident.key.entity
    if group == "rule":
        return ""
    return "/".join(str(incident.fields.get(name, "")) for name in group)


def begin(address: Address, reach: Reach, now: datetime, first: str) -> Conversation:
    """A new conversation. Its id is the same in every run, replay and restart."""
    return Conversation(
        id=digest("conversation", *address, now.isoformat()),
        receiver=address.receiver,
        operation=address.operation,
        rule=address.rule,
        group=address.group,
        kind=reach.kind,
        recipients=reach.recipients,
        opened_at=now,
        incident=first,
        language=reach.language,
        locale=reach.locale,
        timezone=reach.timezone,
    )


def open_addresses(draft: Draft) -> dict[Address, Conversation]:
    """The conversations that live still, by their addresses."""
    merged = {**draft.known.conversations, **draft.conversations}
    return {
        Address(c.receiver, c.operation, c.rule, c.group): c
        for c in merged.values()
        if not c.closed
    }
