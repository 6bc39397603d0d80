"""Find where an answer holds the records of each collection: the vendor's shapes vary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from types import GenericAlias
from typing import Any, NamedTuple

import msgspec

from notifier.core.payload.endpoint import Collection, Endpoint
from notifier.core.payload.nested import unexpected, unfolded
from notifier.core.payload.rows import is_object, row_type

_WITHIN = re.compile(rb'\{\s*"[^"\\]*"\s*:\s*(\{)')
_GROUPS = 16  # objects in `data` that are searched for collections

_NULL = msgspec.Raw(b"null")
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Place(NamedTuple):
    """The records of a collection, as rows or as pieces of JSON.

    Attributes:
        keys: The keys they had, if they were an object of rows.
    """

    collection: Collection
    records: Any
    keys: list[str] | None = None


class Envelope(msgspec.Struct):
    """What is round the data. A value that is not sent is null."""

    code: msgspec.Raw = _NULL
    error: msgspec.Raw = _NULL
    msg: msgspec.Raw = _NULL
    data: Any = None


class Bare(Envelope):
    """An envelope with data of any shape."""

    data: msgspec.Raw = _NULL


@cache
def decoder(collections: tuple[Collection, ...], *, rows: bool) -> msgspec.json.Decoder[Any]:
    """Return the decoder of whole answers in today's shape, their records as rows or as JSON."""
    data = _data(collections, rows=rows)
    whole = msgspec.defstruct("Answer", [("data", data | None, None)], bases=(Envelope,))
    return msgspec.json.Decoder(whole, strict=False)


def _data(collections: tuple[Collection, ...], *, rows: bool) -> Any:
    kinds: list[Any] = [row_type(each) if rows else msgspec.Raw for each in collections]
    if collections[0].single:
        return kinds[0]
    if collections[0].keyed_by:
        return GenericAlias(dict, (str, kinds[0]))
    lists: list[Any] = [GenericAlias(list, (kind,)) for kind in kinds]
    if not collections[0].path:
        return lists[0]
    names = [str(each.path[-1]) for each in collections]
    fields = [(name, each | None, None) for name, each in zip(names, lists, strict=True)]
    return GenericAlias(list, (msgspec.defstruct("Group", fields),))


def present(data: Any, collections: tuple[Collection, ...]) -> list[Place]:
    """Return the places within data of today's shape; none if it has another one."""
    first = collections[0]
    if first.single:
        return [Place(first, [data], [first.single])]
    if first.keyed_by:
        return [Place(first, list(data.values()), list(data))]
    if not first.path:
        return [Place(first, data)]
    if not data:
        return [Place(each, []) for each in collections]
    found = ((each, getattr(group, str(each.path[-1]))) for each in collections for group in data)
    return [Place(each, records) for each, records in found if records is not None]


def first_record(body: bytes, collection: Collection) -> int:
    """Return where the first record of a list, or of an object of rows, begins in valid JSON.

    The end of *body* where it is not found.
    """
    found = _begins(str(collection.path[-1]) if collection.path else "data").search(body)
    if found is None:
        return len(body)
    within = collection.keyed_by and not collection.single
    inner = _WITHIN.match(body, found.start(1)) if within else None
    return inner.start(1) if inner else found.start(1)


@cache
def _begins(name: str) -> re.Pattern[bytes]:
    return re.compile(rb'"%s"\s*:\s*\[?\s*(\{)' % re.escape(name.encode()))


def places(data: msgspec.Raw, endpoint: Endpoint) -> Iterator[Place]:
    """Find the records of each collection in data of any shape that makes sense.

    Raises:
        DecodeError: none of them is there.
    """
    data = _unwrapped(data)
    first = endpoint.collections[0]
    if first.unfold:
        yield Place(first, unfolded(data, first.unfold))
        return
    if not first.path:
        yield _place(data, first)
        return
    groups = _groups(data)
    found = [each for each in endpoint.collections if each.path[-1] in groups]
    for each in found:
        yield _place(groups[str(each.path[-1])], each)
    if not found:
        yield from _flat(data, endpoint)


def _unwrapped(data: msgspec.Raw) -> msgspec.Raw:
    """Return the inner list of a list that holds nothing but one list."""
    items = _LIST.decode(data) if _is_list(data) else []
    return items[0] if len(items) == 1 and _is_list(items[0]) else data


def _groups(data: msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Return the named lists within the objects of *data*."""
    if is_object(data):
        return _lists(data)
    items = _LIST.decode(data) if _is_list(data) else []
    objects = filter(is_object, items[:_GROUPS])
    return {name: rows for item in objects for name, rows in _lists(item).items()}


def _lists(item: msgspec.Raw) -> dict[str, msgspec.Raw]:
    values = _OBJECT.decode(item).items()
    return {name: value for name, value in values if _is_list(value) or is_object(value)}


def _flat(data: msgspec.Raw, endpoint: Endpoint) -> Iterator[Place]:
    """An older shape: the rows of the first collection stand directly in the data."""
    first = endpoint.collections[0]
    items = _LIST.decode(data) if _is_list(data) else []
    objects = map(_OBJECT.decode, filter(is_object, items))
    if not any(key in each for each in objects for key in first.key):
        raise unexpected(f"it has no {first.name}")
    yield Place(first, items)


def _place(data: msgspec.Raw, collection: Collection) -> Place:
    if collection.single:
        return _alone(data, collection)
    if _is_list(data):
        items = _LIST.decode(data)
        if not (collection.keyed_by and len(items) == 1 and _holds_objects(items[0])):
            return Place(collection, items)
        data = items[0]
    if not is_object(data):
        raise unexpected("the data is neither a list nor an object")
    return _keyed(_OBJECT.decode(data), collection)


def _alone(data: msgspec.Raw, collection: Collection) -> Place:
    """The one record of data that is no list; PHP may wrap it into one."""
    items = _LIST.decode(data) if _is_list(data) else [data]
    if len(items) > 1 or not all(map(is_object, items)):
        raise unexpected("the data is not one object")
    return Place(collection, items, [collection.single] * len(items))


def _holds_objects(item: msgspec.Raw) -> bool:
    return is_object(item) and any(map(is_object, _OBJECT.decode(item).values()))


def _keyed(records: dict[str, msgspec.Raw], collection: Collection) -> Place:
    """An object of rows: by their own key, or a list of PHP's that lost its numbering."""
    if collection.keyed_by:
        rows = {key: record for key, record in records.items() if is_object(record)}
        if records and not rows:
            raise unexpected("an object holds no rows")
        return Place(collection, list(rows.values()), list(rows))
    if not all(key.isdecimal() for key in records):
        raise unexpected("an object stands where a list was expected")
    return Place(collection, list(records.values()))


def _is_list(piece: msgspec.Raw) -> bool:
    return bytes(memoryview(piece)[:1]) == b"["
