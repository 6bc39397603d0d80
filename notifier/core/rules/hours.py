"""Read hours of the week, and say whether a local moment is within them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SUNDAY = 6
_DAY = 24 * 60  # minutes
_ACTIVE = re.compile(r"(?:([A-Za-z]{3})(?:\s*-\s*([A-Za-z]{3}))?\s+)?(\S+?)\s*-\s*(\S+)")
_TIME = re.compile(r"(?:([A-Za-z]{3})(?:\s*-\s*([A-Za-z]{3}))?\s+)?(\S+)")
_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """Some hours on some days.

    Attributes:
        days: 0 is Monday.
        begin, end: Minutes after local midnight; an end before the begin is on the next day.
    """

    days: frozenset[int]
    begin: int
    end: int

    def contains(self, day: int, minute: int, yesterday: int) -> bool:
        """Whether that minute of that day is within, or within what began the day before."""
        if self.begin < self.end:
            return day in self.days and self.begin <= minute < self.end
        started = day in self.days and minute >= self.begin
        return started or (yesterday in self.days and minute < self.end)


@dataclass(frozen=True, slots=True)
class Active:
    """The hours in which a source is polled: ``Mon-Sat 07:00-21:00``."""

    text: str
    spans: tuple[Span, ...]

    def contains(self, local: datetime, holiday: bool = False, after_holiday: bool = False) -> bool:
        """Whether *local*, the operation's own time, is within. A holiday counts as Sunday.

        after_holiday: the day before was one, which matters to hours that cross midnight.
        """
        day = SUNDAY if holiday else local.weekday()
        yesterday = SUNDAY if after_holiday else (local - timedelta(days=1)).weekday()
        minute = local.hour * 60 + local.minute
        return any(span.contains(day, minute, yesterday) for span in self.spans)

    def minutes(self, day: int) -> int:
        """How many minutes of a weekday, 0 for Monday, are within."""
        return sum(
            any(span.contains(day, minute, (day - 1) % 7) for span in self.spans)
            for minute in range(_DAY)
        )


@dataclass(frozen=True, slots=True)
class Times:
    """Moments of the week: ``Mon-Sat 21:00``; each with its days, 0 for Monday, and minute."""

    text: str
    moments: tuple[tuple[frozenset[int], int], ...]


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours of each day in which only critical news may disturb: ``22:00-07:00``."""

    text: str
    begin: int
    end: int

    def contains(self, local: datetime) -> bool:
        """Whether *local*, the receiver's own time, is within."""
        minute = local.hour * 60 + local.minute
        if self.begin <= self.end:
            return self.begin <= minute < self.end
        return minute >= self.begin or minute < self.end


def active(text: str) -> Active:
    """Read ``Mon-Sat 07:00-21:00``, several separated by commas; without days it is every day.

    Raises:
        ValueError: saying what is wrong.
    """
    return Active(text, tuple(_span(part.strip()) for part in text.split(",")))


def times(text: str) -> Times:
    """Read ``Mon-Sat 21:00``, several separated by commas; without days it is every day.

    Raises:
        ValueError: saying what is wrong.
    """
    return Times(text, tuple(_moment(part.strip()) for part in text.split(",")))


def _moment(text: str) -> tuple[frozenset[int], int]:
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f'`{text}` is not a time of the week; write it as in "Mon-Sat 21:00"')
    first, last, at = found.groups()
    return _days(first, last), clock(at)


def quiet(text: str) -> Quiet:
    """Read ``22:00-07:00``.

    Raises:
        ValueError: saying what is wrong.
    """
    begin, dash, end = text.partition("-")
    if not dash:
        raise ValueError('hours are written as in "22:00-07:00"')
    hours = Quiet(text, _minutes(begin.strip()), _minutes(end.strip()) % _DAY)
    if hours.begin == hours.end:
        raise ValueError("these hours begin and end at the same time")
    return hours


def clock(text: str) -> int:
    """Read ``07:00``: minutes after midnight, less than a day.

    Raises:
        ValueError: saying what is wrong.
    """
    return _minutes(text) % _DAY


def _span(text: str) -> Span:
    found = _ACTIVE.fullmatch(text)
    if not found:
        raise ValueError(
            f'`{text}` is not a time of the week; write it as in "Mon-Sat 07:00-21:00"'
        )
    first, last, begin, end = found.groups()
    span = Span(_days(first, last), _minutes(begin), _minutes(end))
    if span.begin == span.end or span.begin == _DAY:
        raise ValueError(f"`{text}` holds no hour")
    return span


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    begin, end = _day(first), _day(last or first)
    count = (end - begin) % 7 + 1
    return frozenset((begin + step) % 7 for step in range(count))


def _day(word: str) -> int:
    if word.title() not in DAYS:
        raise ValueError(f"`{word}` is not a day; use {' '.join(DAYS)}")
    return DAYS.index(word.title())


def _minutes(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else _DAY + 1
    if minutes > _DAY:
        raise ValueError(f'`{text}` is not a time of day; write it as in "07:00"')
    return minutes
