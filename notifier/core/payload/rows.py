"""Turn the records of one collection into rows: structs that hold the declared fields only.

Records are read by their types, many at once. Where one value does not fit, its batch is read
without types and then column by column, each distinct value once. Both ways say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, TypeAlias

import msgspec

from notifier.core.payload.endpoint import Collection, Field, Kind
from notifier.core.payload.names import shown
from notifier.core.payload.values import (
    BIGGEST,
    LONGEST,
    UNREADABLE,
    Scalar,
    reader,
    text,
)

Row: TypeAlias = msgspec.Struct
Renames: TypeAlias = tuple[tuple[str, str], ...]  # a field's name, the one that the server sends

_NUMBER = Annotated[float, msgspec.Meta(ge=-BIGGEST, le=BIGGEST)] | None
_TEXT = Annotated[str, msgspec.Meta(max_length=LONGEST)] | None
_ALIKE = {str, float, int, type(None)}  # equal values read alike; not so True and 1
_OPENING = ord("{")
_BATCH = 512  # records: a bad value costs the slow way for so many
_SPLIT_OFF = {
    "agent": frozenset({"agent_name"}),
    "campaign": frozenset({"campaign_name", "strategy"}),
}
_SAMPLE = 50  # rows that must all lack a field before it is looked for by another name


@dataclass(slots=True)
class Rows:
    """What the records of one collection gave.

    Attributes:
        unreadable: By field: how many values were neither blank nor readable.
        dropped: Records that were no objects.
        totals: Rows that were sums of the others, left out.
        absent: Declared fields that the first record does not name, under any spelling.
        aliased: By field: the other spelling under which the first record names it.
        undeclared: What else the first record names, as ``names.shown`` lets it be seen.
    """

    rows: list[Row]
    unreadable: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    totals: int = 0
    absent: tuple[str, ...] = ()
    aliased: dict[str, str] = field(default_factory=dict)
    undeclared: tuple[str, ...] = ()


@cache
def row_type(collection: Collection) -> type[Row]:
    """Return the struct of a collection's rows; msgspec encodes and decodes it by field name.

    Numbers are floats, flags bools, all else text; None is a blank. Treat rows as frozen.
    """
    fields = [(f.name, _type(f.kind), None) for f in collection.decoded()]
    return msgspec.defstruct("Row", fields, omit_defaults=True, gc=False)


def read_records(pieces: Sequence[msgspec.Raw], collection: Collection) -> Rows:
    """Return the rows of *pieces* of JSON; what is no object is dropped and counted.

    Raises:
        ValueError, RecursionError: a piece is not valid JSON after all.
    """
    renames, found = _spelling(pieces, collection)
    for start in range(0, len(pieces), _BATCH):
        batch = pieces[start : start + _BATCH]
        read = _by_type(batch, collection) if not renames else None
        _join(found, read or _by_column(batch, collection, renames))
    return found


def lacks_a_field(rows: Sequence[Row], collection: Collection) -> bool:
    """Whether a field seems not to be sent under its own name, or is blank in many rows."""
    if not rows:
        return False
    blank = [name for name in _required(collection) if getattr(rows[0], name) is None]
    return any(all(getattr(row, name) is None for row in rows[:_SAMPLE]) for name in blank)


def is_object(piece: msgspec.Raw) -> bool:
    """Whether a piece of JSON is an object."""
    return memoryview(piece)[0] == _OPENING


def _type(kind: Kind) -> Any:
    if kind.numeric:
        return _NUMBER
    return bool | None if kind is Kind.FLAG else _TEXT


def sent(collection: Collection) -> tuple[Field, ...]:
    """The fields that a server may send; the rest is worked out here."""
    return tuple(f for f in collection.decoded() if not f.derived)


def _required(collection: Collection) -> tuple[str, ...]:
    """The names that every record should hold. Some stand within another, or are its key."""
    within = {collection.keyed_by} | _SPLIT_OFF.get(_split(collection), frozenset())
    return tuple(f.name for f in sent(collection) if not f.optional and f.name not in within)


def _split(collection: Collection) -> str:
    if collection.split_agent:
        return "agent"
    return "campaign" if collection.split_campaign else ""


def _join(found: Rows, more: Rows) -> None:
    found.rows += more.rows
    found.dropped += more.dropped
    for name, count in more.unreadable.items():
        found.unreadable[name] = found.unreadable.get(name, 0) + count


def _listed(pieces: Sequence[msgspec.Raw]) -> bytes:
    return b"[" + b",".join(pieces) + b"]"


# by type


@cache
def _typed(collection: Collection) -> msgspec.json.Decoder[list[Row]]:
    return msgspec.json.Decoder(list[row_type(collection)], strict=False)  # type: ignore[misc]


def _by_type(pieces: Sequence[msgspec.Raw], collection: Collection) -> Rows | None:
    """Read records at once; None if one value is not of its field's type."""
    try:
        return Rows(_typed(collection).decode(_listed(pieces)))
    except msgspec.ValidationError:
        return None


