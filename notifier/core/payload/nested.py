"""Unfold lists within records: each of their items becomes a flat record of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from notifier.core.payload.endpoint import Unfold
from notifier.core.payload.rows import is_object
from notifier.core.payload.values import moment
from notifier.errors import DecodeError, Trouble

Record = dict[str, msgspec.Raw]

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_RECORD = msgspec.json.Decoder(Record)
_LAST = "last_"


def unexpected(what: str) -> DecodeError:
    """Return the error for JSON of another shape."""
    return DecodeError(Trouble.SCHEMA, f"the answer has an unexpected shape: {what}")


def unfolded(data: msgspec.Raw, unfold: Unfold) -> list[msgspec.Raw]:
    """Return the flat records of *data* as pieces of JSON; no value is decoded.

    Raises:
        DecodeError: none of its records has the inner list.
    """
    outer = [_RECORD.decode(piece) for piece in _records(data)]
    if outer and not any(unfold.inner in record for record in outer):
        raise unexpected(f"it has no {unfold.inner}")
    flat = (record for each in outer for record in _flat(each, unfold))
    return [msgspec.Raw(msgspec.json.encode(record)) for record in flat]


def _records(data: msgspec.Raw) -> list[msgspec.Raw]:
    """The objects of a list, or of an object of numbers; another stands for a list of one."""
    first = bytes(memoryview(data)[:1])
    if first not in (b"[", b"{"):
        raise unexpected("the data is neither a list nor an object")
    if first == b"[":
        return list(filter(is_object, _LIST.decode(data)))
    record = _RECORD.decode(data)
    numbered = record and all(map(str.isdecimal, record))  # a list of PHP's that lost its numbering
    return list(filter(is_object, record.values())) if numbered else [data]


def _flat(outer: Record, unfold: Unfold) -> Iterator[Mapping[str, object]]:
    around = {name: value for name, value in outer.items() if name != unfold.inner}
    for piece in _inner(outer, unfold.inner):
        item = {**around, **_RECORD.decode(piece)}
        yield _with_latest(item, unfold.last) if unfold.last else item


def _inner(record: Record, name: str) -> list[msgspec.Raw]:
    found = record.get(name)
    if found is None or bytes(memoryview(found)[:1]) not in (b"[", b"{"):
        return []
    return _records(found)


def _with_latest(item: Record, name: str) -> Mapping[str, object]:
    """An item with the latest record of its own list, and how many there are, in its place."""
    records = [_RECORD.decode(piece) for piece in _inner(item, name)]
    last = {f"{_LAST}{key}": value for key, value in _last(records).items()}
    around = {key: value for key, value in item.items() if key != name}
    return {**around, **last, "messages": len(records)}


def _last(records: Sequence[Record]) -> Record:
    """The one with the latest date; where not all have one, the last of the list."""
    dated = [(_date(record), place) for place, record in enumerate(records)]
    times = [(at, place) for at, place in dated if at is not None]
    if times and len(times) == len(records):
        return records[max(times)[1]]
    return records[-1] if records else {}


def _date(record: Record) -> datetime | None:
    try:
        return moment(msgspec.json.decode(record.get("date", b"null"), type=str))
    except (msgspec.ValidationError, ValueError):
        return None
