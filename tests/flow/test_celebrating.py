"""Sales are cheered at with their weight, across restarts, and not in a crisis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.stage import RULES, Stage, staged
from tests.flow.test_whole_bot import play

TARGET = RULES.replace('slack = "#operaciones"', 'slack = "#operaciones"\ntarget = 2')


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, TARGET) as found:
        yield found


def shown(stage: Stage) -> list[str]:
    """Each message of the channel, whole."""
    return [str(version.attachments) for version in stage.slack.visible("operaciones")]


def test_the_days_total_outlives_a_restart(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        stage.hits("one")
        play(stage, bot, "0")
    with stage.bot() as bot:
        stage.hits("one", "two")
        play(stage, bot, "0")

    first, second = shown(stage)
    assert "50% of today's target: 1 of 2." in first
    assert "Today's target is reached: 2 of 2." in second


def test_what_is_sold_in_a_crisis_is_one_message_after_it(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "9", "9")
        stage.hits("one")
        play(stage, bot, "9")
        stage.hits("one", "two")
        play(stage, bot, "9")
        assert len(stage.seen()) == 1
    with stage.bot() as bot:
        play(stage, bot, "0", "0")

    _, cheer = shown(stage)
    assert "Today's target is reached: 2 of 2." in cheer
