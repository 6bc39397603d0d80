"""The demo: as people start it, and its whole story with the clock in the test's hand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from notifier.app import opened
from notifier.bot import Bot
from notifier.clocks import Clocks
from notifier.commands.demo import demo
from notifier.demo.stage import CHANNEL, Stage, staged, without_proxies
from notifier.demo.story import LAP, PACE, START, lap_of, story
from notifier.demo.tally import tally
from notifier.demo.terminal import Terminal
from notifier.errors import ConfigError
from notifier.simulator.slack_workspace import Message

pytestmark = pytest.mark.timeout(150)


# ---- as people start it ----


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    """The demo as a child, among settings of the user's that would break any bot."""
    (folder / ".env").write_text("NOTIFIER_SMTP__HOST=mail.example.invalid\n", encoding="utf-8")
    hostile = {
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "NOTIFIER_DATABASE_URL": "nonsense",
        "NOTIFIER_RULES": "/nowhere/rules.toml",
        "NOTIFIER_SLACK__BASE_URL": "http://127.0.0.1:9/",
        "NOTIFIER_TEMPLATES": "/nowhere",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "notifier", "demo", *options],
        cwd=folder,
        env={**kept, **hostile, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def address(child: subprocess.Popen[str]) -> str:
    """Where the page is, as the first line says."""
    assert child.stdout is not None
    first = child.stdout.readline()
    assert "Ctrl+C" in first, first + child.communicate()[1]
    return next(word for word in first.split() if word.startswith("http://"))


def test_the_demo_needs_nothing_and_ends_by_itself_with_a_summary(tmp_path: Path) -> None:
    child = started(tmp_path, "--seconds", "20", "--port", "0")
    url = address(child)

    assert child.stdout is not None
    status = child.stdout.readline().split()[-1]
    with urllib.request.urlopen(status, timeout=60) as answer:
        assert "Open now" in answer.read().decode()
    with urllib.request.urlopen(url, timeout=30) as answer:
        page, policy = answer.read().decode(), answer.headers["Content-Security-Policy"]
    said, wrong = child.communicate(timeout=120)

    assert (child.returncode, wrong) == (0, "")
    assert "Slack #operaciones\n       ▌ 🟠 Advertencia: La red de ANDRÉS GÓMEZ rechaza" in said
    assert "Mail to oncall@example.com\n       ▌ Warning: The network of ANDRÉS GÓMEZ" in said
    assert "· edited 10:" in said
    assert "outbox: nothing is left" in said.splitlines()[-1]
    assert "operaciones" in page
    assert f'href="{status}"' in page
    assert "unsafe" not in policy
    assert [path.name for path in tmp_path.iterdir()] == [".env"], "nothing of it stays"


def test_ctrl_c_ends_the_demo_with_a_summary(tmp_path: Path) -> None:
    child = started(tmp_path, "--port", "0")
    address(child)

    child.send_signal(signal.SIGINT)
    said, wrong = child.communicate(timeout=60)

    assert (child.returncode, wrong) == (130, "")
    assert "nothing is left" in said


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = started(tmp_path, "--seconds", "5", "--port", str(port))
        said, wrong = child.communicate(timeout=60)

    assert (child.returncode, said) == (1, "")
    assert wrong.startswith(f"error: cannot listen on port {port}")
    assert "--port" in wrong


def test_a_port_that_cannot_be_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="there is no port 70000"):
        demo(None, 70_000)


# ---- the whole story, the clock in hand ----


@dataclass
class Told:
    """The bot on its stage after so many polls."""

    stage: Stage
    bot: Bot
    simulated: list[int]

    def until(self, minute: int, step: int = 30) -> None:
        """Poll and deliver every *step* simulated seconds."""
        while self.simulated[0] < minute * 60:
            self.simulated[0] += step
            self.bot.poll_once()
            self.bot.deliver_due()

    def shown(self) -> list[Message]:
        return [m for m in self.stage.slack.messages(CHANNEL) if not m.is_reply]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    simulated = [0]
    clocks = Clocks(monotonic=lambda: simulated[0] / PACE, jitter=lambda: 0.5)
    folder = tmp_path_factory.mktemp("stage")
    with staged(folder, clocks) as stage, opened(stage.settings, stage.clocks) as bot:
        stage.curtain.up()
        yield Told(stage, bot, simulated)


def test_the_story_is_told_and_ends(told: Told) -> None:
    """One lap in one test, for each part of it stands on the one before."""
    told.until(2)
    assert "🟠 *Advertencia:* La red de ANDRÉS GÓMEZ" in told.shown()[0].versions[0].text
    assert len(told.stage.mail.messages) >= 1

    told.until(6)
    site = [m for m in told.shown() if "Sede Medellín" in m.versions[0].text]
    assert len(site) == 1, "one message for the link"
    assert not [m for m in told.shown() if "pierde paquetes" in m.versions[0].text]

    told.until(11)
    assert "Resuelto" in site[0].text or "Resuelto" in told.stage.slack.thread(site[0])[-1].text
    assert not [m for m in told.shown() if m.text.startswith("🎉")], "the queue is critical"
    queue = next(m for m in told.shown() if "llamadas en espera" in m.versions[0].text)
    closed = sum("Resuelto" in m.text for m in told.shown())

    told.until(12)
    told.until(15, step=90)  # wolkvox answers with errors, then hangs
    assert tally(told.stage, told.bot).failed > 0
    assert sum("Resuelto" in m.text for m in told.shown()) == closed, "nothing closes falsely"
    assert "Datos congelados" in str(current(told, queue).now.attachments)

    told.until(20)
    done = tally(told.stage, told.bot)
    assert "Resuelto" in current(told, queue).text
    assert len([m for m in told.shown() if m.text.startswith("🎉")]) == 1, "all sales, after it"
    assert (done.opened, done.left, done.lost) == (done.closed, 0, 0)
    assert done.explained >= 8
    assert any("no connection" in m.subject for m in told.stage.mail.messages)


def current(told: Told, message: Message) -> Message:
    return next(m for m in told.shown() if m.ts == message.ts)


# ---- its parts ----


def test_every_lap_has_the_same_scenes_with_others_in_them() -> None:
    laps = [lap_of(story(), START + number * LAP) for number in range(3)]

    assert len({len(lap) for lap in laps}) == 1
    assert len({lap[0].text for lap in laps}) == 3
    assert {line.when for line in laps[0]} <= {"past", "now", "next"}


def test_the_page_says_when_the_story_is_over() -> None:
    (only,) = lap_of(story(), START + timedelta(days=1))

    assert "quiet" in only.text


def test_proxies_of_the_user_are_left_out() -> None:
    environment = {"HTTPS_PROXY": "x", "all_proxy": "y", "PATH": "z"}

    without_proxies(environment)

    assert environment == {"PATH": "z"}


class Closed:
    """A pipe whose reader went away."""

    def write(self, _: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_the_demo_ends_when_nobody_reads_its_lines(tmp_path: Path) -> None:
    gone = Event()
    with staged(tmp_path) as stage:
        Terminal(stage, gone, file=Closed()).welcome("http://127.0.0.1:1", "http://127.0.0.1:2")  # type: ignore[arg-type]

    assert gone.is_set()
