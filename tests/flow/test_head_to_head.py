"""What other engines get wrong, measured on them (see the alert semantics), and what happens here.

The letters are those of that comparison: what was found with Alertmanager, Prometheus and vmalert.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from notifier import desk
from notifier.bot import Bot
from notifier.simulator.slack_faults import SlackFault, Slip
from tests.flow.stage import RULES, Stage, staged

ANA, LUIS = "12004-ANA", "12005-LUIS"
POST = "chat.postMessage"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as found:
        yield found


def play(stage: Stage, bot: Bot, *polls: dict[str, str]) -> None:
    """Poll once a minute, delivering in between."""
    for rejections in polls:
        stage.agents(rejections)
        bot.poll_once()
        bot.deliver_due()
        stage.wait(minutes=1)


def killed(stage: Stage) -> Stage:
    """The same stage over the disk as a SIGKILL would leave it now, beside the running bot."""
    folder = stage.folder / "killed"
    folder.mkdir()
    for file in stage.folder.glob("*.*"):
        shutil.copy(file, folder)
    return replace(stage, folder=folder)


def posts(stage: Stage) -> int:
    return len(stage.slack.messages("operaciones"))


def test_a_killed_after_delivery_and_started_again_it_says_nothing_twice(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, {ANA: "2"})
        after = killed(stage)
    with after.bot() as bot:
        play(after, bot, {ANA: "2"}, {ANA: "2"})

    assert (posts(stage), len(stage.mailed())) == (1, 1)


def test_a2_nor_does_it_after_an_orderly_stop(stage: Stage) -> None:
    for _ in range(2):
        with stage.bot() as bot:
            play(stage, bot, {ANA: "2"})

    assert (posts(stage), len(stage.mailed())) == (1, 1)


def test_b_after_a_silence_in_which_it_closed_a_new_incident_is_told_at_once(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, {ANA: "2"})
        ends = stage.now + timedelta(minutes=2)
        silence = desk.new_silence(
            author="Ana", comment="test", now=stage.now, ends_at=ends, rules=["rejection"]
        )
        desk.add_silence(bot.workers[0].database, silence)
        bot.heed()
        play(stage, bot, {ANA: "0"}, {ANA: "0"}, {ANA: "0"}, {ANA: "2"})

    assert [text[0] for text in stage.seen()] == ["✅", "🟠"]
    assert len(stage.mailed()) == 3  # open, close, open


def test_c_a_reload_of_equal_rules_sends_nothing(stage: Stage) -> None:
    waiting = stage.rules.read_text().replace("critical =", 'group_wait = "10m"\ncritical =')
    stage.rules.write_text(waiting)
    with stage.bot() as bot:
        play(stage, bot, {ANA: "2"}, {ANA: "2", LUIS: "2"})
        assert bot.reload()
        bot.deliver_due()

    assert (posts(stage), stage.mailed()) == (0, [])


def test_d_what_slack_asks_to_wait_a_second_for_comes_a_second_later(stage: Stage) -> None:
    stage.slack.faults.append(SlackFault(Slip.RATE_LIMITED, POST, retry_after="1"))
    with stage.bot() as bot:
        stage.agents({ANA: "2"})
        bot.poll_once()
        bot.deliver_due()
        assert posts(stage) == 0
        stage.wait(seconds=2)
        bot.deliver_due()

    assert posts(stage) == 1


def test_d2_and_where_it_is_over_by_then_people_hear_of_both(stage: Stage) -> None:
    stage.slack.faults.append(SlackFault(Slip.RATE_LIMITED, POST, retry_after="90"))
    with stage.bot() as bot:
        play(stage, bot, {ANA: "2"}, {ANA: "0"})
        bot.deliver_due()

    (seen,) = stage.seen()
    assert "Resolved" in seen


def test_e_what_clears_while_it_is_down_is_closed_after_the_start(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, {ANA: "2"})
    stage.wait(minutes=5)
    with stage.bot() as bot:
        play(stage, bot, {ANA: "0"})

    assert [text[0] for text in stage.seen()] == ["✅"]
    assert len(stage.mailed()) == 2


def test_f_a_message_that_is_kept_and_refused_all_the_same_is_there_once(stage: Stage) -> None:
    stage.slack.faults.append(SlackFault(Slip.STATUS, POST, taken=True, status=500))
    with stage.bot() as bot:
        play(stage, bot, {ANA: "2"}, {ANA: "2"})

    assert posts(stage) == 1


def test_g_after_a_short_silence_what_is_open_still_is_said_once(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, {ANA: "2"})
        ends = stage.now + timedelta(seconds=30)
        silence = desk.new_silence(
            author="Ana", comment="test", now=stage.now, ends_at=ends, rules=["rejection"]
        )
        desk.add_silence(bot.workers[0].database, silence)
        bot.heed()
        play(stage, bot, {ANA: "2"}, {ANA: "2"}, {ANA: "2"})

    said = [m.now.text for m in stage.slack.messages("operaciones") if m.broadcast]
    assert len(said) == 1
    assert "was silenced by Ana" in said[0]
    assert len(stage.mailed()) == 2


def test_p_one_absent_sample_ends_nothing_and_starts_nothing_anew(tmp_path: Path) -> None:
    rules = RULES.replace("critical =", 'for = "2m"\ncritical =')
    bad = {ANA: "2", LUIS: "0"}
    with staged(tmp_path, rules) as stage, stage.bot() as bot:
        play(stage, bot, bad, bad, bad)
        assert len(stage.seen()) == 1
        play(stage, bot, {LUIS: "0"}, bad, bad, bad)

        assert [text[0] for text in stage.seen()] == ["🟠"]
        assert posts(stage) - len(stage.seen()) <= 2  # edits' lines in the thread
        assert len(stage.mailed()) == 1
