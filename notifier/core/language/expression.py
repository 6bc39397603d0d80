"""Read a condition and check all of it before it ever meets a row.

A strict subset of Python's grammar: comparison, ``and or not``, arithmetic on numbers, ``in``,
``is None`` and the functions of ``calls``. Texts compare exactly as received: case and accents
count. Logic is three-valued; ``interpret`` says how.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from notifier.core.language.calls import Level
from notifier.core.language.grammar import Reader
from notifier.core.language.spelling import check_spelling
from notifier.core.language.syntax import parse_python
from notifier.core.language.tree import (
    Aggregate,
    And,
    Call,
    Compare,
    Computed,
    Constant,
    Field,
    Look,
    Member,
    Node,
    Not,
    Or,
    Scalar,
    children,
    walk,
    write,
)
from notifier.core.language.vocabulary import ExpressionError, Vocabulary
from notifier.core.payload.endpoint import Kind

__all__ = ["Expression", "ExpressionError", "Vocabulary", "Want", "parse"]

USUAL = ("usual", "usual_rise")  # what asks for past weeks
Want: TypeAlias = Literal["condition", "number", "any"]


@dataclass(frozen=True)
class Expression:
    """A condition or value that makes sense for its collection.

    Attributes:
        text: As the user wrote it.
        tree: What is judged.
        threshold: What ``left`` is compared with, where that is constant.
    """

    text: str
    tree: Node
    threshold: Scalar | None = None

    @property
    def kind(self) -> Kind:
        """FLAG for a condition; else the unit of the value."""
        return self.tree.kind

    @cached_property
    def names(self) -> frozenset[str]:
        """The fields that the text names; for a computed one its own name."""
        return frozenset(_names(self.tree))

    @cached_property
    def attributes(self) -> frozenset[str]:
        """What rows must carry for it: formulas taken apart, and counters that tell a reset."""
        bases = (look.base for look in self.looks if look.base)
        nodes = (node for tree in (self.tree, *bases) for node in walk(tree))
        plain = {node.name for node in nodes if isinstance(node, Field)}
        return frozenset(plain.union(*(look.counters for look in self.looks)))

    @cached_property
    def looks(self) -> tuple[Look, ...]:
        """Every question about an entity's past."""
        return tuple(node for node in walk(self.tree) if isinstance(node, Look))

    @cached_property
    def needs(self) -> frozenset[tuple[str, float]]:
        """Which fields' samples are asked for, and for how many seconds."""
        windows = [look for look in self.looks if look.over]
        return frozenset(
            (node.name, look.over) for look in windows for node in (look.field, look.base) if node
        )

    @cached_property
    def previous(self) -> bool:
        """Whether it compares with the last good snapshot."""
        before = any(isinstance(node, Aggregate) and node.before for node in walk(self.tree))
        return before or any(look.function in ("prev", "changed", "delta") for look in self.looks)

    @cached_property
    def usual(self) -> frozenset[str]:
        """The fields whose past weeks are asked for."""
        return frozenset(look.field.name for look in self.looks if look.function in USUAL)

    @cached_property
    def left(self) -> Expression | None:
        """What messages show by default: the side of the first comparison that varies."""
        found = _first(self.tree)
        if found is None:
            return None
        node, limit = found
        threshold = limit.value if isinstance(limit, Constant) else None
        return Expression(write(node), node, threshold)


def parse(text: str, vocabulary: Vocabulary, want: Want = "condition") -> Expression:
    """Return the checked expression.

    want: a condition is true or false; ``number`` and ``any`` are for the value to show.

    Raises:
        ExpressionError: what is wrong, where, and what to do.
    """
    check_spelling(text, frozenset(vocabulary.names))
    flat = "".join(" " if letter.isspace() else letter for letter in text)
    bare = flat.lstrip()
    if not bare:
        raise ExpressionError("the condition is empty", 0, "write one, as in queue_calls > 10")
    level = Level.GROUP if vocabulary.grouped else Level.ENTITY
    reader = Reader(bare, vocabulary, level, len(flat) - len(bare))
    try:
        node = parse_python(bare)
    except ExpressionError as error:
        raise ExpressionError(
            error.text, error.column + reader.indent, error.suggestion
        ) from error.__cause__
    readers = {"condition": reader.condition, "number": reader.number, "any": reader.read}
    tree = readers[want](node)
    first = _first(tree)
    limit = first[1] if first else None
    return Expression(text, tree, limit.value if isinstance(limit, Constant) else None)


def _names(node: Node) -> set[str]:
    if isinstance(node, Look) and node.whole:
        return _names(node.field.tree) if isinstance(node.field, Computed) else set()
    if isinstance(node, Field | Computed):
        return {node.name}
    own = {node.base.name} if isinstance(node, Look) and node.base else set()
    return own.union(*map(_names, children(node)))


def _first(node: Node) -> tuple[Node, Node | None] | None:
    """Return what the first comparison is about and what it is compared with."""
    match node:
        case Compare(left=Constant(), right=Constant()):
            return None
        case Compare(left=left, right=right):
            return (right, left) if isinstance(left, Constant) else (left, right)
        case Member(item=item):
            return item, None
        case Look(function="changed" | "spike" | "drop"):
            return node.field, None
        case Call(function="unlikely"):
            return node.arguments[0], None
        case And() | Or() | Not():
            return next(filter(None, map(_first, children(node))), None)
        case _:
            return None
