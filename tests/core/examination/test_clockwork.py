"""What is worked out of dates and ids: the server's clock, its zone, its resets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.examination.clockwork import ahead, falls, moment_of, offset, oldest, printed

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("date", "skew"),
    [
        ("Mon, 05 Jan 2026 12:00:00 GMT", 0),
        ("Mon, 05 Jan 2026 12:00:02 GMT", 0),  # written before the answer came
        ("Mon, 05 Jan 2026 11:59:59 GMT", 0),  # its second was not over
        ("Mon, 05 Jan 2026 12:05:02 GMT", 300),
        ("Mon, 05 Jan 2026 11:00:00 GMT", -3599),
        ("Mon, 05 Jan 2026 12:00:00 -0000", 0),
    ],
)
def test_a_clock_is_ahead_by_what_no_slow_answer_explains(date: str, skew: int) -> None:
    assert ahead(date, NOON, NOON + 2 * SECOND) == timedelta(seconds=skew)


@pytest.mark.parametrize("date", ["", "soon", "2026-01-05"])
def test_a_date_that_is_none_says_nothing(date: str) -> None:
    assert ahead(date, NOON, NOON) is None


@pytest.mark.parametrize(
    ("conn_id", "at"),
    [
        ("12004.0042.1767614400.3", NOON),
        ("0001.0002.0003.1767614400.7", NOON),
        ("1767614400.3", None),
        ("12004.0042.hello.3", None),
        ("-", None),
    ],
)
def test_the_moment_of_a_call_is_the_last_part_but_one(conn_id: str, at: datetime | None) -> None:
    assert moment_of(conn_id) == at


def test_dates_are_read_in_each_form() -> None:
    forms = ("20260105120000", "2026-01-05 12:00:00", "2026/01/05 12:00:00")

    assert {printed(form) for form in forms} == {datetime(2026, 1, 5, 12)}  # noqa: DTZ001
    assert printed("05.01.2026") is None


@given(
    st.integers(-48, 56),
    st.lists(st.integers(0, 240), min_size=3, max_size=9),
)
def test_the_zone_of_printed_dates_is_found(quarters: int, lags: list[int]) -> None:
    zone = timedelta(minutes=15 * quarters)
    calls = [
        (
            f"12004.0042.{int(began.timestamp())}.3",
            (began + zone + timedelta(seconds=lag)).strftime("%Y%m%d%H%M%S"),
        )
        for place, lag in enumerate(lags)
        for began in [NOON + timedelta(minutes=place)]
    ]

    assert offset(calls) == zone


def test_two_calls_tell_no_zone() -> None:
    assert offset([("12004.0042.1767614400.3", "20260105070000")] * 2) is None
    assert offset([("-", "20260105070000"), ("12004.0042.1767614400.3", "x")] * 3) is None


def test_the_oldest_call_tells_how_far_a_list_reaches() -> None:
    ids = ["-", "12004.0042.1767612600.3", "12004.0042.1767614400.3"]

    assert oldest(ids, NOON) == timedelta(minutes=30)
    assert oldest(["-"], NOON) is None


def test_counters_begin_anew_where_most_of_them_fall() -> None:
    counts = [{"1": 5.0, "2": 9.0}, {"1": 6.0, "2": 8.0}, {"1": 1.0, "2": 0.0}, {"3": 4.0}, {}]
    readings = [(NOON + place * SECOND, each) for place, each in enumerate(counts)]

    assert falls(readings) == [(NOON + SECOND, NOON + 2 * SECOND)]
