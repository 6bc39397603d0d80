"""Run a rule's ``[[test]]`` tables through the very ``decide`` that runs live."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import contains
from typing import TypeAlias

from notifier.core.decide import decide, next_due
from notifier.core.facts.snapshot import take
from notifier.core.facts.state import InstanceKey, SourceKey
from notifier.core.judging.known import Decision, Known
from notifier.core.judging.notice import Notice, Reason
from notifier.core.judging.plan import Plan, RulePlan, SourcePlan
from notifier.core.judging.reading import Asked, Due, Failed, Good, Reading
from notifier.core.judging.request import Acknowledge, AddSilence, Request
from notifier.core.judging.silence import Silence
from notifier.core.judging.view import WHOLE
from notifier.core.payload.completion import rows_from_texts
from notifier.core.rules.rulebook import Poll, Test

BEGIN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)  # a Monday morning; its zone is replaced
WORDS = {reason: reason.value for reason in Reason} | {Reason.RAISED: "change"}
NONE = "none:"
_SEVERE = re.compile("[a-z]+:(info|warning|critical) ")
SOMEBODY = "test"  # who silences and acknowledges

Speak: TypeAlias = Callable[[Notice], str]
Promise: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""What was expected, and what came of it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One poll of a test that did not do what was promised."""

    poll: int  # 1-based
    after: timedelta
    expected: tuple[str, ...]
    got: tuple[str, ...]

    def __str__(self) -> str:
        minutes = f"{self.after.total_seconds() / 60:g}m"
        return (
            f"poll {self.poll} (at {minutes}): expected {_listed(self.expected)}; "
            f"got {_listed(self.got)}"
        )


def _listed(items: tuple[str, ...]) -> str:
    return ", ".join(items) or "nothing"


def rehearse(test: Test, plan: Plan, speak: Speak = lambda _: "") -> list[Difference]:
    """Return where the rules do otherwise than *test* promises; nothing when all is right.

    Every rule of the source is judged, as live; only what concerns the test's rule is compared.

    speak: The text of a notice, for tests that promise some of it.
    """
    rule = next(r for r in plan.rules.values() if r.id == test.rule)
    source = _paced(plan.sources[rule.source], test)
    plan = dataclasses.replace(plan, sources={**plan.sources, source.key: source})
    begin = begin_of(source)
    known = Known()
    differences = []
    for number, poll in enumerate(test.polls, 1):
        now = begin + poll.at
        known = _look_beside(known, poll, plan, rule, now)
        for request in _requests(poll, known, rule, now):
            known = decide(known, Asked(now, request), plan, now).known
        known, notices, last = play(
            known, reading_of(test, poll, rule, source, now), plan, rule, now
        )
        for expected, got in (_items(poll, notices, last, rule), *_messages(poll, notices, speak)):
            if got != expected:
                differences.append(Difference(number, poll.at, expected, got))
    return differences


def _look_beside(known: Known, poll: Poll, plan: Plan, rule: RulePlan, now: datetime) -> Known:
    """Let other sources be read just before."""
    for place, records in poll.beside.items():
        name, _, part = place.partition(".")
        source = plan.sources[SourceKey(rule.operation, name)]
        rows = rows_from_texts(source.collections[part].collection, records, source.hit_values)
        snapshot = take(source.key, source.endpoint, {part: rows}, now)
        known = decide(known, Good(source.key, snapshot), plan, now).known
    return known


def _requests(poll: Poll, known: Known, rule: RulePlan, now: datetime) -> Iterator[Request]:
    """What somebody asks for just before; what that itself tells is not compared."""
    if poll.silence is not None:
        yield AddSilence(
            Silence(
                id=f"test {now.isoformat()}",
                author=SOMEBODY,
                comment=SOMEBODY,
                created_at=now,
                starts_at=now,
                ends_at=now + poll.silence,
                rules=(rule.id,),
            )
        )
    for incident in known.incidents.values():
        if incident.open and incident.key == (rule.operation, rule.id, poll.acknowledge):
            yield Acknowledge(incident.id, SOMEBODY)


