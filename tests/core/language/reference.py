"""A slow second opinion on the condition language: reads the text itself, rows as dictionaries.

It shares nothing with the product but Python's parser. A blank in an aggregate is tried out: every
completion that could make a difference is judged, and unknown is what they disagree about.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise, product
from statistics import median
from typing import Any

Row = Mapping[str, Any]
Rows = Mapping[str, Row]

SIGNS: dict[type, Any] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
AGGREGATES = {"count", "share", "avg", "sum", "min", "max"}
ANYTHING = (-1e12, 0.0, 1e12)  # far beyond whatever the tests compare with


@dataclass(frozen=True)
class World:
    """Everything there is to see: the polls oldest first, the last of them being judged now."""

    polls: tuple[tuple[float, Rows], ...]
    formulas: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    counters: tuple[str, ...] = ()
    key: str = ""
    moment: int = -1  # which poll is the present one

    @property
    def now(self) -> tuple[float, Rows]:
        return self.polls[self.moment]

    def row(self) -> Row | None:
        return self.now[1].get(self.key)

    def earlier(self) -> list[World]:
        """The same entity at each earlier poll, oldest first."""
        count = len(self.polls) + self.moment if self.moment < 0 else self.moment
        return [replace(self, moment=place) for place in range(count)]


def judge(text: str, world: World) -> Any:
    return Judge(world).of(ast.parse(text.strip(), mode="eval").body)


@dataclass
class Judge:
    world: World
    completion: Iterator[Any] | None = None

    def of(self, node: ast.expr) -> Any:
        result = getattr(self, type(node).__name__.lower())(node)
        return None if isinstance(result, float) and math.isnan(result) else result

    def constant(self, node: ast.Constant) -> Any:
        value: Any = node.value
        return float(value) if type(value) is int else value

    def name(self, node: ast.Name) -> Any:
        if node.id in self.world.constants:
            return self.world.constants[node.id]
        if node.id in self.world.formulas:
            return judge(self.world.formulas[node.id], self.world)
        row = self.world.row()
        return None if row is None else row[node.id]

    def boolop(self, node: ast.BoolOp) -> Any:
        results = [self.of(value) for value in node.values]
        decides = isinstance(node.op, ast.Or)
        if decides in results:
            return decides
        return None if None in results else not decides

    def unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.of(node.operand)
        if value is None:
            return None
        return not value if isinstance(node.op, ast.Not) else -value

    def binop(self, node: ast.BinOp) -> Any:
        left, right = self.of(node.left), self.of(node.right)
        if left is None or right is None:
            return None
        try:
            return SIGNS[type(node.op)](left, right)
        except ZeroDivisionError:
            return None

    def compare(self, node: ast.Compare) -> Any:
        if any(_is_aggregate(part) for part in ast.walk(node)):
            return self._every_completion(node)
        operands = [node.left, *node.comparators]
        results = [
            self._one(sign, *pair) for sign, pair in zip(node.ops, pairwise(operands), strict=True)
        ]
        if False in results:
            return False
        return None if None in results else True

    def _one(self, sign: ast.cmpop, left: ast.expr, right: ast.expr) -> Any:
        one = self.of(left)
        if isinstance(sign, ast.Is | ast.IsNot):
            return (one is None) is isinstance(sign, ast.Is)
        if isinstance(sign, ast.In | ast.NotIn):
            assert isinstance(right, ast.Tuple)
            listed = [self.of(value) for value in right.elts]
            return None if one is None else (one in listed) is isinstance(sign, ast.In)
        other = self.of(right)
        return None if one is None or other is None else SIGNS[type(sign)](one, other)

    # ---- the past ----

    def call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        if node.func.id in AGGREGATES:
            return self._aggregate(node)
        return getattr(self, f"call_{node.func.id}")(*node.args)

    def _past(self, node: ast.expr) -> list[tuple[float, Any]]:
        return [(world.now[0], Judge(world).of(node)) for world in self.world.earlier()]

    def _before(self) -> World | None:
        earlier = self.world.earlier()
        return earlier[-1] if earlier else None

    def call_prev(self, node: ast.expr) -> Any:
        before = self._before()
        if before is None:
            return None
        if _is_aggregate(node):
            assert isinstance(node, ast.Call)
            return self._aggregate(node, before)
        return None if before.row() is None else Judge(before).of(node)

    def call_changed(self, node: ast.expr) -> Any:
        was, now = self.call_prev(node), self.of(node)
        return None if was is None or now is None else was != now

    def _fell(self, world: World) -> bool:
        """Whether any counter fell at that poll."""
        before = Judge(world)._before()
        was, now = before.row() if before else None, world.row()
        if was is None or now is None:
            return False
        pairs = ((was[name], now[name]) for name in self.world.counters)
        return any(a is not None and b is not None and b < a for a, b in pairs)

    def _counts(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.world.counters

    def call_delta(self, node: ast.expr) -> Any:
        was, now = self.call_prev(node), self.of(node)
        if was is None or now is None or (self._counts(node) and self._fell(self.world)):
            return None
        return now - was

    def _window(self, over: ast.expr) -> list[World]:
        text = self.of(over)
        seconds = int(text[:-1]) * UNITS[text[-1]]
        since = self.world.now[0] - seconds - min(5, seconds / 10)
        return [world for world in self.world.earlier() if world.now[0] >= since]

    def _values(self, node: ast.expr, over: ast.expr) -> list[float]:
        values = [Judge(world).of(node) for world in self._window(over)]
        return [value for value in values if value is not None]

    def call_rise(self, node: ast.expr, over: ast.expr) -> Any:
        now = self.of(node)
        if now is None:
            return None
        if not self._counts(node):
            values = self._values(node, over)
            return now - values[0] if values else None
        life = self._life(over, lambda world: (Judge(world).of(node),))
        return now - life[0][0] if len(life) > 1 else None

    def _life(self, over: ast.expr, read: Any) -> list[tuple[Any, ...]]:
        """What was read since the last fall of any counter, the present included; no blanks.

        A counter behind blanks is compared with what was last known of it.
        """
        life: list[tuple[Any, ...]] = []
        counts: dict[str, float] = {}
        for world in [*self._window(over), self.world]:
            row = world.row()
            if row is None:
                continue
            known = {name: row[name] for name in self.world.counters if row[name] is not None}
            if any(name in counts and known[name] < counts[name] for name in known):
                life, counts = [], {}
            counts |= known
            values = read(world)
            if None not in values:
                life.append(values)
            elif world is self.world:
                return []
        return life

    def _calls(self, over: ast.expr) -> tuple[float, float] | None:
        """Calls within the level and all calls, in the window; `calls` is the base."""

        def known(world: World) -> tuple[Any, Any]:
            row: Any = world.row()
            return (0.0, 0.0) if row["calls"] == 0 else (row["level"], row["calls"])

        life = self._life(over, known)
        if len(life) < 2:
            return None
        places = self._places(over)
        k0, k1 = (_whole(pair[0], pair[1], places) for pair in (life[0], life[-1]))
        if k0 is None or k1 is None:
            return None
        hits, calls = k1 - k0, life[-1][1] - life[0][1]
        return (hits, calls) if 0 <= hits <= calls else None

    def _places(self, over: ast.expr) -> int:
        """The decimals that the level shows anywhere in the window, and here."""
        rows = [row for world in self._window(over) for row in world.now[1].values()]
        seen = [row["level"] for row in (*rows, self.world.row()) if row and row["level"]]
        return max((len(f"{value:.4f}".rstrip("0").partition(".")[2]) for value in seen), default=0)

    def call_hits_of(self, _level: ast.expr, over: ast.expr) -> Any:
        found = self._calls(over)
        return None if found is None else float(found[0])

    def call_calls_of(self, _level: ast.expr, over: ast.expr) -> Any:
        found = self._calls(over)
        return None if found is None else found[1]

    def call_window(self, _level: ast.expr, over: ast.expr) -> Any:
        found = self._calls(over)
        return None if found is None or not found[1] else 100 * found[0] / found[1]

    def _folded(self, fold: Any, node: ast.expr, over: ast.expr) -> Any:
        now, values = self.of(node), self._values(node, over)
        return fold([*values, now]) if values and now is not None else None

    def call_avg_over(self, node: ast.expr, over: ast.expr) -> Any:
        return self._folded(lambda values: sum(values) / len(values), node, over)

    def call_min_over(self, node: ast.expr, over: ast.expr) -> Any:
        return self._folded(min, node, over)

    def call_max_over(self, node: ast.expr, over: ast.expr) -> Any:
        return self._folded(max, node, over)

    def call_median_over(self, node: ast.expr, over: ast.expr) -> Any:
        return self._folded(median, node, over)

    def call_spike(self, node: ast.expr, factor: ast.expr, floor: ast.expr, over: ast.expr) -> Any:
        now, values = self.of(node), self._values(node, over)
        if now is None:
            return None
        if now < self.of(floor):
            return False
        return now >= self.of(factor) * median(values) if len(values) >= 3 else None

    def call_drop(self, node: ast.expr, by: ast.expr, over: ast.expr) -> Any:
        now, values = self.of(node), self._values(node, over)
        if now is None or len(values) < 3:
            return None
        return median(values) - now >= self.of(by)

    # ---- arithmetic by name ----

    def call_allowance(self, state: ast.expr) -> Any:
        said = self.of(state)
        return None if said is None else {"north": 2.0}.get(said, math.inf)

    def call_worse(self, one: ast.expr, other: ast.expr) -> Any:
        values = (self.of(one), self.of(other))
        return None if None in values else max(values)

    def call_mos(self, *parts: ast.expr) -> Any:
        values = [self.of(part) for part in parts]
        if None in values:
            return None
        latency, jitter, loss = values
        effective = latency + 2 * jitter + 10
        rating = 93.2 - (effective / 40 if effective < 160 else (effective - 120) / 10)
        rating -= 2.5 * loss
        if math.isnan(rating) or rating <= 0:
            return 1.0
        if rating >= 100:
            return 4.5
        return max(1.0, 1 + 0.035 * rating + 7e-6 * rating * (rating - 60) * (100 - rating))

    def call_unlikely(self, *parts: ast.expr) -> Any:
        values = [self.of(part) for part in parts]
        if None in values or not math.isfinite(values[0]) or not 1 <= values[1] <= 1e7:
            return None
        return tail(math.floor(values[0]), math.floor(values[1]), values[2]) < values[3]

    # ---- aggregates ----

    def _every_completion(self, node: ast.Compare) -> Any:
        """Judge the comparison for whatever the blanks might be; agree, or say unknown."""
        blanks = self._blanks(node)
        if blanks is None:
            return None
        results = set()
        for completion in product(*blanks):
            inner = Judge(self.world, iter(completion))
            left, right = inner.of(node.left), inner.of(node.comparators[0])
            known = left is not None and right is not None
            results.add(SIGNS[type(node.ops[0])](left, right) if known else None)
        return results.pop() if len(results) == 1 else None

    def _blanks(self, node: ast.Compare) -> list[tuple[Any, ...]] | None:
        """List what each blank might be, in the order in which the judge will ask for them."""
        probe = _Probe(self.world)
        probe.of(node.left)
        probe.of(node.comparators[0])
        return probe.asked

    def _aggregate(self, node: ast.Call, world: World | None = None) -> Any:
        assert isinstance(node.func, ast.Name)
        rows = self._rows(world or self.world)
        if not node.args:
            return float(len(rows))
        values = [self._filled(Judge(row).of(node.args[0]), node.func.id) for row in rows]
        return FOLDS[node.func.id](values)

    def _rows(self, world: World) -> list[World]:
        return [replace(world, key=key) for key in world.now[1]]

    def _filled(self, value: Any, function: str) -> Any:
        if value is not None:
            return value
        assert self.completion is not None, function
        return next(self.completion)


class _Probe(Judge):
    """Walks the same way and notes which blanks are met."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.asked: list[tuple[Any, ...]] = []

    def _filled(self, value: Any, function: str) -> Any:
        if value is None:
            might = (True, False) if function in ("count", "share") else ANYTHING
            self.asked.append(might)
            return might[0]
        return value


FOLDS: dict[str, Any] = {
    "count": lambda values: float(values.count(True)),
    "share": lambda values: values.count(True) / len(values) if values else None,
    "sum": lambda values: sum(values, 0.0),
    "avg": lambda values: sum(values) / len(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
}


def _whole(share: float, count: float, places: int) -> int | None:
    """The one whole number of calls whose percentage may have been rounded to this one."""
    if count == 0:
        return 0
    if not 0 <= share <= 100 or count < 0:
        return None
    half = Fraction(1, 2 * 10**places)
    given = Fraction(str(share))
    fits = [k for k in range(int(count) + 1) if abs(Fraction(100 * k, int(count)) - given) <= half]
    return fits[0] if len(fits) == 1 else None


def _is_aggregate(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in AGGREGATES
    )


def tail(hits: int, tries: int, target: float) -> Fraction:
    """P(X <= hits), exactly."""
    p = Fraction(target).limit_denominator(1_000)
    return sum(
        (math.comb(tries, k) * p**k * (1 - p) ** (tries - k) for k in range(min(hits, tries) + 1)),
        Fraction(0),
    )
