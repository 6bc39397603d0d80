"""Say when a source is on duty: its hours of the week as moments, in the operation's own time.

A shift is one stretch of time. Where clocks are set back it begins and ends when its hour comes
for the first time; an hour that is left out comes at the moment when the clocks leap over it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from notifier.core.rules.hours import SUNDAY, Active, Times

Stretch = tuple[datetime, datetime]  # from, and up to: the end is no part of it

_DAY = timedelta(days=1)
_AHEAD = timedelta(days=15)  # no hours of the week are further off, whatever the holidays


@dataclass(frozen=True, slots=True)
class Shifts:
    """The hours of one source.

    Attributes:
        active: None for always.
        holidays: A country, or a country and region (``BR-SP``), whose holidays count as Sunday;
            empty for none.
    """

    active: Active | None
    zone: ZoneInfo
    holidays: str = ""

    def hold(self, at: datetime) -> bool:
        """Whether it is on duty at that moment."""
        return self.active is None or any(self.between(at, at + timedelta.resolution))

    def between(self, since: datetime, until: datetime) -> list[Stretch]:
        """Return the stretches on duty within [since, until), in order, none touching another."""
        if self.active is None:
            return [(since, until)] if since < until else []
        found: list[Stretch] = []
        for opens, closes in sorted(self._opened(since, until)):
            begin, end = max(opens, since), min(closes, until)
            if begin < end and found and begin <= found[-1][1]:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            elif begin < end:
                found.append((begin, end))
        return found

    def seconds(self, since: datetime, until: datetime) -> float:
        """How much of the time between is on duty."""
        return sum((end - begin).total_seconds() for begin, end in self.between(since, until))

    def rest(self, since: datetime, until: datetime) -> bool:
        """Whether it is off duty at any time between."""
        return since < until and self.between(since, until) != [(since, until)]

    def closing(self, at: datetime) -> datetime | None:
        """When the shift of that moment ends; None off duty, and where it does not end."""
        ahead = self.between(at, at + _AHEAD)
        if not ahead or ahead[0][0] != at or ahead[0][1] == at + _AHEAD:
            return None
        return ahead[0][1]

    def _opened(self, since: datetime, until: datetime) -> Iterator[Stretch]:
        """Every shift that may touch the time between: one of the day before may still last."""
        day = since.astimezone(self.zone).date() - _DAY
        last = until.astimezone(self.zone).date()
        while day <= last and self.active is not None:
            weekday = SUNDAY if is_holiday(day, self.holidays) else day.weekday()
            for span in self.active.spans:
                if weekday in span.days:
                    ends = day if span.begin < span.end else day + _DAY
                    yield moment(day, span.begin, self.zone), moment(ends, span.end, self.zone)
            day += _DAY


@dataclass(frozen=True, slots=True)
class Calendar:
    """Moments of the week at some place, where holidays count as Sunday."""

    times: Times
    zone: ZoneInfo
    holidays: str = ""

    def next(self, after: datetime) -> datetime:
        """The first of them after *after*; a fortnight on where holidays leave none."""
        found = self._around(after, range(-1, _AHEAD.days))
        return min((at for at in found if at > after), default=after + _AHEAD)

    def last(self, until: datetime) -> datetime | None:
        """The last of them up to *until*; None within a fortnight."""
        found = self._around(until, range(-_AHEAD.days, 2))
        return max((at for at in found if at <= until), default=None)

    def _around(self, at: datetime, days: Iterable[int]) -> Iterator[datetime]:
        today = at.astimezone(self.zone).date()
        for day in (today + timedelta(days=each) for each in days):
            weekday = SUNDAY if is_holiday(day, self.holidays) else day.weekday()
            for on, minute in self.times.moments:
                if weekday in on:
                    yield moment(day, minute, self.zone)


def moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return when the clocks there first show that many minutes after midnight, or more."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    before = int(wall.replace(tzinfo=zone, fold=1).timestamp())  # the clocks leap after that
    leapt = bisect_left(
        range(before, int(at.timestamp())),
        wall,
        key=lambda second: datetime.fromtimestamp(second, zone).replace(tzinfo=None),
    )
    return datetime.fromtimestamp(before + leapt, UTC)


def is_holiday(day: date, country: str) -> bool:
    """Whether *day* is a public holiday there, those moved to a Monday included."""
    return bool(country) and day in _holidays(country, day.year)


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays  # 3 MB that only some rules files need

    name, _, region = country.partition("-")
    return frozenset(holidays.country_holidays(name, subdiv=region or None, years=year))
