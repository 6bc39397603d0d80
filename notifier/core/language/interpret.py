"""Judge a condition exactly, blank by blank: true, false, or unknown.

Logic is Kleene's: unknown and false is false, unknown or true is true. A number with a blank in it
is unknown, and so is what divides by zero. An aggregate over rows with blanks is a range of what it
may be; a comparison that comes out the same over the whole range is known.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite

from notifier.core.language import ranges
from notifier.core.language.counters import Unknown
from notifier.core.language.expression import Expression
from notifier.core.language.functions import allowance, mos, unlikely, worse
from notifier.core.language.grammar import ARITHMETIC
from notifier.core.language.history import History, Row
from notifier.core.language.past import Answer, Asked, answer
from notifier.core.language.ranges import Range, Value
from notifier.core.language.tree import (
    Aggregate,
    Allowance,
    And,
    Arithmetic,
    Blank,
    Call,
    Compare,
    Computed,
    Constant,
    Field,
    Leaf,
    Look,
    Member,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
    literal,
    walk,
    write,
)
from notifier.core.language.writer import column

_LONGEST_SHOWN = 60  # characters of a text
_NOTHING = History()


@dataclass(frozen=True, slots=True)
class Scope:
    """What one judgement looks at.

    Attributes:
        row: The entity's row; of a group any of its rows, for the fields in ``by``.
        key: The entity's key in the history.
        at: When the snapshot was received, in epoch seconds.
        history: The past *before* this snapshot.
        rows: The rows of the group, by key.
        before: The rows of the same group in the last good snapshot; None if there was none.
    """

    row: Row = None
    key: str = ""
    at: float = 0.0
    history: History = _NOTHING
    rows: Mapping[str, Row] = field(default_factory=dict)
    before: Mapping[str, Row] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One comparison with its values, and how it came out."""

    text: str
    result: bool | None

    def __str__(self) -> str:
        return f"{self.text} -> {_word(self.result)}"


def judge(expression: Expression, scope: Scope) -> bool | None:
    """Return whether the condition holds, or None for unknown."""
    result = evaluate(expression.tree, scope.row, scope.key, scope)
    return result if isinstance(result, bool) else None


def value(expression: Expression, scope: Scope) -> Scalar | None:
    """Return the value, or None where it is unknown or not finite."""
    result = evaluate(expression.tree, scope.row, scope.key, scope)
    if isinstance(result, Range) or (isinstance(result, float) and not isfinite(result)):
        return None
    return result


def explain(expression: Expression, scope: Scope) -> list[Step]:
    """Return each comparison with the values it saw: ``network_rejection (2) > 1 -> true``."""
    return list(_steps(expression.tree, scope))


def evaluate(node: Node, row: Row, key: str, scope: Scope) -> Value:
    """Return what a node is worth for one row."""
    return _EVALUATE[type(node)](node, row, key, scope)


# ---- values ----


def _constant(node: Constant, _row: Row, _key: str, _scope: Scope) -> Value:
    return node.value


def _field(node: Field, row: Row, _key: str, _scope: Scope) -> Value:
    found: Value = getattr(row, node.name)
    return found


def _computed(node: Computed, row: Row, key: str, scope: Scope) -> Value:
    return evaluate(node.tree, row, key, scope)


def _negative(node: Negative, row: Row, key: str, scope: Scope) -> Value:
    return ranges.apply(operator.neg, [evaluate(node.part, row, key, scope)])


def _arithmetic(node: Arithmetic, row: Row, key: str, scope: Scope) -> Value:
    left = evaluate(node.left, row, key, scope)
    right = evaluate(node.right, row, key, scope)
    if node.operator == "/":
        return ranges.divide(left, right)
    function = ARITHMETIC[node.operator]
    if node.operator in ("%", "//"):
        return ranges.jump(function, left, right)
    return ranges.apply(function, [left, right])


_CALLS: dict[str, Callable[..., float | bool | None]] = {
    "mos": mos,
    "unlikely": unlikely,
    "worse": worse,
}


def _call(node: Call, row: Row, key: str, scope: Scope) -> Value:
    given = [evaluate(part, row, key, scope) for part in node.arguments]
    return ranges.apply(_CALLS[node.function], given)


def _allowance(node: Allowance, row: Row, key: str, scope: Scope) -> Value:
    state = evaluate(node.item, row, key, scope)
    return allowance(state, dict(node.table)) if isinstance(state, str) else None


# ---- conditions ----


def _compare(node: Compare, row: Row, key: str, scope: Scope) -> Value:
    left = evaluate(node.left, row, key, scope)
    return ranges.compare(node.operator, left, evaluate(node.right, row, key, scope))


