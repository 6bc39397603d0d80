"""Find the incident before of the same instance, and the message in which a new one goes on."""

from __future__ import annotations

from typing import NamedTuple

from notifier.core.facts.state import Conversation, Incident, Told
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan
from notifier.core.telling.conversation import alive, at_home


class Earlier(NamedTuple):
    """The last incident of an instance before the present one, and what a receiver heard of it."""

    incident: Incident
    told: Told


def earlier(incident: Incident, receiver: str, draft: Draft) -> Earlier | None:
    """The incident before, where the receiver heard of it and it is not forgotten."""
    before = draft.known.ended.get(incident.key)
    if before is None or before.id == incident.id:
        return None
    key = before.id, receiver
    told = draft.told.get(key) or draft.believed(before.id).get(receiver)
    return Earlier(before, told) if told else None


def reopened(incident: Incident, receiver: str, draft: Draft, plan: Plan) -> Conversation | None:
    """The message of the incident before, where that closed within the rule's ``reopen_within``."""
    before = earlier(incident, receiver, draft)
    rule = plan.rule(incident.key.operation, incident.key.rule)
    if before is None or rule is None or not before.told.closed:
        return None
    talk = alive(draft, before.told.conversation)
    reach = plan.reaches[incident.key.operation, receiver]
    soon = abs(draft.at - before.told.at) < rule.reopen_within
    return talk if soon and talk is not None and at_home(talk, reach) else None
