"""The same program several times on one PostgreSQL: one owns it, whatever becomes of sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest

from notifier.app import UNDERWAY
from notifier.bot import Bot
from notifier.channels.base import Channel, Delivered
from notifier.core.telling.outgoing import Envelope
from notifier.errors import NotOwnerError, StateError
from notifier.store.database import Database, open_database
from tests.edges.stores import emptied, postgresql
from tests.flow.stage import RULES, Stage, staged
from tests.flow.test_promises import ANA, LUIS, breach, play

__all__ = ["postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made

ONLY_SLACK = RULES.replace('to = ["leads", "on-call"]', 'to = ["leads"]')


@pytest.fixture
def stage(tmp_path: Path, postgresql: str) -> Iterator[Stage]:
    with staged(tmp_path, ONLY_SLACK) as found:
        url = emptied(postgresql).replace("postgresql:", "postgresql+psycopg:")
        found.more["NOTIFIER_DATABASE_URL"] = url
        yield found


def cut(stage: Stage) -> None:
    """Let the server end the owner's session, as at a failover or a blip of the network."""
    url = stage.more["NOTIFIER_DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks"
            " WHERE locktype = 'advisory' AND objsubid = 1"
        )


def database_of(bot: Bot) -> Database:
    return bot.workers[0].database


@contextmanager
def successor(stage: Stage) -> Iterator[Bot]:
    """Another bot, that took over from one which does not know it."""
    cut(stage)
    stage.wait(seconds=1)
    with stage.bot() as bot:
        yield bot


def later(stage: Stage, bot: Bot) -> None:
    """Let all that was on its way arrive, and all that is due go out."""
    for _ in range(6):
        stage.wait(seconds=UNDERWAY.total_seconds() / 3)
        bot.deliver_due()


def refused(work: Callable[[], object]) -> None:
    with pytest.raises(NotOwnerError, match="does not own the database"):
        work()


def test_a_second_bot_is_refused_while_the_first_one_lives(stage: Stage) -> None:
    with (
        stage.bot(),
        pytest.raises(StateError, match=r"another notifier \(notifier .*\) already runs"),
        stage.bot(),
    ):
        pass


def test_who_lost_the_database_before_it_decides_writes_and_sends_nothing(stage: Stage) -> None:
    with stage.bot() as old:
        play(stage, old, "0")
        with successor(stage) as new:
            play(stage, new, "2")
            refused(old.poll_once)
            refused(old.deliver_due)

    assert len(stage.seen()) == 1


def test_who_lost_it_between_decision_and_commit_leaves_the_decision_to_the_other(
    stage: Stage,
) -> None:
    with stage.bot() as old:
        play(stage, old, "0")
        render = old.cycle.render

        def overtaken(notice: object) -> object:
            old.cycle.render = render
            with successor(stage) as new:
                new.poll_once()
                new.deliver_due()
            return render(notice)  # type: ignore[arg-type]

        old.cycle.render = overtaken  # type: ignore[assignment]
        refused(lambda: play(stage, old, "2"))
        refused(old.deliver_due)

    with stage.bot() as new:
        play(stage, new, "2", "0")
    assert len(stage.seen()) == 1


def test_a_message_that_was_decided_on_is_sent_by_whoever_owns_the_database(stage: Stage) -> None:
    with stage.bot() as old:
        breach(stage, old)
        with successor(stage) as new:
            refused(old.deliver_due)
            new.deliver_due()

    assert len(stage.seen()) == 1


@dataclass
class Eventful:
    """A channel on which something happens before each message, and after it.

    What raises there ends the bot, as far as anybody can see.
    """

    real: Channel
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None

    kind = "slack"
    can_find = True
    again: timedelta | None = None

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:
        self.before()
        sent = self.real.send(envelope, reference, now)
        self.after()
        return sent

    def find(self, envelope: Envelope, reference: str | None, since: datetime, /) -> str | None:
        return self.real.find(envelope, reference, since)


class Killed(BaseException):
    """What ends a bot at once."""


def killed() -> None:
    raise Killed


def eventful(bot: Bot) -> Eventful:
    channel = Eventful(bot.workers[0].channel)
    bot.workers[0].channel = channel
    return channel


@pytest.mark.parametrize("behind", [0, 10])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_message_under_way_while_another_bot_takes_over_is_seen_once(
    stage: Stage, moment: str, behind: float
) -> None:
    """The old bot lives on, and its message may arrive after the other has begun."""
    others: list[Bot] = []
    with stage.bot() as old, ExitStack() as machines:
        breach(stage, old)

        def overtaken() -> None:
            stage.wait(seconds=-behind)  # by the other machine's clock
            others.append(machines.enter_context(successor(stage)))
            for _ in range(3):  # as often as it looks for a message before it sends it again
                stage.wait(seconds=6)
                others[0].deliver_due()

        setattr(eventful(old), moment, overtaken)
        refused(old.deliver_due)
        later(stage, others[0])

    assert len(stage.seen()) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_message_that_a_dead_bot_was_sending_is_seen_once(stage: Stage, moment: str) -> None:
    with stage.bot() as old:
        breach(stage, old)
        setattr(eventful(old), moment, killed)
        with pytest.raises(Killed):
            old.deliver_due()
        with successor(stage) as new:
            later(stage, new)

    assert len(stage.seen()) == 1


