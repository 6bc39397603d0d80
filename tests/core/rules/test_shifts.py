from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.rules.hours import active
from notifier.core.rules.shifts import Shifts, is_holiday, moment

BOGOTA, SANTIAGO = ZoneInfo("America/Bogota"), ZoneInfo("America/Santiago")
WEEK = "Mon-Sat 07:00-21:00"
# In Chile clocks are set back at midnight before 5 April 2026, and forward before 6 September.
LATER, EARLIER = "2026-04-04", "2026-09-05"


def at(text: str, zone: ZoneInfo = BOGOTA, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def shifts(hours: str, zone: ZoneInfo = BOGOTA, holidays: str = "") -> Shifts:
    return Shifts(active(hours), zone, holidays)


# ---- hours of the week ----


@pytest.mark.parametrize(
    ("hours", "when", "within"),
    [
        (WEEK, "2026-01-05 07:00", True),
        (WEEK, "2026-01-05 06:59:59", False),
        (WEEK, "2026-01-05 20:59:59", True),
        (WEEK, "2026-01-05 21:00", False),
        (WEEK, "2026-01-11 12:00", False),  # a Sunday
        ("Mon 22:00-06:00", "2026-01-06 05:59", True),
        ("Mon 22:00-06:00", "2026-01-06 06:00", False),
        ("Mon 22:00-06:00", "2026-01-05 05:59", False),
        ("Sun 22:00-24:00, Mon 00:00-06:00", "2026-01-12 00:00", True),
    ],
)
def test_a_source_is_on_duty_within_its_hours(hours: str, when: str, *, within: bool) -> None:
    assert shifts(hours).hold(at(when)) is within


def test_a_source_without_hours_is_always_on_duty() -> None:
    always = Shifts(None, BOGOTA)
    noon = at("2026-01-05 12:00")

    assert always.hold(noon)
    assert not always.rest(noon, noon + timedelta(days=9))
    assert always.closing(noon) is None
    assert always.seconds(noon, noon + timedelta(days=1)) == 86_400
    assert always.between(noon, noon) == []


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-12",  # Epiphany, moved to a Monday
        "2026-03-23",  # Saint Joseph
        "2026-06-29",  # Saints Peter and Paul, a Monday by itself
        "2026-11-02",  # All Saints
        "2026-07-20",  # independence, which is never moved
        "2026-04-03",  # Good Friday
    ],
)
def test_a_holiday_of_colombia_and_its_bridge_count_as_sunday(day: str) -> None:
    noon = at(f"{day} 12:00")

    assert not shifts(WEEK, holidays="CO").hold(noon)
    assert shifts("Sun 10:00-14:00", holidays="CO").hold(noon)
    assert shifts(WEEK).hold(noon)


def test_epiphany_itself_is_a_working_day_in_colombia() -> None:
    assert not is_holiday(date(2026, 1, 6), "CO")
    assert shifts(WEEK, holidays="CO").hold(at("2026-01-06 12:00"))


def test_the_night_that_a_holiday_begins_is_the_holidays_until_it_ends() -> None:
    nights, sundays = shifts("Mon-Sat 22:00-06:00", holidays="CO"), shifts("Sun 22:00-06:00")
    sundays = Shifts(sundays.active, BOGOTA, "CO")
    early_on_tuesday = at("2026-01-13 05:00")  # what began on Monday the 12th, a holiday

    assert not nights.hold(early_on_tuesday)
    assert sundays.hold(early_on_tuesday)
    assert nights.hold(at("2026-01-11 05:00"))  # Saturday's shift, on Sunday morning


def test_a_region_has_holidays_of_its_own() -> None:
    assert is_holiday(date(2026, 7, 9), "BR-SP")
    assert not is_holiday(date(2026, 7, 9), "BR")


# ---- stretches ----


def test_hours_that_touch_are_one_stretch() -> None:
    found = shifts("Mon 08:00-12:00, Mon 12:00-24:00, Tue 00:00-06:00").between(
        at("2026-01-05 00:00"), at("2026-01-07 00:00")
    )

    assert found == [(at("2026-01-05 08:00"), at("2026-01-06 06:00"))]


