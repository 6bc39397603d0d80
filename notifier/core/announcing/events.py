"""Announce each event once in its life, after a silent first look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from notifier.core.announcing.merits import cheered, merits
from notifier.core.announcing.occurred import occurred
from notifier.core.announcing.score import count, day_of
from notifier.core.announcing.sellers import seller
from notifier.core.facts.sales import ScoreKey
from notifier.core.facts.state import (
    OWN_RULES,
    Conversation,
    Held,
    Incident,
    InstanceKey,
    Seen,
    Severity,
    digest,
)
from notifier.core.judging.known import Draft, Known
from notifier.core.judging.notice import Event, Notice, Untold
from notifier.core.judging.plan import Plan, Reach, RulePlan, muted_until
from notifier.core.judging.silence import covering
from notifier.core.payload.endpoint import Nature
from notifier.core.telling.composed import rule_text
from notifier.core.telling.conversation import Address, begin, open_addresses, readdressed

QUIET = "quiet hours"  # the group of what is held, for their end or for another reason
EDITABLE = "slack"  # the kind of channel whose messages can be corrected
OLD = timedelta(minutes=30)  # an event older than that is no news to cheer at
HUSH = timedelta(hours=8)  # a shift: what is critical for longer, people live with


def announce(draft: Draft, plan: Plan, rule: RulePlan, events: Sequence[Event]) -> None:
    """Tell each receiver of the events it never heard of, in one message.

    The first good snapshot that a rule sees is a baseline: what it holds is known, not news.
    """
    known = draft.known.seen.get((rule.operation, rule.id), frozenset())
    news = [event for event in events if event.key not in known]
    draft.seen.extend((Seen(rule.operation, rule.id, event.key), draft.at) for event in news)
    count(draft, rule, plan.sources[rule.source].zone, news)
    state = draft.source(rule.source)
    if rule.id not in state.baselines:
        draft.sources[rule.source] = replace(state, baselines=state.baselines | {rule.id})
        _note(draft, rule, news, Untold.BASELINE)
        return
    _note(draft, rule, [event for event in events if event.key in known], Untold.KNOWN)
    news = _unsilenced(draft, rule, news)
    held = [_announce(draft, plan, rule, receiver, tuple(news)) for receiver in rule.to if news]
    if None not in held:
        _note(draft, rule, news, next(filter(None, held), Untold.NOBODY))


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
) -> Untold | None:
    """Tell a receiver, or hold the news for it; return why it was not told."""
    reach = plan.reaches[rule.operation, receiver]
    if reach.names:
        news = tuple(_with_seller(draft, rule, event) for event in news)
    waiting = _waiting(draft, rule, reach)
    events = (*(waiting.events if waiting else ()), *_kept(news))
    why = _waits(draft, plan, rule, reach, events)
    if why is not None or waiting is not None:
        _hold(draft, rule, reach, news)  # told with what waited, if nothing holds it
        return why
    name = _name(rule.operation, rule.id, news)
    address = Address(receiver, rule.operation, rule.id, name)
    talk = replace(begin(address, reach, draft.at, name), events=events, condition=rule.condition)
    belated = any(_belated(draft, plan, rule, event) for event in news)
    _tell(draft, plan, talk, reach, belated=belated)
    return None


def _with_seller(draft: Draft, rule: RulePlan, event: Event) -> Event:
    return Event(event.key, {**event.fields, **seller(draft, rule, event)})


def _kept(news: Iterable[Event]) -> tuple[Held, ...]:
    return tuple(Held(event.key, dict(event.fields)) for event in news)


def _name(operation: str, rule: str, news: Sequence[Event]) -> str:
    return digest("events", operation, rule, *sorted(event.key for event in news))


def _tell(
    draft: Draft, plan: Plan, talk: Conversation, reach: Reach, *, belated: bool = False
) -> None:
    """Tell what the conversation holds; keep it in mind where it can be corrected."""
    talk = talk if belated else cheered(draft, plan, talk, reach)
    talk = readdressed(talk, reach)  # it may have waited while its receiver moved
    told = tuple(held for held in talk.events if not held.back)
    over = reach.kind != EDITABLE or not _listed(plan, talk)
    talk = replace(
        talk, revision=1, events=told, group=talk.incident, closed=over, told_at=draft.at
    )
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
        merits=tuple(merit for merit in talk.merits if merit.holds),
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


# ---- what waits ----


def _waits(
    draft: Draft, plan: Plan, rule: RulePlan, reach: Reach, events: Sequence[Held]
) -> Untold | None:
    """Why a receiver is not told now of what happened; None when nothing is in the way."""
    if rule.severity is Severity.CRITICAL:
        return None
    if muted_until(reach, draft.at) is not None:
        return Untold.QUIET
    if rule.celebrates and _grave(draft, rule.operation):
        return Untold.SUBDUED
    if draft.at < _batched_until(draft, rule, reach) and not merits(
        draft, plan, rule, reach, events
    ):
        return Untold.WAITING
    return None


def _grave(draft: Draft, operation: str) -> bool:
    """Whether something critical is open, of which people know: nobody cheers then."""
    return any(
        _hushes(incident, operation) and draft.at < _hushes_until(incident)
        for incident in draft.current().values()
    )


def _hushes(incident: Incident, operation: str) -> bool:
    return (
        incident.open
        and incident.severity is Severity.CRITICAL
        and incident.key.operation == operation
        and incident.key.rule not in OWN_RULES
        and not incident.explained_by
        and not incident.silence
    )


def _batched_until(known: Draft | Known, rule: RulePlan, reach: Reach) -> datetime:
    """Until when sales wait for others, so that they share a message."""
    key = ScoreKey(rule.operation, rule.id)
    score = known.score(key) if isinstance(known, Draft) else known.scores.get(key)
    told = score.told_at.get(reach.name) if score else None
    return told + rule.batch if told else datetime.min.replace(tzinfo=UTC)


def _waiting(draft: Draft, rule: RulePlan, reach: Reach) -> Conversation | None:
    """What is held for a receiver already."""
    return open_addresses(draft).get(Address(reach.name, rule.operation, rule.id, QUIET))


def _hold(draft: Draft, rule: RulePlan, reach: Reach, news: tuple[Event, ...]) -> None:
    """Keep the news until nothing is in the way: then all of them are one message."""
    talk = _waiting(draft, rule, reach)
    if talk is None:
        address = Address(reach.name, rule.operation, rule.id, QUIET)
        talk = begin(address, reach, draft.at, _name(rule.operation, rule.id, news))
        talk = replace(talk, condition=rule.condition)
    draft.conversations[talk.id] = replace(talk, events=(*talk.events, *_kept(news)))


def release(draft: Draft, plan: Plan) -> None:
    """Tell what was held where nothing is in the way; nobody else hears of it in their stead."""
    for talk in _holding({**draft.known.conversations, **draft.conversations}.values()):
        reach = plan.reaches.get((talk.operation, talk.receiver))
        if reach is None or all(held.back for held in talk.events):
            draft.conversations[talk.id] = replace(talk, closed=True)
        elif not _held_still(draft, plan, talk, reach):
            _tell(draft, plan, talk, reach, belated=_of_yesterday(draft, plan, talk))


def _of_yesterday(draft: Draft, plan: Plan, talk: Conversation) -> bool:
    """Whether some of what was held is of another day: nobody cheers at that as if it were new."""
    rule = plan.rule(talk.operation, talk.rule)
    if rule is None:
        return False
    zone = plan.sources[rule.source].zone
    times = (occurred(held.key, held.fields, zone) or talk.opened_at for held in talk.events)
    today = day_of(draft.at, zone)
    return any(draft.at - at > OLD and day_of(at, zone) != today for at in times)


def _held_still(draft: Draft, plan: Plan, talk: Conversation, reach: Reach) -> bool:
    rule = plan.rule(talk.operation, talk.rule)
    if rule is None:
        return muted_until(reach, draft.at) is not None
    return _waits(draft, plan, rule, reach, talk.events) is not None


def held_until(known: Known, plan: Plan, after: datetime) -> Iterator[datetime]:
    """When what is held may be told."""
    for talk in _holding(known.conversations.values()):
        reach = plan.reaches.get((talk.operation, talk.receiver))
        rule = plan.rule(talk.operation, talk.rule)
        until = muted_until(reach, after) if reach else None
        if until is not None:
            yield until
        if reach is not None and rule is not None and rule.batch:
            yield _batched_until(known, rule, reach)
        if rule is not None and rule.celebrates:
            yield from _hushed_until(known, talk.operation)


def _hushed_until(known: Known, operation: str) -> Iterator[datetime]:
    """When those may be cheered at who sold while something critical was open."""
    for incident in known.incidents.values():
        if _hushes(incident, operation):
            yield _hushes_until(incident)


def _hushes_until(incident: Incident) -> datetime:
    return (incident.raised_at or incident.opened_at) + HUSH


def _holding(talks: Iterable[Conversation]) -> list[Conversation]:
    return [talk for talk in talks if talk.events and not talk.revision and not talk.closed]


def _note(draft: Draft, rule: RulePlan, events: Sequence[Event], why: Untold) -> None:
    for event in events:
        draft.reasons[InstanceKey(rule.operation, rule.id, event.key)] = why
