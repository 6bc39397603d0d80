"""Turn the function calls of a condition into nodes, each argument checked."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from notifier.core.language.tree import (
    Aggregate,
    Allowance,
    Arithmetic,
    Call,
    Compare,
    Computed,
    Constant,
    Field,
    Look,
    Node,
    walk,
    write,
)
from notifier.core.language.vocabulary import ExpressionError, Vocabulary, nearest
from notifier.core.payload.endpoint import Kind

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LONGEST = 35 * 86_400  # seconds; as long as readings are kept by default


class Level(Enum):
    """What a name in the condition is about."""

    ENTITY = "entity"  # a rule without `by`
    GROUP = "group"  # a rule with `by`, outside its aggregates
    ROW = "row"  # inside an aggregate: each row of the group in turn
    BEFORE = "before"  # inside prev(aggregate): the rows as they were


class Argument(Enum):
    """What a function wants in a place."""

    FIELD = "field"
    NUMBER = "field with numbers"
    LEVEL = "service level"
    EXPRESSION = "number"
    CONSTANT = "constant number"
    DURATION = "duration"
    CONDITION = "condition"


_F, _N, _L, _X = Argument.FIELD, Argument.NUMBER, Argument.LEVEL, Argument.EXPRESSION
_K, _D, _C = Argument.CONSTANT, Argument.DURATION, Argument.CONDITION

FUNCTIONS: dict[str, tuple[tuple[Argument, ...], str]] = {
    "prev": ((_F,), "prev(field)"),
    "changed": ((_F,), "changed(field)"),
    "delta": ((_N,), "delta(field)"),
    "rise": ((_N, _D), "rise(field, '15m')"),
    "avg_over": ((_N, _D), "avg_over(field, '15m')"),
    "min_over": ((_N, _D), "min_over(field, '15m')"),
    "max_over": ((_N, _D), "max_over(field, '15m')"),
    "median_over": ((_N, _D), "median_over(field, '15m')"),
    "spike": ((_N, _K, _K, _D), "spike(field, factor, floor, '1h')"),
    "drop": ((_N, _K, _D), "drop(field, by, '1h')"),
    "usual": ((_N,), "usual(field)"),
    "usual_rise": ((_N,), "usual_rise(field)"),
    "hits_of": ((_L, _D), "hits_of(level, '15m')"),
    "calls_of": ((_L, _D), "calls_of(level, '15m')"),
    "window": ((_L, _D), "window(level, '15m')"),
    "unlikely": ((_X, _X, _X, _X), "unlikely(successes, n, target, alpha)"),
    "mos": ((_X, _X, _X), "mos(latency, jitter, loss)"),
    "worse": ((_X, _X), "worse(a, b)"),
    "allowance": ((_F,), "allowance(aux_state)"),
    "other": ((_F, _F), "other('agents', calls)"),
    "count": ((_C,), "count() or count(condition)"),
    "share": ((_C,), "share(condition)"),
    "avg": ((_X,), "avg(field)"),
    "sum": ((_X,), "sum(field)"),
    "min": ((_X,), "min(field)"),
    "max": ((_X,), "max(field)"),
}
AGGREGATES = frozenset({"count", "share", "avg", "sum", "min", "max"})
_PLAIN = {"unlikely": Kind.FLAG, "mos": Kind.NUMBER, "worse": None}
_SHARES = {2: "the target", 3: "alpha"}  # of unlikely, by place


class Reads(Protocol):
    """What reads the rest of the grammar, for the arguments."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def level(self) -> Level: ...
    def read(self, node: ast.expr) -> Node: ...
    def number(self, node: ast.expr) -> Node: ...
    def condition(self, node: ast.expr) -> Node: ...
    def field(self, node: ast.expr) -> Field | Computed: ...
    def inside(self, level: Level) -> Reads: ...
    def wrong(self, node: ast.expr, text: str, suggestion: str = "") -> ExpressionError: ...


def read_call(reader: Reads, call: ast.Call) -> Node:
    """Return the node of one function call.

    Raises:
        ExpressionError: an unknown function, or an argument it cannot use.
    """
    name = _function(reader, call)
    if name in AGGREGATES:
        return _aggregate(reader, name, call)
    inner = _inner_aggregate(call)
    if inner and name in ("prev", "delta", "changed"):
        return _compared(reader, name, call, inner)
    if inner and name == "usual":
        return _usual_of_all(reader, call, inner)
    wanted, usage = FUNCTIONS[name]
    if len(call.args) != len(wanted):
        given = len(call.args)
        raise reader.wrong(
            call, f"`{name}` takes {_many(len(wanted))}, not {given}", f"write {usage}"
        )
    if name in _SPECIAL:
        return _SPECIAL[name](reader, call)
    if name in _PLAIN:
        return _plain(reader, name, call)
    return _look(reader, name, call)