def test_a_lunch_break_rests_and_a_morning_does_not() -> None:
    day = shifts("08:00-12:00, 13:00-18:00")

    assert day.rest(at("2026-01-05 11:58"), at("2026-01-05 13:01"))
    assert not day.rest(at("2026-01-05 08:00"), at("2026-01-05 12:00"))
    assert not day.rest(at("2026-01-05 11:00"), at("2026-01-05 11:00"))
    assert day.rest(at("2026-01-05 17:59"), at("2026-03-05 08:01"))
    assert day.seconds(at("2026-01-05 11:00"), at("2026-01-06 08:30")) == 6.5 * 3_600


def test_a_shift_says_when_it_closes() -> None:
    week = shifts(WEEK)

    assert week.closing(at("2026-01-05 20:00")) == at("2026-01-05 21:00")
    assert week.closing(at("2026-01-05 21:00")) is None
    assert shifts("00:00-24:00").closing(at("2026-01-05 20:00")) is None
    assert shifts("Mon 07:00-08:00").closing(at("2026-01-06 20:00")) is None


# ---- when the clocks are set ----


def test_the_hour_that_comes_twice_belongs_to_the_shift_that_lasts_over_it() -> None:
    night = shifts("Sat 22:00-06:00", SANTIAGO)

    found = night.between(at(f"{LATER} 12:00", SANTIAGO), at("2026-04-05 12:00", SANTIAGO))

    assert found == [(at(f"{LATER} 22:00", SANTIAGO), at("2026-04-05 06:00", SANTIAGO))]
    assert found[0][1] - found[0][0] == timedelta(hours=9)


def test_a_shift_ends_when_its_hour_comes_for_the_first_time_and_opens_no_second_time() -> None:
    late = shifts("Sat 07:00-23:30", SANTIAGO)

    assert late.hold(at(f"{LATER} 23:29", SANTIAGO))
    assert not late.hold(at(f"{LATER} 23:40", SANTIAGO))
    assert not late.hold(at(f"{LATER} 23:10", SANTIAGO, fold=1))


def test_a_shift_begins_when_its_hour_comes_for_the_first_time_and_lasts() -> None:
    night = shifts("Sat 23:15-02:00", SANTIAGO)

    assert not night.hold(at(f"{LATER} 23:10", SANTIAGO))
    assert night.hold(at(f"{LATER} 23:20", SANTIAGO))
    assert night.hold(at(f"{LATER} 23:05", SANTIAGO, fold=1))
    assert night.seconds(at(f"{LATER} 12:00", SANTIAGO), at("2026-04-05 12:00", SANTIAGO)) == (
        3.75 * 3_600
    )


def test_the_hour_that_is_left_out_begins_and_ends_when_the_clocks_leap() -> None:
    leap = at("2026-09-06 01:00", SANTIAGO)
    begins, ends = shifts("Sun 00:30-06:00", SANTIAGO), shifts("Sat 22:00-00:30", SANTIAGO)
    around = (at(f"{EARLIER} 12:00", SANTIAGO), at("2026-09-06 12:00", SANTIAGO))

    assert begins.between(*around) == [(leap, at("2026-09-06 06:00", SANTIAGO))]
    assert ends.between(*around) == [(at(f"{EARLIER} 22:00", SANTIAGO), leap)]


@pytest.mark.parametrize(("day", "hours"), [(LATER, 25), (EARLIER, 24), ("2026-09-06", 23)])
def test_a_day_is_as_long_as_it_is(day: str, hours: int) -> None:
    begins = moment(date.fromisoformat(day), 0, SANTIAGO)
    ends = moment(date.fromisoformat(day), 24 * 60, SANTIAGO)

    assert shifts("00:00-24:00", SANTIAGO).seconds(begins, ends) == hours * 3_600


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda d: d.replace(tzinfo=UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=9)),
    st.sampled_from([WEEK, "22:00-06:00", "Sat-Sun 00:00-24:00", "08:00-12:00, 13:00-18:00"]),
)
def test_moments_on_duty_are_those_within_the_stretches(
    since: datetime, span: timedelta, hours: str
) -> None:
    week = shifts(hours, SANTIAGO, "CL")
    until = since + span

    found = week.between(since, until)

    assert found == sorted(found)
    assert all(begin < end for begin, end in found)
    assert all(end < begin for (_, end), (begin, _) in pairwise(found))
    for begin, end in found:
        assert week.hold(begin)
        assert end == until or not week.hold(end)
    assert week.hold(since) is (bool(found) and found[0][0] == since) or not span
