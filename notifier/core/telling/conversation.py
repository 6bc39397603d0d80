"""Say which incidents share a conversation with a receiver, and begin new ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from notifier.core.facts.deputy import Deputy
from notifier.core.facts.state import Conversation, Incident, digest
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Item
from notifier.core.judging.plan import Plan, Reach, RulePlan


@dataclass(slots=True)
class Talk:
    """One conversation's part of a decision.

    Attributes:
        joined: Ids of the incidents that are new in it.
        left: Ids of those in whose stead others go on.
    """

    conversation: Conversation
    items: list[Item] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def fresh(self) -> bool:
        """Whether it will be a new message."""
        return self.conversation.revision == 0


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


def at_home(talk: Conversation, reach: Reach) -> bool:
    """Whether its receiver is found still where the message is: else what is new goes elsewhere."""
    return (talk.kind, talk.recipients) == (reach.kind, reach.recipients)


def readdressed(talk: Conversation, reach: Reach | Deputy) -> Conversation:
    """The same conversation at another address: where its receiver is now, or who stands in."""
    return replace(
        talk,
        kind=reach.kind,
        recipients=reach.recipients,
        language=reach.language,
        locale=reach.locale,
        timezone=reach.timezone,
    )


def open_addresses(draft: Draft) -> dict[Address, Conversation]:
    """The conversations that live still, by their addresses."""
    merged = {**draft.known.conversations, **draft.conversations}
    living = [c for c in merged.values() if not c.closed and c.lingers_until is None]
    return {  # where there are two the later one: a message that was taken up again may be old
        Address(c.receiver, c.operation, c.rule, c.group): c
        for c in sorted(living, key=lambda c: (c.opened_at, c.id))
    }


def alive(draft: Draft, conversation: str) -> Conversation | None:
    """A conversation as it stands, unless it is closed for good."""
    found = draft.conversations.get(conversation) or draft.known.conversations.get(conversation)
    return found if found and not found.closed else None


def end_lingering(draft: Draft) -> None:
    """Close for good what nothing came back to in time."""
    for talk in draft.known.conversations.values():
        if talk.lingers_until is not None and talk.lingers_until <= draft.at:
            draft.conversations[talk.id] = replace(talk, closed=True)
