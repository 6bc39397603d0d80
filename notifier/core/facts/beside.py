"""Say which rows of an operation's other sources are about the same things, and fetch them.

A rule may ask of the same agent, queue or address what another source says of it now; of an agent
in a state, what is said of the latest stay in it. The last good snapshot answers while it is
fresh; else nothing is known.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.facts.snapshot import Keyed, Snapshot
from notifier.core.facts.state import SourceKey
from notifier.core.language.past import stay_key
from notifier.core.payload.endpoint import Collection, Endpoint, Kind, Stay
from notifier.core.payload.rows import Row

STATES = ("aux_state", "agent_status")  # the fields that name a state


@dataclass(frozen=True, slots=True)
class Beside:
    """One collection of another source of the same operation.

    Attributes:
        place: How rules name it: SOURCE, or SOURCE.COLLECTION.
        key: The field that names its entities; the asking rows have it, too.
        stale_after: How old its snapshot may be.
        stay: Set where its rows are stays in states: the asking rows name a state, too.
    """

    place: str
    source: SourceKey
    collection: str
    key: str
    kinds: Mapping[str, Kind]
    stale_after: timedelta
    stay: Stay | None = None

    def asked_by(self, names: Some[str]) -> str:
        """The field by which rows with these fields ask; empty where they cannot."""
        if self.key not in names:
            return ""
        return self.key if self.stay is None else next((s for s in STATES if s in names), "")


def joinable(source: SourceKey, endpoint: Endpoint, stale_after: timedelta) -> Iterator[Beside]:
    """Yield what of a source can be asked for by one field, or by who is in which state."""
    for collection in endpoint.collections:
        if len(collection.key) == 1 or collection.stay:
            yield Beside(
                place=".".join(filter(None, (source.source, collection.name))),
                source=source,
                collection=collection.name,
                key=collection.key[0],
                kinds=_plain(collection),
                stale_after=stale_after,
                stay=collection.stay,
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
            named = {getattr(row, each.key): row for row in rows}
            found[each.place] = named if each.stay is None else latest(rows, each.stay)
    return found


def latest(rows: Iterable[Row], stay: Stay) -> Keyed:
    """Return of each in each state, as ``stay_key`` names them, the stay that began last."""
    found: dict[str, Row] = {}
    for row in rows:
        key = stay_key(getattr(row, stay.who), getattr(row, stay.state))  # no part of it is blank
        if key not in found or getattr(row, stay.begin) > getattr(found[key], stay.begin):
            found[key] = row
    return found
