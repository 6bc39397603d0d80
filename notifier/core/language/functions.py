"""Do the arithmetic that rules may ask for; know nothing of rules, rows or time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, floor, inf, isfinite, lgamma, log

from notifier.core.payload.values import plain

MOST_TRIES = 10_000_000  # beyond them nothing is said: no contact center has so many calls


def mos(latency: float, jitter: float, loss: float) -> float:
    """Return the estimated call quality, 1 (bad) to 4.5.

    The widely used simplification of the E-model: codec-blind, and gentle on loss, so an estimate.

    latency, jitter: milliseconds, latency one way.
    loss: percent.
    """
    delay = latency + 2 * jitter + 10
    rating = 93.2 - delay / 40 if delay < 160 else 93.2 - (delay - 120) / 10
    rating -= 2.5 * loss
    if rating >= 100:
        return 4.5
    if not rating > 0:
        return 1.0
    return max(1.0, 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating))


def unlikely(successes: float, n: float, target: float, alpha: float) -> bool | None:
    """Say whether so few successes of n are rarer than alpha if target were true.

    The exact binomial tail P(X <= successes), for an interval misjudges few calls.

    successes, n: counts; a fraction of a success does not count.
    target, alpha: 0 to 1.

    Returns None, unknown, where n is 0, beyond ten millions, or a number is not finite.
    """
    if not isfinite(successes) or not 1 <= n <= MOST_TRIES:
        return None
    tries, hits = floor(n + 1e-9), floor(successes + 1e-9)
    if hits >= tries or target <= 0:
        return False
    return hits < 0 or target >= 1 or _tail(hits, tries, target) < alpha


def _tail(hits: int, tries: int, target: float) -> float:
    """Return P(X <= hits), summed from whichever side of the middle is the shorter."""
    if hits <= target * tries:
        return _sum_down(hits, tries, target)
    return 1 - _sum_down(tries - hits - 1, tries, 1 - target)


def _sum_down(hits: int, tries: int, target: float) -> float:
    """Sum the terms from hits down, each smaller than the last; stop when they no longer count."""
    choose = lgamma(tries + 1) - lgamma(hits + 1) - lgamma(tries - hits + 1)
    first = exp(choose + hits * log(target) + (tries - hits) * log(1 - target))
    odds = (1 - target) / target
    total, term, k = 1.0, 1.0, hits
    while k and term > total * 1e-17:
        term *= k * odds / (tries - k + 1)
        total += term
        k -= 1
    return first * total


def median(values: Sequence[float]) -> float:
    """Return the middle of at least one value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


def worse(a: float, b: float) -> float:
    """Return the greater: of two losses or jitters the one that hurts."""
    return max(a, b)


def allowance(state: str, table: Mapping[str, float]) -> float:
    """Return the seconds that a state may last: infinite where the table does not name it.

    table: by state as ``values.plain`` says it.
    """
    return table.get(plain(state), inf)
