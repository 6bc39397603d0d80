"""Reckon with numbers of which only the bounds are known.

They come from aggregates over rows with blanks, so that "unknown" is said only where the blanks
could make a difference.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Range:
    """A number somewhere from low to high, both included."""

    low: float
    high: float


Value: TypeAlias = float | str | bool | Range | None
"""None is unknown."""

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def apply(function: Callable[..., float | bool | None], given: Sequence[Value]) -> Value:
    """Return the function of the numbers, or of all they may be.

    It must be monotone in each: then the corners hold the extremes.
    """
    if None in given:
        return None
    try:
        results = [function(*corner) for corner in product(*map(_ends, given))]
    except ZeroDivisionError:
        return None
    known = [result for result in results if result is not None and result == result]
    if not known or len(known) < len(results):
        return None
    if min(known) == max(known):
        return known[0]
    return None if isinstance(known[0], bool) else Range(min(known), max(known))


def divide(left: Value, right: Value) -> Value:
    """Divide, unless what may be zero stands below."""
    if isinstance(right, Range) and right.low <= 0 <= right.high:
        return None
    return apply(operator.truediv, [left, right])


def jump(function: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """Apply what is not monotone, ``%`` and ``//``: bounds say nothing of it."""
    if isinstance(left, Range) or isinstance(right, Range):
        return None
    return apply(function, [left, right])


def compare(sign: str, left: Value, right: Value) -> bool | None:
    """Compare, if it comes out the same wherever in their ranges the two are."""
    if left is None or right is None:
        return None
    if not isinstance(left, Range) and not isinstance(right, Range):
        return COMPARE[sign](left, right)
    one, other = _ends(left), _ends(right)
    if sign in ("==", "!="):
        apart = max(one) < min(other) or max(other) < min(one)
        return sign == "!=" if apart else None
    results = {COMPARE[sign](a, b) for a, b in product(one, other)}
    return results.pop() if len(results) == 1 else None


def _ends(number: Value) -> tuple[float, ...]:
    """Return what a number is at its extremes: nothing where it is unknown."""
    if isinstance(number, Range):
        return number.low, number.high
    return (number,) if isinstance(number, float) else ()


# ---- aggregates ----


def count(found: Sequence[Value], size: int = 1) -> Value:
    """Count what is true, in shares of *size*; what is unknown may yet be. Of none: unknown."""
    if not size:
        return None
    least = found.count(True)
    most = least + found.count(None)
    return least / size if least == most else Range(least / size, most / size)


def total(found: Sequence[Value]) -> Value:
    """Add up, if all are known."""
    known = _known(found)
    return _real(sum(known, 0.0)) if len(known) == len(found) else None


def average(found: Sequence[Value]) -> Value:
    """Return the mean, if all are known and there are any."""
    known = _known(found)
    return _real(sum(known) / len(known)) if known and len(known) == len(found) else None


def least(found: Sequence[Value]) -> Value:
    """Return the smallest; a blank may be smaller still."""
    known = _known(found)
    if not known or len(known) == len(found):
        return min(known, default=None)
    return Range(-inf, min(known))


def most(found: Sequence[Value]) -> Value:
    """Return the greatest; a blank may be greater still."""
    known = _known(found)
    if not known or len(known) == len(found):
        return max(known, default=None)
    return Range(max(known), inf)


def _known(found: Sequence[Value]) -> list[float]:
    return [number for number in found if isinstance(number, float)]


def _real(number: float) -> float | None:
    """What is not a number, as of sums beyond all bounds, is unknown."""
    return number if number == number else None
