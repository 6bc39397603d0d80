"""The bot keeps within its calls of the day, and says so to its operators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.bot import Bot
from notifier.core.facts.state import SourceKey
from notifier.core.reacting.pace import IN_A_ROW
from notifier.schedule import Schedule
from tests.flow.stage import Stage, envelope, staged

HALF_AN_HOUR = timedelta(minutes=30)
LATENCY, HITS = SourceKey("bogota", "latency"), SourceKey("bogota", "hits_last_hour")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as found:
        text = found.rules.read_text()
        text = text.replace('"America/Bogota"', '"America/Bogota"\nlicenses = 2')
        text = text.replace('"latency"\nevery', '"latency"\npriority = 1\nevery', 1)
        found.rules.write_text(text)
        yield found


def told(stage: Stage, bot: Bot) -> list[str]:
    bot.deliver_due()
    return stage.mailed()


def paces(bot: Bot) -> dict[str, timedelta]:
    return {job.name: job.every for job in bot._jobs(bot.cycle.plan)}


def test_sources_that_must_wait_are_told_once_and_so_is_the_end_of_it(stage: Stage) -> None:
    """1,680 calls are planned for the rest of the day, and 1,600 are notifier's."""
    with stage.bot() as bot:
        bot._guarded("pacing", bot._pace)
        slow = paces(bot)
        first = told(stage, bot)
        for _ in range(3):
            stage.wait(minutes=1)
            bot._pace()
        assert told(stage, bot) == first
    stage.rules.write_text(stage.rules.read_text().replace("licenses = 2", "licenses = 3"))
    with stage.bot() as bot:  # a restart forgets nothing of it
        assert paces(bot) == slow
        stage.wait(minutes=31)
        bot._pace()
        later = told(stage, bot)

        assert paces(bot) == {
            f"bogota/{n}": timedelta(minutes=1) for n in ("latency", "hits_last_hour")
        }

    assert slow["bogota/latency"] == timedelta(minutes=1)
    assert slow["bogota/hits_last_hour"] == timedelta(minutes=1.25)
    assert len(first) == 1
    assert "asked less often" in first[0]
    assert len(later) == 2


def test_the_message_says_which_sources_from_what_to_what_and_why(stage: Stage) -> None:
    with stage.bot() as bot:
        bot._pace()
        told(stage, bot)

    body = stage.mail.messages[0].text
    assert "hits_last_hour 1m -> 1m15s" in body
    assert "1,600 of 2,000" in body


def test_the_numbers_say_what_is_used_left_and_slowed(stage: Stage) -> None:
    with stage.bot() as bot:
        bot.poll_once()
        numbers = bot.numbers().decode()

    assert 'notifier_calls_others{operation="bogota"} 0.0' in numbers
    assert 'notifier_calls_left{operation="bogota"} 1598.0' in numbers
    assert 'notifier_source_stretch{operation="bogota",source="hits_last_hour"} 1.25' in numbers


def test_a_source_that_cannot_keep_its_pace_is_told_and_so_is_the_end(stage: Stage) -> None:
    with stage.bot() as bot:
        source = bot.cycle.plan.sources[LATENCY]
        for _ in range(IN_A_ROW + 2):
            bot._punctuality.begins(source, stage.now)
            stage.wait(minutes=4)
        late = told(stage, bot)
        for _ in range(IN_A_ROW + 1):
            stage.wait(minutes=1)
            bot._punctuality.begins(source, stage.now)
        numbers = bot.numbers().decode()
        end = told(stage, bot)

    mine = [subject for subject in late if "latency" in subject]
    assert len(mine) == 1
    assert "cannot keep its pace" in mine[0]
    assert len(end) == len(late) + 1
    assert 'notifier_missed_runs_total{operation="bogota",source="latency"} 16.0' in numbers


def test_runs_that_are_left_out_are_counted_and_told(stage: Stage) -> None:
    with stage.bot() as bot:
        for _ in range(IN_A_ROW):
            bot._left_out("bogota/hits_last_hour")
        numbers = bot.numbers().decode()
        said = told(stage, bot)

    line = 'notifier_overlapping_runs_total{operation="bogota",source="hits_last_hour"} 3.0'
    assert line in numbers
    assert len(said) == 1


def test_a_clock_that_is_made_to_hurry_tells_nothing_of_late_runs(stage: Stage) -> None:
    with stage.bot() as bot:
        bot._punctuality.telling = False
        for _ in range(IN_A_ROW):
            bot._left_out("bogota/latency")

        assert told(stage, bot) == []


def test_what_other_programs_use_is_read_and_reckoned_with(stage: Stage) -> None:
    """1,600 calls are notifier's, but others used 700 of all 2,000 since midnight."""
    more = '\n[[source]]\nendpoint = "token_info"\nevery = "30m"\npriority = 2\n'
    stage.rules.write_text(stage.rules.read_text().replace('"1m"', '"5m"') + more)
    said = {
        "description": "notifier",
        "token_limit": "2,000",
        "token_use_today": "3",
        "all_token_today": "703",
        "available_consumption_options": "1297",
    }
    stage.wolkvox.respond_with("token_info", envelope([said]))
    with stage.bot() as bot:
        bot.poll_once()
        numbers = bot.numbers().decode()
        subjects = told(stage, bot)

    assert 'notifier_calls_others{operation="bogota"} 700.0' in numbers
    assert 'notifier_calls_left{operation="bogota"} 1297.0' in numbers
    assert 'notifier_source_stretch{operation="bogota",source="latency"} 1.0' in numbers
    assert 'notifier_source_stretch{operation="bogota",source="hits_last_hour"} 1.5' in numbers
    assert any("asked less often" in subject for subject in subjects)


def test_a_busy_token_is_tried_again_before_the_sources_turn(stage: Stage) -> None:
    stage.rules.write_text(stage.rules.read_text().replace('every = "1m"', 'every = "30m"'))
    refusal = {"code": 403, "error": "exceeds the limit of simultaneous requests per token (2)"}
    stage.wolkvox.respond_with("latency", refusal, status=403)
    with stage.bot() as bot:
        bot._schedule = Schedule(stage.clock)
        bot._schedule.replan(bot._jobs(bot.cycle.plan))
        bot._schedule._scheduler.start(paused=True)
        for name in ("bogota/latency", "bogota/hits_last_hour"):
            bot._schedule._scheduler.modify_job(name, next_run_time=stage.now + HALF_AN_HOUR)

        bot._polling(LATENCY)()
        bot._polling(HITS)()

        due = {job.id: job.next_run_time - stage.now for job in bot._schedule._scheduler.get_jobs()}
        bot._schedule.stop()
    assert due == {
        "bogota/latency": timedelta(seconds=15),
        "bogota/hits_last_hour": HALF_AN_HOUR,
    }
