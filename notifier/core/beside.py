"""Say which rows of an operation's other sources are about the same things, and fetch them.

A rule may ask of the same agent, queue or address what another source says of it now. The last
good snapshot answers while it is fresh; else nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.endpoint import Collection, Endpoint, Kind
from notifier.core.snapshot import Keyed, Snapshot
from notifier.core.state import SourceKey


@dataclass(frozen=True, slots=True)
class Beside:
    """One collection of another source of the same operation.

    Attributes:
        place: How rules name it: SOURCE, or SOURCE.COLLECTION.
        key: The field that names its entities; the asking rows have it, too.
        stale_after: How old its snapshot may be.
    """

    place: str
    source: SourceKey
    collection: str
    key: str
    kinds: Mapping[str, Kind]
    stale_after: timedelta


def joinable(source: SourceKey, endpoint: Endpoint, stale_after: timedelta) -> Iterator[Beside]:
    """Yield what of a source can be asked for by one field."""
    for collection in endpoint.collections:
        if len(collection.key) == 1:
            yield Beside(
                place=".".join(filter(None, (source.source, collection.name))),
                source=source,
                collection=collection.name,
                key=collection.key[0],
                kinds=_plain(collection),
                stale_after=stale_after,
            )


def _plain(collection: Collection) -> Mapping[str, Kind]:
    return {each.name: each.kind for each in collection.decoded()}


def rows_beside(
    wanted: Iterable[Beside], snapshots: Mapping[SourceKey, Snapshot], at: datetime
) -> Mapping[str, Keyed]:
    """Return the rows of each place by what names them; one that is not fresh is left out."""
    found: dict[str, Keyed] = {}
    for each in wanted:
        snapshot = snapshots.get(each.source)
        if snapshot is not None and at - snapshot.at <= each.stale_after:
            rows = snapshot.collections.get(each.collection, {}).values()
            found[each.place] = {getattr(row, each.key): row for row in rows}
    return found
