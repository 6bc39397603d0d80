"""Say for which values a condition can be true at all, as far as its comparisons tell.

Each comparison with a constant bounds one side of it; what cannot be bounded is left open. So
"nowhere" is certain, and "somewhere" is not: good enough to find rules that can never fire.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import inf, nextafter
from typing import TypeAlias

from notifier.core.language.tree import (
    Aggregate,
    And,
    Arithmetic,
    Call,
    Compare,
    Computed,
    Constant,
    Field,
    Look,
    Node,
    Not,
    Or,
    write,
)
from notifier.core.payload.endpoint import Kind

MANY = 64  # alternatives of one condition; beyond them nothing is claimed

_NEVER_NEGATIVE = (
    *(Kind.COUNT, Kind.COUNTER, Kind.PERCENT),
    *(Kind.MS, Kind.SECONDS, Kind.DURATION),
)
_GROWTH = ("delta", "rise", "usual_rise")  # may be negative where a value falls
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Interval:
    """The numbers from *low* to *high*, both included; open ends are the next float."""

    low: float = -inf
    high: float = inf

    @property
    def empty(self) -> bool:
        return self.low > self.high

    def both(self, other: Interval) -> Interval:
        """The numbers that are in both."""
        return Interval(max(self.low, other.low), min(self.high, other.high))


Box: TypeAlias = Mapping[str, Interval]
"""Bounds by the text of what is bounded; what is not named is free."""

ANYWHERE: Box = {}
_TRUE, _FALSE = Interval(1.0, 1.0), Interval(0.0, 0.0)


def possible(*conditions: Node) -> bool:
    """Whether all *conditions* can be true of the same row; True where that is not certain."""
    return bool(regions(And(conditions)))


def regions(node: Node) -> list[Box]:
    """The boxes outside of which *node* is certainly not true; none: it can never be."""
    return [box for box in _boxes(node, wanted=True) if not _contradicts(box)]


def span(node: Node) -> Interval:
    """The values that a number can have at all."""
    match node:
        case Aggregate(function="share"):
            return Interval(0.0, 1.0)
        case Call(function="mos"):
            return Interval(1.0, 4.5)
        case Computed(tree=Arithmetic()):
            return Interval()  # a difference may be negative, whatever its kind
        case Computed(tree=tree):
            return span(tree).both(_of_kind(node.kind))
        case Look():
            return _span_of_past(node)
        case Field() | Aggregate():
            return _of_kind(node.kind)
        case _:
            return Interval()


def _of_kind(kind: Kind) -> Interval:
    return Interval(0.0) if kind in _NEVER_NEGATIVE else Interval()


def _span_of_past(node: Look) -> Interval:
    if node.function == "window":
        return Interval(0.0, 100.0)
    return Interval() if node.function in _GROWTH else span(node.field)


def bound(node: Compare) -> tuple[Node, str, float] | None:
    """What a comparison bounds, the sign as seen from it, and the limit; None without one."""
    match node:
        case Compare(left=Constant(), right=Constant()):
            return None
        case Compare(operator=sign, left=left, right=Constant(value=float(limit))):
            return left, sign, limit
        case Compare(operator=sign, left=Constant(value=float(limit)), right=right):
            return right, _MIRRORED[sign], limit
        case _:
            return None


def _boxes(node: Node, *, wanted: bool) -> list[Box]:
    """Where *node* may be *wanted*; De Morgan's laws carry a `not` inwards."""
    match node:
        case Not(part=part):
            return _boxes(part, wanted=not wanted)
        case And(parts=parts) if wanted:
            return _all(_boxes(part, wanted=True) for part in parts)
        case Or(parts=parts) if not wanted:
            return _all(_boxes(part, wanted=False) for part in parts)
        case And(parts=parts) | Or(parts=parts):
            return [box for part in parts for box in _boxes(part, wanted=wanted)]
        case Compare():
            return _compared(node, wanted=wanted)
        case _:
            return [{write(node): _TRUE if wanted else _FALSE}]


def _all(alternatives: Iterable[list[Box]]) -> list[Box]:
    """Every way to satisfy all of them; too many are not looked through."""
    found: list[Box] = [ANYWHERE]
    for boxes in alternatives:
        if len(found) * len(boxes) > MANY:
            continue  # one bound less: a box only grows
        found = [_joined(one, other) for one, other in product(found, boxes)]
    return found


def _joined(one: Box, other: Box) -> Box:
    free = Interval()
    return {key: one.get(key, free).both(other.get(key, free)) for key in {**one, **other}}


def _compared(node: Compare, *, wanted: bool) -> list[Box]:
    found = bound(node)
    if found is None:
        return [ANYWHERE]
    left, sign, limit = found
    values = _values(sign if wanted else _NEGATED[sign], limit)
    return [{write(left): span(left).both(each)} for each in values]


def _values(sign: str, limit: float) -> Iterator[Interval]:
    if sign in ("<", "!="):
        yield Interval(high=nextafter(limit, -inf))
    if sign in (">", "!="):
        yield Interval(low=nextafter(limit, inf))
    if sign == "<=":
        yield Interval(high=limit)
    if sign == ">=":
        yield Interval(low=limit)
    if sign == "==":
        yield Interval(limit, limit)


def _contradicts(box: Box) -> bool:
    return any(interval.empty for interval in box.values())
