"""Read an answer: bytes to the rows of each collection, or an error that says what is wrong.

Success is decided in the order HTTP status, JSON, body code, shape of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from notifier.core.payload import mend
from notifier.core.payload.answer import (
    EMPTY_CODE,
    GOOD_CODES,
    Answer,
    classify,
    none_found,
    refused,
)
from notifier.core.payload.completion import complete
from notifier.core.payload.endpoint import Collection, Endpoint
from notifier.core.payload.names import names_at
from notifier.core.payload.nested import unexpected
from notifier.core.payload.oddities import MOST, NONE, Oddities
from notifier.core.payload.rows import Row, Rows, is_object, lacks_a_field, read_records, undeclared
from notifier.core.payload.shape import (
    Bare,
    Envelope,
    Place,
    decoder,
    first_record,
    places,
    present,
)
from notifier.core.payload.values import plain
from notifier.errors import DecodeError, PollError, Trouble


@dataclass(frozen=True, slots=True)
class Decoded:
    """The rows of one answer.

    Attributes:
        collections: By name. A collection that the answer does not hold is left out: nothing
            is known of it, which is not the same as empty.
        oddities: What the catalogue does not say of it.
    """

    collections: Mapping[str, list[Row]]
    oddities: Oddities = NONE


_NEARLY = 1_000  # rows below the vendor's limit: nothing says that some were cut off
_ENVELOPE = msgspec.json.Decoder(Bare)


def read(
    answer: Answer,
    endpoint: Endpoint,
    hit_values: Iterable[str] = (),
    *,
    here: datetime | None = None,
) -> Decoded:
    """Return what a live poll got.

    here: When it came, in the operation's own time; aware. Without it ages are unknown.

    Raises:
        FetchError: the HTTP status says no.
        DecodeError: as ``decode`` does.
    """
    if not classify(answer, here):
        return _nothing(endpoint)
    return decode(answer.body, endpoint, hit_values=hit_values, here=here)


def decode(
    body: bytes,
    endpoint: Endpoint,
    *,
    hit_values: Iterable[str] = (),
    here: datetime | None = None,
) -> Decoded:
    """Return the rows of the *body* of a good answer.

    Args:
        hit_values: The texts of ``hit`` that mean a sale; case and accents make no difference.
        here: When it came, in the operation's own time; without it ages are unknown.

    Raises:
        DecodeError: NOT_JSON, SCHEMA, REFUSED or, where the body's own words tell, the kind
            of refusal they name. Its text holds none of the answer's values.
    """
    asked = _Asked(endpoint, frozenset(map(plain, hit_values)), here)
    try:
        return _decode(body.removeprefix(mend.BOM), asked)
    except (ValueError, RecursionError):
        mended = mend.mend(body.removeprefix(mend.BOM))
    if mended is None:
        raise DecodeError(Trouble.NOT_JSON, "the answer is not JSON")
    try:
        return _decode(mended, asked)
    except (ValueError, RecursionError):
        raise unexpected("it cannot be read") from None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked, and all that its answer is read by."""

    endpoint: Endpoint
    hits: frozenset[str]
    here: datetime | None


def _decode(body: bytes, asked: _Asked) -> Decoded:
    endpoint = asked.endpoint
    whole = None if endpoint.collections[0].unfold else _whole(body, endpoint, rows=True)
    if whole is not None:
        if _none(whole):
            return _nothing(endpoint)
        found = present(whole.data, endpoint.collections)
        if found and not any(lacks_a_field(each.records, each.collection) for each in found):
            rows = ((each, _as_they_are(each, body)) for each in found)
            return _collect(rows, asked, printable=_printable(body))
    pieces = _pieces(body, endpoint)
    if pieces is None:
        return _nothing(endpoint)
    return _collect(((each, read_records(each.records, each.collection)) for each in pieces), asked)


def _as_they_are(place: Place, body: bytes) -> Rows:
    """Rows that were read at once, with what else their first record names."""
    if not place.records:
        return Rows(place.records)
    names = names_at(body, first_record(body, place.collection))
    return Rows(place.records, undeclared=undeclared(names, place.collection))


def _whole(body: bytes, endpoint: Endpoint, *, rows: bool) -> Envelope | None:
    """Read an answer of today's shape at once; None if it, or one value, is of another."""
    try:
        whole: Envelope = decoder(endpoint.collections, rows=rows).decode(body)
    except msgspec.ValidationError:
        return None
    return whole if whole.data is not None else None


