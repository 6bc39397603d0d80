"""Say what of the day's calls is ours, and how often each source can be asked so that they last.

The vendor counts the calls of all tokens of an operation together, and refuses the rest of the
day when they are spent. Whoever plans to spend too much is therefore slowed down from the start,
the least important sources first, rather than stopped at four in the afternoon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import ceil, inf, log
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from notifier.core.facts.state import Budget, seconds
from notifier.core.rules.keys import spoken
from notifier.core.rules.shifts import Shifts, Stretch, moment

CALLS_PER_LICENSE = 1_000  # a day; the vendor's own rule
STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0)
SLOWEST = STEPS[-1]  # times `every`, while that is enough
RATIONED = timedelta(days=1)  # between two polls, at most, when even that is not
EASE = timedelta(minutes=30)  # after a change before anything is asked more often again
SLACK = 0.95  # of what is left must be enough then: else it would be slowed down again at once
LEARNING = timedelta(hours=3)  # of a day that others' use so far is spread over, at least

Stretches = Mapping[str, float]  # by source, times `every`; a source that is not named keeps it


@dataclass(frozen=True, slots=True)
class Ask:
    """What one source asks for.

    Attributes:
        cost: Calls of one poll.
        priority: Of two sources the one with the lower number is slowed down first.
    """

    source: str
    every: timedelta
    shifts: Shifts
    cost: int = 1
    priority: int = 0

    def calls(self, since: datetime, until: datetime) -> tuple[float, float]:
        """Calls within a time at the pace of `every`; and those that no slower pace saves.

        These are the first polls of each stretch on duty.
        """
        stretches = self.shifts.between(since, until)
        polls = sum(seconds(end - begin) for begin, end in stretches) / seconds(self.every)
        return self.cost * polls, float(self.cost * len(stretches))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one operation may ask in a day.

    Attributes:
        licenses: None where unknown: then only ``token_info`` can tell the limit.
        share: Our part of the quota at most, 0 to 1: other programs live on the rest.
        reset: When the vendor's day begins, in minutes after local midnight.
    """

    operation: str
    zone: ZoneInfo
    licenses: int | None = None
    share: float = 0.8
    reset: int = 0
    asks: tuple[Ask, ...] = ()
    operators: tuple[str, ...] = ()

    def day(self, now: datetime) -> Stretch:
        """From which reset up to which one the present day lasts."""
        today = now.astimezone(self.zone).date()
        days = (today + timedelta(days=n) for n in (-1, 0, 1, 2))
        resets = [moment(day, self.reset, self.zone) for day in days]
        after = next(place for place, at in enumerate(resets) if at > now)
        return resets[after - 1], resets[after]

    def limit(self, budget: Budget | None) -> int | None:
        """The operation's calls a day: as the vendor says, else by its licenses."""
        if budget is not None and budget.limit is not None:
            return budget.limit
        return None if self.licenses is None else self.licenses * CALLS_PER_LICENSE


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What ``token_info`` says of the day so far; None for what it does not say.

    Attributes:
        limit: ``token_limit``.
        all_today: ``all_token_today``: calls of all tokens of the operation.
        left: ``available_consumption_options``.
    """

    limit: int | None = None
    all_today: int | None = None
    left: int | None = None

    def beyond_left(self) -> int | None:
        """What was used, as far as what is left tells."""
        return None if self.limit is None or self.left is None else max(0, self.limit - self.left)


def allowance(quota: Quota, budget: Budget | None) -> int | None:
    """Return how many calls of the day are ours; None where nobody knows the limit."""
    limit = quota.limit(budget)
    if limit is None:
        return None
    others = budget.others if budget is not None else 0
    return max(0, min(int(limit * quota.share), limit - others))


def stretches(
    asks: Sequence[Ask], since: datetime, until: datetime, left: float
) -> dict[str, float]:
    """Return how many times its `every` each source must wait so that *left* calls last.

    A source that keeps its pace is not named.
    """
    wanted = {ask.source: ask.calls(since, until) for ask in asks}
    free = left - sum(fixed for _, fixed in wanted.values())
    found = fit(asks, {name: calls for name, (calls, _) in wanted.items()}, free)
    slowest = {ask.source: max(1.0, RATIONED / ask.every) for ask in asks}
    return {name: min(factor, slowest[name]) for name, factor in found.items()}


def fit(asks: Sequence[Ask], wanted: Mapping[str, float], free: float) -> dict[str, float]:
    """Return the factors, above 1, by which *wanted* calls become *free* ones.

    The least important are slowed down first, up to ``SLOWEST``; those of one priority alike. Where
    even that is not enough, all are rationed alike.
    """
    factors = dict.fromkeys(wanted, 1.0)
    for _, peers in groupby(sorted(asks, key=_rank), key=_rank):
        names = [ask.source for ask in peers]
        need = needed(wanted, factors)
        if need <= free:
            break
        own = sum(wanted[name] for name in names)
        factors |= dict.fromkeys(names, _step(own, free - (need - own)))
    need = needed(wanted, factors)
    if need > free:
        ration = _ration(need, free)
        factors = {name: factor * ration for name, factor in factors.items()}
    return {name: factor for name, factor in factors.items() if factor > 1}


def needed(wanted: Mapping[str, float], factors: Stretches) -> float:
    """How many calls are left of those wanted."""
    return sum(calls / factors.get(name, 1.0) for name, calls in wanted.items())


def _rank(ask: Ask) -> int:
    return ask.priority


def _step(need: float, free: float) -> float:
    """The least step at which *need* calls become *free* ones; the slowest where none does."""
    return next((step for step in STEPS if need <= free * step), SLOWEST)


def _ration(need: float, free: float) -> float:
    """In steps as well: a pace that changed with every poll would be told with every poll."""
    return STEPS[1] ** ceil(log(need / free, STEPS[1])) if free > 0 else inf


def slowed(quota: Quota, stretches: Stretches) -> list[str]:
    """What is asked less often, as ``skills 1m -> 2m``."""
    return [
        f"{ask.source} {spoken(ask.every)} -> {spoken(ask.every * stretches[ask.source])}"
        for ask in quota.asks
        if ask.source in stretches
    ]


# ---- in the course of a day ----


def begun(quota: Quota, before: Budget | None, now: datetime) -> Budget:
    """Return the budget of the present day: with a new day, nothing is spent or slowed down."""
    day = quota.day(now)[0]
    if before is None:
        return Budget(operation=quota.operation, day=day)
    if before.day == day:
        return before
    return Budget(
        operation=before.operation, day=day, limit=before.limit, others_before=before.others
    )


def learnt(budget: Budget, said: TokenInfo, spent: int, now: datetime) -> Budget:
    """Return the budget corrected by what ``token_info`` said, when *spent* calls were ours."""
    used = max((n for n in (said.all_today, said.beyond_left()) if n is not None), default=None)
    others = budget.others if used is None else max(0, used - spent)
    return replace(budget, limit=said.limit or budget.limit, others=others, told_at=now)


def paced(quota: Quota, budget: Budget, spent: int, now: datetime) -> Budget:
    """Return the budget with the paces at which the rest of the day's calls lasts.

    What is too fast is slowed down at once; what could be faster waits for ``EASE``, so that no
    pace swings.
    """
    mine = allowance(quota, budget)
    until = quota.day(now)[1]
    if mine is None:
        wanted: dict[str, float] = {}
    else:
        left = min(mine, mine_at_the_end(quota, budget, now)) - spent
        wanted = stretches(quota.asks, now, until, left)
        if wanted != budget.stretches and not _slower(wanted, budget.stretches):
            wanted = _eased(quota, budget, left, now)
    if wanted == budget.stretches:
        return budget
    return replace(budget, stretches=wanted, changed_at=now)


def mine_at_the_end(quota: Quota, budget: Budget, now: datetime) -> int:
    """What will have been ours if other programs go on as they did today, or the day before."""
    (begin, end), told = quota.day(now), budget.told_at or now
    today = budget.others / seconds(max(told - begin, LEARNING))
    before = budget.others_before / seconds(end - begin)
    ahead = max(today, before) * max(seconds(end - told), 0.0)
    return int((quota.limit(budget) or 0) - budget.others - ahead)


def _eased(quota: Quota, budget: Budget, left: float, now: datetime) -> dict[str, float]:
    """Faster paces, where there is room and some time has gone by; else those of before."""
    known = {ask.source for ask in quota.asks}
    before = {name: factor for name, factor in budget.stretches.items() if name in known}
    if budget.changed_at is not None and timedelta(0) <= now - budget.changed_at < EASE:
        return before
    faster = stretches(quota.asks, now, quota.day(now)[1], left * SLACK)
    return before if _slower(faster, before) else faster


def _slower(these: Stretches, those: Stretches) -> bool:
    return any(factor > those.get(name, 1.0) for name, factor in these.items())


def may_ask(quota: Quota, budget: Budget | None, spent: int, calls: int = 1) -> bool:
    """Whether so many more calls are ours today, when *spent* are gone."""
    mine = allowance(quota, budget)
    return mine is None or spent + calls <= mine


# ---- a whole day ----


def on_weekday(ask: Ask, day: int) -> int:
    """Calls on a weekday, 0 for Monday, that is no holiday and on which no clock is set."""
    minutes = 24 * 60 if ask.shifts.active is None else ask.shifts.active.minutes(day)
    return ask.cost * round(minutes * 60 / seconds(ask.every))