# by column


def _by_column(pieces: Sequence[msgspec.Raw], collection: Collection, renames: Renames) -> Rows:
    loose = _loosely(pieces, _loose(collection, renames))
    columns = {f.name: list(map(attrgetter(f.name), loose)) for f in sent(collection)}
    found = of_columns(columns, collection, len(loose))
    found.dropped = len(pieces) - len(loose)
    return found


@cache
def _loose(collection: Collection, renames: Renames) -> type[Row]:
    fields = [(f.name, Any, None) for f in sent(collection)]
    return msgspec.defstruct("Loose", fields, rename=dict(renames), gc=False)


def _loosely(pieces: Sequence[msgspec.Raw], loose: type[Row]) -> list[Row]:
    """Return the records that are objects, with values as they came."""
    try:
        return msgspec.json.decode(_listed(pieces), type=list[loose])  # type: ignore[valid-type]
    except msgspec.ValidationError:
        return [_apart(piece, loose) for piece in filter(is_object, pieces)]


def _apart(record: msgspec.Raw, loose: type[Row]) -> Row:
    """Read each value of a record for itself: a number may be beyond all floats."""
    values = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
    names = zip(loose.__struct_fields__, loose.__struct_encode_fields__, strict=True)
    return loose(**{name: _alone(values[sent]) for name, sent in names if sent in values})


def _alone(value: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(value)
    except msgspec.ValidationError:
        return None


def of_columns(columns: dict[str, list[object]], collection: Collection, length: int) -> Rows:
    unreadable = {}
    read: list[Sequence[Scalar]] = []
    for each in collection.decoded():
        values, bad = _column(columns.get(each.name, [None] * length), each.kind)
        read.append(values)
        if bad:
            unreadable[each.name] = bad
    return Rows(list(map(row_type(collection), *read)), unreadable)


def _column(values: list[Any], kind: Kind) -> tuple[Sequence[Scalar], int]:
    """Return the values as read, and how many were unreadable. Each distinct one is read once.

    Texts of a fair length are left for ``complete``, which looks at all of them at once.
    """
    read, types = reader(kind), set(map(type, values))
    if read is text and types == {str} and max(map(len, values)) <= LONGEST:
        return values, 0
    if not types <= _ALIKE:
        each = list(map(read, values))
        return [value for value, _ in each], each.count(UNREADABLE)
    known = {value: read(value) for value in set(values)}
    bad = {value for value, said in known.items() if said == UNREADABLE}
    scalars = {value: said[0] for value, said in known.items()}
    return [scalars[value] for value in values], sum(map(bad.__contains__, values)) if bad else 0


# other spellings


def _spelling(pieces: Sequence[msgspec.Raw], collection: Collection) -> tuple[Renames, Rows]:
    """Return what the first record names by another spelling, and what else is odd about it."""
    first = next(filter(is_object, pieces), None)
    if first is None:
        return (), Rows([])
    names = msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    lacking = [f for f in sent(collection) if f.name not in names]
    renames = {f: sent_as for f in lacking if (sent_as := _sent_as(f, names))}
    required = _required(collection)
    absent = tuple(f.name for f in lacking if f.name in required and f not in renames)
    aliased = {f.name: other for f, other in renames.items() if other != f.sent_as}
    odd = Rows([], absent=absent, aliased=aliased, undeclared=undeclared(names, collection))
    return tuple((f.name, other) for f, other in renames.items()), odd


def _sent_as(field: Field, names: Mapping[str, object]) -> str | None:
    return next((name for name in field.spellings if name in names), None)


def undeclared(names: Iterable[str], collection: Collection) -> tuple[str, ...]:
    """The names of a record that the catalogue does not know, fit to be seen."""
    return shown(name for name in names if name not in _known(collection))


@cache
def _known(collection: Collection) -> frozenset[str]:
    """Every name that the catalogue knows of a collection's records, customer data included."""
    every = (name for f in collection.fields for name in (f.name, *f.spellings))
    return collection.ignored.union(every)