def _many(count: int) -> str:
    return f"{count} argument" + ("s" if count != 1 else "")


def _function(reader: Reads, call: ast.Call) -> str:
    if not isinstance(call.func, ast.Name):
        raise reader.wrong(call.func, "only the functions of the condition language can be called")
    name = call.func.id
    if name not in FUNCTIONS:
        raise reader.wrong(call.func, f"there is no function `{name}`", nearest(name, FUNCTIONS))
    return name


def _plain(reader: Reads, name: str, call: ast.Call) -> Node:
    arguments = tuple(reader.number(argument) for argument in call.args)
    if name == "unlikely":
        for place, what in _SHARES.items():
            share = arguments[place]
            if isinstance(share, Constant) and not 0 < float(share.value) < 1:
                text = f"{what} of `unlikely` is {share.value:g}, not between 0 and 1"
                raise reader.wrong(call.args[place], text, "write 0.8 for 80 %")
    return Call(name, arguments, _PLAIN[name] or arguments[0].kind)


def _allowance(reader: Reads, call: ast.Call) -> Allowance:
    item = reader.field(call.args[0])
    if item.kind is not Kind.TEXT:
        text = f"`{item.name}` is no text, and `allowance` is about the names of states"
        raise reader.wrong(call.args[0], text)
    return Allowance(item, tuple(reader.vocabulary.allowances.items()))


def _other(reader: Reads, call: ast.Call) -> Look:
    """Read ``other('agents', calls)``: a field that another source has of the same entity."""
    _check_look(reader, "other", call)
    place, name = _place(reader, call.args[0]), call.args[1]
    key, kinds, whose = reader.vocabulary.beside[place]
    if not isinstance(name, ast.Name) or name.id not in kinds:
        given = name.id if isinstance(name, ast.Name) else "that"
        text = f"there is no field `{given}` in `{place}`"
        raise reader.wrong(name, text, nearest(given, kinds))
    own = reader.field(ast.copy_location(ast.Name(key, ast.Load()), call.args[0]))
    return Look("other", own, kinds[name.id], other=(place, name.id), whose=whose)


def _place(reader: Reads, node: ast.expr) -> str:
    known = reader.vocabulary.beside
    place = node.value if isinstance(node, ast.Constant) else None
    if isinstance(place, str) and place in known:
        return place
    listed = ", ".join(map(repr, sorted(known)))
    advice = f"there is {listed}" if known else "no source of the operation has such rows"
    text = "`other` wants the name of a source that has rows of the same entities"
    raise reader.wrong(node, text, advice)


_SPECIAL: dict[str, Callable[[Reads, ast.Call], Node]] = {
    "allowance": _allowance,
    "other": _other,
}


# ---- aggregates ----


def _inner_aggregate(call: ast.Call) -> ast.Call | None:
    inner = call.args[0] if call.args else None
    if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
        return inner if inner.func.id in AGGREGATES else None
    return None


def _aggregate(reader: Reads, name: str, call: ast.Call, *, before: bool = False) -> Aggregate:
    _check_group(reader, name, call)
    within = reader.inside(Level.BEFORE if before else Level.ROW)
    if name == "count" and not call.args:
        return Aggregate(name, None, Kind.COUNT, before)
    wanted, usage = FUNCTIONS[name]
    if len(call.args) != 1:
        raise reader.wrong(
            call, f"`{name}` takes {_many(1)}, not {len(call.args)}", f"write {usage}"
        )
    if wanted == (Argument.CONDITION,):
        kind = Kind.COUNT if name == "count" else Kind.NUMBER
        return Aggregate(name, within.condition(call.args[0]), kind, before)
    part = within.number(call.args[0])
    return Aggregate(name, part, Kind.COUNT if part.kind is Kind.COUNTER else part.kind, before)


def _check_group(reader: Reads, name: str, call: ast.Call) -> None:
    if reader.level is Level.ENTITY:
        advice = "give the rule `by`"
        if name in ("min", "max"):
            advice += "; of two numbers the greater is worse(a, b)"
        raise reader.wrong(call, f"`{name}` is about a group, and this is about one entity", advice)
    if reader.level is not Level.GROUP:
        text = f"`{name}` stands inside another aggregate"
        raise reader.wrong(call, text, "use one aggregate at a time")


def _compared(reader: Reads, name: str, call: ast.Call, inner: ast.Call) -> Node:
    """Read ``prev``, ``delta`` or ``changed`` of an aggregate."""
    function = _function(reader, inner)
    if len(call.args) != 1:
        raise reader.wrong(call, f"`{name}` takes {_many(1)}, not {len(call.args)}")
    before = _aggregate(reader, function, inner, before=True)
    if name == "prev":
        return before
    now = _aggregate(reader, function, inner)
    if name == "delta":
        return Arithmetic("-", now, before, now.kind)
    return Compare("!=", now, before)


