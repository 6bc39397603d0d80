"""Say who is told when a receiver cannot be reached: the same notice, for its ``fallback``."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from notifier.core.facts.deputy import Deputy
from notifier.core.facts.state import Conversation
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan
from notifier.core.telling.conversation import readdressed


def deputy_of(talk: Conversation, plan: Plan) -> Deputy | None:
    """Who stands in for the receiver of *talk*, by the rules in force; None where nobody does.

    Only one that hears of the operation: one operation's data never reach another's receivers.
    Whom the rule tells by themselves nobody need stand in for: they would hear it twice.
    """
    reach = plan.reaches.get((talk.operation, talk.receiver))
    other = plan.reaches.get((talk.operation, reach.fallback)) if reach else None
    rule = plan.rule(talk.operation, talk.rule)
    if other is None or (rule is not None and other.name in rule.to):
        return None
    return Deputy(
        other.name, other.kind, other.recipients, other.language, other.locale, other.timezone
    )


def stand_in(notice: Notice, plan: Plan) -> Notice | None:
    """Return *notice* for whoever stands in for its receiver; None where nobody does.

    Who did so when the conversation began does so to its end, whatever the rules say by then.
    The conversation keeps its name, so that whoever stood in once is told of its end.
    """
    talk = notice.conversation
    deputy = talk.deputy or deputy_of(talk, plan)
    if deputy is None:
        return None
    conversation = replace(readdressed(talk, deputy), receiver=deputy.receiver)
    reach = plan.reaches.get((talk.operation, deputy.receiver))
    rule = dataclasses.replace(notice.rule, mention=reach.mention if reach else "")
    return dataclasses.replace(notice, conversation=conversation, rule=rule)
