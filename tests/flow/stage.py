"""Put the whole bot between a real wolkvox, a real Slack and a real mail server on loopback.

The clock is in the test's hand: nothing sleeps, and every poll and delivery is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from notifier.app import opened
from notifier.bot import Bot
from notifier.clocks import Clocks, utc_now
from notifier.settings import Settings, load_settings
from notifier.simulator.center import Center
from notifier.simulator.mail import MailServer
from notifier.simulator.slack import SlackServer
from notifier.simulator.wolkvox import WolkvoxServer

BEGIN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # a Monday, ten in the morning in Bogotá
TOKEN = "77766b74"
HOUSE = """
[[operation]]
name = "bogota"
server = "{server}"
timezone = "America/Bogota"

[[source]]
endpoint = "latency"
every = "1m"

[[source]]
endpoint = "hits_last_hour"
every = "1m"

[[receiver]]
name = "leads"
slack = "#operaciones"
language = "en"
"""
REJECTION = """
[[rule]]
id = "rejection"
on = "latency.by_agent"
when = "network_rejection > 1"
critical = "network_rejection > 5"
"""
HIT = """
[[rule]]
id = "hit"
kind = "event"
on = "hits_last_hour"
when = "is_hit"
template = "celebration"
"""
RULES = f"""
operators = ["on-call"]
{HOUSE}
[[receiver]]
name = "on-call"
email = ["guardia@example.com"]
{REJECTION}to = ["leads", "on-call"]
{HIT}to = ["leads"]
"""


@dataclass
class Stage:
    """The far sides, the clock, and how to open the bot between them."""

    folder: Path
    wolkvox: WolkvoxServer
    slack: SlackServer
    mail: MailServer
    now: datetime = BEGIN
    more: dict[str, str] = field(default_factory=dict)
    real: bool = False

    def clock(self) -> datetime:
        """The time that everybody sees: the test's own, or the real one for a child process."""
        return utc_now() if self.real else self.now

    def wait(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    @property
    def rules(self) -> Path:
        """The rules file."""
        return self.folder / "rules.toml"

    def environment(self) -> dict[str, str]:
        """What the bot's environment says."""
        return {
            "NOTIFIER_RULES": str(self.rules),
            "NOTIFIER_DATABASE_URL": f"sqlite:///{self.folder / 'state.db'}",
            "NOTIFIER_TOKENS__BOGOTA": TOKEN,
            "NOTIFIER_SLACK__BOT_TOKEN": self.slack.token,
            "NOTIFIER_SLACK__BASE_URL": self.slack.url,
            "NOTIFIER_SMTP__HOST": self.mail.host,
            "NOTIFIER_SMTP__PORT": str(self.mail.port),
            "NOTIFIER_SMTP__SECURITY": "none",
            "NOTIFIER_WEB__PORT": "0",
            **self.more,
        }

    def settings(self) -> Settings:
        """The same, read."""
        return load_settings(env=self.environment(), dotenv=None)

    @contextmanager
    def bot(self) -> Iterator[Bot]:
        """The bot, over the state that earlier bots left."""
        clocks = Clocks(self.clock, lambda: self.now.timestamp(), lambda: 0.0)
        with opened(self.settings(), clocks) as bot:
            yield bot

    # ---- what wolkvox says ----

    def agents(self, rejections: Mapping[str, str]) -> None:
        """Let the agents' rejections be these, by agent id as wolkvox writes it."""
        rows = [
            {"agent_id": a, "network_rejection": v, "ip": "1.2.3.4"} for a, v in rejections.items()
        ]
        body = {"by_agent": rows, "by_ip": [], "by_pbx": []}
        self.wolkvox.respond_with("latency", envelope([body]))

    def hits(self, *ids: str) -> None:
        """Let these calls be sales."""
        rows = [
            {"conn_id": one, "type_interaction": "inbound", "date": "20260105100000",
             "telephone": "3001234567", "customer_id": "1020304050", "hit": "yes"}
            for one in ids
        ]  # fmt: skip
        self.wolkvox.respond_with("hits_last_hour", envelope(rows))

    # ---- what people see ----

    def seen(self) -> list[str]:
        """The first line of each message in the Slack channel, threads closed."""
        return [version.text for version in self.slack.visible("operaciones")]

    def mailed(self) -> list[str]:
        """The subjects in the inbox."""
        return [mail.subject for mail in self.mail.messages]


def envelope(data: Any) -> dict[str, Any]:
    """An answer of wolkvox's."""
    return {"code": 200, "error": None, "msg": "x records were found", "data": data}


@contextmanager
def staged(
    folder: Path, rules: str = RULES, channels: Sequence[str] = ("operaciones",)
) -> Iterator[Stage]:
    """Everything on loopback, with *rules* in a file."""
    with ExitStack() as stack:
        now: list[Stage] = []

        def clock() -> datetime:
            return now[0].clock() if now else BEGIN

        wolkvox = stack.enter_context(WolkvoxServer(Center(7, BEGIN), clock, TOKEN))
        slack = stack.enter_context(SlackServer(channels=channels, clock=clock))
        mail = stack.enter_context(MailServer())
        stage = Stage(folder, wolkvox, slack, mail)
        now.append(stage)
        stage.rules.write_text(rules.replace("{server}", wolkvox.url))
        stage.agents({})
        stage.hits()
        yield stage
