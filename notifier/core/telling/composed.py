"""Compose the notice of a conversation: what is new in it, and all that it shows."""

from __future__ import annotations

import dataclasses
import heapq

from notifier.core.facts.state import (
    OWN_RULES,
    STORM_RULE,
    Conversation,
    Incident,
    Scalar,
    Severity,
)
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import ROSTER, WHOLE_ROSTER, Notice, RuleText
from notifier.core.judging.plan import Plan, Reach
from notifier.core.telling.conversation import Talk

OWN_TEXTS = {rule: RuleText(id=rule, severity=Severity.CRITICAL) for rule in OWN_RULES}


def compose(talk: Talk, draft: Draft, plan: Plan) -> Notice:
    """The notice of what was said in *talk*, as it is now."""
    conversation = talk.conversation
    members = list(filter(None, map(draft.member, conversation.members)))
    reach = plan.reaches.get((conversation.operation, conversation.receiver))
    return Notice(
        conversation=conversation,
        rule=rule_text(conversation, plan, reach),
        at=draft.at,
        items=tuple(sorted(talk.items, key=lambda item: worst_first(item.incident))),
        roster=tuple(heapq.nsmallest(_shown(conversation), members, key=worst_first)),
        open=sum(member.open for member in members),
        members=len(conversation.members),
        give_up_at=draft.at + (reach.give_up if reach else Reach("", "", ()).give_up),
    )


def _shown(conversation: Conversation) -> int:
    return WHOLE_ROSTER if conversation.rule == STORM_RULE else ROSTER


def worst_first(incident: Incident) -> tuple[bool, int, float, str]:
    """The order in which incidents are shown: open, severe and bad ones first."""
    return not incident.open, -incident.severity.rank, -_badness(incident), incident.key.entity


def _badness(incident: Incident) -> float:
    value: Scalar = incident.value if incident.open else incident.worst
    if not isinstance(value, float):
        return 0.0
    return value if incident.direction == ">" else -value


def rule_text(conversation: Conversation, plan: Plan, reach: Reach | None) -> RuleText:
    """What the message may say of the rule, also when the rule is gone from the file."""
    rule = plan.rule(conversation.operation, conversation.rule)
    if rule is not None:
        return with_mention(rule.text, reach)
    if conversation.rule in OWN_RULES:
        return with_mention(OWN_TEXTS[conversation.rule], reach)
    if conversation.rule == STORM_RULE:
        return with_mention(RuleText(id=STORM_RULE, severity=Severity.WARNING), reach)
    return RuleText(id=conversation.rule, severity=Severity.WARNING)


def with_mention(text: RuleText, reach: Reach | None) -> RuleText:
    """The words of a rule for one receiver."""
    return dataclasses.replace(text, mention=reach.mention) if reach else text
