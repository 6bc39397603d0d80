"""Run a rule's ``[[test]]`` tables through the very ``decide`` that runs live."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from notifier.core.completion import rows_from_texts
from notifier.core.decide import decide, next_due
from notifier.core.known import Decision, Known
from notifier.core.notice import Reason
from notifier.core.plan import Plan, RulePlan, SourcePlan
from notifier.core.reading import Due, Failed, Good, Reading
from notifier.core.rulebook import Poll, Test
from notifier.core.snapshot import take
from notifier.core.state import InstanceKey
from notifier.core.view import WHOLE

BEGIN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)  # a Monday morning; its zone is replaced
WORDS = {reason: reason.value for reason in Reason} | {Reason.RAISED: "change"}
NONE = "none:"


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


def rehearse(test: Test, plan: Plan) -> list[Difference]:
    """Return where the rules do otherwise than *test* promises; nothing when all is right.

    Every rule of the source is judged, as live; only what concerns the test's rule is compared.
    """
    rule = next(r for r in plan.rules.values() if r.id == test.rule)
    source = _paced(plan.sources[rule.source], test)
    plan = dataclasses.replace(plan, sources={**plan.sources, source.key: source})
    begin = BEGIN.replace(tzinfo=source.zone).astimezone(UTC)
    known = Known()
    differences = []
    for number, poll in enumerate(test.polls, 1):
        now = begin + poll.at
        known, told, last = _play(known, _reading(poll, rule, source, now), plan, rule, now)
        if poll.expect is not None:
            expected = tuple(sorted(map(_whole, poll.expect)))
            got = _got(expected, told, last, rule)
            if got != expected:
                differences.append(Difference(number, poll.at, expected, got))
    return differences


def _paced(source: SourcePlan, test: Test) -> SourcePlan:
    """The source at the pace of the test's own polls, where they are further apart."""
    times = [poll.at for poll in test.polls]
    pace = min((later - earlier for earlier, later in pairwise(times)), default=source.cadence)
    cadence = max(source.cadence, pace)
    return dataclasses.replace(
        source, cadence=cadence, stale_after=max(source.stale_after, 3 * cadence)
    )


def _whole(item: str) -> str:
    """An item without an entity is about the whole collection (``by = []``)."""
    return item if " " in item.strip() else f"{item.strip()} {WHOLE}"


def _play(
    known: Known, reading: Reading, plan: Plan, rule: RulePlan, now: datetime
) -> tuple[Known, frozenset[str], Decision]:
    """Judge what fell due before the poll, then the poll."""
    told: set[str] = set()
    while (due := next_due(known, plan)) is not None and due < now:
        decision = decide(known, Due(due), plan, due)
        told.update(_told(decision, rule))
        known = decision.known
    decision = decide(known, reading, plan, now)
    told.update(_told(decision, rule))
    return decision.known, frozenset(told), decision


def _reading(poll: Poll, rule: RulePlan, source: SourcePlan, now: datetime) -> Reading:
    if poll.error is not None:
        return Failed(rule.source, now, poll.error)
    collection = source.collections[rule.collection].collection
    rows = rows_from_texts(collection, poll.rows or (), source.hit_values)
    snapshot = take(rule.source, source.endpoint, {rule.collection: rows}, now)
    return Good(rule.source, snapshot)


def _told(decision: Decision, rule: RulePlan) -> Iterator[str]:
    for notice in decision.notices:
        if notice.rule.id == rule.id:
            yield from (f"{WORDS[i.reason]} {i.incident.key.entity}" for i in notice.items)
            yield from (f"event {event.key}" for event in notice.events)


def _got(
    expected: tuple[str, ...], told: frozenset[str], last: Decision, rule: RulePlan
) -> tuple[str, ...]:
    """What happened, with the reasons of those entities whose reason was asked for."""
    reasons = []
    for item in expected:
        if item.startswith(NONE):
            entity = item.partition(" ")[2]
            why = last.reasons.get(InstanceKey(rule.operation, rule.id, entity))
            reasons.append(f"{NONE}{why.value if why else 'clear'} {entity}")
    return tuple(sorted((*told, *reasons)))
