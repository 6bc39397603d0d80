"""Measure parts of a poll alone: reading an answer, and the loop over all rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks import answers
from benchmarks.rulefiles import HEAVY, TEN, rules
from benchmarks.table import Row, milliseconds, ratio
from benchmarks.timing import against_parse, seconds
from benchmarks.world import LATENCY
from notifier.core.facts.snapshot import by_key
from notifier.core.judging.planning import plan
from notifier.core.language.history import History
from notifier.core.payload.decode import decode
from notifier.core.payload.endpoint import Endpoint
from notifier.core.rules.rulefile import load
from notifier.wolkvox.endpoints import CATALOGUE

AGENTS = 60_000


def decoding() -> Iterator[Row]:
    """Bytes to rows: clean, with one bad value, with no good one."""
    endpoint: Endpoint = CATALOGUE["latency"]
    agents = answers.agents(AGENTS)
    cases = (
        ("clean", agents, 0.5),
        ("one bad value", answers.blank_once(agents), 0.8),
        ("every value bad", answers.spoiled(agents, lambda _: True), 3.0),
    )
    for what, records, goal in cases:
        body = answers.latency(records)
        timed = against_parse(body, partial(_decode, body, endpoint), rounds=9)
        yield ratio(f"decode {AGENTS:,} agents, {what}", timed, goal)


def _decode(body: bytes, endpoint: Endpoint) -> None:
    assert len(decode(body, endpoint).collections["by_agent"]) == AGENTS


def looping() -> Iterator[Row]:
    """The generated loop alone, on rows that are there."""
    yield _loop("ten rules, the loop alone", 25.0, TEN)
    yield _loop("five that look back or reckon, the loop alone", None, HEAVY)


def _loop(what: str, goal: float | None, chosen: dict[str, tuple[str, str]]) -> Row:
    laid = plan(load(rules("0041", chosen), CATALOGUE)).sources[LATENCY].collections["by_agent"]
    body = answers.latency(answers.agents(AGENTS))
    decoded = decode(body, CATALOGUE["latency"]).collections["by_agent"]
    keyed, _ = by_key(decoded, laid.collection)
    history = History()
    for minute in range(12):
        history = history.add(minute * 300.0, keyed, laid.needs)
    rows, keys = list(keyed.values()), list(keyed)
    assert laid.loop
    loop = laid.loop
    took = seconds(lambda: loop(rows, keys, history, 3600.0), 15)
    each = took / AGENTS / len(chosen) * 1e9
    return Row(what, milliseconds(took), each, "ns", goal)
