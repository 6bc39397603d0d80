"""Take a snapshot: the rows of each collection, each by the key of its entity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from msgspec.structs import replace

from notifier.core.facts.state import SourceKey
from notifier.core.language.relations import broken
from notifier.core.payload.endpoint import Collection, Endpoint, Kind, Nature
from notifier.core.payload.oddities import NONE, Oddities
from notifier.core.payload.rows import Row

SLASH = "\N{DIVISION SLASH}"  # stands for a slash within a value: "/" joins the values of a key

Keyed = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one good poll of a source said.

    Attributes:
        at: When the answer was received.
        collections: By name, then by entity key. A collection that the answer did not hold is
            left out: nothing is known of it.
        oddities: What the catalogue does not say of it.
    """

    source: SourceKey
    at: datetime
    collections: Mapping[str, Keyed]
    oddities: Oddities = NONE

    @property
    def empty(self) -> bool:
        """Whether no collection has a row."""
        return not any(self.collections.values())


def take(
    source: SourceKey,
    endpoint: Endpoint,
    rows: Mapping[str, Sequence[Row]],
    at: datetime,
    oddities: Oddities = NONE,
) -> Snapshot:
    """Return the snapshot of *rows*, by collection, received *at*.

    oddities: What decoding found; records without a key, and numbers that cannot be true
        together, are added here.
    """
    collections: dict[str, Keyed] = {}
    dropped = oddities.dropped
    false: dict[str, int] = {}
    for collection in endpoint.collections:
        if collection.name in rows:
            keyed, lost = by_key(rows[collection.name], collection)
            collections[collection.name] = keyed
            dropped += lost
            false |= broken(collection, keyed)
    if dropped != oddities.dropped or false != oddities.broken:
        oddities = replace(oddities, dropped=dropped, broken=false)
    return Snapshot(source, at, collections, oddities)


def by_key(rows: Sequence[Row], collection: Collection) -> tuple[Keyed, int]:
    """Return the rows by entity key, and how many had none.

    Two rows of one key become one: the worst value of each field; or, where the collection says
    so, both are kept, the second as ``key/2``. So are events that nothing but their moment names.
    """
    keys = _keys(rows, collection)
    keyed = dict(zip(keys, rows, strict=True))
    if len(keyed) == len(rows) and None not in keyed:
        return keyed, 0  # type: ignore[return-value]  # no key is None
    if collection.numbered:
        return dict(_numbered(keys, rows)), keys.count(None)
    if collection.nature is Nature.EVENT and collection.fallback_key:
        keys = _apart(keys, rows, collection)
    merged: dict[str, Row] = {}
    for key, row in zip(keys, rows, strict=True):
        if key is not None:
            merged[key] = _worse(merged[key], row, collection) if key in merged else row
    return merged, keys.count(None)


def _numbered(keys: Sequence[str | None], rows: Sequence[Row]) -> Iterator[tuple[str, Row]]:
    times: Counter[str] = Counter()
    for key, row in zip(keys, rows, strict=True):
        if key is not None:
            times[key] += 1
            yield (key if times[key] == 1 else f"{key}/{times[key]}"), row


def _apart(
    keys: Sequence[str | None], rows: Sequence[Row], collection: Collection
) -> list[str | None]:
    """Count events of one moment without an id of their own, those that say yes first.

    So whatever their order, and however often they are listed, as many are known as there are,
    and as many sales as say yes; they enter and leave a sliding list together.
    """
    flags = [field.name for field in collection.decoded() if field.kind is Kind.FLAG]
    nameless = [
        place for place, row in enumerate(rows) if None in (getattr(row, n) for n in collection.key)
    ]
    nameless.sort(key=lambda place: [getattr(rows[place], flag) is not True for flag in flags])
    told, times = list(keys), Counter[str]()
    for place in nameless:
        key = keys[place]
        if key is not None:
            times[key] += 1
            told[place] = key if times[key] == 1 else f"{key}/{times[key]}"
    return told


def _keys(rows: Sequence[Row], collection: Collection) -> list[str | None]:
    if len(collection.key) == 1 and not collection.fallback_key:
        values = list(map(attrgetter(collection.key[0]), rows))
        if None not in set(values) and "/" not in "".join(values):
            return values
    return [_key(row, collection) for row in rows]


def _key(row: Row, collection: Collection) -> str | None:
    for names in (collection.key, collection.fallback_key):
        values = [getattr(row, name) for name in names]
        if names and None not in values:
            return join_key(values)
    return None


def join_key(values: Iterable[object]) -> str:
    """Join the values of a key with slashes; two entities never get the same one."""
    return "/".join(_part(value) for value in values)


def _part(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text.replace("/", SLASH)


def _worse(one: Row, other: Row, collection: Collection) -> Row:
    """The worst of both, field by field: a duplicate must not hide a fault."""
    changes = {}
    for declared in collection.decoded():
        first, second = getattr(one, declared.name), getattr(other, declared.name)
        if first is None:
            changes[declared.name] = second
        elif second is not None and declared.kind.numeric:
            worst = min if declared.low_is_bad else max
            changes[declared.name] = worst(first, second)
        elif declared.kind is Kind.FLAG:
            changes[declared.name] = first or second
    return replace(one, **changes)
