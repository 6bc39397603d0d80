"""Acknowledge and silence from Slack: buttons, who may press them, and that once is once."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from notifier.bot import DEAF, Bot
from notifier.channels.slack_buttons import presses
from notifier.simulator.slack_workspace import Version
from tests.edges.socket_mode import PATIENCE, SocketMode, pressed, socket_mode
from tests.flow.stage import RULES, Stage, staged

Envelope = dict[str, Any]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as stage:
        stage.more["NOTIFIER_SLACK__APP_TOKEN"] = stage.slack.app_token
        yield stage


@contextmanager
def listening(bot: Bot) -> Iterator[None]:
    """The bot hears buttons, and only that: all else is in the test's hand."""
    (listener,) = bot.listeners
    thread = threading.Thread(target=listener.listen, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.stop()
        thread.join(PATIENCE)


def opened(stage: Stage, bot: Bot, *agents: str) -> str:
    """Agents reject calls, and the channel hears of it. Returns what the buttons carry."""
    stage.agents(dict.fromkeys(agents or ("12004-ANA",), "3"))
    round_(stage, bot)
    (version,) = stage.slack.visible("operaciones")
    (value,) = {button["value"] for button in buttons(version)}
    return str(value)


def round_(stage: Stage, bot: Bot) -> None:
    stage.wait(minutes=1)
    bot.heed()
    bot.poll_once()
    bot.deliver_due()


def buttons(version: Version) -> list[Envelope]:
    blocks = [block for each in version.attachments for block in each["blocks"]]
    return [e for block in blocks if block["type"] == "actions" for e in block["elements"]]


def shown(stage: Stage) -> str:
    return json.dumps([v.attachments for v in stage.slack.visible("operaciones")])


def whispers(stage: Stage) -> list[str]:
    calls = [call for call in stage.slack.calls if call.method == "chat.postEphemeral"]
    return [f"{call.arguments['user']}: {call.arguments['text']}" for call in calls]


def press(mode: SocketMode, *envelopes: Envelope) -> None:
    """Slack hands them out, and gets its answer before it sends the next."""
    for envelope in envelopes:
        mode.send(envelope)
        assert mode.answered()["envelope_id"] == envelope["envelope_id"]


def until(true: Callable[[], object]) -> None:
    """Wait until something another thread does is done."""
    ends = monotonic() + PATIENCE
    while not true() and monotonic() < ends:
        threading.Event().wait(0.01)
    assert true()


# ---- what messages have ----


def test_what_is_open_has_two_buttons_and_what_is_over_none(stage: Stage) -> None:
    with stage.bot() as bot:
        opened(stage, bot)
        (version,) = stage.slack.visible("operaciones")
        assert [each["action_id"] for each in buttons(version)] == ["acknowledge", "silence"]
        assert buttons(version)[1]["confirm"]["text"]["text"].startswith("Nobody will be told")

        stage.agents({"12004-ANA": "0"})
        round_(stage, bot)

    (version,) = stage.slack.visible("operaciones")
    assert buttons(version) == []


def test_without_an_app_token_nothing_can_be_pressed(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, stage.bot() as bot:
        stage.agents({"12004-ANA": "3"})
        round_(stage, bot)

        assert not bot.listeners
        assert [buttons(version) for version in stage.slack.visible("operaciones")] == [[]]


def test_a_button_that_leads_to_the_page_needs_no_app_token(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.more["NOTIFIER_WEB__PUBLIC_URL"] = "https://alerts.example.com"
        with stage.bot() as bot:
            stage.agents({"12004-ANA": "3"})
            round_(stage, bot)
            (incident,) = bot.cycle.known.incidents

        (version,) = stage.slack.visible("operaciones")
        (button,) = buttons(version)
        assert button["url"] == f"https://alerts.example.com/incidents/{incident}"


# ---- pressing ----


def test_to_open_the_page_is_answered_and_does_nothing(stage: Stage) -> None:
    stage.more["NOTIFIER_WEB__PUBLIC_URL"] = "https://alerts.example.com"
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        stage.agents({"12004-ANA": "3"})
        round_(stage, bot)
        mode.wait()
        before = shown(stage)
        mode.send(pressed("page", "", envelope="e9"))

        assert mode.answered()["envelope_id"] == "e9"
        assert not bot.asking()
        assert (shown(stage), whispers(stage)) == (before, [])


def test_somebody_takes_it_and_the_message_says_who(stage: Stage) -> None:
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        value = opened(stage, bot)
        mode.wait()
        press(mode, pressed("acknowledge", value))
        until(lambda: bot.asking())
        round_(stage, bot)

        assert "ana.gomez" in shown(stage)
        (version,) = stage.slack.visible("operaciones")
        assert [each["action_id"] for each in buttons(version)] == ["silence"]
        assert whispers(stage) == []


def test_a_press_is_answered_before_anything_is_done(stage: Stage) -> None:
    """Slack waits three seconds; a database that somebody holds may take longer."""
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        value = opened(stage, bot)
        mode.wait()
        with closing(sqlite3.connect(stage.folder / "state.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            mode.send(pressed("acknowledge", value))
            answer = mode.answered()
            done = bot.asking()
            other.execute("ROLLBACK")
        until(lambda: bot.asking())

    assert answer["envelope_id"] == "e1"
    assert not done


def test_a_group_is_taken_whole(stage: Stage) -> None:
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        value = opened(stage, bot, "12004-ANA", "12005-LUIS")
        mode.wait()
        press(mode, pressed("acknowledge", value))
        until(lambda: len(bot.asking()) == 2)
        round_(stage, bot)

        taken = [i.acknowledged_by for i in bot.cycle.known.incidents.values() if i.open]
        assert taken == ["ana.gomez", "ana.gomez"]


def test_a_press_that_comes_again_after_a_new_connection_is_one(stage: Stage) -> None:
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        value = opened(stage, bot)
        mode.wait()
        press(mode, pressed("silence", value), pressed("silence", value, envelope="e2"))
        until(lambda: whispers(stage))

        assert len(bot.asking()) == 1
        assert len(whispers(stage)) == 1


def test_a_silence_holds_what_the_message_is_about_for_an_hour(stage: Stage) -> None:
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        value = opened(stage, bot)
        mode.wait()
        press(mode, pressed("silence", value, at=str(stage.now.timestamp())))
        until(lambda: bot.asking())
        round_(stage, bot)

        (silence,) = bot.cycle.known.silences.values()
        assert (silence.author, silence.rules, silence.entities) == (
            "ana.gomez", ("rejection",), ("12004",),
        )  # fmt: skip
        assert (silence.ends_at - silence.starts_at).total_seconds() == 3600


@pytest.mark.parametrize(
    ("allowed", "user", "may"),
    [
        ('["U0HUMAN001"]', "U0HUMAN001", True),
        ('["U0HUMAN001"]', "U0HUMAN002", False),
        ('["S0LEADS0001"]', "U0HUMAN002", True),
        ('["S0LEADS0001"]', "U0HUMAN001", False),
        ('["S0NOBODY001"]', "U0HUMAN001", False),
    ],
)
def test_only_those_may_who_are_named_or_of_a_group(
    tmp_path: Path, allowed: str, user: str, may: bool
) -> None:
    rules = RULES.replace('slack = "#op', f'buttons = {allowed}\nslack = "#op')
    with staged(tmp_path, rules) as stage:
        stage.more["NOTIFIER_SLACK__APP_TOKEN"] = stage.slack.app_token
        stage.slack.workspace.groups["S0LEADS0001"] = ["U0HUMAN002"]
        with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
            value = opened(stage, bot)
            mode.wait()
            press(mode, pressed("acknowledge", value, user=user))
            until(lambda: bot.asking() or whispers(stage))

            assert bool(bot.asking()) is may
            refused = f"{user}: You may not do this here; the rules file says who may."
            assert whispers(stage) == ([] if may else [refused])


def test_a_button_of_what_is_over_says_so(stage: Stage) -> None:
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        value = opened(stage, bot)
        mode.wait()
        stage.agents({"12004-ANA": "0"})
        round_(stage, bot)
        press(mode, pressed("acknowledge", value))
        until(lambda: whispers(stage))

        assert bot.asking() == []
        assert whispers(stage) == ["U0HUMAN001: This is over, or was replaced by another message."]


def test_a_new_connection_is_made_when_slack_asks_for_one(stage: Stage) -> None:
    with socket_mode(stage.slack) as mode, stage.bot() as bot, listening(bot):
        value = opened(stage, bot)
        mode.wait()
        mode.send({"type": "disconnect", "reason": "refresh_requested"})
        mode.wait()
        press(mode, pressed("acknowledge", value))
        until(lambda: bot.asking())

        assert len(bot.asking()) == 1


def test_a_refused_app_token_is_known_to_readyz(stage: Stage) -> None:
    stage.more["NOTIFIER_SLACK__APP_TOKEN"] = "xapp-1-wrong"
    with socket_mode(stage.slack), stage.bot() as bot, listening(bot):
        until(lambda: DEAF in bot.unready())

        assert DEAF in bot.unready()


# ---- hostile payloads ----


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "view_submission"},
        {"type": "block_actions"},
        {"type": "block_actions", "actions": ["x", {}, {"action_id": "delete"}]},
        {"type": "block_actions", "actions": [{"action_id": "silence"}]},
        {"type": "block_actions", "actions": [{"action_id": "silence", "action_ts": "never"}]},
        {"type": "block_actions", "actions": [{"action_id": "silence", "action_ts": "1e99"}]},
        {"type": "block_actions", "user": "x", "actions": [{"action_id": "silence"}, None]},
    ],
)  # fmt: skip
def test_what_is_no_press_of_ours_is_left_out(payload: dict[str, Any]) -> None:
    assert presses(payload) == []
