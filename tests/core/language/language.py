"""A small collection, and random conditions about it in random pasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import strategies as st

from notifier.core.language.expression import Expression, ExpressionError, Vocabulary, parse
from notifier.core.language.history import History
from notifier.core.language.interpret import Scope
from notifier.core.language.loop import needs_of
from notifier.core.payload.endpoint import Kind
from tests.core.language import reference


class Agent(msgspec.Struct, gc=False):
    """A decoded record of the tests' own collection."""

    site: str | None = None
    latency: float | None = None
    loss: float | None = None
    calls: float | None = None
    lost: float | None = None
    level: float | None = None
    wifi: bool | None = None


KINDS = {
    "site": Kind.TEXT,
    "latency": Kind.MS,
    "loss": Kind.PERCENT,
    "calls": Kind.COUNTER,
    "lost": Kind.COUNTER,
    "level": Kind.PERCENT,
    "wifi": Kind.FLAG,
    "bad": Kind.PERCENT,
    "quality": Kind.NUMBER,
    "poor": Kind.FLAG,
    "telephone": Kind.TEXT,
}
FORMULAS = {
    "bad": "worse(loss, latency)",
    "quality": "mos(latency * half, loss, bad)",
    "poor": "bad > 1 or wifi",
}
CONSTANTS: dict[str, float | str | bool] = {"operation": "bogota", "half": 0.5}
WORDS = Vocabulary(
    {name: kind for name, kind in KINDS.items() if name != "telephone"},
    FORMULAS,
    CONSTANTS,
    bases={"level": "calls"},
    allowances={"north": 2.0},
    customer=frozenset({"telephone"}),
)
GROUP = replace(WORDS, grouped=True, by=("site",))
EVERY = 300.0  # seconds between polls
START = 1_700_000_000.0


def past(
    *polls: Mapping[str, Agent], about: str | Expression = "", start: float = START
) -> History:
    """The history after these polls, five minutes apart, for what the condition needs."""
    expression = parse(about, WORDS, "any") if isinstance(about, str) and about else about
    needs = needs_of([expression] if isinstance(expression, Expression) else [])
    history = History()
    for place, rows in enumerate(polls):
        history = history.add(start + place * EVERY, rows, needs)
    return history


def entity(text: str, *rows: Agent | None, words: Vocabulary = WORDS) -> tuple[Expression, Scope]:
    """A condition and its scope: one entity's rows, oldest first, the last the present one."""
    expression = parse(text, words, "any")
    polls = [{"a": row} if row else {} for row in rows[:-1]]
    at = START + len(polls) * EVERY
    history = past(*polls, about=expression)
    return expression, Scope(row=rows[-1], key="a", at=at, history=history)


# ---- random conditions ----


def _accepted(text: str, words: Vocabulary) -> bool:
    """Whether it says something: a division by zero, or a number too large, is refused at load."""
    try:
        parse(text, words)
    except ExpressionError:
        return False
    return True


numbers = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 100.0, 1e308, -1e308])
literals = st.sampled_from(["-1", "0", "0.5", "1", "2", "3", "100", "1e308", "half"])
texts = st.sampled_from(["north", "south", ""])
numeric = st.sampled_from(["latency", "loss", "calls", "lost", "level", "bad", "quality"])
named = st.one_of(numeric, st.sampled_from(["site", "wifi", "poor"]))
overs = st.sampled_from(["'4m'", "'5m'", "'10m'", "'1h'"])

looks = st.one_of(
    st.builds("prev({})".format, numeric),
    st.builds("delta({})".format, numeric),
    st.builds("rise({}, {})".format, numeric, overs),
    st.just("allowance(site)"),
    st.builds(
        "{}({}, {})".format,
        st.sampled_from(["avg_over", "min_over", "max_over", "median_over"]),
        numeric,
        overs,
    ),
    st.builds("hits_of(level, {})".format, overs),
    st.builds("calls_of(level, {})".format, overs),
    st.builds("window(level, {})".format, overs),
)


def _deeper(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*%/"), inner),
        st.builds("({} // {})".format, inner, inner),
        st.builds("(-{})".format, inner),
        st.builds("worse({}, {})".format, inner, inner),
        st.builds("mos({}, {}, {})".format, inner, inner, inner),
    )