def _member(node: Member, row: Row, key: str, scope: Scope) -> Value:
    item = evaluate(node.item, row, key, scope)
    found = [ranges.compare("==", item, one) for one in node.among]
    if True in found:
        return not node.negated
    return None if None in found else node.negated


def _blank(node: Blank, row: Row, key: str, scope: Scope) -> Value:
    item = evaluate(node.item, row, key, scope)
    return (item is None or isinstance(item, Range)) is not node.negated


def _not(node: Not, row: Row, key: str, scope: Scope) -> Value:
    part = evaluate(node.part, row, key, scope)
    return None if part is None else not part


def _joined(node: And | Or, row: Row, key: str, scope: Scope) -> Value:
    """One false decides an ``and``, one true an ``or``; else an unknown leaves it unknown."""
    decides = isinstance(node, Or)
    unknown = False
    for part in node.parts:
        result = evaluate(part, row, key, scope)
        if result is decides:
            return decides
        unknown = unknown or result is None
    return None if unknown else not decides


# ---- groups and the past ----


_FOLD: dict[str, Callable[[Sequence[Value]], Value]] = {
    "count": ranges.count,
    "share": lambda found: ranges.count(found, len(found)),
    "sum": ranges.total,
    "avg": ranges.average,
    "min": ranges.least,
    "max": ranges.most,
}


def _aggregate(node: Aggregate, _row: Row, _key: str, scope: Scope) -> Value:
    rows = scope.before if node.before else scope.rows
    if rows is None:
        return None
    if node.part is None:
        return float(len(rows))
    return _FOLD[node.function](_each(node.part, rows, scope))


def _each(part: Node, rows: Mapping[str, Row], scope: Scope) -> Sequence[Value]:
    if any(isinstance(node, Look) for node in walk(part)):
        return [evaluate(part, row, key, scope) for key, row in rows.items()]
    return column(part)(rows.values())


def ask(node: Look, row: Row, key: str, scope: Scope) -> Answer:
    """Return what the past answers, or why it does not."""

    def read(earlier: Row) -> Scalar | None:
        return _known(node.field, earlier, key, scope)

    base = _known(node.base, row, key, scope) if node.base else None
    return answer(Asked(node, read(row), row, key, scope.at, scope.history, read, base))


def _known(node: Node, row: Row, key: str, scope: Scope) -> Scalar | None:
    found = evaluate(node, row, key, scope)
    return None if isinstance(found, Range) else found


def look(node: Look, row: Row, key: str, scope: Scope) -> Scalar | None:
    """Return what the past answers, or None."""
    found = ask(node, row, key, scope)
    return None if isinstance(found, Unknown) else found


_EVALUATE: dict[type[Node], Callable[..., Value]] = {
    Constant: _constant,
    Field: _field,
    Computed: _computed,
    Negative: _negative,
    Arithmetic: _arithmetic,
    Compare: _compare,
    Member: _member,
    Blank: _blank,
    Not: _not,
    And: _joined,
    Or: _joined,
    Call: _call,
    Allowance: _allowance,
    Look: look,
    Aggregate: _aggregate,
}


# ---- explaining ----


def _steps(node: Node, scope: Scope) -> Iterable[Step]:
    match node:
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _steps(part, scope)
        case Not(part=And() | Or() as part):
            yield from _steps(part, scope)
        case _:
            found = evaluate(node, scope.row, scope.key, scope)
            text = write(node, lambda leaf: _note(leaf, scope))
            yield Step(text, found if isinstance(found, bool) else None)


def _note(leaf: Leaf, scope: Scope) -> str:
    """Return what stands in brackets after a leaf."""
    if isinstance(leaf, Constant) and not leaf.name:
        return ""
    if isinstance(leaf, Look):
        answered = ask(leaf, scope.row, scope.key, scope)
        return f" ({answered.value if isinstance(answered, Unknown) else _shown(answered)})"
    found = evaluate(leaf, scope.row, scope.key, scope)
    unlimited = isinstance(leaf, Allowance) and found == inf
    return " (no limit)" if unlimited else f" ({_shown(found)})"


def _shown(found: Value) -> str:
    if isinstance(found, Range):
        return f"{_shown(found.low)} to {_shown(found.high)}, as some are blank"
    if isinstance(found, str):
        return repr(found if len(found) <= _LONGEST_SHOWN else f"{found[:_LONGEST_SHOWN]}…")
    if isinstance(found, bool):
        return _word(found)
    if found is None:
        return "blank"
    return literal(round(found, 3)) if isfinite(found) else "anything"


def _word(result: bool | None) -> str:
    return {True: "true", False: "false", None: "unknown"}[result]
