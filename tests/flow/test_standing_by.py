"""``notifier run`` twice on one PostgreSQL: one works, the other stands by and takes over."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import requests

from notifier.bot import RULES_STAY, Bot
from notifier.clocks import Clocks
from notifier.errors import NotOwnerError
from notifier.succession import DIFFERS, LOST, NOBODY, STANDS_BY, Succession, succession
from notifier.web.desk import SilenceAsked
from tests.edges.stores import emptied, postgresql
from tests.flow.stage import RULES, Stage, staged
from tests.flow.test_promises import play
from tests.flow.test_run import eventually, running
from tests.flow.test_two_machines import cut

__all__ = ["postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made


@pytest.fixture
def stage(tmp_path: Path, postgresql: str) -> Iterator[Stage]:
    with staged(tmp_path, RULES) as found:
        url = emptied(postgresql).replace("postgresql:", "postgresql+psycopg:")
        found.more["NOTIFIER_DATABASE_URL"] = url
        yield found


@contextmanager
def machine(stage: Stage) -> Iterator[Succession]:
    """What ``notifier run`` does on one machine, one look at a time."""
    clocks = Clocks(stage.clock, lambda: stage.now.timestamp(), lambda: 0.0)
    with succession(stage.settings(), clocks) as line:
        line.begin()
        try:
            yield line
        finally:
            line.end()


def unready(line: Succession) -> list[str]:
    return [reason for reason in line.clerk.bot.unready() if not reason.startswith("starting")]


def owns(line: Succession) -> bool:
    return b"notifier_owner 1.0" in line.clerk.bot.numbers()


CUT_ALL = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = 'notifier'
"""


