"""Tell at set times what happened since the last time: what nobody need be disturbed for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from notifier.core.facts.state import Incident, Severity, Tally
from notifier.core.judging.known import Draft, Known
from notifier.core.judging.notice import ROSTER, Notice, Report, RuleText
from notifier.core.judging.plan import DigestPlan, Plan
from notifier.core.telling.composed import worst_first
from notifier.core.telling.conversation import Address, begin

LATE = timedelta(hours=2)  # an older digest is marked as late


def report(draft: Draft, plan: Plan) -> None:
    """Tell each digest whose time came since the last reading, once."""
    for digest in plan.digests:
        tally = draft.tally(digest.key)
        if tally is None or not _due(draft, digest, tally):
            continue
        for receiver in digest.to:
            _tell(draft, plan, digest, receiver, tally)
        draft.tallies[digest.key] = replace(tally, since=draft.at, rules={})


def _due(draft: Draft, digest: DigestPlan, tally: Tally) -> bool:
    """Whether its time came since the last reading, and since it was last told.

    A restart may take the last reading for an earlier one than it was. A digest that was told later
    than now was told while the clock was ahead.
    """
    before, due = draft.known.at, digest.times.last(draft.at)
    if before is None or due is None:
        return False
    return due > (max(before, tally.since) if tally.since <= draft.at else before)


def due(known: Known, plan: Plan, after: datetime) -> Iterator[datetime]:
    """When digests are to be told next."""
    for digest in plan.digests:
        if digest.key in known.tallies:
            yield digest.times.next(after)


def _tell(draft: Draft, plan: Plan, digest: DigestPlan, receiver: str, tally: Tally) -> None:
    operation, name = digest.key
    reach = plan.reaches[operation, receiver]
    still = [i for i in _open(draft) if i.key.operation == operation]
    address = Address(receiver, operation, name, draft.at.isoformat())
    talk = replace(begin(address, reach, draft.at, name), revision=1, closed=True)
    draft.conversations[talk.id] = talk
    fired = {rule for rule, counts in tally.rules.items() if counts.fired or counts.events}
    rules = sorted(rule for of, rule in plan.rules if of == operation)
    draft.notices.append(
        Notice(
            conversation=talk,
            rule=RuleText(id=name, severity=Severity.INFO),
            at=draft.at,
            roster=tuple(still[:ROSTER]),
            open=len(still),
            members=len(still),
            report=Report(
                digest.kind, tally.since, tally.rules, tuple(r for r in rules if r not in fired)
            ),
            give_up_at=draft.at + LATE,
        )
    )


def _open(draft: Draft) -> list[Incident]:
    return sorted((i for i in draft.current().values() if i.open), key=worst_first)
