"""Say what a rule would say now, were the polls of its own test true: marked as a drill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from notifier.core.facts.state import Closing, digest
from notifier.core.judging.known import Known
from notifier.core.judging.notice import Item, Notice, Reason
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.rules.rulebook import Test
from notifier.core.trial.rehearse import begin_of, play, reading_of

_FIRST = (Reason.OPEN, Reason.EVENT)


def drill(rule: RulePlan, tests: Iterable[Test], plan: Plan, now: datetime) -> list[Notice]:
    """What each receiver of *rule* would be told at *now*; empty where no test makes it speak.

    The first test after which somebody is told gives the rows. Quiet hours are left out: a drill
    is to be seen.
    """
    loud = replace(plan, reaches={k: replace(r, quiet=None) for k, r in plan.reaches.items()})
    for test in tests:
        if test.rule != rule.id:
            continue
        found = next(_openings(rule, test, loud, begin_of(plan.sources[rule.source])), None)
        if found is not None:
            after, _ = found
            told = next(_openings(rule, test, loud, now - after))[1]
            return [_marked(notice, now) for notice in told]
    return []


def over(notice: Notice, now: datetime) -> Notice:
    """The end of what a drill opened: nothing stays open behind it."""
    closed = {
        incident.id: structs.replace(incident, closed_at=now, closing=Closing.RECOVERED)
        for incident in (*notice.roster, *(item.incident for item in notice.items))
    }
    talk = notice.conversation
    return replace(
        notice,
        conversation=structs.replace(talk, revision=talk.revision + 1, closed=True),
        at=now,
        items=tuple(Item(Reason.CLOSE, closed[item.incident.id]) for item in notice.items),
        roster=tuple(closed[incident.id] for incident in notice.roster),
        open=0,
    )


def _openings(
    rule: RulePlan, test: Test, plan: Plan, begin: datetime
) -> Iterator[tuple[timedelta, list[Notice]]]:
    """Yield, for each poll of the test, who is told first of something, and when that is."""
    known = Known()
    for poll in test.polls:
        now = begin + poll.at
        reading = reading_of(test, poll, rule, plan.sources[rule.source], now)
        known, notices, _ = play(known, reading, plan, rule, now)
        first = [notice for notice in notices if not notice.reasons.isdisjoint(_FIRST)]
        if first:
            yield poll.at, first


def _marked(notice: Notice, now: datetime) -> Notice:
    """A conversation of its own, which no message of the live rule is taken for."""
    talk = notice.conversation
    own = structs.replace(talk, id=digest("drill", talk.id, now.isoformat()))
    return replace(notice, conversation=own, rule=replace(notice.rule, drill=True))
