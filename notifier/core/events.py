"""Announce each event once in its life, after a silent first look."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from notifier.core.conversation import Address, begin
from notifier.core.known import Draft
from notifier.core.notice import Event, Notice, Untold
from notifier.core.plan import Plan, RulePlan
from notifier.core.state import InstanceKey, Seen, digest


def announce(draft: Draft, plan: Plan, rule: RulePlan, events: Sequence[Event]) -> None:
    """Tell each receiver of the events it never heard of, in one message.

    The first good snapshot that a rule sees is a baseline: what it holds is known, not news.
    """
    known = draft.known.seen.get((rule.operation, rule.id), frozenset())
    news = [event for event in events if event.key not in known]
    draft.seen.extend((Seen(rule.operation, rule.id, event.key), draft.at) for event in news)
    state = draft.source(rule.source)
    if rule.id not in state.baselines:
        draft.sources[rule.source] = replace(state, baselines=state.baselines | {rule.id})
        _note(draft, rule, news, Untold.BASELINE)
        return
    _note(draft, rule, [event for event in events if event.key in known], Untold.KNOWN)
    if news:
        draft.notices.extend(_notices(draft, plan, rule, tuple(news)))


def _notices(draft: Draft, plan: Plan, rule: RulePlan, news: tuple[Event, ...]) -> list[Notice]:
    name = digest("events", rule.operation, rule.id, *sorted(event.key for event in news))
    notices = []
    for receiver in rule.to:
        reach = plan.reaches[rule.operation, receiver]
        address = Address(receiver, rule.operation, rule.id, name)
        conversation = replace(begin(address, reach, draft.at, name), revision=1, closed=True)
        draft.conversations[conversation.id] = conversation
        notices.append(
            Notice(
                conversation=conversation,
                rule=rule.text,
                at=draft.at,
                events=news,
                give_up_at=draft.at + reach.give_up,
            )
        )
    return notices


def _note(draft: Draft, rule: RulePlan, events: Sequence[Event], why: Untold) -> None:
    for event in events:
        draft.reasons[InstanceKey(rule.operation, rule.id, event.key)] = why
