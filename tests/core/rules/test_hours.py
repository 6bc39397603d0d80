from __future__ import annotations

from datetime import datetime

import pytest

from notifier.core.rules.hours import active, quiet

MONDAY, SATURDAY, SUNDAY = 5, 10, 11  # of January 2026


def at(day: int, clock: str) -> datetime:
    hour, _, minute = clock.partition(":")
    return datetime(2026, 1, day, int(hour), int(minute))  # noqa: DTZ001 - local by its meaning


@pytest.mark.parametrize(
    ("hours", "day", "clock", "within"),
    [
        ("Mon-Sat 07:00-21:00", MONDAY, "07:00", True),
        ("Mon-Sat 07:00-21:00", MONDAY, "06:59", False),
        ("Mon-Sat 07:00-21:00", SATURDAY, "20:59", True),
        ("Mon-Sat 07:00-21:00", SATURDAY, "21:00", False),
        ("Mon-Sat 07:00-21:00", SUNDAY, "12:00", False),
        ("Sun 07:00-21:00", SUNDAY, "12:00", True),
        ("07:00-21:00", SUNDAY, "12:00", True),
        ("Sun 22:00-06:00", MONDAY, "05:59", True),
        ("sat - mon 7:00 - 24:00", SUNDAY, "23:59", True),
        ("Sat-Mon 07:00-21:00", MONDAY, "12:00", True),
        ("Sat-Mon 07:00-21:00", MONDAY + 1, "12:00", False),
        ("Mon 22:00-06:00", MONDAY, "23:00", True),
        ("Mon 22:00-06:00", MONDAY + 1, "05:59", True),
        ("Mon 22:00-06:00", MONDAY + 1, "06:00", False),
        ("Mon 22:00-06:00", MONDAY, "05:00", False),
        ("Mon-Fri 07:00-21:00, Sat 08:00-15:00", SATURDAY, "15:00", False),
        ("Mon-Fri 07:00-21:00, Sat 08:00-15:00", SATURDAY, "14:59", True),
    ],
)
def test_a_source_is_polled_within_its_hours(
    hours: str, day: int, clock: str, *, within: bool
) -> None:
    assert active(hours).contains(at(day, clock)) is within


def test_a_holiday_counts_as_sunday() -> None:
    week, sunday = active("Mon-Sat 07:00-21:00"), active("Sun 07:00-21:00")

    assert not week.contains(at(MONDAY, "12:00"), holiday=True)
    assert sunday.contains(at(MONDAY, "12:00"), holiday=True)


def test_the_night_after_a_holiday_belongs_to_the_holiday() -> None:
    nights = active("Sun 22:00-06:00")

    assert nights.contains(at(MONDAY + 1, "05:00"), after_holiday=True)
    assert not nights.contains(at(MONDAY + 1, "05:00"))


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        ("Mon-Sat", "write it as in"),
        ("", "write it as in"),
        ("Mon-Sat 07:00-21:00,", "write it as in"),
        ("Lun-Sab 07:00-21:00", "`Lun` is not a day; use Mon Tue"),
        ("Mon-Sat 7-21", "`7` is not a time of day"),
        ("Mon-Sat 07:00-24:30", "`24:30` is not a time of day"),
        ("Mon-Sat 07:60-21:00", "`07:60` is not a time of day"),
        ("Mon-Sat 07:00-07:00", "holds no hour"),
        ("Mon-Sat 24:00-07:00", "holds no hour"),
    ],
)
def test_hours_that_cannot_be_read_are_told(hours: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", "\\(")):
        active(hours)


@pytest.mark.parametrize(
    ("hours", "clock", "within"),
    [
        ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("22:00-07:00", "12:00", False),
        ("12:00-14:00", "13:00", True),
        ("12:00-14:00", "14:00", False),
        ("20:00-24:00", "23:59", True),
        ("20:00-24:00", "00:00", False),
    ],
)
def test_quiet_hours_are_the_same_each_day(hours: str, clock: str, *, within: bool) -> None:
    assert quiet(hours).contains(at(MONDAY, clock)) is within


@pytest.mark.parametrize(
    "hours", ["", "22:00", "22-7", "07:00-07:00", "00:00-24:00", "25:00-07:00"]
)
def test_quiet_hours_that_cannot_be_read_are_told(hours: str) -> None:
    with pytest.raises(ValueError, match=r"hours|time"):
        quiet(hours)


def test_the_minutes_of_a_day_are_counted_those_after_midnight_too() -> None:
    hours = active("Mon-Fri 07:00-21:00, Mon 20:00-02:00")

    assert [hours.minutes(day) for day in range(3)] == [17 * 60, 16 * 60, 14 * 60]
