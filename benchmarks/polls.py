"""Measure whole polls: fetch, decode, judge, commit; and, where something fires, the message."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from benchmarks import answers
from benchmarks.far_side import FarSide
from benchmarks.rulefiles import HEAVY, TEN
from benchmarks.table import Row, ratio
from benchmarks.timing import against_parse
from benchmarks.world import world

ROUNDS = {60_000: 9, 3_000: 40, 300: 80}


def quiet() -> Iterator[Row]:
    """Nothing fires; 5 % of the agents changed since the poll before."""
    for count, rounds in ROUNDS.items():
        yield _quiet(count, rounds, "ten rules", 2.5, TEN)
    yield _quiet(60_000, 5, "and five that look back or reckon", None, TEN, HEAVY)


def _quiet(
    count: int, rounds: int, what: str, goal: float | None, *chosen: dict[str, tuple[str, str]]
) -> Row:
    agents = answers.agents(count)
    bodies = [answers.latency(agents), answers.latency(answers.shaken(agents))]
    with world(bodies, *chosen) as here:
        timed = against_parse(bodies[0], here.poll, rounds=rounds)
        here.fires(0)
    return ratio(f"whole poll, {count:,} agents, nothing fires, {what}", timed, goal)


def firing() -> Iterator[Row]:
    """Many fire at once among 60,000; then all is well again, which is not timed."""
    yield _firing("fetch to first message sent, 1,200 open at once", 1_200, 3.0)
    yield _firing("10,000 open at once, grouped, all told", 10_000, 6.0)


def _firing(what: str, count: int, goal: float) -> Row:
    agents = answers.agents(60_000)
    well = answers.latency(agents)
    ill = answers.latency(answers.rejecting(answers.shaken(agents), count))
    rule = {"network-rejection": ("network_rejection > 1", "")}
    with world([well, ill], {**TEN, **rule}) as here:

        def measure() -> float:
            began = monotonic()
            here.poll()
            here.bot.deliver_due()
            here.fires(count)
            return _first(here.far, began) - began

        def recover() -> None:
            here.poll()
            here.bot.deliver_due()
            here.fires(0)

        timed = against_parse(ill, measure, rounds=7, before=recover)
    return ratio(what, timed, goal)


def _first(far: FarSide, began: float) -> float:
    """When the first message after *began* was posted."""
    return next(at for at in iter(lambda: far.next("post"), None) if at >= began)
