"""A commit whose answer is lost was done, and is not done twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from notifier.core.facts.snapshot import Snapshot
from notifier.core.judging.known import Known
from notifier.core.judging.plan import SourcePlan
from notifier.core.judging.reading import Lag
from notifier.core.judging.request import AddSilence
from notifier.cycle import Cycle
from notifier.errors import FetchError, StateError, Trouble
from notifier.journal import Journal
from notifier.render.envelopes import envelopes
from notifier.render.renderer import Renderer
from notifier.store.database import Database, open_database
from notifier.version import VERSION
from notifier.web.metrics import Metrics
from tests.builders import (
    BEGIN,
    LATENCY,
    TEAM_LEADS,
    agent,
    clock,
    rejection,
    rules,
    silence,
    snapshot,
)

PLAN = rules(rejection('of = "2/3"\nto = ["on-call"]'), team_leads=TEAM_LEADS)


class Lossy(Database):
    """A database whose answer to a commit gets lost, or that cannot be written, so many times."""

    unheard = 0
    broken = 0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        if self.broken:
            self.broken -= 1
            raise StateError("the database cannot be used")
        with super().transaction() as connection:
            yield connection
        if self.unheard:
            self.unheard -= 1
            raise StateError("the connection was lost")

    def count(self, what: str) -> int:
        with self.reading() as connection:
            return int(connection.execute(text(f"SELECT count(*) FROM {what}")).scalar() or 0)


@dataclass
class Bot:
    """A cycle over a real database; what it reads is the test's."""

    database: Lossy
    now: datetime = BEGIN
    rejected: float | None = 0

    def __post_init__(self) -> None:
        renderer = Renderer()
        self.cycle = Cycle(
            plan=PLAN,
            known=Known(),
            read=self.read,
            render=lambda notice: envelopes(notice, renderer),
            write=Journal(self.database).write,
            clock=lambda: self.now,
            monotonic=lambda: self.now.timestamp(),
            metrics=Metrics(VERSION),
        )

    def read(self, source: SourcePlan, now: datetime) -> Snapshot:
        if self.rejected is None:
            raise FetchError(Trouble.TIMEOUT)
        return snapshot(source.key, now, [agent("12004-ANA", self.rejected)])

    def poll(self, minute: float, rejected: float | None = 0) -> None:
        self.now, self.rejected = clock(minute), rejected
        self.cycle.poll(LATENCY)

    def lose(self) -> pytest.RaisesExc[StateError]:
        self.database.unheard = 1
        return pytest.raises(StateError)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    with closing(open_database(f"sqlite:///{tmp_path / 'notifier.db'}")) as database:
        database.__class__ = Lossy
        assert isinstance(database, Lossy)
        yield Bot(database)


@pytest.mark.parametrize("rejected", [2, None], ids=["good", "failed"])
def test_a_reading_is_recorded_once(bot: Bot, rejected: float | None) -> None:
    bot.poll(0)
    with bot.lose():
        bot.poll(5, rejected)
    bot.now = clock(6)
    bot.cycle.catch_up(bot.now)

    assert bot.database.count("recording") == 2
    assert bot.cycle.known.sources[LATENCY].seq == 2


def test_what_is_told_behind_a_lost_answer_is_told_once(bot: Bot) -> None:
    bot.poll(0, 2)
    with bot.lose():
        bot.poll(5, 2)
    bot.poll(10, 2)

    assert bot.database.count("recording WHERE kind = 'good'") == 3
    assert bot.database.count("outbox WHERE reason = 'open'") == 1


def test_each_of_two_requests_of_the_same_moment_is_written(bot: Bot) -> None:
    bot.poll(0)
    bot.now = clock(1)
    bot.cycle.ask("a", clock(1), AddSilence(silence(1, 60)))
    bot.database.broken = 1
    other = AddSilence(silence(1, 60, id="another"))
    with pytest.raises(StateError):
        bot.cycle.ask("b", clock(1), other)
    bot.cycle.ask("b", clock(1), other)

    assert bot.database.count("recording WHERE kind = 'asked'") == 2
    assert bot.database.count("silence") == 2


def test_operators_hear_once_of_a_receiver_that_takes_nothing_and_of_its_end(bot: Bot) -> None:
    bot.poll(0)
    with bot.lose():
        bot.cycle.heard_of("team-leads", "#operaciones", False, "is_archived")
    bot.now += timedelta(seconds=30)
    bot.cycle.heard_of("team-leads", "#operaciones", False, "is_archived")
    bot.now += timedelta(seconds=30)
    bot.cycle.heard_of("team-leads", "#operaciones", True, "")

    assert bot.database.count("incident") == 1
    assert bot.database.count("incident WHERE closed_at IS NULL") == 0
    assert bot.database.count("outbox WHERE reason = 'open'") == 1
    assert bot.database.count("outbox WHERE reason = 'close'") == 1


def test_a_source_behind_its_pace_is_told_once(bot: Bot) -> None:
    bot.poll(0)
    with bot.lose():
        bot.cycle.pace(Lag(clock(1), LATENCY, behind=True))
    bot.now = clock(2)
    bot.cycle.pace(Lag(clock(2), LATENCY, behind=True))

    assert bot.database.count("incident WHERE closed_at IS NULL") == 1
