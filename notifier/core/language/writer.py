"""Write a condition's tree as Python, for the judgements that must be fast.

``condition`` and ``value`` are for rows without blanks in the fields used: they come out right or
raise (a division by zero, a past without an answer). ``exact`` is for any row: it knows of unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from notifier.core.language.functions import allowance, mos, unlikely, worse
from notifier.core.language.history import Row
from notifier.core.language.tree import (
    Allowance,
    And,
    Arithmetic,
    Blank,
    Call,
    Compare,
    Computed,
    Constant,
    Field,
    Look,
    Member,
    Negative,
    Node,
    Not,
    Or,
    Scalar,
    children,
)
from notifier.core.payload.endpoint import Kind

Columns: TypeAlias = Callable[[Iterable[Row]], list[Scalar | None]]  # rows to one value of each
RAISED = "(TypeError, ZeroDivisionError)"
OVER = ("avg_over", "min_over", "max_over", "median_over")


def _blank() -> bool:
    """Raise as a comparison with None does."""
    raise TypeError


_NAMES: dict[str, Any] = {
    "blank": _blank,
    "allowance": allowance,
    "mos": mos,
    "unlikely": unlikely,
    "worse": worse,
}


@dataclass(slots=True)
class Writer:
    """Writes trees as Python expressions, and the helper functions that they need.

    In what it writes ``r`` is a row, ``k`` its key, ``f_name`` a field's value, ``t`` a passing
    value. Names come from the catalogue and constants are written by ``repr``: nothing of a rule's
    text gets in.
    """

    helpers: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=lambda: dict(_NAMES))
    made: dict[tuple[Node, str], str] = field(default_factory=dict)
    keyed: bool = False

    def function(self, parameters: str, body: Iterable[str]) -> Callable[..., Any]:
        """Return the function whose body, after the helpers, is this."""
        lines = (f"    {line}" for line in (*self.helpers, *body))
        source = "\n".join([f"def made({parameters}):", *lines])
        names = dict(self.names)
        exec(compile(source, "<rules>", "exec"), names)  # noqa: S102 - written here, from checked trees
        made: Callable[..., Any] = names["made"]
        return made

    # ---- for rows without blanks ----

    def condition(self, node: Node) -> str:
        match node:
            case And(parts=parts) | Or(parts=parts):
                word = " and " if isinstance(node, And) else " or "
                return word.join(f"({self.condition(part)})" for part in parts)
            case Not(part=part):
                return f"not ({self.condition(part)})"
            case Computed(tree=tree):
                return self.condition(tree)
            case Compare(operator=sign, left=left, right=right):
                return f"{self.value(left)} {sign} {self.value(right)}"
            case Member(item=item, among=among, negated=negated):
                return f"{self.value(item)} {'not in' if negated else 'in'} {among!r}"
            case Blank(item=item, negated=negated):
                return f"{self.whole(item)} is {'not ' if negated else ''}None"
            case _:
                return self.value(node)

    def value(self, node: Node) -> str:
        match node:
            case Constant(value=value):
                return repr(value)
            case Field(name=name):
                return f"f_{name}"
            case Computed(tree=tree, kind=kind):
                return _guarded(self.exact(tree)) if kind is Kind.FLAG else self.value(tree)
            case Negative(part=part):
                return f"(-{self.value(part)})"
            case Arithmetic():
                return self._arithmetic(node)
            case Call() | Allowance():
                return self._call(node)
            case Look():
                return self._look(node)
            case _:
                raise TypeError(node)  # a condition is no value, and groups are judged elsewhere

    def _arithmetic(self, node: Arithmetic) -> str:
        text = f"({self.value(node.left)} {node.operator} {self.value(node.right)})"
        if isinstance(node.left, Field | Constant) and isinstance(node.right, Field | Constant):
            return text
        # Infinities may meet in what was reckoned before, and what is not a number is unknown.
        return f"(t if (t := {text}) == t else blank())"

    def _call(self, node: Call | Allowance) -> str:
        if isinstance(node, Allowance):
            name = f"a{len(self.names)}"
            self.names[name] = dict(node.table)
            return f"allowance({self.value(node.item)}, {name})"
        parts = [self.value(part) for part in node.arguments]
        if node.function == "worse" and all(isinstance(part, Field) for part in node.arguments):
            one, other = parts
            return f"({one} if {one} >= {other} else {other})"
        text = f"{node.function}({', '.join(parts)})"
        return _guarded(text) if node.function == "unlikely" else text

    # ---- the past ----

    def _look(self, node: Look) -> str:
        self.keyed = True
        match node.function:
            case "prev":
                return _guarded(f"{self._before(node)}(k)")
            case "changed":
                return f"({self.value(node.field)} != {_guarded(f'{self._before(node)}(k)')})"
            case "delta" if isinstance(node.field, Field) and not node.counters:
                return f"({self.value(node.field)} - {_guarded(f'{self._before(node)}(k)')})"
            case "spike":  # nearly always below its floor, and then nothing is looked up
                return f"({self.value(node.field)} >= {node.numbers[1]!r} and {self._asked(node)})"
            case "avg_over" | "min_over" | "max_over" | "median_over":
                folded = self._prepared(node, "folder")
                return _guarded(f"{folded}(k, {self.value(node.field)})")
            case _:
                return self._asked(node)

    def _asked(self, node: Look) -> str:
        return _guarded(f"{self._prepared(node, 'asker')}(r, k)")

    def _before(self, node: Look) -> str:
        """Write a function of the key: the field as it was."""
        key = (node.field, "before")
        if key not in self.made:
            simple = isinstance(node.field, Field)
            was = f"r.{node.field.name}" if simple else self.exact(node.field)
            self._define(key, "k", ["r = previous(k)", f"return None if r is None else {was}"])
        return self.made[key]

    def _prepared(self, node: Look, maker: str) -> str:
        """Write what is made once for all rows: a function that answers this question."""
        key = (node, maker)
        if key not in self.made:
            name = self.made[key] = f"h{len(self.made)}"
            self.names[f"n_{name}"] = node
            self.helpers.append(f"{name} = {maker}(n_{name}, history, at)")
        return self.made[key]

    # ---- for any row ----

    def exact(self, node: Node) -> str:
        """Write a call that gives the value or, for unknown, None."""
        key = (node, "exact")
        if key not in self.made:
            self._define(key, "r, k", self._exact_body(node))
        return f"{self.made[key]}(r, k)"

    def whole(self, node: Node) -> str:
        return f"r.{node.name}" if isinstance(node, Field) else self.exact(node)

    def _exact_body(self, node: Node) -> list[str]:
        match node:
            case And(parts=parts) | Or(parts=parts):
                exact = [self.exact(part) for part in parts]
                return _joined(exact, decides=isinstance(node, Or))
            case Not(part=part):
                return [f"v = {self.exact(part)}", "return None if v is None else not v"]
            case Computed(tree=tree):
                return [f"return {self.exact(tree)}"]
            case _:
                text = self.condition(node) if node.kind is Kind.FLAG else self.value(node)
                names = fields(node)
                blank = [f"if {any_blank(names)}: return None"] if names else []
                attempt = [f"try: return {text}", f"except {RAISED}: return None"]
                return [*loaded(names), *blank, *attempt]

    def _define(self, key: tuple[Node, str], parameters: str, body: list[str]) -> None:
        name = self.made[key] = f"h{len(self.made)}"
        self.helpers += [f"def {name}({parameters}):", *(f"    {line}" for line in body)]


def fields(node: Node) -> list[str]:
    """Return the fields that a tree reads from the row itself and that must not be blank."""
    if isinstance(node, Field):
        return [node.name]
    beside = isinstance(node, Blank) or (isinstance(node, Look) and not _reads_present(node))
    if beside:
        return []
    inner = children(node)
    if not isinstance(node, And | Or | Not | Computed):  # then a flag's formula is judged apart
        inner = tuple(child for child in inner if not _is_flag_formula(child))
    return list(dict.fromkeys(name for child in inner for name in fields(child)))


def _is_flag_formula(node: Node) -> bool:
    return isinstance(node, Computed) and node.kind is Kind.FLAG


def _reads_present(node: Look) -> bool:
    plain = node.function == "delta" and not node.counters and isinstance(node.field, Field)
    return plain or node.function in ("changed", "spike", *OVER)


def loaded(names: Iterable[str]) -> list[str]:
    """Write what reads the fields of a row."""
    return [f"f_{name} = r.{name}" for name in names]


def any_blank(names: Iterable[str]) -> str:
    """Write the test for a blank among them."""
    return " or ".join(f"f_{name} is None" for name in names)


def _guarded(text: str) -> str:
    return f"(t if (t := {text}) is not None else blank())"


def _joined(parts: list[str], *, decides: bool) -> list[str]:
    """Write Kleene's and, or: one part decides, else an unknown one leaves it unknown."""
    lines = ["unknown = False"]
    for part in parts:
        lines += [f"v = {part}", f"if v is {decides}: return {decides}", "unknown |= v is None"]
    return [*lines, f"return None if unknown else {not decides}"]


@lru_cache(maxsize=256)
def column(tree: Node) -> Columns:
    """Return what works out a tree that asks nothing of the past, for many rows."""
    writer = Writer()
    each = writer.exact(tree)
    return writer.function("rows, k=''", [f"return [{each} for r in rows]"])
