"""When a failed delivery is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.telling.retry import CHAT, MAIL, Patience, next_attempt

NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
patiences = st.sampled_from([CHAT, MAIL])
jitters = st.floats(0, 1, exclude_max=True)


def seconds(attempts: int, patience: Patience = CHAT, jitter: float = 0.0) -> float:
    at = next_attempt(patience, attempts=attempts, now=NOW, jitter=jitter)
    return (at - NOW).total_seconds()


def test_each_failure_doubles_the_wait_up_to_the_longest() -> None:
    waits = [seconds(attempts) for attempts in range(1, 10)]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_mail_waits_a_minute_first_for_greylisting() -> None:
    assert [seconds(attempts, MAIL) for attempts in (1, 2, 6, 7)] == [60, 120, 1800, 1800]


def test_jitter_adds_up_to_half_so_that_not_all_come_back_at_once() -> None:
    assert seconds(1, jitter=0.5) == 2.5


def test_what_cost_no_attempt_waits_as_after_the_first() -> None:
    assert seconds(0) == seconds(1)


@pytest.mark.parametrize("asked", [1, 30, 7200])
def test_never_sooner_than_asked(asked: int) -> None:
    wish = timedelta(seconds=asked)
    at = next_attempt(CHAT, attempts=3, now=NOW, jitter=0.0, asked=wish)
    assert at == NOW + max(wish, timedelta(seconds=8))


@given(
    patiences, st.integers(0, 10**9), jitters, st.none() | st.timedeltas(timedelta(0), timedelta(7))
)
def test_always_later_never_sooner_than_asked_and_never_for_ever(
    patience: Patience, attempts: int, jitter: float, asked: timedelta | None
) -> None:
    at = next_attempt(patience, attempts=attempts, now=NOW, jitter=jitter, asked=asked)
    assert at >= NOW + patience.first
    assert at >= NOW + (asked or timedelta(0))
    assert at <= NOW + max(1.5 * patience.longest, asked or timedelta(0))
