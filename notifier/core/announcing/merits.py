"""Weigh an announcement of sales: what is the first of the day, a streak, the target, a record.

Each is said once a day to each receiver; what is none of them is one more sale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from msgspec.structs import replace

from notifier.core.announcing.score import HOUR, LEAST_STREAK, STREAK, day_of, lately
from notifier.core.facts.sales import Merit, Sale, Score, ScoreKey
from notifier.core.facts.state import (
    Conversation,
    Held,
)
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan, Reach, RulePlan

SHARES = (100, 75, 50, 25)  # percent of the target
SEASONED = 5  # days before one may be the best


def merits(
    draft: Draft, plan: Plan, rule: RulePlan, reach: Reach, news: Sequence[Held]
) -> tuple[Merit, ...]:
    """What is to be said of *news* to a receiver beside their number, the greatest first."""
    score = draft.score(ScoreKey(rule.operation, rule.id))
    if score is None or not rule.celebrates:
        return ()
    zone = plan.sources[rule.source].zone
    today = day_of(draft.at, zone)
    fresh = _of_day(score, news, today, zone)
    sold = score.days.get(today, 0)
    if not fresh or score.day != today:
        return ()
    found = (
        *_record(score, today, sold),
        *_target(score, reach, sold),
        *_streak(lately(score, draft.at)),
    )
    new = [each for each in found if mark(reach.name, each) not in score.told]
    first = [Merit("first", fresh, 1)] if sold == fresh and today != score.since else []
    return (*new, *first)


def _of_day(score: Score, news: Sequence[Held], day: str, zone: tzinfo) -> int:
    told = {held.key for held in news if not held.back}
    return sum(
        sale.key in told and not sale.back and day_of(sale.at, zone) == day for sale in score.sales
    )


def _record(score: Score, today: str, sold: int) -> Iterator[Merit]:
    before = [number for day, number in score.days.items() if day < today]
    if len(before) >= SEASONED and sold > max(before):
        yield Merit("record", sold, max(before) + 1, of=max(before))


def _target(score: Score, reach: Reach, sold: int) -> Iterator[Merit]:
    """The greatest share that is reached, unless as much was told before."""
    if not reach.target:
        return
    for share in SHARES:
        least = -(-share * reach.target // 100)
        merit = Merit("target", sold, least, of=reach.target, share=share)
        if mark(reach.name, merit) in score.told:
            return
        if merit.holds:
            yield merit
            return


def _streak(sold: int) -> Iterator[Merit]:
    if sold >= LEAST_STREAK:
        yield Merit(STREAK, sold, LEAST_STREAK)


def mark(receiver: str, merit: Merit) -> str:
    """What is remembered of a merit that was told."""
    share = f"{merit.share} " if merit.share else ""
    return f"{receiver} {share}{merit.kind}"


def cheered(draft: Draft, plan: Plan, talk: Conversation, reach: Reach) -> Conversation:
    """The conversation with the merits of its sales; they are told with that."""
    rule = plan.rule(talk.operation, talk.rule)
    score = draft.score(ScoreKey(talk.operation, talk.rule))
    if rule is None or score is None:
        return talk
    found = merits(draft, plan, rule, reach, talk.events)
    draft.scores[score.key] = replace(
        score,
        told=(*score.told, *(mark(reach.name, each) for each in found)),
        told_at={**score.told_at, reach.name: draft.at},
    )
    return replace(talk, merits=found)


def fewer(talk: Conversation, own: int, others: Sequence[Sale], zone: tzinfo) -> tuple[Merit, ...]:
    """The merits of a message when sales were taken back, or are some again.

    own: How many fewer it tells of itself; *others* are those of other messages that were known
        when it was told.
    """
    return tuple(
        replace(merit, count=merit.count - own - _fewer(talk, merit, others, zone))
        for merit in talk.merits
    )


def _fewer(talk: Conversation, merit: Merit, others: Sequence[Sale], zone: tzinfo) -> int:
    """By how many the sales of other messages lessen a merit that counts them."""
    at = talk.told_at
    if merit.kind == "first" or at is None:
        return 0
    lately, today = at - HOUR, day_of(at, zone)
    counted = (
        sale
        for sale in others
        if (sale.at > lately if merit.kind == STREAK else day_of(sale.at, zone) == today)
    )
    return sum(1 if sale.back else -1 for sale in counted)
