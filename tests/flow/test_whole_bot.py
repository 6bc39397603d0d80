"""The whole bot between real far sides: what people see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.bot import Bot
from notifier.core.facts.state import SourceKey
from notifier.errors import StateError
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.mail import MailFault, MailWrong
from notifier.simulator.slack_faults import lost
from tests.flow.stage import Stage, envelope, staged

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


def test_a_breach_is_one_message_that_lives_and_closes(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2", "3", "3", "0", "0")

    message = stage.slack.messages("operaciones")[0]
    assert len(stage.seen()) == 1
    assert "Resolved" in message.now.text
    assert [len(message.versions), len(stage.slack.thread(message))] == [3, 1]
    assert len(stage.mailed()) == 2
    assert len(set(stage.mailed())) == 1


def test_what_improves_poll_by_poll_says_so_in_its_thread_only_where_that_matters(
    stage: Stage,
) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "9", "8", "7", "6", "5", "4", "3", "2", "0")

    message = stage.slack.messages("operaciones")[0]
    lines = [reply.now.text.partition(" · ")[2] for reply in stage.slack.thread(message)]
    assert len(message.versions) == 9  # each number was shown
    assert [line.partition(" · worst")[0] for line in lines] == [
        "now Warning: 5%", "Resolved after 8 min",
    ]  # fmt: skip


def test_a_worse_severity_is_noticed_in_the_thread_and_by_mail(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2", "7")

    raised = [m for m in stage.slack.messages("operaciones") if m.broadcast]
    assert len(raised) == 1
    assert len(stage.mailed()) == 2


def test_failed_polls_and_blanks_neither_open_nor_close(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        stage.wolkvox.faults.extend([Fault(Wrong.STATUS, status=500, api="latency")])
        play(stage, bot, "0", "", "-")
        open_still = [i for i in bot.cycle.known.incidents.values() if i.open]

    assert len(open_still) == 1
    assert "Resolved" not in stage.seen()[0]


def test_slack_takes_a_message_and_drops_the_answer_and_there_is_one(stage: Stage) -> None:
    stage.slack.faults.append(lost("chat.postMessage"))
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        for _ in range(4):
            stage.wait(seconds=6)
            bot.deliver_due()

    assert len(stage.seen()) == 1


def test_a_greylisting_mail_server_gets_it_a_minute_later_once(stage: Stage) -> None:
    stage.mail.faults.append(MailFault(MailWrong.GREYLIST))
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        assert stage.mailed() == []
        stage.wait(seconds=61)
        bot.deliver_due()

    assert len(stage.mailed()) == 1


def test_a_mail_that_was_taken_behind_a_lost_answer_repeats_byte_by_byte(stage: Stage) -> None:
    stage.mail.faults.append(MailFault(MailWrong.DROP_AFTER_DATA))
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        stage.wait(minutes=2)
        bot.deliver_due()

    first, second = stage.mail.messages
    assert first.raw == second.raw


def test_a_sale_is_celebrated_once_and_without_the_customer(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.hits("old")
        play(stage, bot, "0")
        stage.hits("old", "new")
        play(stage, bot, "0", "0")
    with stage.bot() as bot:
        play(stage, bot, "0")

    assert len(stage.seen()) == 1
    told = json.dumps([str(v) for m in stage.slack.messages() for v in m.versions])
    assert "3001234567" not in told
    assert "1020304050" not in told


def test_a_restart_goes_on_where_it_was(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
    with stage.bot() as bot:
        play(stage, bot, "2", "2")
    with stage.bot() as bot:
        play(stage, bot, "0")

    assert len(stage.seen()) == 1
    assert "Resolved" in stage.seen()[0]
    assert len(stage.mailed()) == 2


def test_what_was_queued_before_a_stop_is_sent_after_it(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.agents({ANA: "0"})
        bot.poll_once()
        stage.wait(minutes=1)
        stage.agents({ANA: "2"})
        bot.poll_once()
    assert stage.seen() == []
    with stage.bot() as bot:
        bot.deliver_due()

    assert len(stage.seen()) == 1


def test_a_second_bot_on_the_same_state_is_refused(stage: Stage) -> None:
    with stage.bot(), pytest.raises(StateError, match="another notifier"), stage.bot():
        pass


def test_a_bad_rules_file_keeps_the_old_rules_and_says_so(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        good = stage.rules.read_text()
        stage.rules.write_text(good.replace("when =", "wehn ="))
        assert not bot.reload()
        assert any("rules" in reason for reason in bot.unready())
        stage.rules.write_text(good)
        assert bot.reload()
        play(stage, bot, "2", "0")

    assert len(stage.seen()) == 1
    assert "Resolved" in stage.seen()[0]


def test_a_removed_rule_closes_its_incidents_with_everybody_told(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        text = stage.rules.read_text()
        begin = text.index('[[rule]]\nid = "rejection"')
        end = text.index('[[rule]]\nid = "hit"')
        stage.rules.write_text(text[:begin] + text[end:])
        bot.reload()
        bot.deliver_due()

    assert len(stage.mailed()) == 2
    assert len(stage.slack.messages("operaciones")[0].versions) == 2


def test_nothing_of_a_dry_run_is_written_or_sent(stage: Stage) -> None:
    from notifier.app import rehearsal

    with stage.bot() as bot:
        play(stage, bot, "0")
    stage.agents({ANA: "2"})
    with rehearsal(stage.settings()) as cycle:
        outcome = cycle.poll(SourceKey("bogota", "latency"))

    assert outcome is not None
    assert outcome.notices == 2
    assert stage.seen() == []


def test_several_ids_are_several_calls_and_one_poll(stage: Stage) -> None:
    more = """
[[source]]
endpoint = "skills"
params = { skill_id = ["3001", "3002"] }
"""
    stage.rules.write_text(stage.rules.read_text() + more)
    with stage.bot() as bot:
        bot.poll_once(["skills"])
        rows = bot.cycle.known.snapshots[SourceKey("bogota", "skills")].collections[""]

    asked = [seen.query["skill_id"] for seen in stage.wolkvox.requests]
    assert asked == ["3001", "3002"]
    assert set(rows) <= {"3001", "3002"}


def test_a_sale_that_is_taken_back_is_corrected_in_its_message_after_a_restart_too(
    stage: Stage,
) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        stage.hits("12004.1234.1767625200.11", "12009.4321.1767625400.12")
        play(stage, bot, "0")
    (told,) = stage.slack.visible("operaciones")
    rows = [
        {"conn_id": "12004.1234.1767625200.11", "hit": "no"},
        {"conn_id": "12009.4321.1767625400.12", "hit": "yes"},
    ]
    stage.wolkvox.respond_with("hits_last_hour", envelope(rows))
    with stage.bot() as bot:
        play(stage, bot, "0")
    (corrected,) = stage.slack.visible("operaciones")

    assert "2" in told.text
    assert "2" not in corrected.text
    assert "1 was taken back" in str(corrected.attachments)
