"""The whole bot against a Slack that was not written here: npm's ``emulate``, if it is installed.

``npm install --global emulate@0.12.2`` (Node 22 or newer; a 1.x of that name is something else);
``.ci/run`` installs it where npm is. What it accepts, and what it then shows, was decided by other
people from Slack's documentation.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from notifier.channels.slack import Slack
from notifier.errors import PermanentDeliveryError
from tests.edges.envelopes import LATER, first, last, second
from tests.edges.mail_server import eventually
from tests.edges.notices import NOW
from tests.flow.stage import RULES, staged
from tests.flow.test_promises import play

EMULATE = shutil.which("emulate")
TOKEN = "xoxb-emulated"
CHANNEL = "#general"

pytestmark = pytest.mark.skipif(EMULATE is None, reason="npm's emulate is not installed")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert EMULATE
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    folder = tmp_path_factory.mktemp("emulate")
    command = [EMULATE, "start", "--service", "slack", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        eventually(lambda: process.poll() is not None or _answers(port))
        assert process.poll() is None, (folder / "log").read_text()
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        process.terminate()
        process.wait(60)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(api: str, method: str, **arguments: str) -> Any:
    answer = requests.post(
        api + method, data=arguments, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60
    )
    return answer.json()


def shown(api: str) -> list[Any]:
    """The channel's messages, newest first."""
    channels = ask(api, "conversations.list")["channels"]
    general = next(c["id"] for c in channels if c["name"] == "general")
    messages: list[Any] = ask(
        api, "conversations.history", channel=general, include_all_metadata="true"
    )["messages"]
    return messages


def test_a_message_is_posted_edited_answered_found_and_told_anew(api: str) -> None:
    slack = Slack(TOKEN, api, timeout=60)

    opened = slack.send(first(recipient=CHANNEL), None, LATER)
    found = slack.find(first(recipient=CHANNEL), None, NOW.replace(year=2020))
    slack.send(second("reply"), opened.reference, LATER)
    slack.send(last("edit"), opened.reference, LATER)
    place = _place(opened.reference)
    (message,) = [m for m in shown(api) if m["ts"] == place["ts"]]
    ask(api, "chat.delete", channel=place["channel"], ts=place["ts"])
    with pytest.raises(PermanentDeliveryError) as refusal:
        slack.send(last("edit"), opened.reference, LATER)

    assert found == opened.reference
    assert message["text"].startswith("✅ *Resolved after 23 min*")
    assert message["attachments"][0]["color"] == "#2eb67d"
    assert message["reply_count"] == 1
    assert refusal.value.gone


def _place(reference: str) -> dict[str, str]:
    known: dict[str, str] = json.loads(reference)
    return known


def test_a_day_of_the_whole_bot_is_accepted_unchanged(api: str, tmp_path: Path) -> None:
    before = len(shown(api))
    rules = RULES.replace("#operaciones", CHANNEL)
    with staged(tmp_path, rules) as stage:
        stage.more = {"NOTIFIER_SLACK__BASE_URL": api, "NOTIFIER_SLACK__BOT_TOKEN": TOKEN}
        with stage.bot() as bot:
            play(stage, bot, "0", "2")
            stage.hits("new")
            play(stage, bot, "2.5", "7", "0")

            assert sum(worker.lost for worker in bot.workers) == 0
            assert bot.unready() == []

    texts = [m["text"] for m in shown(api)][: len(shown(api)) - before]
    assert sum("Resolved" in text for text in texts) >= 1
    assert sum("🎉" in text for text in texts) == 1
