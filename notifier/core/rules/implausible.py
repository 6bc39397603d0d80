"""Find conditions that are hardly meant: never or always true, of the wrong scale, or mere luck.

What is said of a condition is certain: where its comparisons leave a doubt, nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from notifier.core.language.expression import Expression
from notifier.core.language.tree import (
    Aggregate,
    Call,
    Compare,
    Computed,
    Field,
    Look,
    Node,
    Not,
    duration,
    walk,
    write,
)
from notifier.core.payload.endpoint import Kind
from notifier.core.rules.compiled import CompiledRule
from notifier.core.rules.regions import bound, possible, span

Warn: TypeAlias = Callable[[str, str], None]
"""Takes a key of the rule and a sentence about its value."""

_VOLUME = (Kind.COUNT, Kind.COUNTER)
_BOUNDLESS = 1e300


def warn_of_conditions(compiled: CompiledRule, warn: Warn) -> None:
    for key in ("where", "when", "clear", "critical"):
        expression: Expression | None = getattr(compiled, key)
        if expression is not None:
            for node in walk(expression.tree):
                if isinstance(node, Compare) and (text := _odd(node)):
                    warn(key, text)
    when, tied = compiled.when.tree, _tied(compiled)
    if not possible(when, *tied):
        warn("when", "this can never be true: nobody will ever hear of this rule")
    else:
        _warn_of_critical(compiled, tied, warn)
        _warn_of_clear(compiled, warn)


def _tied(compiled: CompiledRule) -> tuple[Node, ...]:
    """What else must be true of the same row; with ``by``, `where` is about other rows."""
    where = compiled.where if compiled.rule.by is None else None
    return (where.tree,) if where else ()


def _warn_of_critical(compiled: CompiledRule, tied: tuple[Node, ...], warn: Warn) -> None:
    if compiled.critical is None:
        return
    when, critical = compiled.when.tree, compiled.critical.tree
    if not possible(when, critical, *tied):
        warn("critical", "this is never true while `when` is: it raises nothing")
    elif not possible(when, Not(critical), *tied):
        text = 'this is true whenever `when` is: write severity = "critical" instead'
        warn("critical", text)


def _warn_of_clear(compiled: CompiledRule, warn: Warn) -> None:
    if compiled.clear is None:
        return
    when, clear = compiled.when.tree, compiled.clear.tree
    if not possible(clear):
        warn("clear", "this can never be true: what opens will never close")
        return
    first = bound(when) if isinstance(when, Compare) else None
    other = bound(clear) if isinstance(clear, Compare) else None
    same = first is not None and other is not None and write(first[0]) == write(other[0])
    if same and possible(when, clear):
        warn("clear", "some values satisfy `when` as well: for those it stays open")


def _odd(node: Compare) -> str:
    """What is strange about one comparison with a number, if anything is."""
    found = bound(node)
    if found is None:
        return ""
    left, _, limit = found
    sides = (possible(node), possible(Not(node)))
    if sides == (True, True):
        return _scale(left, limit)
    always = "always" if sides[0] else "never"
    values = span(left)
    end = "or more" if values.high > _BOUNDLESS else f"to {values.high:g}"
    return f"`{write(node)}` is {always} true: `{write(left)}` is {values.low:g} {end}"


def _scale(left: Node, limit: float) -> str:
    """A share written where a percentage is meant: of these none is ever so small on purpose."""
    cumulative = (isinstance(left, Look) and left.function == "window") or (
        isinstance(left, Field) and left.name.startswith(("service_level", "by_abandon"))
    )
    if cumulative and 0 < limit < 1:
        return (
            f"percentages compare as percent: {limit:g} is {limit:g} %; is {limit * 100:g} meant?"
        )
    return ""


# ---- luck ----


def warn_of_luck(compiled: CompiledRule, warn: Warn) -> None:
    """A percentage of few calls is luck: 1 of 1 is 100 %."""
    expressions = [e for e in (compiled.when, compiled.where) if e is not None]
    nodes = [node for each in expressions for node in walk(each.tree)]
    percent = next((node for node in nodes if _is_share(node, compiled)), None)
    if percent is not None and not any(map(_asks_for_volume, nodes)):
        example = _base_of(percent, compiled)
        text = f"`{write(percent)}` of a few calls is luck; ask for a number, as in {example} >= 20"
        warn("when", text)


def _is_share(node: Node, compiled: CompiledRule) -> bool:
    if isinstance(node, Look):
        return node.function == "window"
    return isinstance(node, Field) and bool(_bases(compiled).get(node.name))


def _bases(compiled: CompiledRule) -> dict[str, str]:
    return {field.name: field.base for field in compiled.collection.fields if field.base}


def _base_of(node: Node, compiled: CompiledRule) -> str:
    if isinstance(node, Look):
        return f"calls_of({node.field.name}, {duration(node.over)!r})"
    return _bases(compiled)[node.name] if isinstance(node, Field) else ""


def _asks_for_volume(node: Node) -> bool:
    """Whether it is a comparison with a number of calls or rows, or a test against luck."""
    if isinstance(node, Call):
        return node.function == "unlikely"
    found = bound(node) if isinstance(node, Compare) else None
    return found is not None and any(_is_volume(part) for part in walk(found[0]))


def _is_volume(node: Node) -> bool:
    counts = isinstance(node, Aggregate) and node.function == "count"
    return counts or (isinstance(node, Field | Computed | Look) and node.kind in _VOLUME)
