"""Draw the last values as a line of blocks, with a word for those who cannot see it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

BLOCKS = "▁▂▃▅▆█"

_MOST = 12  # values shown
_NEWS = 0.1  # of the scale: less is steady


def sparkline(values: Sequence[float], threshold: float | None) -> str:
    """Return one block per value, on a scale from zero that holds the threshold too."""
    shown = [value for value in values if isfinite(value)][-_MOST:]
    if len(shown) < 2:
        return ""
    low, high = scale(shown, threshold)
    return "".join(BLOCKS[round((value - low) / (high - low) * 5)] for value in shown)


def direction(values: Sequence[float], threshold: float | None) -> str:
    """Return ``rising``, ``falling`` or ``steady``: the last third against the first."""
    shown = [value for value in values if isfinite(value)][-_MOST:]
    if len(shown) < 2:
        return ""
    low, high = scale(shown, threshold)
    third = max(1, len(shown) // 3)
    change = sum(shown[-third:]) / third - sum(shown[:third]) / third
    if abs(change) <= _NEWS * (high - low):
        return "steady"
    return "rising" if change > 0 else "falling"


def scale(values: Sequence[float], threshold: float | None) -> tuple[float, float]:
    """The lowest and highest of the values, zero and the threshold; never the same."""
    marks = [0.0, *values] if threshold is None else [0.0, threshold, *values]
    low, high = min(marks), max(marks)
    return low, high if high > low else low + 1.0
