"""Set the stage: a contact center, a Slack and a mail server on loopback, and the bot's settings.

Everything is said here: no file, no account and no variable of the user's has any influence.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from notifier.clocks import REAL, Clocks
from notifier.demo.story import PACE, START, story
from notifier.settings import Settings, load_settings
from notifier.simulator.center import Center
from notifier.simulator.mail import MailServer
from notifier.simulator.serve import running_clock
from notifier.simulator.slack import SlackServer
from notifier.simulator.wolkvox import WolkvoxServer

CHANNEL = "operaciones"
SENDER = "notifier <notifier@example.com>"
SEED = 7
TOKEN = "simulated-wolkvox-token"  # noqa: S105
PORT_IN_RULES = "http://127.0.0.1:8041"  # what demo/rules.toml calls the simulator
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass(slots=True)
class Curtain:
    """The simulated clock: it shows the start until the curtain is up, and then runs quickly."""

    seconds: Callable[[], float]
    start: datetime = START
    pace: float = PACE
    _running: Callable[[], datetime] | None = None

    def up(self) -> None:
        """Let time pass."""
        self._running = running_clock(self.start.astimezone(UTC), self.pace, self.seconds)

    def now(self) -> datetime:
        """The simulated time, in UTC."""
        return self._running() if self._running else self.start.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Stage:
    """All that stands around the bot."""

    center: Center
    wolkvox: WolkvoxServer
    slack: SlackServer
    mail: MailServer
    curtain: Curtain
    clocks: Clocks
    settings: Settings

    def now(self) -> datetime:
        """The simulated time, as the contact center's clock shows it."""
        return self.curtain.now().astimezone(self.center.zone)


@contextmanager
def staged(folder: Path, real: Clocks = REAL) -> Iterator[Stage]:
    """Run the servers; *folder* takes the rules file and the bot's state.

    Time stands still until the curtain is up.
    """
    curtain = Curtain(real.monotonic)
    now = curtain.now
    clocks = Clocks(now, lambda: real.monotonic() * PACE, real.jitter, PACE)
    center = Center(SEED, START, story())
    center.skills(START)  # works out the day's calls before the clock matters
    with (
        WolkvoxServer(center, now, TOKEN) as wolkvox,
        SlackServer(channels=[CHANNEL], clock=now) as slack,
        MailServer() as mail,
    ):
        rules = _rules(folder, wolkvox.url)
        settings = _settings(folder, rules, slack, mail)
        yield Stage(center, wolkvox, slack, mail, curtain, clocks, settings)


def _rules(folder: Path, server: str) -> Path:
    text = Path(__file__).with_name("rules.toml").read_text(encoding="utf-8")
    path = folder / "rules.toml"
    path.write_text(text.replace(PORT_IN_RULES, server), encoding="utf-8")
    return path


def _settings(folder: Path, rules: Path, slack: SlackServer, mail: MailServer) -> Settings:
    variables = {
        "NOTIFIER_RULES": str(rules),
        "NOTIFIER_DATABASE_URL": f"sqlite:///{folder / 'notifier.db'}",
        "NOTIFIER_TOKENS__BOGOTA": TOKEN,
        "NOTIFIER_SLACK__BOT_TOKEN": slack.token,
        "NOTIFIER_SLACK__BASE_URL": slack.url,
        "NOTIFIER_SMTP__HOST": mail.host,
        "NOTIFIER_SMTP__PORT": str(mail.port),
        "NOTIFIER_SMTP__SECURITY": "none",
        "NOTIFIER_SMTP__SENDER": SENDER,
    }
    return load_settings(env=variables, dotenv=None)


def without_proxies(environment: MutableMapping[str, str] = os.environ) -> None:
    """Take the user's proxies away from this process: they know no way to our loopback."""
    for name in [name for name in environment if name.lower() in PROXIES]:
        del environment[name]
