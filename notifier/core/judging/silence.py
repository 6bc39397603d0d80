"""Say what a silence is: which incidents it covers, and when it is in force."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from fnmatch import translate
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from notifier.core.facts.state import InstanceKey
from notifier.core.rules.hours import Active, active

WARNING = timedelta(minutes=10)  # before its end people hear of a silence that still holds news
GLOBS = 1024  # kept ready; whoever may see a preview may ask for any number of them
_SIGNS = frozenset("*?[")  # without any of them a pattern fits itself alone
_WEEK = range(-1, 9)  # days around today in which the next turn of a weekly silence must be


class Silence(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A span in which certain incidents are not told.

    Attributes:
        rules, entities, operations: What it covers: exact texts, or globs as ``1200*``. Each
            names some, or nothing, which is all; an incident must fit all three.
        weekly: The hours in which it is in force, as ``Mon-Fri 13:00-14:00`` in *timezone*;
            empty: from start to end without a break.
        until_resolved: It ends by itself when what it held has closed.
        still_open: What is open at its end is told of once; off for those who know.
        matched: It held something already.
        warned: Its end was announced.
        ended_at: When it was over, if it is; *ended_by* who ended it before its time.
    """

    id: str
    author: str
    comment: str
    created_at: datetime
    starts_at: datetime
    ends_at: datetime
    rules: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    weekly: str = ""
    timezone: str = "UTC"
    until_resolved: bool = False
    still_open: bool = True
    matched: bool = False
    warned: bool = False
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def over(self) -> bool:
        """Whether it has ended, by itself or by somebody's hand."""
        return self.ended_at is not None


def covers(silence: Silence, key: InstanceKey) -> bool:
    """Whether *silence* is about that rule and entity, in force or not."""
    return (
        fits(silence.operations, key.operation)
        and fits(silence.rules, key.rule)
        and fits(silence.entities, key.entity)
    )


def fits(patterns: tuple[str, ...], text: str) -> bool:
    """An exact name comes first: a name may hold what a glob takes for a sign."""
    return not patterns or any(text == each or _is_like(text, each) for each in patterns)


def _is_like(text: str, pattern: str) -> bool:
    return not _SIGNS.isdisjoint(pattern) and _glob(pattern).match(text) is not None


@lru_cache(maxsize=GLOBS)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def in_force(silence: Silence, now: datetime) -> datetime | None:
    """Return until when it is in force, or None when it is not at *now*."""
    if silence.over or not silence.starts_at <= now < silence.ends_at:
        return None
    if not silence.weekly:
        return silence.ends_at
    if not _contains(silence, now):
        return None
    ends = (at for at in _edges(silence, now) if at > now and not _contains(silence, at))
    return min(silence.ends_at, min(ends, default=silence.ends_at))


def covering(
    silences: Iterable[Silence], key: InstanceKey, now: datetime
) -> tuple[Silence, datetime] | None:
    """The silence that holds news of *key* at *now* the longest, and until when; or None."""
    found = [
        (until, silence.id, silence)
        for silence in silences
        if covers(silence, key) and (until := in_force(silence, now)) is not None
    ]
    if not found:
        return None
    until, _, silence = max(found, key=lambda each: each[:2])
    return silence, until


def turns(silence: Silence, after: datetime) -> Iterator[datetime]:
    """The moments after *after* at which it begins, is announced to end, or ends; some are past."""
    yield from (silence.starts_at, warns_at(silence), silence.ends_at)
    if silence.weekly:
        yield from sorted(at for at in _edges(silence, after) if at > after)[:1]


def warns_at(silence: Silence) -> datetime:
    """When its end is announced: not before its beginning."""
    return max(silence.starts_at, silence.ends_at - WARNING)


def _contains(silence: Silence, at: datetime) -> bool:
    return hours(silence.weekly).contains(at.astimezone(ZoneInfo(silence.timezone)))


def _edges(silence: Silence, around: datetime) -> Iterator[datetime]:
    """Each moment of the week around at which its hours may begin or end."""
    zone = ZoneInfo(silence.timezone)
    today = around.astimezone(zone).date()
    minutes = {m for span in hours(silence.weekly).spans for m in (span.begin, span.end)}
    for days in _WEEK:
        midnight = datetime.combine(today + timedelta(days=days), time(), zone)
        for minute in minutes:
            yield (midnight + timedelta(minutes=minute)).astimezone(UTC)


def check_hours(weekly: str, timezone: str) -> None:
    """See that a silence can have these hours.

    Raises:
        ValueError: saying what is wrong.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"`{timezone}` is not a time zone; use a name such as America/Bogota"
        ) from None
    if weekly:
        hours(weekly)


@lru_cache(maxsize=256)
def hours(weekly: str) -> Active:
    """The hours of a weekly silence, read.

    Raises:
        ValueError: saying what is wrong.
    """
    return active(weekly)
