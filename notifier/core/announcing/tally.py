"""Count what happened since each digest was last told: a digest needs no look into the past."""

from __future__ import annotations

from msgspec.structs import replace

from notifier.core.facts.state import Incident, InstanceKey, RuleTally, Seen, Tally, seconds
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Untold
from notifier.core.judging.plan import Plan

NOTHING = RuleTally()


def count(draft: Draft, plan: Plan) -> None:
    """Add to the tallies of each operation what this decision makes true."""
    for digest in plan.digests:
        before = draft.tally(digest.key) or Tally(key=digest.key, since=draft.at)
        after = _counted(before, draft)
        if after is not before or digest.key not in draft.known.tallies:
            draft.tallies[digest.key] = after


def _counted(tally: Tally, draft: Draft) -> Tally:
    rules = dict(tally.rules)
    for incident in draft.incidents.values():
        if incident.key.operation == tally.key.operation:
            rule = incident.key.rule
            rules[rule] = _with_incident(rules.get(rule, NOTHING), incident, draft)
    for seen, _ in draft.seen:
        if seen.operation == tally.key.operation and _is_news(draft, seen):
            known = rules.get(seen.rule, NOTHING)
            rules[seen.rule] = replace(known, events=known.events + 1)
    for seen, back in draft.mended:  # whoever was told of it, and by how many messages
        if seen.operation == tally.key.operation:
            known = rules.get(seen.rule, NOTHING)
            rules[seen.rule] = replace(known, events=max(0, known.events + (-1 if back else 1)))
    rules = {rule: counts for rule, counts in rules.items() if counts != NOTHING}
    return tally if rules == tally.rules else replace(tally, rules=rules)


def _with_incident(counts: RuleTally, incident: Incident, draft: Draft) -> RuleTally:
    before = draft.known.incidents.get(incident.id)
    was_open, was_taken = before is None or before.open, before and before.acknowledged_by
    ended = was_open and not incident.open
    lasted = (incident.closed_at or draft.at) - incident.since
    return RuleTally(
        fired=counts.fired + (before is None),
        acknowledged=counts.acknowledged + bool(incident.acknowledged_by and not was_taken),
        ended=counts.ended + ended,
        alone=counts.alone + (ended and not incident.acknowledged_by),
        lasted=counts.lasted + (seconds(lasted) if ended else 0.0),
        events=counts.events,
    )


def _is_news(draft: Draft, seen: Seen) -> bool:
    """What an event rule finds at its first look is not news; nor what it was called otherwise."""
    return (
        seen not in draft.carried and draft.reasons.get(InstanceKey(*seen)) is not Untold.BASELINE
    )
