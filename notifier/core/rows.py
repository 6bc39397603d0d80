"""Turn the records of one collection into rows: structs that hold the declared fields only.

Records are read by their types, many at once. Where one value does not fit, its batch is read
without types and then column by column, each distinct value once. Both ways say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, TypeAlias

import msgspec

from notifier.core.endpoint import Collection, Field, Kind
from notifier.core.values import (
    BIGGEST,
    BLANKS,
    LONGEST,
    UNREADABLE,
    Scalar,
    plain,
    reader,
    text,
)

Row: TypeAlias = msgspec.Struct
Renames: TypeAlias = tuple[tuple[str, str], ...]  # a field's name, the one that the server sends

_NUMBER = Annotated[float, msgspec.Meta(ge=-BIGGEST, le=BIGGEST)] | None
_TEXT = Annotated[str, msgspec.Meta(max_length=LONGEST)] | None
_ALIKE = {str, float, int, type(None)}  # equal values read alike; not so True and 1
_BATCH = 512  # records: a bad value costs the slow way for so many
_SAMPLE = 50  # rows that must all lack a field before it is looked for by another name


@dataclass(slots=True)
class Rows:
    """What the records of one collection gave.

    Attributes:
        unreadable: By field: how many values were neither blank nor readable.
        dropped: Records that were no objects.
        absent: Declared fields that the first record does not name, under any spelling.
    """

    rows: list[Row]
    unreadable: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    absent: tuple[str, ...] = ()


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
    renames, absent = _spelling(pieces, collection)
    found = Rows([], absent=absent)
    for start in range(0, len(pieces), _BATCH):
        batch = pieces[start : start + _BATCH]
        read = _by_type(batch, collection) if not renames else None
        _join(found, read or _by_column(batch, collection, renames))
    return found


def rows_from_texts(
    collection: Collection,
    records: Sequence[Mapping[str, object]],
    hit_values: Iterable[str] = (),
) -> list[Row]:
    """Return the rows of records given as values, as the tables of ``notifier test`` are.

    Args:
        hit_values: The texts that mean a sale; case and accents make no difference.
    """
    columns = {f.name: [record.get(f.name) for record in records] for f in _sent(collection)}
    found = _of_columns(columns, collection, len(records))
    complete(found.rows, collection, frozenset(map(plain, hit_values)))
    return found.rows


def complete(
    rows: list[Row], collection: Collection, hits: AbstractSet[str], *, printable: bool = False
) -> None:
    """Make texts what ``values.text`` says of them, and fill in what is worked out of others.

    Args:
        hits: The texts that mean a sale, as ``values.plain`` says them.
        printable: No text holds a control character or one that cannot be seen.
    """
    done = {"agent_id"} if collection.split_agent and _split_agents(rows) else set()
    for each in collection.decoded():
        if each.kind in (Kind.TEXT, Kind.TIME) and each.name not in done:
            _tidy(rows, each.name, printable=printable)
        if each.hit_of:
            _mark_hits(rows, each, hits)
    if collection.placeholders:
        _blank_placeholders(rows, collection)


def lacks_a_field(rows: Sequence[Row], collection: Collection) -> bool:
    """Whether a field seems not to be sent under its own name, or is blank in many rows."""
    if not rows:
        return False
    blank = [name for name in _required(collection) if getattr(rows[0], name) is None]
    return any(all(getattr(row, name) is None for row in rows[:_SAMPLE]) for name in blank)


def is_object(piece: msgspec.Raw) -> bool:
    """Whether a piece of JSON is an object."""
    return bytes(memoryview(piece)[:1]) == b"{"


def _type(kind: Kind) -> Any:
    if kind.numeric:
        return _NUMBER
    return bool | None if kind is Kind.FLAG else _TEXT


def _sent(collection: Collection) -> tuple[Field, ...]:
    """The fields that a server may send; the rest is worked out here."""
    return tuple(f for f in collection.decoded() if not f.hit_of)


def _required(collection: Collection) -> tuple[str, ...]:
    """The names that every record should hold. A name may stand within the agent's number."""
    names = (f.name for f in _sent(collection))
    return tuple(n for n in names if not (collection.split_agent and n == "agent_name"))


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
    objects = list(filter(is_object, pieces))
    loose = _loosely(objects, _loose(collection, renames))
    columns = {f.name: list(map(attrgetter(f.name), loose)) for f in _sent(collection)}
    found = _of_columns(columns, collection, len(loose))
    found.dropped = len(pieces) - len(objects)
    return found


@cache
def _loose(collection: Collection, renames: Renames) -> type[Row]:
    fields = [(f.name, Any, None) for f in _sent(collection)]
    return msgspec.defstruct("Loose", fields, rename=dict(renames))


def _loosely(pieces: Sequence[msgspec.Raw], loose: type[Row]) -> list[Row]:
    """Return the records with values as they came."""
    try:
        return msgspec.json.decode(_listed(pieces), type=list[loose])  # type: ignore[valid-type]
    except msgspec.ValidationError:
        return [_apart(piece, loose) for piece in pieces]


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


def _of_columns(columns: dict[str, list[object]], collection: Collection, length: int) -> Rows:
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


def _spelling(
    pieces: Sequence[msgspec.Raw], collection: Collection
) -> tuple[Renames, tuple[str, ...]]:
    """Return what the first record names by an alias, and what it does not name at all."""
    first = next(filter(is_object, pieces), None)
    if first is None:
        return (), ()
    names = msgspec.json.decode(first, type=dict[str, msgspec.Raw])
    lacking = [f for f in _sent(collection) if f.name not in names]
    renames = dict(_aliases(lacking, names))
    required = _required(collection)
    absent = (f.name for f in lacking if f.name in required and f.name not in renames)
    return tuple(renames.items()), tuple(absent)


def _aliases(lacking: list[Field], names: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for each in lacking:
        sent = next((alias for alias in each.aliases if alias in names), None)
        if sent:
            yield each.name, sent


# what is worked out


def _tidy(rows: list[Row], name: str, *, printable: bool) -> None:
    """Make texts what ``text`` says of them; nearly always they are so already."""
    get = attrgetter(name)
    distinct = set(map(get, rows))
    distinct.discard(None)
    joined = f"|{'|'.join(distinct)}|"
    spaced = "| " in joined or " |" in joined
    if not spaced and distinct.isdisjoint(BLANKS) and (printable or joined.isprintable()):
        return
    mended = {was: now for was in distinct if (now := text(was)[0]) != was}
    for row in rows:
        if get(row) in mended:
            setattr(row, name, mended[get(row)])


def _split_agents(rows: list[Any]) -> bool:
    """Tell ``12004-ANA`` apart; names hold hyphens, so only the first one counts.

    Return whether every row was of that form.
    """
    split = 0
    for row in rows:
        number, dash, name = (row.agent_id or "").partition("-")
        if dash and (number.isdecimal() or number.strip().isdecimal()):
            row.agent_id = number
            row.agent_name = row.agent_name or name
            split += number.isdecimal()
    return split == len(rows)


def _mark_hits(rows: list[Row], flag: Field, hits: AbstractSet[str]) -> None:
    for row in rows:
        said = getattr(row, flag.hit_of)
        setattr(row, flag.name, None if said is None else plain(said) in hits)


def _blank_placeholders(rows: list[Row], collection: Collection) -> None:
    """Make unknown what stands for no key at all, as the ``conn_id`` 0."""
    for row in rows:
        for name in collection.key:
            if getattr(row, name) in collection.placeholders:
                setattr(row, name, None)
