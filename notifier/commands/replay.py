"""Replay the recordings, a folder or a simulated week; compare two files; keep a noise budget."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from notifier.app import spoken
from notifier.clocks import utc_now
from notifier.commands.clock import zone_of
from notifier.commands.moments import moment, span
from notifier.commands.replay_shown import (
    print_budgets,
    print_difference,
    print_json,
    print_replay,
)
from notifier.core.hindsight.difference import compare
from notifier.core.hindsight.noise import Busiest, busiest, read_budget
from notifier.core.judging.planning import plan as plan_of
from notifier.core.rules.compiled import Rulebook
from notifier.errors import ConfigError, StateError
from notifier.hindsight.folder import answers
from notifier.hindsight.replayed import Replay, Speak, Watch, mute
from notifier.hindsight.replayed import replay as play
from notifier.hindsight.tapes import (
    FolderTape,
    RecordedTape,
    Simulate,
    SimulatedTape,
    Tape,
    covered,
)
from notifier.rules import read_rules
from notifier.settings import Settings, load_settings
from notifier.simulated import turns
from notifier.store.database import Database, open_database

WEEK = "7d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for on the command line; empty where it was not."""

    since: str = ""
    until: str = ""
    rules: Path | None = None
    folder: Path | None = None
    simulate: str = ""
    seed: int = 7
    only: Sequence[str] = ()
    as_it_was: bool = False
    messages: bool = False
    budgets: Sequence[str] = ()
    as_json: bool = False


def replay(asked: Asked) -> int:
    """Print what would have been sent; 1 where that is more than a budget allows."""
    settings = load_settings()
    budgets = [read_budget(text) for text in asked.budgets]
    before = read_rules(settings.rules)
    after = read_rules(asked.rules) if asked.rules else None
    _check(asked.only, after or before)
    words = asked.messages or asked.as_json or after is not None
    speak = spoken(settings) if words else mute
    with tape_of(asked, settings, before) as tape:
        first = _watched(tape, before, speak, "replaying" if after is None else "replaying, before")
        second = _watched(tape, after, speak, "replaying, after") if after else None
    result = second or first
    worst = [each for budget in budgets for each in busiest(result.told, budget, result.zones)]
    _print(asked, first, second, worst, zone_of(before))
    return int(any(each.over for each in worst))


def _print(
    asked: Asked, first: Replay, second: Replay | None, worst: list[Busiest], zone: ZoneInfo
) -> None:
    pairs = compare(first.told, second.told) if second else None
    if asked.as_json:
        print_json(second or first, pairs)
        return
    if pairs is not None and second is not None:
        print_difference(first, second, pairs, zone, messages=asked.messages)
    else:
        print_replay(first, zone, messages=asked.messages)
    print_budgets(worst)


def _check(only: Sequence[str], book: Rulebook) -> None:
    known = {rule.rule.id for rule in book.rules}
    for name in only:
        if name not in known:
            raise ConfigError(f"there is no rule `{name}`; the file has {', '.join(sorted(known))}")


@contextmanager
def tape_of(asked: Asked, settings: Settings, book: Rulebook) -> Iterator[Tape]:
    """What is to be played."""
    now, zone = utc_now(), zone_of(book)
    only = frozenset(asked.only) or None
    if asked.simulate:
        until = _monday(now, zone)
        yield SimulatedTape(_simulate(asked.seed), until - span(asked.simulate), until, only)
    elif asked.folder is not None:
        found = answers(asked.folder, plan_of(book))
        since = moment(asked.since, now, zone) if asked.since else found[0].at
        until = moment(asked.until, now, zone) if asked.until else found[-1].at
        yield FolderTape(asked.folder, since, until, only)
    else:
        url = settings.database_url.get_secret_value()
        with closing(_recorded(url)) as database:
            covered(database)
            since = moment(asked.since or WEEK, now, zone)
            until = moment(asked.until, now, zone) if asked.until else now
            yield RecordedTape(database, since, until, asked.as_it_was, only)


def _recorded(url: str) -> Database:
    try:
        return open_database(url, prepare=False)
    except StateError as error:
        raise StateError(f"{error}; or look at made-up days: --simulate 7d") from None


def _monday(now: datetime, zone: ZoneInfo) -> datetime:
    """The last midnight between Sunday and Monday: simulated weeks are whole, and stay the same."""
    local = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return local - timedelta(days=local.weekday())


def _simulate(seed: int) -> Simulate:
    return lambda plan, since, until: turns(plan, since, until, seed)


# ---- progress ----


def _watched(tape: Tape, book: Rulebook, speak: Speak, what: str) -> Replay:
    with watching(tape, what) as watch:
        return play(tape, book, speak=speak, watch=watch)


@contextmanager
def watching(tape: Tape, what: str) -> Iterator[Watch]:
    """Show how far it is where somebody waits at a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    whole = max((tape.until - tape.since).total_seconds(), 1.0)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=whole)
        yield lambda at: progress.update(task, completed=(at - tape.since).total_seconds())
