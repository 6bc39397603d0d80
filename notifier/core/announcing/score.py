"""Count the sales of each rule that celebrates, by the days of its operation.

What is no sale any more is taken back. To tell of a record needs no look into the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec.structs import replace

from notifier.core.announcing.occurred import occurred
from notifier.core.facts.sales import Sale, Score, ScoreKey
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Event
from notifier.core.judging.plan import RulePlan
from notifier.core.judging.view import View

CORRECTED = timedelta(hours=24)  # a sale is coded anew within the shift
LATEST = 500  # sales that can still be taken back
DAYS = 60  # that are remembered
LEAST_STREAK = 3  # sales within an hour
HOUR = timedelta(hours=1)
STREAK = "streak"


def count(draft: Draft, rule: RulePlan, zone: tzinfo, news: Sequence[Event]) -> None:
    """Add sales that were not known before, each to the day on which it happened."""
    if not rule.celebrates or not news:
        return
    key, today = ScoreKey(rule.operation, rule.id), day_of(draft.at, zone)
    score = draft.score(key) or Score(key=key, since=today)
    if score.condition not in ("", rule.condition):
        score = replace(score, sales=())  # an edited rule takes none of them back
    fresh = [Sale(event.key, _happened(event, draft.at, zone)) for event in news]
    sales = sorted((*_kept(score.sales, draft.at), *fresh), key=lambda sale: (sale.at, sale.key))
    days = dict(score.days)
    for sale in fresh:
        _add(days, day_of(sale.at, zone), 1)
    score = replace(
        score,
        sales=tuple(sales[-LATEST:]),
        days=dict(sorted(days.items())[-DAYS:]),
        condition=rule.condition,
    )
    draft.scores[key] = _of_today(score, today, draft.at)


def correct(draft: Draft, rule: RulePlan, zone: tzinfo, view: View) -> tuple[Sale, ...]:
    """Take back the sales that are none any more, whoever was told of them.

    Returns those that turned, as they stand now.
    """
    key = ScoreKey(rule.operation, rule.id)
    score = draft.score(key)
    if score is None or not rule.celebrates or score.condition not in ("", rule.condition):
        return ()
    found = view.found[rule.id]
    so = {view.order[place] for place in found.breach}
    unsure = {view.order[place] for place in found.unsure}
    sales = tuple(
        sale
        if sale.key not in view.rows or sale.key in unsure
        else replace(sale, back=sale.key not in so)
        for sale in score.sales
    )
    turned = tuple(now for was, now in zip(score.sales, sales, strict=True) if was != now)
    if turned:
        days = dict(score.days)
        for sale in turned:
            _add(days, day_of(sale.at, zone), -1 if sale.back else 1)
        draft.scores[key] = replace(score, sales=sales, days=days)
    return turned


def lately(score: Score, at: datetime) -> int:
    """How many sales the last hour had."""
    return sum(sale.at > at - HOUR and not sale.back for sale in score.sales)


def day_of(at: datetime, zone: tzinfo) -> str:
    """The date of a moment, there."""
    return at.astimezone(zone).date().isoformat()


def _happened(event: Event, at: datetime, zone: tzinfo) -> datetime:
    """When it was; a clock that is ahead sells nothing tomorrow."""
    return min(occurred(event.key, event.fields, zone) or at, at)


def _add(days: dict[str, int], day: str, by: int) -> None:
    days[day] = max(0, days.get(day, 0) + by)


def _kept(sales: Iterable[Sale], at: datetime) -> list[Sale]:
    return [sale for sale in sales if at - sale.at < CORRECTED]


def _of_today(score: Score, today: str, at: datetime) -> Score:
    """Forget what was told on other days, and a streak that is broken."""
    told = score.told if score.day == today else ()
    if lately(score, at) < LEAST_STREAK:
        told = tuple(each for each in told if not each.endswith(f" {STREAK}"))
    return replace(score, day=today, told=told)
