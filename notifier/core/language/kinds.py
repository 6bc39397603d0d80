"""Say which kinds of values go together, and what comes of them."""

from __future__ import annotations

from notifier.core.language.tree import (
    Aggregate,
    Allowance,
    Computed,
    Constant,
    Field,
    Look,
    Node,
    Scalar,
    literal,
)
from notifier.core.payload.endpoint import Kind


def kind_of(value: Scalar) -> Kind:
    """Return the kind of a constant."""
    if isinstance(value, bool):
        return Kind.FLAG
    return Kind.TEXT if isinstance(value, str) else Kind.NUMBER


def family(node: Node) -> str:
    if node.kind.numeric:
        return "a number"
    return "true or false" if node.kind is Kind.FLAG else "a text"


def what(node: Node) -> str:
    match node:
        case Field() | Computed():
            return f"`{node.name}` ({family(node)})"
        case Constant():
            return f"{literal(node.value)} ({family(node)})"
        case Allowance():
            return f"`allowance(...)` ({family(node)})"
        case Look() | Aggregate():
            return f"`{node.function}(...)` ({family(node)})"
        case _:
            return f"this ({family(node)})"


def advice(left: Node, right: Node) -> str:
    for side, other in ((left, right), (right, left)):
        if not isinstance(side, Constant):
            continue
        if isinstance(side.value, str) and other.kind.numeric:
            timed = other.kind in (Kind.SECONDS, Kind.DURATION)
            return "durations compare as seconds" if timed else "write the number without quotes"
        if isinstance(side.value, float) and other.kind in (Kind.TEXT, Kind.WORD, Kind.TIME):
            return f"write '{side.value:g}' in quotes"
        if other.kind is Kind.FLAG:
            return "write True or False, or the name alone"
    return ""


def result(sign: str, left: Node, right: Node) -> Kind:
    """Return the unit of a result, so that messages can show it: ms + ms is ms, ms / ms is none."""
    if isinstance(left, Constant):
        return right.kind if sign in ("+", "-", "*") else Kind.NUMBER
    if isinstance(right, Constant):
        return left.kind
    same = left.kind is right.kind and sign in ("+", "-")
    return left.kind if same else Kind.NUMBER
