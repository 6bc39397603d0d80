"""Write one Python function that judges all rules of a collection in a single pass.

Thousands of rows meet dozens of rules at each poll, and nearly always nothing fires and nothing is
blank. So a rule is one line of plain Python, taken where no field it uses is blank. Where one is,
or the line raises, the rule is judged by an exact function, written from the same tree, that knows
of unknown.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import TypeAlias

from notifier.core.language.expression import USUAL, Expression
from notifier.core.language.history import Column, Fold, History, Needs, Reader, Row
from notifier.core.language.interpret import Scope, evaluate, look
from notifier.core.language.past import folder
from notifier.core.language.tree import Computed, Field, Look, Node, Scalar
from notifier.core.language.writer import RAISED, Writer, any_blank, column, fields, loaded


@dataclass(frozen=True, slots=True)
class LoopRule:
    """A rule about each entity by itself."""

    where: Expression | None
    when: Expression


@dataclass(slots=True)
class Found:
    """What one rule found, as places in the rows given.

    Attributes:
        breach: ``where`` and ``when`` are true.
        unsure: ``where`` is unknown, or it is true and ``when`` is unknown.
    """

    breach: list[int]
    unsure: list[int]


Loop: TypeAlias = Callable[[Sequence[Row], Sequence[str], History, float], list[Found]]
"""(rows, their keys, the past before them, epoch seconds) -> a Found for each rule, in order."""


def compile_loop(rules: Sequence[LoopRule]) -> Loop:
    """Return the function that judges all *rules* on all rows of one snapshot."""
    writer = Writer()
    writer.names |= {"Found": Found, "asker": _asker, "folder": folder}
    lines = [line for place, rule in enumerate(rules) for line in _judging(writer, place, rule)]
    names = dict.fromkeys(name for rule in rules for name in _fields(rule))
    each = "i, (r, k) in enumerate(zip(rows, keys))" if writer.keyed else "i, r in enumerate(rows)"
    found = ", ".join(f"Found(b{place}, u{place})" for place in range(len(rules)))
    body = [
        *(f"b{place}, u{place} = [], []" for place in range(len(rules))),
        "k = ''",
        "previous = history.rows.get",
        f"for {each}:",
        *(f"    {line}" for line in (*loaded(names), *lines, "pass")),
        f"return [{found}]",
    ]
    return writer.function("rows, keys, history, at", body)


def _fields(rule: LoopRule) -> list[str]:
    where = fields(rule.where.tree) if rule.where else []
    return list(dict.fromkeys([*where, *fields(rule.when.tree)]))


def _judging(writer: Writer, place: int, rule: LoopRule) -> list[str]:
    """Write the lines that judge one rule on the row at hand."""
    quick, exact = writer.condition(rule.when.tree), writer.exact(rule.when.tree)
    if rule.where:
        where = rule.where.tree
        quick = f"({writer.condition(where)}) and ({quick})"
        exact = f"({exact} if (w := {writer.exact(where)}) else w)"
    blank = any_blank(_fields(rule)) or "False"
    settle = [
        f"    v = {exact}",
        f"    if v: b{place}.append(i)",
        f"    elif v is None: u{place}.append(i)",
    ]
    attempt = ["try:", f"    if {quick}: b{place}.append(i)", f"except {RAISED}:", *settle]
    return [f"if {blank}:", *settle, "else:", *(f"    {line}" for line in attempt)]


def _asker(node: Look, history: History, at: float) -> Callable[[Row, str], Scalar | None]:
    scope = Scope(at=at, history=history)
    return lambda row, key: look(node, row, key, scope)


# ---- what the history must keep for them ----


def needs_of(expressions: Iterable[Expression]) -> Needs:
    """Return what these conditions ask of their collection's past."""
    looks = [one for expression in expressions for one in expression.looks]
    wholes = [one.field for one in looks if one.whole]
    looks = [one for one in looks if not one.whole]
    read = [node for one in looks for node in (one.field, one.base) if node]
    spans: dict[str, float] = {}
    for one in looks:
        for name in _sampled(one):
            spans[name] = max(one.over, spans.get(name, 0.0))
    return Needs(
        spans,
        frozenset(one.field.name for one in looks if one.function in USUAL),
        tuple(dict.fromkeys(one.field.name for one in looks if one.base)),
        {node.name: column_reader(node) for node in read if _worked_out(node)},
        {node.name: _fold(node) for node in wholes},
    )


def _fold(node: Node) -> Fold:
    """Return what works out an aggregate over all rows, NaN where it is unknown."""

    def fold(rows: Mapping[str, Row]) -> float:
        found = evaluate(node, None, "", Scope(rows=rows))
        return found if isinstance(found, float) else nan

    return fold


def _sampled(one: Look) -> Iterable[str]:
    """The fields of which a window needs the past values; a level's counters tell its resets."""
    base = (one.base.name,) if one.base else ()
    return (one.field.name, *base, *one.counters) if one.over else ()


def _worked_out(node: Field | Computed) -> bool:
    return isinstance(node, Computed) and node.kind.numeric


def column_reader(tree: Node) -> Reader:
    """Return what reads a computed field from rows, NaN where it is unknown."""
    values = column(tree)

    def read(rows: Iterable[Row]) -> Column:
        return array("d", [nan if v is None else float(v) for v in values(rows)])

    return read
