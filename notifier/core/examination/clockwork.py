"""Work out what clocks and zones the far side keeps, from what it says of them.

wolkvox sends no zone: printed dates are the operation's own time. But the ids of calls hold the
moment in seconds since 1970, so the two together tell the zone that dates are printed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise
from statistics import median

QUARTER = 15 * 60  # seconds: zones differ by quarters of an hour
FEWEST = 3  # calls from which an offset is believed
_FORMS = ("%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S")
_EPOCH = re.compile(r"1[0-9]{9}")


def ahead(date: str, asked: datetime, answered: datetime) -> timedelta | None:
    """Return how far a far side's clock is ahead of ours, by its ``Date`` header; None without one.

    The header has whole seconds, and was written at some time between question and answer: what
    lies within that is no difference.
    """
    try:
        said = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    if said + timedelta(seconds=1) < asked:
        return said + timedelta(seconds=1) - asked
    return max(said - answered, timedelta(0))


def moment_of(conn_id: str) -> datetime | None:
    """Return when a call began, by its id: the last part but one is in seconds since 1970."""
    parts = conn_id.split(".")
    if len(parts) < 4 or not _EPOCH.fullmatch(parts[-2]):
        return None
    return datetime.fromtimestamp(int(parts[-2]), UTC)


def printed(date: str) -> datetime | None:
    """Return a printed date, without a zone, in each form that wolkvox uses."""
    for form in _FORMS:
        try:
            return datetime.strptime(date, form)  # noqa: DTZ007  # it has no zone
        except ValueError:
            continue
    return None


def offset(calls: Iterable[tuple[str, str]]) -> timedelta | None:
    """Return the offset from UTC in which dates are printed; None where too few calls tell it.

    calls: Ids and printed dates. The date may lie some minutes after the id's moment.
    """
    seconds = list(_offsets(calls))
    if len(seconds) < FEWEST:
        return None
    return timedelta(seconds=round(median(seconds) / QUARTER) * QUARTER)


def _offsets(calls: Iterable[tuple[str, str]]) -> Iterator[float]:
    for conn_id, date in calls:
        began, said = moment_of(conn_id), printed(date)
        if began is not None and said is not None:
            yield (said.replace(tzinfo=UTC) - began).total_seconds()


def oldest(ids: Iterable[str], now: datetime) -> timedelta | None:
    """Return how long ago the oldest of these calls began; None where no id tells it."""
    moments = [began for began in map(moment_of, ids) if began is not None]
    return now - min(moments) if moments else None


Counters = Mapping[str, float]


def falls(readings: Sequence[tuple[datetime, Counters]]) -> list[tuple[datetime, datetime]]:
    """Return between which two readings most counters fell: that is where they begin anew.

    readings: In their order: when, and each entity's counter.
    """
    pairs = pairwise(readings)
    return [(before[0], after[0]) for before, after in pairs if _fell(before[1], after[1])]


def _fell(before: Counters, after: Counters) -> bool:
    known = [name for name, count in before.items() if name in after and count > 0]
    fell = sum(after[name] < before[name] for name in known)
    return bool(known) and fell > len(known) / 2