def on_server(stage: Stage, *statements: str) -> None:
    url = stage.more["NOTIFIER_DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url.replace("/notifier?", "/postgres?"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_the_second_stands_by_and_shows_what_the_first_does(stage: Stage) -> None:
    with stage.bot() as first:
        play(stage, first, "0", "2")
        with machine(stage) as second:
            standing = second.clerk.standing()
            listed = [each.entity for each in second.clerk.listed()]

            assert (unready(second), second.clerk.bot.unhealthy()) == ([STANDS_BY], [])
            assert standing
            assert (standing.why, standing.owner.split()[0]) == ("by", "notifier")
            assert (second.works, owns(second), listed) == (False, False, ["12004"])


def test_what_the_first_finds_later_is_seen_at_the_second_too(stage: Stage) -> None:
    with stage.bot() as first, machine(stage) as second:
        before = second.clerk.version()
        play(stage, first, "0", "2")
        second.refresh()

        assert [each.entity for each in second.clerk.listed()] == ["12004"]
        assert second.clerk.version() != before


def test_a_silence_that_is_asked_for_at_the_second_is_heard_by_the_first(stage: Stage) -> None:
    asked = SilenceAsked(author="Ana", comment="works", rule=("*",), span=timedelta(hours=1))
    with stage.bot() as first, machine(stage) as second:
        silence = second.clerk.add_silence(asked, "session")
        first.heed()

        assert list(first.cycle.known.silences) == [silence.id]


def test_the_second_takes_over_when_the_first_ends(stage: Stage) -> None:
    with machine_beside_an_owner(stage) as second:
        second.look()

        assert (second.works, owns(second), second.clerk.standing()) == (True, True, None)
        assert unready(second) == []


@contextmanager
def machine_beside_an_owner(stage: Stage) -> Iterator[Succession]:
    """A second machine whose first one has just ended."""
    with ExitStack() as first, ExitStack() as machines:
        play(stage, first.enter_context(stage.bot()), "0", "2")
        second = machines.enter_context(machine(stage))
        first.close()
        yield second


def test_who_has_other_rules_takes_nothing_over_until_they_are_the_same(stage: Stage) -> None:
    same = stage.rules.read_text()
    with ExitStack() as first, ExitStack() as machines:
        first.enter_context(stage.bot())
        stage.rules.write_text(same.replace("> 5", "> 6"))
        second = machines.enter_context(machine(stage))
        beside = unready(second)
        first.close()
        second.look()
        standing = second.clerk.standing()

        assert (second.works, beside, unready(second)) == (False, [DIFFERS], [NOBODY])
        assert standing
        assert standing.why == "nobody"
        stage.rules.write_text(same)
        second.reload()
        assert (second.works, unready(second)) == (True, [])


def test_who_starts_alone_takes_whatever_rules_it_is_given(stage: Stage) -> None:
    with stage.bot():
        pass
    stage.rules.write_text(stage.rules.read_text().replace("> 5", "> 6"))

    with machine(stage) as second:
        assert second.works


def test_a_mistake_in_the_rules_of_who_stands_by_is_said_there(stage: Stage) -> None:
    with stage.bot(), machine(stage) as second:
        stage.rules.write_text("[[rule]]")
        second.reload()

        assert unready(second) == [RULES_STAY, STANDS_BY]


def test_a_lost_session_is_said_and_regained(stage: Stage) -> None:
    with machine(stage) as line:
        bot = line.clerk.bot
        try:
            on_server(stage, "ALTER DATABASE notifier ALLOW_CONNECTIONS false", CUT_ALL)
            line.look()
            lost, standing = unready(line), line.clerk.standing()
        finally:
            on_server(stage, "ALTER DATABASE notifier ALLOW_CONNECTIONS true")
        line.look()

        assert LOST in lost
        assert standing
        assert standing.why == "lost"
        assert (line.works, line.clerk.bot is bot, line.clerk.standing()) == (True, True, None)
        assert LOST not in unready(line)


def test_a_server_that_is_down_is_said_by_who_stands_by_and_is_no_end(stage: Stage) -> None:
    with stage.bot(), machine(stage) as second:
        try:
            on_server(stage, "ALTER DATABASE notifier ALLOW_CONNECTIONS false", CUT_ALL)
            second.refresh()
            down = unready(second)
        finally:
            on_server(stage, "ALTER DATABASE notifier ALLOW_CONNECTIONS true")
        second.look()

        assert "database: it cannot be used" in down
        assert (second.works, unready(second)) == (True, [])


def test_who_was_overtaken_stands_by_and_knows_what_happened_when_its_turn_comes(
    stage: Stage,
) -> None:
    with machine(stage) as line:
        cut(stage)
        with stage.bot() as other:
            play(stage, other, "0", "2")
            line.look()
            overtaken = (line.works, unready(line))
        line.look()

        assert overtaken == (False, [STANDS_BY])
        assert line.works
        assert [each.entity for each in line.clerk.listed()] == ["12004"]
    assert len(stage.seen()) == 1


def test_who_was_overtaken_lets_nothing_fly_and_leaves_the_others_sign_alone(stage: Stage) -> None:
    stage.more["NOTIFIER_HEARTBEAT_URL"] = "http://127.0.0.1:9/"
    with stage.bot() as first:
        cut(stage)
        with stage.bot() as other:
            other.heartbeat()
            before = canaries(other)

            with pytest.raises(NotOwnerError):
                first.heartbeat()

            assert len(before) == 1
            assert canaries(other) == before


def canaries(bot: Bot) -> list[str]:
    """The signs of life that are on their way."""
    with bot.workers[-1].database.reading() as connection:
        found = connection.exec_driver_sql("SELECT id FROM outbox WHERE kind = 'canary'").scalars()
        return list(found)


def test_two_processes_and_the_first_is_killed(stage: Stage) -> None:
    stage.real = True
    stage.rules.write_text(stage.rules.read_text().replace('every = "1m"', 'every = "1s"'))
    stage.agents({"12004-ANA": "2"})
    with running(stage) as first:
        eventually(lambda: len(stage.seen()) == 1 and first.said("delivered"))
        with running(replace(stage, folder=another_folder(stage))) as second:
            eventually(lambda: second.said("standing by"))
            answers = [
                requests.get(f"http://127.0.0.1:{second.port}/{path}", timeout=60)
                for path in ("healthz", "readyz", "")
            ]
            first.end(signal.SIGKILL)
            eventually(lambda: second.said("taken over"))
            stage.agents({"12004-ANA": "0"})
            eventually(lambda: "Resolved" in stage.seen()[0])

            assert [answer.status_code for answer in answers] == [200, 503, 200]
            assert STANDS_BY in answers[1].text
            assert "This notifier stands by" in answers[2].text
            assert second.end(signal.SIGTERM) == 0
    assert len(stage.seen()) == 1


def another_folder(stage: Stage) -> Path:
    """Another machine, with the same rules file."""
    other = stage.folder / "other"
    other.mkdir()
    (other / "rules.toml").write_text(stage.rules.read_text())
    return other
