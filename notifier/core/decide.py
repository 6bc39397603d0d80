"""Decide: the whole core as one function, and the question of when it must be asked again.

Live polls, dry runs, replays and rule tests call the same ``decide``. The same inputs give the
same decision, for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from notifier.core.announcing import digests, tally
from notifier.core.announcing.events import announce, held_until, release
from notifier.core.announcing.retraction import forget, retract
from notifier.core.announcing.score import correct
from notifier.core.facts.state import Incident, Told, seconds
from notifier.core.judging.evaluate import evaluate, happened
from notifier.core.judging.flapping import settles_at
from notifier.core.judging.known import POLLS_NO_GAP, Decision, Draft, Known
from notifier.core.judging.lifecycle import Moment
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan, SourcePlan, mutes_at
from notifier.core.judging.reading import (
    Asked,
    Delivery,
    Due,
    Failed,
    Good,
    Lag,
    Ration,
    Reading,
    Reload,
)
from notifier.core.judging.view import View
from notifier.core.payload.endpoint import Nature
from notifier.core.reacting import asked, health, pace, receivers, reload, silenced
from notifier.core.reacting.explained import explain_away
from notifier.core.reacting.incidents import apply, settle
from notifier.core.reacting.timeline import timeline
from notifier.core.telling.tell import tell
from notifier.core.telling.terms import terms_of
from notifier.core.telling.why import Terms, kept_quiet


def decide(known: Known, reading: Reading, rules: Plan, now: datetime) -> Decision:
    """Return what *reading* changes, and whom to tell.

    now: When the reading was taken; for a snapshot, when its answer was received. Aware, UTC.
    """
    draft = Draft(known, now)
    match reading:
        case Good():
            _judge(draft, reading, rules)
        case Failed():
            health.missed(draft, reading, rules.sources[reading.source])
        case Reload():
            for each in reading.asked:
                asked.judge(draft, each)
            reload.apply(draft, rules)
        case Asked():
            asked.judge(draft, reading)
        case Delivery() | Ration() | Lag():
            _hear(draft, reading, rules)
        case Due():
            pass
    asked.expire(draft)
    settle(draft)
    silenced.hush(draft)
    explain_away(draft, rules, reading.source if isinstance(reading, Good) else None)
    tell(draft, rules)
    release(draft, rules)
    forget(draft)
    silenced.warn(draft, rules)
    tally.count(draft, rules)
    digests.report(draft, rules)
    draft.notices = [_personal(notice, rules) for notice in draft.notices]
    return draft.decide(timeline(draft))


def _personal(notice: Notice, rules: Plan) -> Notice:
    """The notice with what the operation's agents and rules are called."""
    operation = notice.conversation.operation
    aliases, titles = rules.aliases.get(operation, {}), rules.titles.get(operation, {})
    return replace(notice, aliases=aliases, titles=titles) if aliases or titles else notice


def _hear(draft: Draft, reading: Delivery | Ration | Lag, rules: Plan) -> None:
    """How the bot itself is doing."""
    match reading:
        case Delivery():
            receivers.judge(draft, reading, rules)
        case Ration():
            pace.ration(draft, reading, rules)
        case Lag():
            pace.lag(draft, reading, rules)


def _judge(draft: Draft, reading: Good, rules: Plan) -> None:
    """Everything that one good snapshot means."""
    source = rules.sources[reading.source]
    reopened = source.rested(draft.source(reading.source).good_at, reading.snapshot.at)
    believed = health.took(draft, reading, source)
    if believed:
        draft.snapshots[reading.source] = reading.snapshot
    for name, collection in source.collections.items():
        if name not in reading.snapshot.collections:
            continue  # the answer did not hold it: nothing is known, which is not "nobody is there"
        if not believed and collection.collection.nature is not Nature.EVENT:
            continue  # no event is no event either way; but nobody is known to be away
        view = View.of(draft, reading, source, name, reopened=reopened)
        how = view.fell()
        if how is not None:
            health.fell(draft, reading, how)
        moment = _moment(draft, reading, source, empty=not view.rows, reopened=reopened)
        for rule in collection.rules:
            if rule.event:
                turned = correct(draft, rule, source.zone, view)
                announce(draft, rules, rule, happened(rule, view))
                retract(draft, rules, rule, view, turned)
            else:
                apply(draft, rule, evaluate(rule, view), moment)
        draft.histories[reading.source, name] = view.remembered()


def _moment(
    draft: Draft, reading: Good, source: SourcePlan, *, empty: bool, reopened: bool
) -> Moment:
    """The poll as instances see it. One that waits for the quota leaves no gap by that."""
    cadence = draft.known.cadence(source)
    reach = POLLS_NO_GAP * seconds(cadence) if cadence > source.cadence else 0.0
    return Moment(reading.snapshot.at, draft.source(reading.source).seq, empty, reach, reopened)


def next_due(known: Known, rules: Plan) -> datetime | None:
    """Return when a timer falls due after the last reading, if any does.

    Timers are absolute: one that fell due while nobody was there is judged once, at its own time.
    """
    if known.at is None:
        return None
    return min((at for at in _timers(known, rules, known.at) if at > known.at), default=None)


def _timers(known: Known, rules: Plan, after: datetime) -> Iterator[datetime]:
    yield from held_until(known, rules, after)
    yield from silenced.due(known.silences, after)
    yield from (c.lingers_until for c in known.conversations.values() if c.lingers_until)
    yield from digests.due(known, rules, after)
    terms = _Terms(rules, after)
    for incident in known.incidents.values():
        if incident.open and incident.acknowledged_until is not None:
            yield incident.acknowledged_until
        if incident.flapping:
            yield settles_at(incident)
        believed = known.told.get(incident.id, {})
        for receiver in dict.fromkeys((*incident.receivers, *believed)):
            told = believed.get(receiver)
            if told is None and incident.open and not incident.explained_by:
                yield from _first_timers(incident, terms.of(incident, receiver))
            elif told is not None and not told.closed:
                yield from _later_timers(incident, told, terms.of(incident, receiver))
                yield from terms.mutes(incident, receiver)


class _Terms:
    """The terms of each rule and receiver, worked out once."""

    def __init__(self, rules: Plan, after: datetime) -> None:
        self._rules = rules
        self._after = after
        self._known: dict[tuple[str, str, str], Terms] = {}
        self._mutes: dict[tuple[str, str], datetime | None] = {}

    def of(self, incident: Incident, receiver: str) -> Terms:
        operation, rule, _ = incident.key
        key = operation, rule, receiver
        if key not in self._known:
            self._known[key] = terms_of(self._rules, *key, now=self._after)
        return self._known[key]

    def mutes(self, incident: Incident, receiver: str) -> Iterator[datetime]:
        """When the receiver's quiet hours begin: from then on it is owed a word at their end."""
        key = incident.key.operation, receiver
        if key not in self._mutes:
            reach = self._rules.reaches.get(key)
            self._mutes[key] = mutes_at(reach, self._after) if reach else None
        begin = self._mutes[key]
        if begin is not None and incident.open:
            yield begin


def _first_timers(incident: Incident, terms: Terms) -> Iterator[datetime]:
    yield incident.opened_at + terms.wait
    if terms.quiet_until is not None:
        yield terms.quiet_until


def _later_timers(incident: Incident, told: Told, terms: Terms) -> Iterator[datetime]:
    if terms.quiet_until is not None and kept_quiet(incident, terms):
        yield terms.quiet_until
    elif incident.open and terms.repeat is not None and not incident.acknowledged_by:
        yield told.at + terms.repeat
