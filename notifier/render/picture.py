"""Draw the last values as a picture for a mail, where Pillow is installed (``notifier[charts]``).

The same values give the same bytes: a mail that is sent twice is known as one.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from math import isfinite

from notifier.render.trend import scale

WIDE, HIGH = 556, 120  # pixels in the mail
SHARP = 2  # so many times larger in the file: screens of phones have finer pixels
_SMOOTH = 2  # and so many times larger again while it is drawn
_DRAWN = SHARP * _SMOOTH
FEWEST = 3  # values: fewer show no course
_EDGE, _DOT, _DASH = 8, 5, 6  # pixels in the mail

# No ground, and colours between light and dark: mail readers turn round texts, never pictures,
# and nobody wants a white card in the face at three in the morning.
_LINE, _LIMIT = (0x4A, 0x8F, 0xD6, 255), (0xE0, 0x48, 0x5C, 255)
_FILL, _NOTHING = (*_LINE[:3], 48), (*_LINE[:3], 0)

AVAILABLE = find_spec("PIL") is not None
Point = tuple[float, float]


def picture(values: Sequence[float], limit: float | None) -> bytes:
    """The course of *values*, oldest first, beside their limit, as PNG; the scale has zero in it.

    Empty where there is none to draw: too few values, or all of them the same.
    """
    if not AVAILABLE or not _has_course(values, limit):
        return b""
    from PIL import Image, ImageDraw  # 33 ms that only those with charts pay

    low, high = scale(values, limit)
    points = [
        (_across(place, len(values)), _level(value, low, high))
        for place, value in enumerate(values)
    ]
    image = Image.new("RGBA", (WIDE * _DRAWN, HIGH * _DRAWN), _NOTHING)
    pen = ImageDraw.Draw(image)
    ground = _level(0.0, low, high)
    pen.polygon([(points[0][0], ground), *points, (points[-1][0], ground)], fill=_FILL)
    if limit is not None:
        for start, end in _dashes(_level(limit, low, high)):
            pen.line([start, end], fill=_LIMIT, width=_DRAWN * 3 // 2)
    pen.line(points, fill=_LINE, width=3 * _DRAWN, joint="curve")
    pen.circle(points[-1], _DOT * _DRAWN, fill=_LINE)
    out = io.BytesIO()
    image.reduce(_SMOOTH).quantize(64).save(out, "PNG", optimize=True)
    return out.getvalue()


def _has_course(values: Sequence[float], limit: float | None) -> bool:
    marks = (*values, limit or 0.0)
    drawable = isfinite(sum(map(abs, marks)))
    return len(values) >= FEWEST and drawable and min(values) < max(values)


def _across(place: int, count: int) -> float:
    return (_EDGE + place * (WIDE - 2 * _EDGE) / (count - 1)) * _DRAWN


def _level(value: float, low: float, high: float) -> float:
    return (HIGH - _EDGE - (value - low) / (high - low) * (HIGH - 2 * _EDGE)) * _DRAWN


def _dashes(level: float) -> list[tuple[Point, Point]]:
    starts = range(_EDGE * _DRAWN, (WIDE - _EDGE) * _DRAWN, 2 * _DASH * _DRAWN)
    return [((start, level), (start + _DASH * _DRAWN, level)) for start in starts]
