"""What goes wrong between the bot and the world, and what people see all the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from notifier.app import owner
from notifier.bot import Bot
from notifier.channels.base import Channel, Delivered
from notifier.clocks import utc_now
from notifier.core.facts.snapshot import Snapshot
from notifier.core.judging.known import Decision
from notifier.core.judging.notice import Notice
from notifier.core.judging.reading import Reading
from notifier.core.telling.outgoing import Envelope
from notifier.errors import RenderError, StateError
from notifier.schedule import Job, Schedule
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.mail import MailFault, MailWrong
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


def test_whom_no_open_reached_is_told_of_no_close(stage: Stage) -> None:
    stage.slack.faults.append(
        SlackFault(Slip.ERROR, "chat.postMessage", error="nobody_knows_this_error")
    )
    with stage.bot() as bot:
        play(stage, bot, "0", "2", "0")

    assert stage.seen() == []


def test_whom_no_open_reached_is_told_when_it_worsens(stage: Stage) -> None:
    stage.slack.faults.append(
        SlackFault(Slip.ERROR, "chat.postMessage", error="nobody_knows_this_error")
    )
    with stage.bot() as bot:
        play(stage, bot, "0", "2", "7", "0")

    assert len(stage.slack.messages("operaciones")[0].versions) == 2


def test_a_wish_about_doubtful_messages_counts_from_the_reload_on(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.rules.write_text(
            stage.rules.read_text().replace('language = "en"', 'on_ambiguous = "drop"')
        )
        assert bot.reload()

        assert bot.workers[0].on_ambiguous("leads") == "drop"


# ---- a database in trouble ----


def test_a_reading_that_the_database_did_not_take_is_judged_when_it_can_be_used(
    stage: Stage,
) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        stage.wait(minutes=1)
        stage.agents({ANA: "2"})
        with refusing(stage, "INSERT ON recording"), pytest.raises(StateError):
            bot.poll_once()
        opened = stage.now
        stage.wait(seconds=5)
        bot.cycle.catch_up(stage.now)
        bot.deliver_due()

        assert [i.opened_at for i in bot.cycle.known.incidents.values()] == [opened]
    assert len(stage.seen()) == 1


def test_a_commit_whose_answer_is_lost_is_told_once_and_closes(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        write = bot.cycle.write

        def unsure(decision: Decision, reading: Reading, envelopes: Sequence[Envelope]) -> None:
            write(decision, reading, envelopes)
            raise StateError("the connection broke at the commit")

        stage.wait(minutes=1)
        stage.agents({ANA: "2"})
        bot.cycle.write = unsure
        with pytest.raises(StateError):
            bot.poll_once()
        bot.cycle.write = write
        bot.deliver_due()
        play(stage, bot, "2")
    with stage.bot() as bot:
        play(stage, bot, "0")

        assert not [i for i in bot.cycle.known.incidents.values() if i.open]
    assert [len(stage.seen()), len(stage.mailed())] == [1, 2]


def test_polls_that_were_lost_meanwhile_count_as_not_observed(stage: Stage) -> None:
    stage.rules.write_text(stage.rules.read_text().replace("critical =", 'for = "3m"\ncritical ='))
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        with refusing(stage, "INSERT ON recording"):
            for value in ("2", "0", "2"):
                with pytest.raises(StateError):
                    play(stage, bot, value)
        play(stage, bot, "2")

    assert stage.seen() == []


def test_rules_that_the_database_does_not_take_are_refused_and_tried_again(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        with refusing(stage, "INSERT ON recording"):
            assert not bot.reload()
            assert bot.unready() == ["database: it cannot be used"]
        assert bot.reload()
        assert bot.unready() == []


def test_a_mistake_of_ours_is_a_failed_poll_of_which_people_hear(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")

        def stumble(*_: object) -> Snapshot:
            raise KeyError("agent_id")

        bot.cycle.read = stumble
        play(stage, bot, "0", "0", "0", "0")

    assert len(stage.mailed()) == 2  # latency and hits_last_hour


def test_a_snapshot_that_nobody_can_judge_is_a_failed_poll_and_blocks_no_other(
    stage: Stage,
) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        render = bot.cycle.render

        def stumble(notice: Notice) -> Sequence[Envelope]:
            if notice.conversation.rule == "rejection":
                raise RenderError("a template is broken")
            return render(notice)

        bot.cycle.render = stumble
        play(stage, bot, "2", "2", "2", "2", "2")
        assert len(stage.mailed()) == 1
        bot.cycle.render = render
        play(stage, bot, "2")

    assert len(stage.seen()) == 1


# ---- sources that wait ----


def test_a_source_that_waits_for_a_mended_token_is_a_failed_source_for_cron(stage: Stage) -> None:
    stage.wolkvox.faults.append(Fault(Wrong.STATUS, status=401, api="latency"))
    with stage.bot() as bot:
        bot.poll_once()
        stage.wait(minutes=1)
        outcomes = bot.poll_once()

    assert [outcome.trouble for outcome in outcomes] == ["token", ""]


def test_a_named_source_is_asked_although_it_waits(stage: Stage) -> None:
    stage.wolkvox.faults.append(Fault(Wrong.STATUS, status=401, api="latency"))
    with stage.bot() as bot:
        bot.poll_once()
        stage.wait(minutes=1)

        assert [outcome.trouble for outcome in bot.poll_once(["latency"])] == [""]


def test_a_rest_from_a_clock_that_was_far_ahead_does_not_last_for_years(stage: Stage) -> None:
    stage.wolkvox.faults.append(Fault(Wrong.STATUS, status=401, api="latency"))
    with stage.bot() as bot:
        stage.wait(days=3000)
        bot.poll_once()
        stage.wait(days=-3000)

        assert [outcome.trouble for outcome in bot.poll_once()] == ["", ""]


# ---- what is forgotten ----


def test_a_sale_that_is_listed_longer_than_history_is_kept_is_not_told_twice(
    stage: Stage,
) -> None:
    stage.rules.write_text('retention = "30m"\n' + stage.rules.read_text())
    with stage.bot() as bot:
        play(stage, bot, "0")
        stage.hits("new")
        play(stage, bot, "0")
        stage.wait(minutes=40)
        bot.tidy(stage.now, bot.cycle.plan.retention)
    with stage.bot() as bot:
        play(stage, bot, "0")

    assert len(stage.seen()) == 1


# ---- how it is ----


def test_a_bot_whose_database_hangs_is_unhealthy(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        write, hung, go_on = bot.cycle.write, Event(), Event()

        def hang(decision: Decision, reading: Reading, envelopes: Sequence[Envelope]) -> None:
            hung.set()
            go_on.wait(60)
            write(decision, reading, envelopes)

        bot.cycle.write = hang
        bot.start()
        try:
            assert hung.wait(10)
            bot.wake()
            stage.wait(minutes=20)
            assert "timers hangs" in bot.unhealthy()
        finally:
            go_on.set()
            bot.stop()


def test_operators_hear_of_a_receiver_that_takes_nothing_and_that_it_does_again(
    stage: Stage,
) -> None:
    stage.slack.faults.append(SlackFault(Slip.ERROR, "chat.postMessage", error="channel_not_found"))
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        assert bot.unready() == ["delivery: a receiver takes nothing, see the log"]
    with stage.bot() as bot:
        stage.wait(minutes=6)
        bot.deliver_due()

        assert bot.unready() == []
    assert len(stage.seen()) == 1
    told = [mail.text for mail in stage.mail.messages if "leads takes" in mail.text]
    assert "leads takes no messages" in told[0]
    assert "leads takes messages again" in told[1]


def test_one_bad_address_of_several_is_told_once(stage: Stage) -> None:
    stage.rules.write_text(
        stage.rules.read_text()
        .replace('["guardia@example.com"]', '["bad", "good"]')
        .replace('"bad"', '"bad@example.com"')
        .replace('"good"', '"good@example.com"')
        .replace('operators = ["on-call"]', 'operators = ["leads"]')
    )
    with stage.bot() as bot:
        for value in ("0", "2", "7", "0"):
            stage.mail.faults.append(MailFault(MailWrong.REFUSE, to="bad@example.com"))
            play(stage, bot, value)

    assert len([text for text in stage.seen() if "on-call" in text]) == 1
    assert len(stage.mailed()) == 3


# ---- clocks ----


def test_what_waits_since_the_clock_was_ahead_goes_when_it_is_right(stage: Stage) -> None:
    stage.slack.faults.append(SlackFault(Slip.RATE_LIMITED, "chat.postMessage", retry_after="3600"))
    with stage.bot() as bot:
        play(stage, bot, "0")
        stage.wait(days=300)
        stage.agents({ANA: "2"})
        bot.poll_once()
        bot.deliver_due()
        stage.wait(days=-300)
        bot.deliver_due()

    assert len(stage.seen()) == 1


def test_a_clock_that_is_set_back_stops_no_poll() -> None:
    ran = Event()
    now = utc_now()
    schedule = Schedule(lambda: now)
    schedule.replan([Job("bogota/latency", "bogota", timedelta(hours=1), ran.set)])
    schedule.start()
    try:
        assert ran.wait(10)
        ran.clear()
        now -= timedelta(days=1)
        schedule.mend()
        assert ran.wait(10)
    finally:
        schedule.stop()


# ---- what goes wrong ----


@contextmanager
def refusing(stage: Stage, what: str, when: str = "true") -> Iterator[None]:
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
        self.kind, self.can_find, self.again = channel.kind, channel.can_find, channel.again

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:
        if not self._stumbled:
            self._stumbled = True
            raise KeyError("text")
        return self._channel.send(envelope, reference, now)

    def find(self, envelope: Envelope, reference: str | None, since: datetime, /) -> str | None:
        return self._channel.find(envelope, reference, since)
