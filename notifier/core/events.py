"""Announce each event once in its life, after a silent first look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from notifier.core.composed import rule_text
from notifier.core.conversation import Address, begin, open_addresses
from notifier.core.endpoint import Nature
from notifier.core.known import Draft, Known
from notifier.core.notice import Event, Notice, Untold
from notifier.core.occurred import occurred
from notifier.core.plan import Plan, Reach, RulePlan, muted_until
from notifier.core.sellers import seller
from notifier.core.silence import covering
from notifier.core.state import Conversation, Held, InstanceKey, Seen, Severity, digest

QUIET = "quiet hours"  # the group of what is held for their end
EDITABLE = "slack"  # the kind of channel whose messages can be corrected
OLD = timedelta(minutes=30)  # an event older than that is no news to cheer at


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
    if reach.names:
        news = tuple(_with_seller(draft, rule, event) for event in news)
    talk = replace(begin(address, reach, draft.at, name), events=_kept(news))
    belated = any(_belated(draft, plan, rule, event) for event in news)
    _tell(draft, plan, talk, reach, belated=belated)
    return True


def _with_seller(draft: Draft, rule: RulePlan, event: Event) -> Event:
    name = seller(draft, rule, event)
    return Event(event.key, {**event.fields, "seller": name}) if name else event


def _kept(news: Iterable[Event]) -> tuple[Held, ...]:
    return tuple(Held(event.key, dict(event.fields)) for event in news)


def _name(operation: str, rule: str, news: Sequence[Event]) -> str:
    return digest("events", operation, rule, *sorted(event.key for event in news))


def _tell(
    draft: Draft, plan: Plan, talk: Conversation, reach: Reach, *, belated: bool = False
) -> None:
    """Tell what the conversation holds; keep it in mind where it can be corrected."""
    told = tuple(held for held in talk.events if not held.back)
    over = reach.kind != EDITABLE or not _listed(plan, talk)
    talk = replace(talk, revision=1, events=told, group=talk.incident, closed=over)
    draft.notices.append(noticed(draft, plan, talk, reach, belated=belated))
    draft.conversations[talk.id] = replace(talk, events=()) if over else talk


def _listed(plan: Plan, talk: Conversation) -> bool:
    """Whether the events stay listed for a while, so that they may be seen to change."""
    rule = plan.rule(talk.operation, talk.rule)
    source = plan.sources.get(rule.source) if rule else None
    natures = {c.collection.nature for c in source.collections.values()} if source else set()
    return Nature.EVENT in natures


def noticed(
    draft: Draft, plan: Plan, talk: Conversation, reach: Reach, *, belated: bool = False
) -> Notice:
    """The message about a conversation's events as they stand."""
    return Notice(
        conversation=talk,
        rule=rule_text(talk, plan, reach),
        at=draft.at,
        events=tuple(Event(held.key, held.fields) for held in talk.events if not held.back),
        taken_back=tuple(Event(held.key, held.fields) for held in talk.events if held.back),
        belated=belated,
        give_up_at=draft.at + reach.give_up,
    )


# ---- what was missed ----


def _belated(draft: Draft, plan: Plan, rule: RulePlan, event: Event) -> bool:
    """Whether an event is older than half an hour, and is heard of only now for want of looking.

    A long call is old when it becomes a sale, which is news all the same.
    """
    looked = draft.known.sources.get(rule.source)
    gap = looked is not None and looked.good_at is not None and draft.at - looked.good_at > OLD
    if not gap and rule.shows is None:
        return False
    at = occurred(event.key, event.fields, plan.sources[rule.source].zone)
    return at is None or draft.at - at > OLD


# ---- quiet hours ----


def _hold(draft: Draft, rule: RulePlan, reach: Reach, news: tuple[Event, ...]) -> None:
    """Keep the news until the receiver's quiet hours end: then all of them are one message."""
    address = Address(reach.name, rule.operation, rule.id, QUIET)
    talk = open_addresses(draft).get(address)
    if talk is None:
        talk = begin(address, reach, draft.at, _name(rule.operation, rule.id, news))
    draft.conversations[talk.id] = replace(talk, events=(*talk.events, *_kept(news)))


def release(draft: Draft, plan: Plan) -> None:
    """Tell what was held where the quiet hours are over; nobody else hears of it in their stead."""
    for talk in _holding({**draft.known.conversations, **draft.conversations}.values()):
        reach = plan.reaches.get((talk.operation, talk.receiver))
        if reach is None or all(held.back for held in talk.events):
            draft.conversations[talk.id] = replace(talk, closed=True)
        elif muted_until(reach, draft.at) is None:
            _tell(draft, plan, talk, reach)


def held_until(known: Known, plan: Plan, after: datetime) -> Iterator[datetime]:
    """When what is held may be told."""
    for talk in _holding(known.conversations.values()):
        reach = plan.reaches.get((talk.operation, talk.receiver))
        until = muted_until(reach, after) if reach else None
        if until is not None:
            yield until


def _holding(talks: Iterable[Conversation]) -> list[Conversation]:
    return [talk for talk in talks if talk.events and not talk.revision and not talk.closed]


def _note(draft: Draft, rule: RulePlan, events: Sequence[Event], why: Untold) -> None:
    for event in events:
        draft.reasons[InstanceKey(rule.operation, rule.id, event.key)] = why
