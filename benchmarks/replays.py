"""Measure replays: a day of recordings judged again; and what it costs to record them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks import answers
from benchmarks.rulefiles import TEN, rules
from benchmarks.table import Row, milliseconds, ratio
from benchmarks.timing import Timed, against_parse, parse
from benchmarks.world import LATENCY
from notifier.core.judging.known import Known
from notifier.core.payload.decode import decode
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.rulefile import load
from notifier.hindsight.replayed import Replay, replay
from notifier.hindsight.tapes import RecordedTape
from notifier.store import checkpoints, recordings
from notifier.store.database import Database, open_database
from notifier.wolkvox.endpoints import CATALOGUE

AGENTS, PACE = 200, timedelta(seconds=10)
BEGIN = datetime(2026, 5, 4, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = 100  # different answers of the day
ILL = 0.01  # of the answers have somebody with trouble in them


def thirty() -> dict[str, tuple[str, str]]:
    """Thirty rules: the ten that people write, each three times."""
    return {f"{name}-{n}": rule for n in range(3) for name, rule in TEN.items()}


def replays() -> Iterator[Row]:
    """A day of 200 agents every ten seconds, by thirty rules."""
    with _recorded() as (database, book, body):
        tape = RecordedTape(database, BEGIN, BEGIN + DAY)
        took: list[float] = []
        for _ in range(2):
            began = perf_counter()
            found = replay(tape, book)
            took.append(perf_counter() - began)
        _complete(found)
        parsed = min(parse(body) for _ in range(50))
        polls = DAY / PACE
        timed = Timed(min(took), parsed * polls, min(took) / (parsed * polls))
        yield Row("replay of a day: 200 agents at 10 s, 30 rules", milliseconds(timed.seconds),
                  timed.seconds, "s", 20.0)  # fmt: skip
        yield ratio(
            "  the same, each poll", Timed(timed.seconds / polls, parsed, timed.ratio), None
        )


def _complete(found: Replay) -> None:
    assert found.polls == DAY / PACE + 1, found.polls
    assert found.told, "somebody must have had trouble"


@contextmanager
def _recorded() -> Iterator[tuple[Database, Rulebook, bytes]]:
    book = load(rules("0041", thirty()), CATALOGUE)
    records = answers.agents(AGENTS)
    bodies = [answers.latency(answers.shaken(records, seed=n)) for n in range(MADE)]
    ill = answers.latency(answers.rejecting(records, 3))
    packed = [_packed(body) for body in bodies]
    with TemporaryDirectory(prefix="bench-") as name:
        database = open_database(f"sqlite:///{Path(name) / 'day.db'}")
        dice = Random(3)
        with database.transaction() as connection:
            for place in range(int(DAY / PACE) + 1):
                body = _packed(ill) if dice.random() < ILL else packed[place % MADE]
                at = BEGIN + place * PACE
                recordings.record(connection, *LATENCY, at, recordings.GOOD, body)
        try:
            yield database, book, bodies[0]
        finally:
            database.close()


def _packed(body: bytes) -> bytes:
    collections = decode(body, CATALOGUE["latency"]).collections
    return recordings.pack({name: list(rows) for name, rows in collections.items()})


def recording() -> Iterator[Row]:
    """What is written down so that it can be explained: the reading, and once a day the state."""
    body = answers.latency(answers.agents(3_000))
    rows = {
        name: list(each) for name, each in decode(body, CATALOGUE["latency"]).collections.items()
    }
    packed = against_parse(body, lambda: recordings.pack(rows) and None, rounds=30)
    yield ratio("record a reading of 3,000 agents: pack it", packed, None)
    with TemporaryDirectory(prefix="bench-") as name:
        database = open_database(f"sqlite:///{Path(name) / 'day.db'}")

        def keep() -> None:
            with database.transaction() as connection:
                checkpoints.save(connection, BEGIN, Known(), "")

        kept = against_parse(body, keep, rounds=30)
        yield ratio("a checkpoint, once a day, its commit too", kept, None)
        database.close()
