"""Announce each event once in its life, after a silent first look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from notifier.core.composed import rule_text
from notifier.core.conversation import Address, begin, open_addresses
from notifier.core.known import Draft, Known
from notifier.core.notice import Event, Notice, Untold
from notifier.core.plan import Plan, Reach, RulePlan, muted_until
from notifier.core.silence import covering
from notifier.core.state import Conversation, Held, InstanceKey, Seen, Severity, digest

QUIET = "quiet hours"  # the group of what is held for their end


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
    news = _unsilenced(draft, rule, news)
    told = [_announce(draft, plan, rule, receiver, tuple(news)) for receiver in rule.to if news]
    if not any(told):
        _note(draft, rule, news, Untold.QUIET if told else Untold.NOBODY)


def _unsilenced(draft: Draft, rule: RulePlan, news: list[Event]) -> list[Event]:
    """Leave out what a silence covers: an event does not last, so nobody ever hears of it."""
    silences = draft.quieting().values()
    held = [
        event
        for event in news
        if covering(silences, InstanceKey(rule.operation, rule.id, event.key), draft.latest)
    ]
    _note(draft, rule, held, Untold.SILENCED)
    return [event for event in news if event not in held]


def _announce(
    draft: Draft, plan: Plan, rule: RulePlan, receiver: str, news: tuple[Event, ...]
) -> bool:
    """Tell a receiver, or hold the news for it; return whether it was told."""
    reach = plan.reaches[rule.operation, receiver]
    if rule.severity is not Severity.CRITICAL and muted_until(reach, draft.at) is not None:
        _hold(draft, rule, reach, news)
        return False
    name = _name(rule.operation, rule.id, news)
    address = Address(receiver, rule.operation, rule.id, name)
    _tell(draft, plan, begin(address, reach, draft.at, name), news, reach)
    return True


def _name(operation: str, rule: str, news: Sequence[Event]) -> str:
    return digest("events", operation, rule, *sorted(event.key for event in news))


def _tell(
    draft: Draft, plan: Plan, talk: Conversation, news: tuple[Event, ...], reach: Reach
) -> None:
    talk = replace(talk, revision=1, closed=True, events=())
    draft.conversations[talk.id] = talk
    draft.notices.append(
        Notice(
            conversation=talk,
            rule=rule_text(talk, plan, reach),
            at=draft.at,
            events=news,
            give_up_at=draft.at + reach.give_up,
        )
    )


# ---- quiet hours ----


def _hold(draft: Draft, rule: RulePlan, reach: Reach, news: tuple[Event, ...]) -> None:
    """Keep the news until the receiver's quiet hours end: then all of them are one message."""
    address = Address(reach.name, rule.operation, rule.id, QUIET)
    talk = open_addresses(draft).get(address)
    if talk is None:
        talk = begin(address, reach, draft.at, _name(rule.operation, rule.id, news))
    held = tuple(Held(event.key, dict(event.fields)) for event in news)
    draft.conversations[talk.id] = replace(talk, events=(*talk.events, *held))


def release(draft: Draft, plan: Plan) -> None:
    """Tell what was held where the quiet hours are over; nobody else hears of it in their stead."""
    for talk in _holding({**draft.known.conversations, **draft.conversations}.values()):
        reach = plan.reaches.get((talk.operation, talk.receiver))
        if reach is None:
            draft.conversations[talk.id] = replace(talk, closed=True)
        elif muted_until(reach, draft.at) is None:
            news = tuple(Event(held.key, held.fields) for held in talk.events)
            _tell(draft, plan, talk, news, reach)


def held_until(known: Known, plan: Plan, after: datetime) -> Iterator[datetime]:
    """When what is held may be told."""
    for talk in _holding(known.conversations.values()):
        reach = plan.reaches.get((talk.operation, talk.receiver))
        until = muted_until(reach, after) if reach else None
        if until is not None:
            yield until


def _holding(talks: Iterable[Conversation]) -> list[Conversation]:
    return [talk for talk in talks if talk.events and not talk.closed]


def _note(draft: Draft, rule: RulePlan, events: Sequence[Event], why: Untold) -> None:
    for event in events:
        draft.reasons[InstanceKey(rule.operation, rule.id, event.key)] = why