def _usual_of_all(reader: Reads, call: ast.Call, inner: ast.Call) -> Look:
    """Read ``usual`` of an aggregate: it is remembered of all rows together, of no single group."""
    if len(call.args) != 1:
        raise reader.wrong(call, f"`usual` takes {_many(1)}, not {len(call.args)}")
    aggregate = _aggregate(reader, _function(reader, inner), inner)
    if reader.vocabulary.by:
        text = "what is usual of a group is not remembered, only of all rows together"
        raise reader.wrong(call, text, "give the rule `by = []`")
    if any(isinstance(node, Look) for node in walk(aggregate)):
        text = "what is usual can be asked of the rows as they are, not of their past"
        raise reader.wrong(inner, text, "look back once")
    return Look("usual", Computed(write(aggregate), aggregate.kind, aggregate), aggregate.kind)


# ---- the past ----


def _look(reader: Reads, name: str, call: ast.Call) -> Look:
    _check_look(reader, name, call)
    wanted, _ = FUNCTIONS[name]
    field = reader.field(call.args[0])
    if wanted[0] is not Argument.FIELD and not field.kind.numeric:
        raise reader.wrong(call.args[0], f"`{field.name}` is no number, and `{name}` needs one")
    base = _base(reader, field, call.args[0]) if wanted[0] is Argument.LEVEL else None
    numbers, over = [], 0.0
    for kind, argument in zip(wanted[1:], call.args[1:], strict=True):
        if kind is Argument.DURATION:
            over = _duration(reader, argument)
        else:
            numbers.append(_constant(reader, argument))
    grows = field.kind is Kind.COUNTER or field.name in reader.vocabulary.growing
    counting = name in ("delta", "rise") and grows
    counters = reader.vocabulary.counters if counting or base else ()
    places = reader.vocabulary.places if base else None
    return Look(name, field, _kind(name, field), over, tuple(numbers), counters, base, places)


def _check_look(reader: Reads, name: str, call: ast.Call) -> None:
    if _inner_aggregate(call):
        text = f"`{name}` needs the past of one entity, and a group has none"
        raise reader.wrong(
            call, text, "of an aggregate only prev, delta, changed and usual are known"
        )
    if reader.level is Level.GROUP:
        text = f"`{name}` of a field is about one entity, and this rule is about groups"
        raise reader.wrong(call, text, f"put it inside an aggregate, as in count({name}(...) > 1)")
    if reader.level is Level.BEFORE:
        text = f"`{name}` cannot stand inside prev, delta or changed of an aggregate"
        raise reader.wrong(call, text, "look back once")


def _kind(name: str, field: Field | Computed) -> Kind:
    fixed = {
        "changed": Kind.FLAG,
        "spike": Kind.FLAG,
        "drop": Kind.FLAG,
        "window": Kind.PERCENT,
        "hits_of": Kind.COUNT,
        "calls_of": Kind.COUNT,
    }
    grown = name in ("delta", "rise", "usual_rise") and field.kind is Kind.COUNTER
    return Kind.COUNT if grown else fixed.get(name, field.kind)


def _base(reader: Reads, field: Field | Computed, node: ast.expr) -> Field | Computed:
    base = reader.vocabulary.bases.get(field.name, "")
    if not base:
        levels = sorted(reader.vocabulary.bases)
        advice = f"the levels are {', '.join(levels)}" if levels else "this collection has none"
        raise reader.wrong(node, f"`{field.name}` is not a cumulative service level", advice)
    return reader.field(ast.copy_location(ast.Name(base, ast.Load()), node))


def _constant(reader: Reads, node: ast.expr) -> float:
    number = reader.number(node)
    if not isinstance(number, Constant):
        raise reader.wrong(node, "this must be a number, not something that varies")
    return float(number.value)


def _duration(reader: Reads, node: ast.expr) -> float:
    value = node.value if isinstance(node, ast.Constant) else None
    value = None if isinstance(value, bytes) else value
    match = re.fullmatch(r"(\d{1,7})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        given = f"{value!r} has no unit" if _is_number(value) else "this is not a duration"
        unit = f"'{value}s'" if _is_number(value) else "'15m'"
        raise reader.wrong(node, given, f"write a whole number and s, m, h or d, as in {unit}")
    seconds = int(match[1]) * _UNITS[match[2]]
    if not 0 < seconds <= _LONGEST:
        raise reader.wrong(node, f"a window of {value} is not between 1s and 35d")
    return float(seconds)


def _is_number(value: object) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)) or (
        isinstance(value, str) and value.isdecimal()
    )
