"""Lay out the course of a value over time: lines with gaps, a limit, marks, and an axis of hours.

Heights are pixels, widths thousandths of the chart: it is as wide as its page. What it shows stands
beside it in words and as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import groupby

from notifier.render.chart import level_of

WIDTH, HEIGHT = 1000.0, 172.0
MOST_TICKS = 5
_EDGE = 40.0  # of the width: a text nearer to an edge begins, or ends, there
_STEPS = tuple(
    timedelta(minutes=m)
    for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200)
)
_DAY = timedelta(days=1)

Points = Sequence[tuple[datetime, float | None]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A text on the axis; *anchor* is SVG's. *x*: percent of the width."""

    x: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a time: ``opened``, ``acknowledged``, ``closed``."""

    x: float
    what: str


@dataclass(frozen=True, slots=True)
class Course:
    """A chart.

    Attributes:
        lines, areas: As SVG takes points; one for each stretch of known values.
        gaps: Where nothing is known: x and width.
        limit: The height of the limit; None where there is none.
        lowest, highest: Of the values; *bottom* and *top* their heights.
        known: How many values are known; *unknown* how many stretches without any.
    """

    lines: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    limit: float | None = None
    lowest: float = 0.0
    highest: float = 0.0
    bottom: float = 0.0
    top: float = 0.0
    last: float = 0.0
    known: int = 0
    ticks: tuple[Tick, ...] = ()
    marks: tuple[Mark, ...] = ()


def course(
    points: Points,
    limit: float | None,
    *,
    zone: tzinfo,
    day: Callable[[datetime], str],
    marks: Sequence[tuple[datetime, str]] = (),
) -> Course:
    """The chart of *points*, the oldest first; one without lines where not two values are known.

    zone: The operation's. day: Writes a date. marks: What happened when.
    """
    values = [value for _, value in points if value is not None]
    if len(values) < 2:
        return Course()
    begin, end = points[0][0], points[-1][0]
    width = (end - begin).total_seconds() or 1.0

    def place(at: datetime) -> float:
        return round((at - begin).total_seconds() / width * WIDTH, 1)

    level = level_of(values, limit, HEIGHT)
    stretches = list(_stretches(points))
    return Course(
        lines=tuple(_line(each, place, level) for each in stretches),
        areas=tuple(_area(each, place, level) for each in stretches),
        gaps=tuple(_gaps(points, place)),
        limit=None if limit is None else level(limit),
        lowest=min(values),
        highest=max(values),
        bottom=level(min(values)),
        top=level(max(values)),
        last=values[-1],
        known=len(values),
        ticks=tuple(_ticks(begin, end, zone, day, place)),
        marks=tuple(Mark(place(at) / 10, what) for at, what in marks if begin <= at <= end),
    )


Stretch = list[tuple[datetime, float]]
Place = Callable[[datetime], float]
Level = Callable[[float], float]


def _stretches(points: Points) -> Iterator[Stretch]:
    """The known values, apart where nothing is known in between."""
    for known, some in groupby(points, lambda point: point[1] is not None):
        if known:
            yield [(at, value) for at, value in some if value is not None]


def _line(stretch: Stretch, place: Place, level: Level) -> str:
    """A value that stands alone is a line of no length: a dot."""
    shown = stretch if len(stretch) > 1 else stretch * 2
    return " ".join(f"{place(at):g},{level(value):g}" for at, value in shown)


def _area(stretch: Stretch, place: Place, level: Level) -> str:
    first, last = place(stretch[0][0]), place(stretch[-1][0])
    return f"{first:g},{HEIGHT:g} {_line(stretch, place, level)} {last:g},{HEIGHT:g}"


def _gaps(points: Points, place: Place) -> Iterator[tuple[float, float]]:
    """From the last known value to the next one."""
    before: datetime | None = None
    unknown: datetime | None = None
    for at, value in points:
        if value is None:
            unknown = unknown or before or at
            continue
        if unknown is not None:
            yield place(unknown), round(place(at) - place(unknown), 1)
        before, unknown = at, None
    if unknown is not None:
        yield place(unknown), round(WIDTH - place(unknown), 1)


def _ticks(
    begin: datetime, end: datetime, zone: tzinfo, day: Callable[[datetime], str], place: Place
) -> Iterator[Tick]:
    """Round hours of the zone; midnight is called by its day."""
    step = next((s for s in _STEPS if (end - begin) / s <= MOST_TICKS), _STEPS[-1])
    for at in _round_times(begin.astimezone(zone), step):
        if at > end:
            return
        x = place(at)
        anchor = "start" if x < _EDGE else "end" if x > WIDTH - _EDGE else "middle"
        yield Tick(x / 10, f"{at:%H:%M}" if at.hour or at.minute else day(at), anchor)


def _round_times(begin: datetime, step: timedelta) -> Iterator[datetime]:
    """Local times from *begin* on; whole days are counted by the calendar, hours by the clock."""
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight
    for number in range(10_000):
        at = midnight + number * step  # of a local time: the wall's clock
        if at >= begin:
            yield at
