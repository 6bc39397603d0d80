"""Hold a checked condition as a tree, and write it out again for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from notifier.core.payload.endpoint import Kind

Scalar: TypeAlias = float | str | bool


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the rule, or one that is named (``operation``)."""

    value: Scalar
    kind: Kind
    name: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """What a row says of itself."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that is worked out from others."""

    name: str
    kind: Kind
    tree: Node


@dataclass(frozen=True, slots=True)
class Negative:
    part: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: str
    left: Node
    right: Node
    kind: Kind


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; a chain became several, joined by And."""

    operator: str
    left: Node
    right: Node
    kind: ClassVar[Kind] = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Member:
    """``in`` and ``not in`` a list of constants."""

    item: Node
    among: tuple[Scalar, ...]
    negated: bool
    kind: ClassVar[Kind] = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Blank:
    """``is None`` and ``is not None``: the one question that is never unknown."""

    item: Node
    negated: bool
    kind: ClassVar[Kind] = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Not:
    part: Node
    kind: ClassVar[Kind] = Kind.FLAG


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]
    kind: ClassVar[Kind] = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]
    kind: ClassVar[Kind] = Kind.FLAG


@dataclass(frozen=True, slots=True)
class Call:
    """Arithmetic by name: ``mos``, ``worse``, ``unlikely``."""

    function: str
    arguments: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long a state may last, by the operation's own table; without a limit where unlisted.

    Attributes:
        table: Seconds by state, as ``values.plain`` says states: case and accents are ignored.
    """

    item: Node
    table: tuple[tuple[str, float], ...]
    kind: ClassVar[Kind] = Kind.DURATION


@dataclass(frozen=True, slots=True)
class Look:
    """A question about an entity's past.

    Attributes:
        over: The window in seconds; 0 for the functions that have none.
        numbers: What else is asked: ``factor, floor`` of a spike, ``by`` of a drop.
        counters: The row's counters, any of whose falls is a reset; empty where none matters.
        base: What a cumulative percentage is a share of.
        places: The percentage's decimals; None: as many as the values show.
        other: For ``other``: the place that is asked, and the field there; *field* is the row's
            own that names the entity.
        whose: For ``other`` about a stay in the state that *field* names: the row's field that
            says who stays.
    """

    function: str
    field: Field | Computed
    kind: Kind
    over: float = 0.0
    numbers: tuple[float, ...] = ()
    counters: tuple[str, ...] = ()
    base: Field | Computed | None = None
    places: int | None = None
    other: tuple[str, str] = ("", "")
    whose: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is about all rows together, by an aggregate; else about one entity."""
        return isinstance(self.field, Computed) and isinstance(self.field.tree, Aggregate)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A number over the rows of a group; ``before``: as they were in the last good snapshot."""

    function: str
    part: Node | None
    kind: Kind
    before: bool = False


Node: TypeAlias = (
    Constant
    | Field
    | Computed
    | Negative
    | Arithmetic
    | Compare
    | Member
    | Blank
    | Not
    | And
    | Or
    | Call
    | Allowance
    | Look
    | Aggregate
)
Leaf: TypeAlias = Constant | Field | Computed | Call | Allowance | Look | Aggregate
"""What ``explain`` shows with its value."""

BINDS = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "//": 2}
"""The operators on numbers, by how tightly they bind."""


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts of a node, in the order written."""
    match node:
        case Computed(tree=part) | Negative(part=part) | Not(part=part):
            return (part,)
        case Arithmetic(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Member(item=item) | Blank(item=item) | Allowance(item=item):
            return (item,)
        case And(parts=parts) | Or(parts=parts) | Call(arguments=parts):
            return parts
        case Look():
            return (node.field,)
        case Aggregate(part=part) if part is not None:
            return (part,)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all below it, formulas included, in the order written."""
    yield node
    for child in children(node):
        yield from walk(child)


def duration(seconds: float) -> str:
    """Write a duration as rules do: ``15m``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


def literal(value: Scalar) -> str:
    """Write a constant as rules do."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return repr(value)


Note: TypeAlias = Callable[[Leaf], str]


def write(node: Node, note: Note = lambda _: "") -> str:
    """Write the condition out; *note* may add something after each leaf."""
    match node:
        case Constant() | Field() | Computed() | Call() | Allowance() | Look() | Aggregate():
            return _leaf(node) + note(node)
        case Negative() | Arithmetic():
            return _arithmetic(node, note)
        case Compare():
            return f"{write(node.left, note)} {node.operator} {write(node.right, note)}"
        case Member() | Blank():
            return _asked(node, note)
        case Not():
            return f"not {_joined(node.part, note)}"
        case _:
            word = " and " if isinstance(node, And) else " or "
            return word.join(_joined(part, note) for part in node.parts)


def _arithmetic(node: Negative | Arithmetic, note: Note) -> str:
    if isinstance(node, Negative):
        return f"-{_inner(node.part, 3, note)}"
    binds = BINDS[node.operator]
    left, right = _inner(node.left, binds, note), _inner(node.right, binds + 1, note)
    return f"{left} {node.operator} {right}"


def _asked(node: Member | Blank, note: Note) -> str:
    item, without = write(node.item, note), "not " if node.negated else ""
    if isinstance(node, Blank):
        return f"{item} is {without}None"
    return f"{item} {without}in ({', '.join(map(literal, node.among))})"


def _inner(node: Node, binds: int, note: Note) -> str:
    text = write(node, note)
    loose = isinstance(node, Arithmetic) and BINDS[node.operator] < binds
    return f"({text})" if loose else text


def _joined(node: Node, note: Note) -> str:
    text = write(node, note)
    return f"({text})" if isinstance(node, And | Or) else text


def _leaf(node: Leaf) -> str:
    match node:
        case Constant():
            return node.name or literal(node.value)
        case Field() | Computed():
            return node.name
        case Call():
            return f"{node.function}({', '.join(map(write, node.arguments))})"
        case Allowance():
            return f"allowance({write(node.item)})"
        case Look(function="other", other=(place, name)):
            return f"other({place!r}, {name})"
        case Look():
            numbers = map(literal, node.numbers)
            over = [repr(duration(node.over))] if node.over else []
            return f"{node.function}({', '.join([node.field.name, *numbers, *over])})"
        case _:
            text = f"{node.function}({write(node.part) if node.part else ''})"
            return f"prev({text})" if node.before else text