arithmetic = st.recursive(st.one_of(numeric, literals, looks), _deeper, max_leaves=4)
orders = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
equals = st.sampled_from(["==", "!="])
listing = st.sampled_from(["in", "not in"])
nothing = st.sampled_from(["is None", "is not None"])

atoms = st.one_of(
    st.builds("{} {} {}".format, arithmetic, orders, arithmetic),
    st.builds("{} {} {} {} {}".format, literals, orders, arithmetic, orders, literals),
    st.builds("{} {} {!r}".format, st.sampled_from(["site", "prev(site)"]), equals, texts),
    st.builds("site {} ({!r}, {!r})".format, listing, texts, texts),
    st.builds("{} {} (1, 2)".format, arithmetic, listing),
    st.builds("{} {}".format, st.one_of(named, arithmetic), nothing),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["wifi", "poor", "prev(wifi)", "prev(poor)"]),
        equals,
        st.sampled_from(["True", "False", "wifi"]),
    ),
    st.sampled_from(["wifi", "poor", "prev(wifi)", "operation == 'bogota'"]),
    st.builds("changed({})".format, named),
    st.builds(
        "spike({}, {}, {}, {})".format,
        numeric,
        st.sampled_from("123"),
        st.sampled_from("-012".replace("-", "")),
        overs,
    ),
    st.builds("drop({}, {}, {})".format, numeric, st.sampled_from("123"), overs),
    st.builds("unlikely({}, {}, 0.8, 0.05)".format, numeric, numeric),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("({} or {} or {})".format, inner, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
).filter(lambda text: _accepted(text, WORDS))
agents = st.builds(
    Agent,
    site=st.none() | texts,
    latency=st.none() | numbers,
    loss=st.none() | numbers,
    calls=st.none() | st.sampled_from([0.0, 1.0, 2.0, 3.0, 10.0, 20.0, 400.0]),
    lost=st.none() | st.sampled_from([0.0, 1.0, 2.0]),
    level=st.none() | st.sampled_from([0.0, 50.0, 80.0, 66.7, 33.33, 100.0, 101.0]),
    wifi=st.none() | st.booleans(),
)
polls = st.dictionaries(st.sampled_from("abc"), agents, max_size=3)

aggregates = st.one_of(
    st.just("count()"),
    st.builds(
        "{}({})".format,
        st.sampled_from(["count", "share"]),
        st.sampled_from(
            [
                "latency > 1",
                "loss > 0.5 and wifi",
                "not wifi",
                "poor",
                "site == 'north' or loss > 2",
            ]
        ),
    ),
    st.builds(
        "{}({})".format,
        st.sampled_from(["avg", "sum", "min", "max"]),
        st.sampled_from(["lost", "calls", "lost + 1", "level"]),
    ),
)
limits = st.sampled_from(["<", "<=", ">", ">="])
group_atoms = st.one_of(
    st.builds("{} {} {}".format, aggregates, limits, st.sampled_from(["0", "1", "0.5", "2.5"])),
    st.builds("prev({}) {} {}".format, aggregates, limits, st.sampled_from(["0", "1", "0.5"])),
    st.builds("{} * 2 - 1 {} 1".format, aggregates, limits),
    st.builds("-{} {} -1".format, aggregates, limits),
    st.builds(
        "count({}) {} {}".format,
        st.sampled_from(["wifi", "latency > 1"]),
        equals,
        st.sampled_from("0123"),
    ),
    st.sampled_from(["count() / count(wifi) >= 1", "share(wifi) / share(latency > 1) > 0.5"]),
)
group_conditions = st.recursive(
    group_atoms,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=3,
).filter(lambda text: _accepted(text, GROUP))


def world(key: str, *seen: Mapping[str, Agent]) -> reference.World:
    """The same for the reference: the last poll is the present one."""
    plain: list[tuple[float, Mapping[str, Mapping[str, Any]]]] = [
        (START + place * EVERY, {name: msgspec.structs.asdict(row) for name, row in rows.items()})
        for place, rows in enumerate(seen)
    ]
    return reference.World(tuple(plain), FORMULAS, CONSTANTS, ("calls", "lost"), key)
