"""Say who is told when a receiver cannot be reached: the same notice, for its ``fallback``."""

from __future__ import annotations

import dataclasses

from msgspec.structs import replace

from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan


def stand_in(notice: Notice, plan: Plan) -> Notice | None:
    """Return *notice* for whoever stands in for its receiver; None where nobody does.

    Only one that hears of the operation: one operation's data never reach another's receivers.
    The conversation keeps its name, so that whoever stood in once is told of its end.
    """
    talk = notice.conversation
    reach = plan.reaches.get((talk.operation, talk.receiver))
    other = plan.reaches.get((talk.operation, reach.fallback)) if reach else None
    if other is None:
        return None
    conversation = replace(
        talk,
        receiver=other.name,
        kind=other.kind,
        recipients=other.recipients,
        language=other.language,
        locale=other.locale,
        timezone=other.timezone,
    )
    rule = dataclasses.replace(notice.rule, mention=other.mention)
    return dataclasses.replace(notice, conversation=conversation, rule=rule)