def _pieces(body: bytes, endpoint: Endpoint) -> Iterable[Place] | None:
    """Return the records of any shape as pieces of JSON; None for an answer without rows."""
    whole = _whole(body, endpoint, rows=False) if endpoint.collections[0].regular else None
    if whole is not None:
        found = [] if _none(whole) else present(whole.data, endpoint.collections)
        if found and all(not each.records or any(map(is_object, each.records)) for each in found):
            return found
    if body.lstrip()[:1] == b"[":
        return places(msgspec.Raw(body.strip()), endpoint)
    return _enveloped(body, endpoint)


def _enveloped(body: bytes, endpoint: Endpoint) -> Iterable[Place] | None:
    try:
        envelope = _ENVELOPE.decode(body)
    except msgspec.ValidationError:
        raise unexpected("it is neither an object nor a list") from None
    if _none(envelope):
        return None
    if _is_null(envelope.data):
        raise _without_data(envelope)
    return places(envelope.data, endpoint)


def _none(envelope: Envelope) -> bool:
    """Whether the body says that there are no rows.

    Raises:
        DecodeError: its code says no.
    """
    code = _words(envelope.code)
    if code not in GOOD_CODES and code != EMPTY_CODE:
        raise refused(code, f"{_words(envelope.msg)} {_words(envelope.error)}")
    return code == EMPTY_CODE or (_is_null(envelope.data) and none_found(_words(envelope.msg)))


def _words(value: msgspec.Raw) -> str:
    """Return a short value of the envelope as text; "" for null and for what is longer."""
    said = msgspec.json.decode(value) if len(memoryview(value)) < 4096 else None
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    return "" if said is None else str(said).strip()


def _is_null(data: object) -> bool:
    return isinstance(data, msgspec.Raw) and bytes(memoryview(data)[:4]) == b"null"


def _without_data(envelope: Envelope) -> PollError:
    complaint = refused("", _words(envelope.msg))
    return complaint if complaint.kind is not Trouble.REFUSED else unexpected("it has no data")


def _nothing(endpoint: Endpoint) -> Decoded:
    rows: dict[str, list[Row]] = {each.name: [] for each in endpoint.collections}
    return Decoded(rows, Oddities(not_found=True))


def _printable(body: bytes) -> bool:
    """Whether no text of valid JSON can hold what is not seen: without looking at each."""
    return body.isascii() and b"\\" not in body and b"\x7f" not in body


def _collect(
    found: Iterable[tuple[Place, Rows]], asked: _Asked, *, printable: bool = False
) -> Decoded:
    known: dict[str, Rows] = {}
    for place, rows in found:
        if place.keys is not None:
            for row, key in zip(rows.rows, place.keys, strict=True):
                setattr(row, place.collection.keyed_by, key)
        complete(rows, place.collection, asked.hits, here=asked.here, printable=printable)
        _check(rows, place.collection)
        known[place.collection.name] = rows
    return Decoded({name: rows.rows for name, rows in known.items()}, _oddities(known, asked))


def _oddities(known: Mapping[str, Rows], asked: _Asked) -> Oddities:
    parts = known.items()
    most = max(asked.endpoint.max_rows - _NEARLY, 1)
    undeclared = [_dotted(n, f) for n, rows in parts for f in rows.undeclared]
    return Oddities(
        unreadable={_dotted(n, f): v for n, rows in parts for f, v in rows.unreadable.items()},
        absent=tuple(_dotted(n, f) for n, rows in parts for f in rows.absent),
        aliased={_dotted(n, f): v for n, rows in parts for f, v in rows.aliased.items()},
        undeclared=tuple(undeclared[:MOST]),
        lacking=tuple(c.name for c in asked.endpoint.collections if c.name not in known),
        dropped=sum(rows.dropped for rows in known.values()),
        totals=sum(rows.totals for rows in known.values()),
        full=any(len(rows.rows) >= most for rows in known.values()),
    )


def _check(rows: Rows, collection: Collection) -> None:
    """Refuse records that cannot be told apart: they would look like everyone's absence.

    A single blank record is the vendor's way to show an empty list; the snapshot leaves it out.
    """
    if rows.dropped and not rows.rows:
        raise unexpected("no record is an object")
    named = len(rows.rows) == 1 and not set(collection.key) & set(rows.absent)
    if rows.rows and not named and not any(_identified(row, collection) for row in rows.rows):
        raise unexpected(f"no record has its {' and '.join(collection.key)}")


def _identified(row: Row, collection: Collection) -> bool:
    keys = filter(None, (collection.key, collection.fallback_key))
    return any(all(getattr(row, name) is not None for name in key) for key in keys)


def _dotted(collection: str, name: str) -> str:
    return f"{collection}.{name}" if collection else name
