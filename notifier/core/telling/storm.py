"""Put the messages of a storm into one: beyond so many a minute nobody reads them one by one.

Nothing is left out: each incident is a member of the digest, has its open there and its close.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from notifier.core.facts.state import OWN_RULES, STORM_RULE, Conversation
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan
from notifier.core.telling.conversation import Address, Talk, begin

MINUTE = timedelta(minutes=1)
Talks = dict[str, Talk]


def calm(talks: Talks, draft: Draft, plan: Plan) -> None:
    """Merge those of *talks* that would be too many new messages for their receiver."""
    fresh: dict[str, list[Talk]] = {}
    for talk in talks.values():
        if talk.fresh and talk.conversation.rule not in OWN_RULES:
            fresh.setdefault(talk.conversation.receiver, []).append(talk)
    for receiver, begun in fresh.items():
        lately = [c for c in _lately(draft) if c.receiver == receiver]
        reach = plan.reaches[begun[0].conversation.operation, receiver]
        storms = any(c.rule == STORM_RULE for c in lately)
        if storms or len(lately) + len(begun) > reach.storm:
            for talk in begun:
                _merge(talk, talks, lately, draft, plan)


def _lately(draft: Draft) -> list[Conversation]:
    """The messages that began within the last minute and live still."""
    known = draft.known.conversations.values()
    recent = [c for c in known if timedelta(0) <= draft.at - c.opened_at < MINUTE]
    return [c for c in recent if c.rule not in OWN_RULES and not c.events]


def _merge(talk: Talk, talks: Talks, lately: list[Conversation], draft: Draft, plan: Plan) -> None:
    """Let the digest of its receiver and operation say what *talk* would have said."""
    digest = _digest(talk, talks, lately, draft.at, plan)
    digest.items += talk.items
    digest.joined += talk.joined
    for incident in talk.joined:
        key = incident, talk.conversation.receiver
        draft.told[key] = replace(draft.told[key], conversation=digest.conversation.id)
    del talks[talk.conversation.id]


def _digest(
    talk: Talk, talks: Talks, lately: list[Conversation], now: datetime, plan: Plan
) -> Talk:
    receiver, operation = talk.conversation.receiver, talk.conversation.operation
    running = [c for c in lately if c.rule == STORM_RULE and c.operation == operation]
    if running:
        found = running[-1]
    else:
        address = Address(receiver, operation, STORM_RULE, now.isoformat())
        first = talk.conversation.incident
        found = begin(address, plan.reaches[operation, receiver], now, first)
    return talks.setdefault(found.id, Talk(found))