def test_the_next_of_a_batch_is_not_sent_once_another_bot_took_over(stage: Stage) -> None:
    stage.hits("1")  # before anybody looked: no news
    others: list[Bot] = []
    with stage.bot() as old, ExitStack() as machines:
        old.poll_once()
        stage.wait(minutes=1)
        stage.agents({ANA: "2", LUIS: "0"})
        stage.hits("1", "2")
        old.poll_once()
        channel = eventful(old)

        def overtaken() -> None:
            channel.after = lambda: None
            others.append(machines.enter_context(successor(stage)))

        channel.after = overtaken
        refused(old.deliver_due)
        sent = len(stage.seen())
        later(stage, others[0])

    assert (sent, len(stage.seen())) == (1, 2)


def test_who_lost_its_session_and_regains_it_first_judges_what_it_read_meanwhile(
    stage: Stage,
) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        cut(stage)
        lost = not database_of(bot).still_owned()
        refused(lambda: play(stage, bot, "2"))
        term = database_of(bot).term
        regained = database_of(bot).take()
        bot.cycle.catch_up(stage.now)
        bot.deliver_due()

        assert (lost, regained, database_of(bot).term) == (True, True, term)
    assert len(stage.seen()) == 1


def test_who_takes_over_waits_for_a_commit_that_is_under_way(stage: Stage) -> None:
    """Else it would not know of what the other one decides at that moment."""
    url = stage.more["NOTIFIER_DATABASE_URL"]
    with stage.bot() as old, closing(open_database(url, patience=0.2)) as hasty:
        with database_of(old).as_owner():
            cut(stage)
            with pytest.raises(StateError, match="lock timeout"):
                hasty.take()
        taken = hasty.take()
        refused(old.poll_once)

    assert taken


# ---- all of it, at random ----

AGENTS = [f"{number}-AGENT{number}" for number in range(12001, 12007)]


@dataclass
class Chaos:
    """Bots that come, lose their session at any moment, live on, or die while they send."""

    stage: Stage
    dice: Random
    machines: ExitStack
    alive: list[Bot] = field(default_factory=list)
    breaching: int = 0

    def another(self) -> None:
        """A bot starts; where another one owns the database it is refused."""
        with suppress(StateError):
            bot = self.machines.enter_context(self.stage.bot())
            channel = eventful(bot)
            channel.before = channel.after = lambda: self.mishap(bot)
            self.alive.append(bot)

    def regain(self, bot: Bot) -> None:
        """A bot looks after its session, as ``notifier run`` does every second."""
        database, term = database_of(bot), database_of(bot).term
        if not database.still_owned() and not (database.take() and database.term == term):
            database.let_go()
            self.alive.remove(bot)

    def mishap(self, bot: Bot) -> None:
        """Something happens, or nothing, while *bot* sends."""
        match self.dice.randrange(6):
            case 0:
                cut(self.stage)
            case 1:
                cut(self.stage)
                self.another()
            case 2:
                self.alive.remove(bot)
                cut(self.stage)
                raise Killed
            case _:
                pass

    def breach(self) -> None:
        """One agent more is too bad."""
        self.breaching += self.breaching < len(AGENTS)
        self.stage.agents({a: "02"[n < self.breaching] for n, a in enumerate(AGENTS)})

    def step(self) -> None:
        """Time passes and one thing happens."""
        self.stage.wait(seconds=self.dice.choice([1, 10, 60]))
        bot = self.dice.choice(self.alive)
        with suppress(NotOwnerError, Killed):
            match self.dice.randrange(8):
                case 0:
                    cut(self.stage)
                case 1:
                    self.another()
                case 2:
                    self.breach()
                case 3 | 4:
                    bot.poll_once()
                case 5:
                    self.regain(bot)
                case _:
                    bot.deliver_due()
        if not self.alive:
            self.another()


def chaos(stage: Stage, seed: int) -> dict[str, int]:
    """How often people see each agent that was too bad, after a while of it."""
    with ExitStack() as machines:
        play = Chaos(stage, Random(seed), machines)
        stage.agents(dict.fromkeys(AGENTS, "0"))
        play.another()
        play.alive[0].poll_once()
        for _ in range(40):
            play.step()
        play.breach()
    with stage.bot() as last:
        last.poll_once()
        later(stage, last)
    bad = [agent.split("-")[0] for agent in AGENTS[: play.breaching]]
    return {number: sum(f"({number})" in text for text in stage.seen()) for number in bad}


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_to_bots_and_sessions_each_alert_is_seen_once(
    stage: Stage, seed: int
) -> None:
    stage.rules.write_text(
        stage.rules.read_text().replace('critical = "', 'group = "entity"\ncritical = "')
    )

    seen = chaos(stage, seed)

    assert set(seen.values()) == {1}, seen


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(100, 200))
def test_whatever_happens_a_hundred_times(stage: Stage, seed: int) -> None:
    test_whatever_happens_to_bots_and_sessions_each_alert_is_seen_once(stage, seed)
