"""Work out the lines of a small chart: where each value stands, and the limit among them.

Points are texts as SVG takes them; what they mean stands beside the picture in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

_ROOM = 0.12  # of the height, above and below the values


@dataclass(frozen=True, slots=True)
class Chart:
    """A line in a box.

    Attributes:
        points: Of the line: ``0,12 8,10``; empty where there are not two values.
        area: The same, closed along the bottom.
        limit: The height of the limit; None where there is none.
        last: The last value's place.
    """

    width: float
    height: float
    points: str = ""
    area: str = ""
    limit: float | None = None
    last: tuple[float, float] | None = None


def chart(
    values: Sequence[float], limit: float | None, *, width: float = 96.0, height: float = 28.0
) -> Chart:
    """The chart of *values*, evenly spaced, oldest first."""
    shown = [value for value in values if isfinite(value)]
    if len(shown) < 2:
        return Chart(width, height)
    target = limit if limit is not None and isfinite(limit) else None
    level = level_of(shown, target, height)
    step = width / (len(shown) - 1)
    places = [(round(place * step, 1), level(value)) for place, value in enumerate(shown)]
    points = " ".join(f"{x:g},{y:g}" for x, y in places)
    return Chart(
        width,
        height,
        points=points,
        area=f"0,{height:g} {points} {width:g},{height:g}",
        limit=None if target is None else level(target),
        last=places[-1],
    )


def level_of(
    values: Sequence[float], limit: float | None, height: float
) -> Callable[[float], float]:
    """What says how high a value stands, so that all of them and the limit have room."""
    marks = values if limit is None else [*values, limit]
    low, high = min(marks), max(marks)
    spread = (high - low) or abs(high) or 1.0
    bottom, top = low - spread * _ROOM, high + spread * _ROOM
    return lambda value: round(height - (value - bottom) / (top - bottom) * height, 1)
