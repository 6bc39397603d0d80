"""Replay, compare, suggest, explain and list from Python: typed values, ready for pandas.

Nothing here sends or writes anything; docs/replay.md shows each in a few lines. Times are aware
datetimes; a span may be written as the rules file does (``"7d"``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from notifier.app import spoken
from notifier.clocks import utc_now
from notifier.core.hindsight.difference import Pair, compare
from notifier.core.hindsight.message import Message
from notifier.core.hindsight.noise import Busiest, busiest, read_budget
from notifier.core.judging.planning import plan as plan_of
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.keys import duration
from notifier.hindsight import explained, suggested
from notifier.hindsight.explained import Looked, Subject
from notifier.hindsight.folder import answers
from notifier.hindsight.history import Life, Wanted
from notifier.hindsight.history import history as lives
from notifier.hindsight.replayed import Replay
from notifier.hindsight.replayed import replay as play
from notifier.hindsight.suggested import Suggestion
from notifier.hindsight.tapes import FolderTape, RecordedTape, SimulatedTape, Tape
from notifier.rules import read_rules
from notifier.settings import Settings
from notifier.simulated import SEED, turns
from notifier.store.database import Database, open_database

__all__ = [
    "Life", "Looked", "Message", "Pair", "Replay", "Suggestion", "Tape", "difference", "explain",
    "folder", "history", "load", "noise", "recorded", "replay", "simulated", "suggest",
]  # fmt: skip

Span = timedelta | str


def load(file: Path | str) -> Rulebook:
    """Read and check a rules file.

    Raises:
        ConfigError: it cannot be read, or holds mistakes: all of them.
    """
    return read_rules(Path(file))


# ---- what is played ----


@contextmanager
def recorded(
    database: str, since: datetime | Span = "7d", until: datetime | None = None
) -> Iterator[Tape]:
    """What a bot recorded; *database* as in ``NOTIFIER_DATABASE_URL``.

    Raises:
        StateError: the database cannot be used.
    """
    with _opened(database) as opened:
        end = until or utc_now()
        yield RecordedTape(opened, _begin(since, end), end)


def folder(path: Path | str, rules: Rulebook) -> Tape:
    """Answers in files, each named ``SOURCE.TIME.json``."""
    found = answers(Path(path), plan_of(rules))
    return FolderTape(Path(path), found[0].at, found[-1].at)


def simulated(begin: datetime, span: Span = "7d", *, seed: int = SEED) -> Tape:
    """Made-up days: the same for the same beginning and seed, for ever."""
    return SimulatedTape(
        lambda plan, since, until: turns(plan, since, until, seed), begin, begin + _span(span)
    )


# ---- what comes of it ----


def replay(tape: Tape, rules: Rulebook, *, words: bool = False) -> Replay:
    """What people would have been told; with *words* each message as one line of text."""
    if not words:
        return play(tape, rules)
    return play(tape, rules, speak=spoken(Settings()))


def difference(before: Replay, after: Replay) -> list[Pair]:
    """What one replay tells otherwise than another."""
    return compare(before.told, after.told)


def noise(result: Replay, budget: str) -> list[Busiest]:
    """Each receiver's worst span, held against a budget as ``3/shift``; see ``Busiest.over``."""
    return busiest(result.told, read_budget(budget), result.zones)


def suggest(
    tape: Tape,
    rules: Rulebook,
    rule: str,
    *,
    budget: str = "",
    values: Sequence[float] = (),
    times: bool = False,
) -> Suggestion:
    """Try other limits of a rule, or with *times* another ``for``.

    Raises:
        NotifierError: the readings are too few to say anything.
    """
    limit = read_budget(budget) if budget else None
    return suggested.suggest(tape, rules, rule, times=times, values=values, budget=limit)


def explain(
    database: str, rules: Rulebook, rule: str, entity: str, at: datetime, operation: str = ""
) -> Looked:
    """Why people were told of an entity, or not."""
    known = [each.operation for each in rules.rules if each.rule.id == rule]
    about = Subject(rule, entity, operation or next(iter(known), ""), at)
    with _opened(database) as opened:
        return explained.look(opened, rules, about)


def history(
    database: str, since: datetime | Span = "7d", until: datetime | None = None
) -> list[Life]:
    """The incidents that were open at any time from *since* to *until*, the latest first."""
    end = until or utc_now()
    with _opened(database) as opened:
        return lives(opened, Wanted(_begin(since, end), end))


def _begin(since: datetime | Span, end: datetime) -> datetime:
    return since if isinstance(since, datetime) else end - _span(since)


def _span(span: Span) -> timedelta:
    return span if isinstance(span, timedelta) else duration(span)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = open_database(url, prepare=False)
    try:
        yield database
    finally:
        database.close()
