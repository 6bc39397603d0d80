"""Turn Python's syntax tree into the condition's own, and refuse all that is not the language."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite

from notifier.core.language.calls import FUNCTIONS, Level, read_call
from notifier.core.language.kinds import advice, family, kind_of, result, what
from notifier.core.language.spelling import check_spelling
from notifier.core.language.syntax import parse_python
from notifier.core.language.tree import (
    Aggregate,
    And,
    Arithmetic,
    Blank,
    Compare,
    Computed,
    Constant,
    Field,
    Member,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
)
from notifier.core.language.vocabulary import ExpressionError, Vocabulary, nearest
from notifier.core.payload.endpoint import Kind
from notifier.core.payload.values import folded

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "//": operator.floordiv,
}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.FloorDiv: "//",
}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_FOREIGN: dict[type[ast.expr], str] = {
    ast.Subscript: "fields have no parts, so no [ ]",
    ast.IfExp: "`if ... else` is not known here",
    ast.Lambda: "`lambda` is not known here",
    ast.Tuple: "a comma makes sense only in a list after `in` or inside a function",
    ast.List: "a list makes sense only after `in`",
    ast.JoinedStr: "a text has no letter before its quote",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one condition; where it stands decides which names make sense."""

    text: str
    vocabulary: Vocabulary
    level: Level
    indent: int = 0  # characters before the text that Python saw
    within: tuple[str, ...] = ()  # the formulas being read, outermost first

    def inside(self, level: Level) -> Reader:
        return replace(self, level=level)

    def wrong(self, node: ast.expr, text: str, suggestion: str = "") -> ExpressionError:
        return ExpressionError(text, self.indent + self._column(node.col_offset), suggestion)

    def _column(self, offset: int) -> int:
        """Python counts bytes of UTF-8; people count characters."""
        return len(self.text.encode()[:offset].decode(errors="ignore"))

    def read(self, node: ast.expr) -> Node:
        match node:
            case ast.BoolOp():
                parts = tuple(self.condition(value) for value in node.values)
                return And(parts) if isinstance(node.op, ast.And) else Or(parts)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.Call():
                return read_call(self, node)
            case ast.Name():
                return self._name(node)
            case ast.Constant():
                return self._constant(node)
            case _:
                raise self.wrong(node, _FOREIGN.get(type(node), "this is not part of the language"))

    def number(self, node: ast.expr) -> Node:
        found = self.read(node)
        if not found.kind.numeric:
            raise self.wrong(node, f"{what(found)} stands where a number is needed")
        return found

    def condition(self, node: ast.expr) -> Node:
        found = self.read(node)
        if found.kind is not Kind.FLAG:
            advice = (
                "compare it, as in ... > 1" if found.kind.numeric else "compare it, as in == 'x'"
            )
            raise self.wrong(node, f"{what(found)} is not true or false by itself", advice)
        return found

    def field(self, node: ast.expr) -> Field | Computed:
        found = self._name(node) if isinstance(node, ast.Name) else None
        if isinstance(found, Field | Computed):
            return found
        raise self.wrong(node, "this must be the name of a field")

    # ---- names and constants ----

    def _name(self, node: ast.Name) -> Node:
        name, known = node.id, self.vocabulary
        if name in known.customer:
            raise self.wrong(node, f"`{name}` is customer data, which rules never see")
        if name in known.constants:
            value = _scalar(known.constants[name])
            return Constant(value, kind_of(value), name)
        if name not in known.kinds:
            raise self._unknown(node)
        if self.level is Level.GROUP and name not in known.by:
            text = f"`{name}` differs from row to row, and this rule is about groups"
            raise self.wrong(node, text, f"put it inside an aggregate, as in max({name})")
        if name in known.formulas:
            return self._formula(name, node)
        return Field(name, known.kinds[name])

    def _unknown(self, node: ast.Name) -> ExpressionError:
        if node.id in FUNCTIONS:
            return self.wrong(node, f"`{node.id}` is a function", f"write {FUNCTIONS[node.id][1]}")
        advice = nearest(node.id, self.vocabulary.names)
        if not advice and self.vocabulary.names:
            advice = f"the names are {', '.join(self.vocabulary.names)}"
        return self.wrong(node, f"there is no `{node.id}` here", advice)

    def _formula(self, name: str, node: ast.Name) -> Computed:
        if name in self.within:
            raise self.wrong(node, f"the formula of `{name}` leads back to itself")
        formula = self.vocabulary.formulas[name]
        inner = replace(
            self, text=formula, indent=0, level=Level.BEFORE, within=(*self.within, name)
        )
        try:
            check_spelling(formula, frozenset(self.vocabulary.names))
            tree = inner.read(parse_python(formula))
        except ExpressionError as error:
            raise self.wrong(node, f"the formula of `{name}`: {error.text}") from error
        found = Computed(name, self.vocabulary.kinds[name], tree)
        if family(found) != family(tree):
            raise self.wrong(node, f"the formula of `{name}` gives {family(tree)}")
        return found

    def _constant(self, node: ast.Constant) -> Constant:
        value = node.value
        if value is None:
            raise self.wrong(node, "None stands where a value is needed", "write `is None`")
        if not isinstance(value, bool | int | float | str):
            raise self.wrong(node, "this is not a value of the language")
        try:
            scalar = _scalar(value)
        except OverflowError:
            scalar = float("inf")
        if isinstance(scalar, float) and not isfinite(scalar):
            raise self.wrong(node, "this number is too large")
        return Constant(scalar, kind_of(scalar))

    # ---- operators ----

    def _unary(self, node: ast.UnaryOp) -> Node:
        if isinstance(node.op, ast.Not):
            return Not(self.condition(node.operand))
        part = self.number(node.operand)
        if isinstance(node.op, ast.UAdd):
            return part
        if isinstance(part, Constant) and not part.name:
            return Constant(-float(part.value), part.kind)
        return Negative(part, part.kind)

    def _arithmetic(self, node: ast.BinOp) -> Node:
        sign = _OPERATORS.get(type(node.op))
        if sign is None:
            raise self.wrong(node, "this operator is not known here", "use + - * / % //")
        left, right = self.number(node.left), self.number(node.right)
        if isinstance(right, Constant) and right.value == 0 and sign in ("/", "%", "//"):
            raise self.wrong(node.right, "this divides by zero, always")
        if isinstance(left, Constant) and isinstance(right, Constant):
            value = ARITHMETIC[sign](float(left.value), float(right.value))
            if not isfinite(value):
                raise self.wrong(node, "this number is too large")
            return Constant(value, Kind.NUMBER)
        return Arithmetic(sign, left, right, result(sign, left, right))

    def _comparison(self, node: ast.Compare) -> Node:
        operands = [node.left, *node.comparators]
        parts = tuple(
            self._compared(sign, left, right)
            for sign, (left, right) in zip(node.ops, pairwise(operands), strict=True)
        )
        return parts[0] if len(parts) == 1 else And(parts)

    def _compared(self, sign: ast.cmpop, left: ast.expr, right: ast.expr) -> Node:
        if isinstance(sign, ast.Is | ast.IsNot):
            return self._blank(left, right, isinstance(sign, ast.IsNot))
        if isinstance(sign, ast.In | ast.NotIn):
            return self._member(left, right, isinstance(sign, ast.NotIn))
        for side in (left, right):
            if isinstance(side, ast.Constant) and side.value is None:
                raise self.wrong(side, "nothing equals None", "write `is None` or `is not None`")
        written = _COMPARISONS[type(sign)]
        one, other = self.read(left), self.read(right)
        self._check_kinds(right, one, other)
        self._check_comparable(left, one, written)
        self._check_comparable(right, other, written)
        self._check_share(left, right, one, other)
        return Compare(written, _worded(one, other), _worded(other, one))

    def _blank(self, left: ast.expr, right: ast.expr, negated: bool) -> Node:
        if not (isinstance(right, ast.Constant) and right.value is None):
            raise self.wrong(right, "`is` asks only for None", "write `==`")
        item = self.read(left)
        if item.kind is Kind.FLAG:
            self._check_plain(left, item)
        return Blank(item, negated)

    def _member(self, left: ast.expr, right: ast.expr, negated: bool) -> Node:
        item = self.read(left)
        if item.kind is Kind.FLAG:
            self._check_plain(left, item)
        if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
            raise self.wrong(right, "`in` wants a list of values", "write in ('a', 'b')")
        return Member(item, tuple(self._listed(value, item) for value in right.elts), negated)

    def _listed(self, node: ast.expr, item: Node) -> Scalar:
        value = self.read(node)
        if not isinstance(value, Constant):
            raise self.wrong(node, "only constants can be listed after `in`")
        self._check_kinds(node, item, value)
        return _as_kept(value.value, item)

    # ---- kinds ----

    def _check_kinds(self, node: ast.expr, left: Node, right: Node) -> None:
        if family(left) != family(right):
            text = f"{what(left)} is compared with {what(right)}"
            raise self.wrong(node, text, advice(left, right))

    def _check_comparable(self, node: ast.expr, side: Node, sign: str) -> None:
        if side.kind.numeric:
            return
        if sign not in ("==", "!="):
            text = f"{what(side)} has no order"
            raise self.wrong(node, text, "compare it with ==, != or in")
        if side.kind is Kind.FLAG:
            self._check_plain(node, side)

    def _check_plain(self, node: ast.expr, side: Node) -> None:
        """Comparing a comparison is never what was meant; Python would chain it besides."""
        if isinstance(side, Compare | Member | Blank | Not | And | Or):
            text = "a condition stands where a value is needed"
            raise self.wrong(node, text, "join conditions with and, or, not")

    def _check_share(self, left: ast.expr, right: ast.expr, one: Node, other: Node) -> None:
        for side, node, limit in ((one, right, other), (other, left, one)):
            shared = isinstance(side, Aggregate) and side.function == "share"
            if shared and isinstance(limit, Constant) and float(limit.value) > 1:
                text = f"a share is 0 to 1, never {float(limit.value):g}"
                raise self.wrong(node, text, f"write {float(limit.value) / 100:g}")


def _worded(side: Node, other: Node) -> Node:
    if isinstance(side, Constant):
        return replace(side, value=_as_kept(side.value, other))
    return side


def _as_kept(value: Scalar, other: Node) -> Scalar:
    """Write a constant as the words of *other* are kept, so that `NO-ANSWER` meets them."""
    return folded(value) if other.kind is Kind.WORD and isinstance(value, str) else value


def _scalar(value: float | str | bool) -> Scalar:
    return value if isinstance(value, bool | str) else float(value)
