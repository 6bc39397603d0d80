"""What a silence covers, and when it is in force."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.core.facts.state import InstanceKey
from notifier.core.judging import silence as judged
from notifier.core.judging.silence import GLOBS, covering, covers, fits, in_force, turns
from tests.builders import clock, silence

KEY = InstanceKey("bogota", "network-rejection", "12004")
ANY: dict[str, tuple[str, ...]] = {"rules": (), "entities": (), "operations": ()}
LUNCH = silence(0, 14 * 24 * 60, weekly="Mon-Fri 13:00-14:00", timezone="America/Bogota")


@pytest.mark.parametrize(
    ("matchers", "fits"),
    [
        ({"rules": ("network-rejection",)}, True),
        ({"rules": ("network-*",)}, True),
        ({"rules": ("network",)}, False),
        ({"rules": ("site-link", "network-rejection")}, True),
        ({"entities": ("12004",)}, True),
        ({"entities": ("120??",)}, True),
        ({"entities": ("1200[1-3]",)}, False),
        ({"operations": ("bogota",)}, True),
        ({"operations": ("BOGOTA",)}, False),
        ({"operations": ("lima",)}, False),
        ({"rules": ("*",), "entities": ("12004",), "operations": ("lima",)}, False),
        ({"rules": ("network-*",), "entities": ("1*",), "operations": ("b*",)}, True),
    ],
)
def test_a_silence_covers_what_fits_all_that_it_names(
    matchers: dict[str, tuple[str, ...]], fits: bool
) -> None:
    assert covers(silence(0, 60, **(ANY | matchers)), KEY) is fits


def test_patterns_that_somebody_tries_fill_no_memory() -> None:
    for number in range(GLOBS + 100):
        assert fits((f"{number}*",), f"{number}-ANA")

    assert judged._glob.cache_info().currsize == GLOBS


def test_a_name_without_signs_fits_itself_alone() -> None:
    before = judged._glob.cache_info().misses

    assert not fits(("1200.", "12004"), "12005")
    assert judged._glob.cache_info().misses == before


def test_a_name_that_looks_like_a_glob_is_itself_too() -> None:
    odd = KEY._replace(entity="Break [1]")
    assert covers(silence(0, 60, entities=("Break [1]",)), odd)
    assert not covers(silence(0, 60, entities=("Break [1]",)), KEY._replace(entity="Break 1x"))


def test_it_is_in_force_from_its_start_up_to_its_end() -> None:
    planned = replace(silence(0, 60), starts_at=clock(30))
    forces = [in_force(planned, clock(minute)) for minute in (29.9, 30, 59.9, 60)]
    assert forces == [None, clock(60), clock(60), None]


def test_an_ended_one_is_not() -> None:
    assert in_force(replace(silence(0, 60), ended_at=clock(10)), clock(20)) is None


def bogota(day: int, hour: int, minute: int = 0) -> datetime:
    """A time of January 2026 there: the fifth is a Monday."""
    zone = ZoneInfo("America/Bogota")
    return datetime(2026, 1, day, hour, minute, tzinfo=zone).astimezone(UTC)


def test_a_weekly_one_is_in_force_in_its_hours_and_says_until_when() -> None:
    assert in_force(LUNCH, bogota(5, 12, 59)) is None
    assert in_force(LUNCH, bogota(5, 13)) == bogota(5, 14)
    assert in_force(LUNCH, bogota(5, 14)) is None
    assert in_force(LUNCH, bogota(10, 13, 30)) is None  # a Saturday
    assert in_force(replace(LUNCH, ends_at=bogota(5, 13, 30)), bogota(5, 13)) == bogota(5, 13, 30)


def test_a_weekly_one_begins_and_ends_at_its_hours() -> None:
    def next_turn(after: datetime) -> datetime:
        return min(at for at in turns(LUNCH, after) if at > after)

    assert next_turn(bogota(5, 10, 1)) == bogota(5, 13)
    assert next_turn(bogota(5, 13)) == bogota(5, 14)
    assert next_turn(bogota(9, 14)) == bogota(10, 13)  # where nothing begins: harmless


def test_hours_that_never_end_last_to_the_end() -> None:
    always = replace(LUNCH, weekly="00:00-24:00")
    assert in_force(always, bogota(6, 0)) == always.ends_at


@given(minutes=st.integers(0, 14 * 24 * 60))
def test_a_weekly_one_holds_up_to_the_moment_that_it_names(minutes: int) -> None:
    at = clock(minutes)
    until = in_force(LUNCH, at)
    if until is not None:
        assert at < until <= LUNCH.ends_at
        assert in_force(LUNCH, until - timedelta(seconds=1)) == until
        assert in_force(LUNCH, until) is None


def test_of_several_the_longest_counts() -> None:
    short, long = silence(0, 60), silence(0, 90, id="longer")
    assert covering([long, short], KEY, clock(10)) == (long, clock(90))
    assert covering([long, short], KEY, clock(95)) is None
