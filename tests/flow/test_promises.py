"""What goes wrong between the bot and the world, and what people see all the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import pytest

from notifier.app import owner
from notifier.bot import Bot
from notifier.channels.base import Channel, Delivered
from notifier.core.outgoing import Envelope
from notifier.errors import StateError
from notifier.simulator.slack_faults import SlackFault, Slip, lost
from notifier.store import outbox
from tests.flow.stage import Stage, staged

ANA, LUIS = "12004-ANA", "12005-LUIS"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as found:
        yield found


def play(stage: Stage, bot: Bot, *rejections: str) -> None:
    """Poll once a minute with Ana's rejections, delivering in between."""
    for value in rejections:
        stage.wait(minutes=1)
        stage.agents({ANA: value, LUIS: "0"})
        bot.poll_once()
        bot.deliver_due()


def breach(stage: Stage, bot: Bot) -> None:
    """Let Ana's rejection be seen as good, then as bad; nothing is delivered yet."""
    for value in ("0", "2"):
        stage.wait(minutes=1)
        stage.agents({ANA: value, LUIS: "0"})
        bot.poll_once()


# ---- delivery ----


def test_a_look_for_a_lost_message_that_fails_is_no_leave_to_post_it_again(stage: Stage) -> None:
    stage.slack.faults.extend(
        [lost("chat.postMessage"), SlackFault(Slip.RATE_LIMITED, "conversations.history")]
    )
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        for _ in range(6):
            stage.wait(seconds=10)
            bot.deliver_due()

    assert len(stage.seen()) == 1


def test_a_message_in_flight_at_a_kill_goes_out_after_it_also_where_pids_repeat(
    stage: Stage,
) -> None:
    """In a container the process is number 1 on the same host each time."""
    with stage.bot() as bot:
        breach(stage, bot)
        with bot.workers[0].database.transaction() as connection:
            assert outbox.claim(connection, stage.now, owner(), 20)
    with stage.bot() as bot:
        for _ in range(3):
            stage.wait(seconds=10)
            bot.deliver_due()

    assert [len(stage.seen()), len(stage.mailed())] == [1, 1]


def test_a_database_that_takes_no_outcome_costs_no_message_and_doubles_none(stage: Stage) -> None:
    with stage.bot() as bot:
        breach(stage, bot)
        with refusing(stage, "UPDATE OF state ON outbox", "NEW.state = 'delivered'"):
            for worker in bot.workers:
                with suppress(StateError):
                    worker.run_once()
        for _ in range(3):
            stage.wait(seconds=10)
            bot.deliver_due()
        play(stage, bot, "0")

    assert [len(stage.seen()), len(stage.mailed())] == [1, 2]
    assert "Resolved" in stage.seen()[0]


def test_what_was_claimed_beside_a_message_that_could_not_be_settled_is_sent(stage: Stage) -> None:
    stage.rules.write_text(
        stage.rules.read_text().replace("critical =", 'group = "entity"\ncritical =')
    )
    with stage.bot() as bot:
        for value in ("0", "2"):
            stage.wait(minutes=1)
            stage.agents({ANA: value, LUIS: value})
            bot.poll_once()
        with refusing(stage, "UPDATE OF state ON outbox", "NEW.state = 'delivered'"):
            for worker in bot.workers:
                with suppress(StateError):
                    worker.run_once()
        bot.deliver_due()

    assert [len(stage.seen()), len(stage.mailed())] == [2, 2]


def test_a_channel_with_a_mistake_of_ours_holds_up_no_other_message(stage: Stage) -> None:
    with stage.bot() as bot:
        breach(stage, bot)
        worker = bot.workers[0]
        worker.channel = Stumbling(worker.channel)
        stage.agents({ANA: "2", LUIS: "2"})
        stage.wait(minutes=1)
        bot.poll_once()
        for _ in range(4):
            stage.wait(seconds=10)
            bot.deliver_due()

    assert len(stage.seen()) == 2


def test_after_slack_asks_to_wait_the_rest_of_the_batch_waits_too(stage: Stage) -> None:
    stage.rules.write_text(
        stage.rules.read_text().replace("critical =", 'group = "entity"\ncritical =')
    )
    stage.slack.faults.append(SlackFault(Slip.RATE_LIMITED, "chat.postMessage", retry_after="30"))
    with stage.bot() as bot:
        for value in ("0", "2"):
            stage.wait(minutes=1)
            stage.agents({ANA: value, LUIS: value})
            bot.poll_once()
        bot.deliver_due()
        posts = [call for call in stage.slack.calls if call.method == "chat.postMessage"]
        stage.wait(seconds=31)
        bot.deliver_due()

    assert len(posts) == 1
    assert len(stage.seen()) == 2


# ---- what goes wrong ----


@contextmanager
def refusing(stage: Stage, what: str, when: str) -> Iterator[None]:
    """Let the database refuse some writes, as a full disk would."""
    path = stage.folder / "state.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            f"CREATE TRIGGER full BEFORE {what} WHEN {when}"
            " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    try:
        yield
    finally:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("DROP TRIGGER full")


class Stumbling:
    """A channel that fails once as only a mistake of ours would."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._stumbled = False
        self.kind, self.can_find = channel.kind, channel.can_find

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:
        if not self._stumbled:
            self._stumbled = True
            raise KeyError("text")
        return self._channel.send(envelope, reference, now)

    def find(self, envelope: Envelope, reference: str | None, since: datetime, /) -> str | None:
        return self._channel.find(envelope, reference, since)
