"""Find the course of an incident's value among the recordings: before, during and after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from notifier.core.facts.snapshot import by_key
from notifier.core.facts.state import Incident
from notifier.core.hindsight.course import Look, Point, follow, looks_back
from notifier.core.judging.plan import RulePlan, SourcePlan
from notifier.core.payload.endpoint import Collection
from notifier.core.payload.rows import row_type
from notifier.store.database import Database
from notifier.store.recordings import Recording, unpack
from notifier.store.sampled import Read, bodies, gapless, last, spread

MOST = 180  # readings that are unpacked for one chart: 0.2 s with 2,000 rows in each
ROOM = 0.15  # of its length, before and after it
LEAST = 8  # polls before and after it
MISSED = 2.5  # polls without a reading: a gap


def course(
    database: Database, rule: RulePlan, source: SourcePlan, incident: Incident, now: datetime
) -> list[Point]:
    """The entity's values round an incident, the oldest first; empty where nothing is recorded.

    With more readings than ``MOST`` in that time: evenly spread ones, or, where the value looks
    back, the last ones.
    """
    since, until = span(incident, source.cadence, now)
    collection = source.collections[rule.collection].collection
    with database.reading() as connection:
        reads = last(connection, source.key, since, until, MOST + 1)
        if len(reads) > MOST and not looks_back(rule):
            reads = spread(connection, source.key, since, until, MOST)
        else:
            reads = list(gapless(reads[-MOST:], source.cadence * MISSED))
        found = bodies(connection, [each.id for each in reads if each.id])
        looks = _looks(reads, found, collection)
        return list(follow(rule, source, incident.key.entity, looks))


def span(incident: Incident, cadence: timedelta, now: datetime) -> tuple[datetime, datetime]:
    """From some time before an incident was seen until some time after it closed, or now."""
    end = incident.closed_at or now
    room = max((end - incident.since) * ROOM, cadence * LEAST)
    return incident.since - room, min(end + room, now)


def _looks(
    reads: Sequence[Read], found: Iterator[Recording | None], collection: Collection
) -> Iterator[Look]:
    types = {collection.name: row_type(collection)}
    for each in reads:
        one = next(found) if each.id else None
        rows = unpack(one.body, types).get(collection.name) if one else None
        yield Look(each.at, None if rows is None else by_key(rows, collection)[0])