def begin_of(source: SourcePlan) -> datetime:
    """When tests of a source begin: on a Monday morning of its operation."""
    return BEGIN.replace(tzinfo=source.zone).astimezone(UTC)


def _paced(source: SourcePlan, test: Test) -> SourcePlan:
    """The source at the pace of the test's own polls, where they are further apart."""
    times = [poll.at for poll in test.polls]
    pace = min((later - earlier for earlier, later in pairwise(times)), default=source.cadence)
    cadence = max(source.cadence, pace)
    return dataclasses.replace(
        source, cadence=cadence, stale_after=max(source.stale_after, 3 * cadence)
    )


def play(
    known: Known, reading: Reading, plan: Plan, rule: RulePlan, now: datetime
) -> tuple[Known, list[Notice], Decision]:
    """Judge what fell due before the poll, then the poll; return what is said of the rule."""
    notices: list[Notice] = []
    while (due := next_due(known, plan)) is not None and due < now:
        decision = decide(known, Due(due), plan, due)
        notices += decision.notices
        known = decision.known
    decision = decide(known, reading, plan, now)
    notices += decision.notices
    return decision.known, [each for each in notices if each.rule.id == rule.id], decision


def reading_of(
    test: Test, poll: Poll, rule: RulePlan, source: SourcePlan, now: datetime
) -> Reading:
    """The poll of a test as the core judges it."""
    if poll.error is not None:
        return Failed(rule.source, now, poll.error)
    collection = source.collections[rule.collection].collection
    rows = rows_from_texts(collection, test.rows_of(poll), source.hit_values)
    snapshot = take(rule.source, source.endpoint, {rule.collection: rows}, now)
    return Good(rule.source, snapshot)


# ---- what was promised, and what came of it ----


def _items(poll: Poll, notices: list[Notice], last: Decision, rule: RulePlan) -> Promise:
    """What happened, with the reasons of those entities whose reason was asked for."""
    if poll.expect is None:
        return (), ()
    expected = tuple(sorted(map(_whole, poll.expect)))
    reasons = (_reason(item, last, rule) for item in expected if item.startswith(NONE))
    severe = {item.partition(" ")[2] for item in expected if _SEVERE.match(item)}
    told = frozenset(item for notice in notices for item in _told(notice, severe))
    return expected, tuple(sorted((*told, *reasons)))


def _whole(item: str) -> str:
    """An item without an entity is about the whole collection (``by = []``)."""
    return item if " " in item.strip() else f"{item.strip()} {WHOLE}"


def _told(notice: Notice, severe: Collection[str]) -> Iterator[str]:
    """What a notice tells; of the entities in *severe*, how bad it is too."""
    for item in notice.items:
        entity, severity = item.incident.key.entity, item.incident.severity.value
        more = f":{severity}" if entity in severe and item.reason is not Reason.CLOSE else ""
        yield f"{WORDS[item.reason]}{more} {entity}"
    if notice.corrects:
        yield from (f"change {event.key}" for event in notice.taken_back)
    else:
        yield from (f"event {event.key}" for event in notice.events)


def _reason(item: str, last: Decision, rule: RulePlan) -> str:
    entity = item.partition(" ")[2]
    why = last.reasons.get(InstanceKey(rule.operation, rule.id, entity))
    return f"{NONE}{why.value if why else 'clear'} {entity}"


def _messages(poll: Poll, notices: list[Notice], speak: Speak) -> Iterator[Promise]:
    """Per receiver, how many messages disturb it, or what they say."""
    for receiver, wanted in poll.messages.items():
        own = [each for each in notices if each.conversation.receiver == receiver]
        texts = [speak(each) for each in own if any(r.notifies for r in each.reasons)]
        if isinstance(wanted, int):
            yield (_counted(receiver, wanted),), (_counted(receiver, len(texts)),)
        elif not _said(wanted, texts):
            yield tuple(map(repr, wanted)), tuple(map(repr, texts))


def _said(pieces: tuple[str, ...], texts: list[str]) -> bool:
    return len(pieces) == len(texts) and all(map(contains, texts, pieces))


def _counted(receiver: str, count: int) -> str:
    return f"{receiver}: {count} {'message' if count == 1 else 'messages'}"
