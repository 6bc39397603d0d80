"""Change a rule a little, in each way that people get rules wrong: would a test notice?

A mutant is the whole rulebook with one rule changed: a limit moved by a tenth (one of a count by
one at least: nobody counts halves), a border put on the other side, a part of a condition left out,
a time doubled or dropped, another severity, a receiver who is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeAlias

from notifier.core.facts.state import Severity
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
    Look,
    Member,
    Negative,
    Node,
    Not,
    Or,
    children,
    literal,
    write,
)
from notifier.core.payload.endpoint import Kind
from notifier.core.rules.compiled import CompiledRule, CompiledSource, Rulebook, compile_rule
from notifier.core.rules.keys import written
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.rulebook import Rule

TENTH = (1.1, 0.9)
_BORDERS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_CONDITIONS = ("where", "when", "clear", "critical")
_TIMES = ("for_", "keep")
_SUMS = ("delta", "rise", "calls_of", "hits_of")  # of counters: whole numbers
_OTHER = {Severity.CRITICAL: Severity.WARNING}  # else critical


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rulebook with one change.

    Attributes:
        rule: Whose id it is.
        key: What was changed of it; *was* and *now* say from what to what.
    """

    rule: str
    key: str
    was: str
    now: str
    book: Rulebook

    def __str__(self) -> str:
        return f"{self.key}: {self.was} -> {self.now}"


def mutants(book: Rulebook, rule: str) -> Iterator[Mutant]:
    """Yield each change of a rule that still makes sense."""
    compiled = [each for each in book.rules if each.rule.id == rule]
    first = compiled[0]
    changes_of = (*_of_conditions(first), *_of_times(first.rule), *_of_telling(first.rule))
    for key, was, now, changes in changes_of:
        changed = [_changed(each, changes, book) for each in compiled]
        if None not in changed:
            others = (each for each in book.rules if each.rule.id != rule)
            rules = (*others, *(each for each in changed if each))
            yield Mutant(rule, key, was, now, replace(book, rules=rules))


Whole: TypeAlias = Compare | Arithmetic | And | Or | Call | Not | Negative | Aggregate
"""A node that has parts."""

Change = tuple[str, str, str, dict[str, Any]]


def _changed(
    compiled: CompiledRule, changes: dict[str, Any], book: Rulebook
) -> CompiledRule | None:
    """The rule compiled anew; None where the change makes no sense."""
    source: CompiledSource = next(each for each in book.sources if each.key == compiled.source)
    mistakes = Mistakes()
    rule = compiled.rule.model_copy(update=changes)
    found = compile_rule((), rule, source, compiled.collection, mistakes)
    to = tuple(name for name in compiled.to if name in rule.to)
    return None if found is None or mistakes.wrong else replace(found, to=to)


# ---- conditions ----


def _of_conditions(compiled: CompiledRule) -> Iterator[Change]:
    for key in _CONDITIONS:
        expression = getattr(compiled, key)
        if expression is None:
            continue
        for was, now, tree in _trees(expression.tree):
            yield key, was, now, {key: write(tree)}
        if key != "when":
            yield key, write(expression.tree), "left out", {key: None}


def _trees(node: Node) -> Iterator[tuple[str, str, Node]]:
    """Yield each change within *node*: the piece before and after, and the whole after it."""
    match node:
        case Compare():
            yield from _borders(node)
            if _counts(node.left) and isinstance(node.right, Constant):
                yield from _steps(node, node.right)
                return
        case And(parts=parts) | Or(parts=parts):
            for place, part in enumerate(parts):
                rest = (*parts[:place], *parts[place + 1 :])
                yield write(part), "left out", rest[0] if len(rest) == 1 else type(node)(rest)
        case Constant(value=float(value), name="") if value:
            for factor in TENTH:
                moved = replace(node, value=_rounded(value * factor))
                yield literal(value), literal(moved.value), moved
        case _:
            pass
    yield from _below(node)


def _borders(node: Compare) -> Iterator[tuple[str, str, Node]]:
    if node.operator in _BORDERS:
        turned = replace(node, operator=_BORDERS[node.operator])
        yield write(node), write(turned), turned


def _steps(node: Compare, limit: Constant) -> Iterator[tuple[str, str, Node]]:
    """The limit of a count: the next whole numbers, or those a tenth away."""
    if isinstance(limit.value, float) and limit.value:
        step = max(1.0, round(limit.value / 10))
        for moved in (limit.value + step, limit.value - step):
            whole = replace(node, right=replace(limit, value=moved))
            yield write(node), write(whole), whole


def _counts(node: Node) -> bool:
    """Whether its values are whole numbers: of things, not of their average or usual number."""
    match node:
        case Field(kind=kind):
            return kind in (Kind.COUNT, Kind.COUNTER)
        case Aggregate(function=name):
            return name == "count"
        case Look(function=name):
            return name in _SUMS
        case _:
            return False


def _below(node: Node) -> Iterator[tuple[str, str, Node]]:
    if isinstance(node, Look):
        yield from _looks(node)
        return
    if isinstance(node, Allowance | Constant | Field | Computed | Member | Blank):
        return  # nothing below; a formula of the catalogue is nobody's rule, texts have no tenth
    for place, child in enumerate(children(node)):
        for was, now, changed in _trees(child):
            whole = _with(node, place, changed)
            joins = isinstance(node, And | Or | Not)
            yield (was, now, whole) if joins else (write(node), write(whole), whole)


def _with(node: Whole, place: int, child: Node) -> Whole:
    """The node with another part in that place."""
    match node:
        case Compare() | Arithmetic():
            return replace(node, left=child) if place == 0 else replace(node, right=child)
        case And(parts=parts) | Or(parts=parts):
            return type(node)((*parts[:place], child, *parts[place + 1 :]))
        case Call(arguments=parts):
            return replace(node, arguments=(*parts[:place], child, *parts[place + 1 :]))
        case Not() | Negative() | Aggregate():
            return replace(node, part=child)


def _looks(node: Look) -> Iterator[tuple[str, str, Node]]:
    for place, number in enumerate(node.numbers):
        for factor in TENTH if number else ():
            moved = (*node.numbers[:place], _rounded(number * factor), *node.numbers[place + 1 :])
            tree = replace(node, numbers=moved)
            yield write(node), write(tree), tree


def _rounded(value: float) -> float:
    """Without the dust of floating point: 3.3, not 3.3000000000000003."""
    return float(f"{value:.12g}")


# ---- times, severity, receivers ----


def _of_times(rule: Rule) -> Iterator[Change]:
    for key in _TIMES:
        span: timedelta = getattr(rule, key)
        if span:
            name = key.rstrip("_")
            yield name, written(span), written(span * 2), {key: span * 2}
            yield name, written(span), "left out", {key: timedelta(0)}
    if rule.of:
        yield "of", "/".join(map(str, rule.of)), "left out", {"of": None}


def _of_telling(rule: Rule) -> Iterator[Change]:
    if rule.kind == "event":
        return
    other = _OTHER.get(rule.severity, Severity.CRITICAL)
    yield "severity", rule.severity.value, other.value, {"severity": other}
    for name in rule.to if len(rule.to) > 1 else ():
        rest = tuple(each for each in rule.to if each != name)
        yield "to", name, "left out", {"to": rest}
