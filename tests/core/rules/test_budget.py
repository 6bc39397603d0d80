"""What of the day's calls is ours, and who is slowed down so that they last."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.facts.state import Budget
from notifier.core.rules.budget import (
    EASE,
    SLOWEST,
    STEPS,
    Ask,
    Quota,
    TokenInfo,
    allowance,
    begun,
    fit,
    learnt,
    may_ask,
    on_weekday,
    paced,
    stretches,
)
from notifier.core.rules.hours import active
from notifier.core.rules.shifts import Shifts

BOGOTA = ZoneInfo("America/Bogota")
MIDNIGHT = datetime(2026, 1, 5, 5, 0, tzinfo=UTC)  # of a Monday in Bogotá
DAY = timedelta(days=1)


def ask(source: str, minutes: float = 1, priority: int = 0, hours: str = "", cost: int = 1) -> Ask:
    shifts = Shifts(active(hours) if hours else None, BOGOTA)
    return Ask(source, timedelta(minutes=minutes), shifts, cost, priority)


def quota(*asks: Ask, licenses: int | None = 1, share: float = 1.0, reset: int = 0) -> Quota:
    return Quota(
        operation="bogota", zone=BOGOTA, licenses=licenses, share=share, reset=reset, asks=asks
    )


def budget(**changes: object) -> Budget:
    return Budget(**({"operation": "bogota", "day": MIDNIGHT} | changes))  # type: ignore[arg-type]


# ---- what is ours ----


@pytest.mark.parametrize(
    ("licenses", "share", "limit", "others", "ours"),
    [
        (2, 1.0, None, 0, 2_000),
        (2, 0.8, None, 0, 1_600),
        (2, 0.8, None, 300, 1_600),  # others live on the rest
        (2, 0.8, None, 500, 1_500),
        (2, 0.8, None, 2_500, 0),
        (2, 0.8, 1_000, 0, 800),  # the vendor's own word goes before the licenses
        (None, 0.8, 1_000, 0, 800),
        (None, 0.8, None, 0, None),
    ],
)
def test_our_calls_are_our_share_and_never_what_others_used(
    licenses: int | None, share: float, limit: int | None, others: int, ours: int | None
) -> None:
    given_ = quota(licenses=licenses, share=share)

    assert allowance(given_, budget(limit=limit, others=others)) == ours


def test_the_last_call_is_asked_and_the_one_after_it_is_not() -> None:
    assert may_ask(quota(), None, 999)
    assert not may_ask(quota(), None, 1_000)
    assert not may_ask(quota(), None, 999, calls=2)
    assert may_ask(quota(licenses=None), None, 10**9)


@pytest.mark.parametrize(
    ("said", "others", "limit"),
    [
        (TokenInfo(limit=5_000, all_today=700), 600, 5_000),
        (TokenInfo(all_today=700), 600, None),
        (TokenInfo(limit=5_000, left=4_000), 900, 5_000),
        (TokenInfo(limit=5_000, all_today=700, left=4_000), 900, 5_000),  # the worse of the two
        (TokenInfo(limit=5_000, left=9_000), 0, 5_000),
        (TokenInfo(left=4_000), 20, None),  # of no known limit it says nothing
        (TokenInfo(all_today=60), 0, None),  # less than ours: a day that began later than we think
    ],
)
def test_token_info_says_what_other_programs_used(
    said: TokenInfo, others: int, limit: int | None
) -> None:
    at = MIDNIGHT + timedelta(hours=3)

    after = learnt(budget(others=20), said, 100, at)

    assert (after.others, after.limit, after.told_at) == (others, limit, at)


# ---- the day ----


@pytest.mark.parametrize(
    ("reset", "now", "begin"),
    [
        (0, "2026-01-05 00:00", "2026-01-05 00:00"),
        (0, "2026-01-05 23:59", "2026-01-05 00:00"),
        (6 * 60, "2026-01-05 05:59", "2026-01-04 06:00"),
        (6 * 60, "2026-01-05 06:00", "2026-01-05 06:00"),
    ],
)
def test_the_quotas_day_begins_at_its_reset(reset: int, now: str, begin: str) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=BOGOTA) for text in (now, begin)]

    assert quota(reset=reset).day(moments[0]) == (moments[1], moments[1] + DAY)


def test_a_day_on_which_clocks_are_set_is_as_long_as_it_is() -> None:
    santiago = replace(quota(), zone=ZoneInfo("America/Santiago"))
    begin, end = santiago.day(datetime(2026, 4, 4, 12, tzinfo=UTC))

    assert end - begin == timedelta(hours=25)


def test_with_a_new_day_nothing_is_spent_or_slowed_down() -> None:
    before = budget(limit=900, others=50, told_at=MIDNIGHT, stretches={"a": 2.0})
    later = MIDNIGHT + DAY

    assert begun(quota(), before, later - timedelta(seconds=1)) is before
    assert begun(quota(), before, later) == budget(day=later, limit=900, others_before=50)
    assert begun(quota(), None, later) == budget(day=later)


# ---- who is slowed down ----


@pytest.mark.parametrize(
    ("asks", "left", "slowed"),
    [
        ([ask("a"), ask("b", 5)], 2_000, {}),
        ([ask("a"), ask("b", 5)], 1_000, {"a": 2.0, "b": 2.0}),
        ([ask("a", priority=1), ask("b", 5)], 1_600, {"b": 2.0}),
        ([ask("a", priority=1), ask("b", 5)], 1_500, {"b": 5.0}),
        ([ask("a", priority=1), ask("b", 5)], 1_000, {"a": 1.5, "b": 12.0}),
        ([ask("a", priority=1), ask("b", 5), ask("c", 5, priority=-1)], 1_780, {"c": 6.0}),
        ([ask("a", cost=40)], 14_500, {"a": 4.0}),
        ([ask("a", hours="07:00-21:00")], 421, {"a": 2.0}),
    ],
)
def test_the_least_important_wait_first_and_longest(
    asks: list[Ask], left: float, slowed: dict[str, float]
) -> None:
    assert stretches(asks, MIDNIGHT, MIDNIGHT + DAY, left) == slowed


def test_where_waiting_longest_is_not_enough_all_are_rationed_alike() -> None:
    found = stretches([ask("a", priority=1), ask("b")], MIDNIGHT, MIDNIGHT + DAY, 122)

    assert found["a"] == found["b"] == pytest.approx(SLOWEST * 2, rel=0.25)


def test_where_nothing_is_left_each_is_asked_once_a_day_at_most() -> None:
    assert stretches([ask("a"), ask("b", 5)], MIDNIGHT, MIDNIGHT + DAY, 0) == {
        "a": 1_440,
        "b": 288,
    }


def test_what_is_asked_once_a_week_keeps_its_pace_whatever_is_left() -> None:
    assert stretches([ask("a", 7 * 1_440)], MIDNIGHT, MIDNIGHT + DAY, 0) == {"a": 1.0}


@given(
    st.lists(st.tuples(st.floats(0, 5_000), st.integers(-2, 2)), min_size=1, max_size=6),
    st.floats(1, 10_000),
)
def test_what_is_fitted_fits_and_nobody_waits_for_a_less_important_one(
    wanted: list[tuple[float, int]], free: float
) -> None:
    asks = [ask(str(place), priority=rank) for place, (_, rank) in enumerate(wanted)]
    calls = {str(place): n for place, (n, _) in enumerate(wanted)}

    factors = fit(asks, calls, free)

    spent = sum(n / factors.get(name, 1.0) for name, n in calls.items())
    assert spent <= free * (1 + 1e-9)
    for one in asks:
        for other in asks:
            if one.priority > other.priority and one.source in factors and calls[other.source]:
                assert factors[other.source] >= SLOWEST


# ---- in the course of a day ----


def test_a_plan_that_fits_is_left_alone() -> None:
    before = budget()

    assert paced(quota(ask("a", 5)), before, 0, MIDNIGHT) is before


def test_an_unknown_quota_slows_nobody_down_and_ends_what_did() -> None:
    unknown = quota(ask("a", 0.1), licenses=None)

    assert paced(unknown, budget(), 0, MIDNIGHT) == budget()
    assert paced(unknown, budget(stretches={"a": 2.0}), 0, MIDNIGHT).stretches == {}


def test_other_programs_that_go_on_as_before_are_reckoned_with() -> None:
    noon = MIDNIGHT + timedelta(hours=12)
    half = quota(ask("a", 1.5))  # 960 a day

    quiet = paced(half, budget(others=0, told_at=noon), 480, noon)
    busy = paced(half, budget(others=200, told_at=noon), 480, noon)

    assert quiet.stretches == {}
    assert busy.stretches == {"a": 5.0}  # 120 are left of 1,000 - 480 - 200 - 200
    assert busy.changed_at == noon


def test_one_that_was_too_fast_is_slowed_down_at_once_and_eased_later() -> None:
    full = quota(ask("a", 1.5))  # 960 a day
    noon = MIDNIGHT + timedelta(hours=12)

    slowed = paced(full, budget(), 700, noon)
    soon = paced(full, slowed, 500, noon + EASE / 2)
    later = paced(full, slowed, 500, noon + EASE)

    assert slowed.stretches == {"a": 2.0}
    assert soon is slowed
    assert later.stretches == {}


def test_what_would_be_slowed_down_again_at_once_is_not_eased() -> None:
    slowed = budget(stretches={"a": 2.0}, changed_at=MIDNIGHT)
    just_enough = quota(ask("a", 1.5))
    later = MIDNIGHT + timedelta(hours=12)

    assert paced(just_enough, slowed, 510, later).stretches == {"a": 1.25}
    assert paced(just_enough, slowed, 520, later).stretches == {"a": 1.25}


def test_a_source_that_is_gone_is_slowed_down_no_more() -> None:
    slowed = budget(stretches={"gone": 2.0, "a": 2.0}, changed_at=MIDNIGHT)

    assert paced(quota(ask("a", 1.25)), slowed, 0, MIDNIGHT + EASE / 2).stretches == {"a": 2.0}


# ---- the promise ----


@dataclass
class Vendor:
    """A day of polls.

    Attributes:
        most: Calls of all programs, as far as known, when one of ours had just gone out.
        last: When each source was last polled.
    """

    quota: Quota
    spent: int = 0
    others: int = 0
    most: int = 0
    budget: Budget = field(default_factory=budget)
    last: dict[str, datetime] = field(default_factory=dict)

    def live(self, uses: dict[int, int], reads: bool) -> None:
        """Poll every two minutes until the reset; other programs use calls at some minutes."""
        asked: dict[str, datetime] = {}
        end = self.quota.day(MIDNIGHT)[1]
        for minute in range(0, int((end - MIDNIGHT) / timedelta(minutes=1)), 2):
            now = MIDNIGHT + timedelta(minutes=minute)
            self.others += uses.get(minute, 0)
            if reads and minute % 30 == 0:
                used = TokenInfo(all_today=self.others + self.spent)
                self.budget = learnt(self.budget, used, self.spent, now)
            self.budget = paced(self.quota, self.budget, self.spent, now)
            for each in self.quota.asks:
                wait = each.every * self.budget.stretches.get(each.source, 1.0)
                due = now >= asked.get(each.source, MIDNIGHT - DAY) + wait  # eased paces, too
                if due and each.shifts.hold(now):
                    self.poll(each, now)
                    asked[each.source] = now

    def poll(self, each: Ask, now: datetime) -> None:
        if may_ask(self.quota, self.budget, self.spent, each.cost):
            self.spent += each.cost
            self.most = max(self.most, self.spent + self.budget.others)
            self.last[each.source] = now


SOURCES = st.tuples(
    st.sampled_from([2.0, 4.0, 10.0, 30.0]),
    st.integers(0, 2),
    st.sampled_from(["", "07:00-21:00", "22:00-06:00"]),
    st.sampled_from([1, 1, 1, 3]),
)


@settings(max_examples=12)
@given(
    st.lists(SOURCES, min_size=1, max_size=4),
    st.floats(0.3, 1.0),
    st.dictionaries(
        st.integers(0, 719).map(lambda half: 2 * half), st.integers(1, 120), max_size=8
    ),
    st.booleans(),
)
def test_we_never_spend_more_than_our_share_before_the_reset(
    sources: list[tuple[float, int, str, int]], share: float, uses: dict[int, int], reads: bool
) -> None:
    """Whatever the plan, and whatever other programs use meanwhile."""
    asks = [ask(str(place), *source) for place, source in enumerate(sources)]
    vendor = Vendor(quota(*asks, share=share))

    vendor.live(uses, reads)

    assert vendor.spent <= 1_000 * share
    assert vendor.most <= 1_000


@settings(max_examples=10)
@given(st.lists(SOURCES, min_size=1, max_size=4), st.integers(0, 30))
def test_nobody_is_left_without_calls_in_the_evening(
    sources: list[tuple[float, int, str, int]], rate: int
) -> None:
    """With programs beside us that use as many each hour, all are read until the day ends."""
    asks = [ask(str(place), *source) for place, source in enumerate(sources)]
    vendor = Vendor(quota(*asks), budget=budget(others_before=24 * rate))

    vendor.live({hour * 60: rate for hour in range(24)}, reads=True)

    end = MIDNIGHT + DAY
    for each in asks:
        longest = timedelta(hours=4) + each.every * SLOWEST
        closes = each.shifts.between(MIDNIGHT, end)[-1][1]
        assert closes - vendor.last[each.source] <= longest


def test_a_day_costs_what_its_hours_say() -> None:
    assert on_weekday(ask("a"), 0) == 1_440
    assert on_weekday(ask("a", hours="Mon-Fri 07:00-21:00", cost=2), 4) == 1_680
    assert on_weekday(ask("a", hours="Mon-Fri 07:00-21:00"), 5) == 0
    assert STEPS[0] == 1
