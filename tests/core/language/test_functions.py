from __future__ import annotations

from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.language.functions import median, mos, unlikely, worse
from tests.core.language.reference import tail


@pytest.mark.parametrize(
    ("latency", "jitter", "loss", "expected"),
    [
        (0, 0, 0, 4.40),
        (50, 5, 0, 4.37),
        (100, 10, 1, 4.27),
        (150, 30, 1, 4.05),
        (150, 30, 3, 3.85),
        (250, 30, 3, 3.39),
        (300, 30, 3, 3.14),
        (400, 50, 5, 2.15),
        (600, 80, 10, 1.00),
        (2_000, 0, 0, 1.0),
        (0, 0, -10, 4.5),
    ],
)
def test_call_quality_is_estimated_as_published(
    latency: float, jitter: float, loss: float, expected: float
) -> None:
    assert mos(latency, jitter, loss) == pytest.approx(expected, abs=0.005)


def test_call_quality_of_impossible_numbers_is_the_worst_and_never_an_error() -> None:
    assert mos(inf, -inf, 0) == 1.0


@pytest.mark.parametrize(
    ("observed", "alpha", "first"),
    [
        (0.0, 0.05, 2),
        (0.0, 0.01, 3),
        (0.0, 0.001, 5),
        (0.5, 0.05, 7),
        (0.5, 0.01, 13),
        (0.5, 0.001, 21),
        (0.6, 0.05, 13),
        (0.6, 0.01, 23),
        (0.6, 0.001, 43),
        (0.7, 0.05, 44),
        (0.7, 0.01, 87),
        (0.7, 0.001, 164),
        (0.75, 0.05, 173),
        (0.75, 0.01, 353),
        (0.75, 0.001, 637),
    ],
)
def test_a_bad_percentage_becomes_news_only_from_enough_calls(
    observed: float, alpha: float, first: int
) -> None:
    news = [n for n in range(1, first + 1) if unlikely(observed * n, n, 0.8, alpha)]

    assert news[:1] == [first]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.sampled_from([0.01, 0.2, 0.5, 0.8, 0.99]),
    st.sampled_from([0.001, 0.01, 0.05, 0.5, 0.9]),
)
def test_the_tail_is_the_exact_one(calls: tuple[int, int], target: float, alpha: float) -> None:
    hits, n = calls
    exact = tail(hits, n, target)
    close = abs(exact - Fraction(alpha)) < Fraction(1, 10**9)  # floats may fall either way

    assert close or unlikely(hits, n, target, alpha) == (exact < Fraction(alpha))


def test_a_million_calls_are_judged_at_once() -> None:
    assert unlikely(799_000, 1_000_000, 0.8, 0.05) is True  # 2.5 sigma below
    assert unlikely(799_900, 1_000_000, 0.8, 0.05) is False  # 0.25 sigma
    assert unlikely(900_000, 1_000_000, 0.8, 0.05) is False
    assert unlikely(0, 1_000_000, 0.8, 1e-300) is True


@pytest.mark.parametrize(
    ("successes", "n", "target", "expected"),
    [
        (0, 0, 0.8, None),  # no calls: nothing is known
        (0, -1, 0.8, None),
        (nan, 10, 0.8, None),
        (5, inf, 0.8, None),
        (5, nan, 0.8, None),
        (5, 1e308, 0.8, None),
        (10, 10, 0.8, False),  # all of them
        (12, 10, 0.8, False),
        (-1, 10, 0.8, True),
        (3, 10, 0.0, False),
        (9, 10, 1.0, True),
    ],
)
def test_the_edges_of_unlikely(
    successes: float, n: float, target: float, expected: bool | None
) -> None:
    assert unlikely(successes, n, target, 0.001) is expected


def test_the_median_of_an_even_number_lies_between() -> None:
    assert (median([3.0, 1.0, 2.0]), median([4.0, 1.0, 2.0, 3.0]), median([7.0])) == (2, 2.5, 7)


def test_the_worse_of_two_losses_is_the_greater() -> None:
    assert (worse(1.0, 3.0), worse(3.0, 1.0)) == (3.0, 3.0)
