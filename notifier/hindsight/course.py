"""Find the course of an incident's value among the recordings: before, during and after it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from notifier.core.facts.snapshot import by_key
from notifier.core.facts.state import Incident
from notifier.core.hindsight.course import Look, Point, fields, follow, looks_back
from notifier.core.judging.plan import RulePlan, SourcePlan
from notifier.core.payload.endpoint import Collection
from notifier.core.payload.rows import row_type
from notifier.store.database import Database
from notifier.store.recordings import Recording, unpack
from notifier.store.sampled import Read, bodies, gapless, last, spread

MOST = 180  # readings that are unpacked for one chart: 0.1 s with 2,000 rows in each
ROOM = 0.15  # of its length, before and after it
LEAST = 8  # polls before and after it
MISSED = 2.5  # polls without a reading: a gap
KEPT = 64  # entities whose values are kept: a page that follows the bot asks again and again

Values = dict[int, float | None]


@dataclass(slots=True)
class Courses:
    """The courses of a database's incidents; what was read once is kept for a while."""

    database: Database
    _kept: OrderedDict[object, Values] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def course(
        self, rule: RulePlan, source: SourcePlan, incident: Incident, now: datetime
    ) -> list[Point]:
        """The entity's values round an incident, the oldest first; empty where none is recorded.

        With more readings than ``MOST`` in that time: evenly spread ones, or, where the value looks
        back, the last ones.
        """
        entity = incident.key.entity
        since, until = span(incident, source.cadence, now)
        with self.database.reading() as connection:
            reads = last(connection, source.key, since, until, MOST + 1)
            back = looks_back(rule)
            if len(reads) > MOST and not back:
                reads = spread(connection, source.key, since, until, MOST)
            else:
                reads = list(gapless(reads[-MOST:], source.cadence * MISSED))
            known = {} if back else self._values(rule, incident)
            news = reads if back else [r for r in reads if r.id and r.id not in known]
            found = bodies(connection, [each.id for each in news if each.id])
            looks = _looks(news, found, _wanted(rule, source))
            points = list(follow(rule, source, entity, looks))
        if back:
            return points
        known.update((r.id, point.value) for r, point in zip(news, points, strict=False))
        return [Point(r.at, known.get(r.id) if r.id else None) for r in reads]

    def _values(self, rule: RulePlan, incident: Incident) -> Values:
        """What is known of that entity by recording, as long as the rule means the same by it."""
        key = (incident.key, str(rule.value), rule.by, str(rule.where))
        with self._lock:
            found = self._kept.setdefault(key, {})
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return found


def span(incident: Incident, cadence: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """From some time before an incident was seen until some time after it closed, or now."""
    end = incident.closed_at or now
    room = max((end - incident.since) * ROOM, cadence * LEAST)
    return incident.since - room, min(end + room, now)


def _wanted(rule: RulePlan, source: SourcePlan) -> Collection:
    """The collection, without the fields that the value does not need."""
    whole = source.collections[rule.collection].collection
    if looks_back(rule):
        return whole
    names = {*fields(rule), *whole.key, *whole.fallback_key}
    return replace(whole, fields=tuple(each for each in whole.fields if each.name in names))


def _looks(
    reads: Sequence[Read], found: Iterator[Recording | None], collection: Collection
) -> Iterator[Look]:
    types = {collection.name: row_type(collection)}
    for each in reads:
        one = next(found) if each.id else None
        rows = unpack(one.body, types).get(collection.name) if one else None
        yield Look(each.at, None if rows is None else by_key(rows, collection)[0])
