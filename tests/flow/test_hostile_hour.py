"""An hour of everything that may go wrong: no false message, and none missed.

Beside the operation that suffers all of it there are one whose certificate is wrong and one whose
token is withdrawn: each is told once, and nothing of one reaches the receivers of another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from notifier.bot import Bot
from notifier.commands.simulate import read_file
from notifier.simulator.center import Center
from notifier.simulator.script import Script
from notifier.simulator.slack_workspace import Message
from notifier.simulator.wolkvox import Seen, WolkvoxServer
from tests.flow.hostile import Remembering, Told, Truth
from tests.flow.hostile_dice import made_up
from tests.flow.stage import BEGIN, TOKEN, Stage, staged

ENDS = ("✅", "⚪")
HOUR = Path(__file__).with_name("hostile_hour.toml")
OPERATION = """
[[operation]]
name = "{name}"
server = "{server}"
timezone = "America/Bogota"
sites = {{ "203.0.113.10" = "Bogotá", "203.0.113.20" = "Medellín", "203.0.113.30" = "Cali" }}

[[source]]
operation = "{name}"
endpoint = "latency"
every = "1m"
{more}

[[receiver]]
name = "leads-{name}"
operation = "{name}"
slack = "#{name}"
language = "en"
"""
SELDOM = 'active = "Mon-Fri 10:00-10:10"'  # each look at a certificate costs a tenth of a second
SOURCES = """
[[source]]
operation = "bogota"
endpoint = "skills"
every = "1m"

[[source]]
operation = "bogota"
endpoint = "hits_last_hour"
every = "1m"

[[source]]
operation = "bogota"
endpoint = "agent_3"
every = "5m"
window = "today"

[[source]]
operation = "bogota"
endpoint = "cdr_4"
every = "5m"
window = "1h"

[[receiver]]
name = "on-call"
slack = "#operators"
language = "en"
"""
RULE = """
[[rule]]
id = "{id}"
on = "{on}"
{condition}
group = "entity"
summary = "<{id} {entity}>"
to = [{to}]
"""
RULES = (
    ("rejection", "latency.by_agent", 'when = "network_rejection > 1"', "{{ agent_id }}"),
    (
        "site",
        "latency.by_agent",
        """by = "ip"
where = "agent_status == 'connected'"
when = "count() >= 3 and share(ploss >= 3) >= 0.6\"""",
        "{{ site }}",
    ),
    ("queue", "skills", 'when = "calls_in_queue_now >= 10"', "{{ skill_name }}"),
    ("backwards", "skills", 'when = "delta(stat_inbound) < 0"', "{{ skill_name }}"),
    (
        "overrun",
        "agent_3",
        "when = \"aux_state == 'Break' and time > 1500\"",
        "{{ agent_id }}/{{ aux_state }}",
    ),
    (
        "short",
        "cdr_4",
        "when = \"interval == '0_5_seg' and percentage > 30\"",
        "{{ interval }}",
    ),
)
SALE = """
[[rule]]
id = "sale"
kind = "event"
on = "hits_last_hour"
when = "is_hit"
summary = "<sold>"
to = ["leads-bogota"]
"""


HOPELESS = {
    "cali/latency": BEGIN + timedelta(minutes=3),  # no certificate: by then it has lasted
    "medellin/latency": BEGIN + timedelta(minutes=5),  # no token: at once
}


def rules_file(servers: dict[str, str]) -> str:
    """Three operations; the rules on ``latency`` are for all of them."""
    operations = [
        OPERATION.format(name=name, server=url, more=SELDOM if name == "cali" else "")
        for name, url in servers.items()
    ]
    everybody = ", ".join(f'"leads-{name}"' for name in servers)
    rules = [
        RULE.format(
            id=name,
            on=on,
            condition=condition,
            entity=entity,
            to=everybody if on.startswith("latency") else '"leads-bogota"',
        )
        for name, on, condition, entity in RULES
    ]
    return "\n".join(('operators = ["on-call"]', *operations, SOURCES, *rules, SALE))


class Hour:
    """The far sides, the bot, and the truth."""

    def __init__(self, stage: Stage, script: Script, medellin: WolkvoxServer) -> None:
        self.stage = stage
        stage.wolkvox.center = Remembering(script)
        for api in ("latency", "hits_last_hour"):
            stage.wolkvox.respond_with(api, None)
        self.truth = Truth(stage.wolkvox.center, "bogota")
        self.medellin = medellin
        self._heard = 0

    def play(self, minutes: int, restarts: Sequence[int] = ()) -> None:
        """Poll each minute. The bot ends and starts anew before each minute of *restarts*."""
        ends = [*sorted(restarts), minutes]
        minute = 0
        for end in ends:
            with self.stage.bot() as bot:
                while minute < end:
                    self._poll(bot, minute)
                    bot.deliver_due()
                    self._listen()
                    minute += 1
                    self.stage.wait(minutes=1)

    def _poll(self, bot: Bot, minute: int) -> None:
        """Poll what is due in that minute, as the schedule would."""
        for key, source in bot.cycle.plan.sources.items():
            turn = minute % (source.cadence // timedelta(minutes=1)) == 0
            if turn and source.shifts.hold(self.stage.now):
                bot.cycle.poll(key)
        bot.cycle.catch_up(self.stage.now)

    def _listen(self) -> None:
        """Hear from the platform what it was asked."""
        seen = self.stage.wolkvox.requests
        for request in seen[self._heard :]:
            self.truth.asked(request.api, request.at, window_of(request))
        self._heard = len(seen)

    # ---- what people saw ----

    def told(self, channel: str) -> list[Told]:
        """Each alert that a channel shows: since when, and until when."""
        shown = (m for m in self.stage.slack.messages(channel) if m.in_channel)
        found = [each for message in shown for each in told_by(message)]
        return sorted(found, key=in_order)

    def sold(self) -> list[datetime]:
        """When each sale was announced."""
        messages = self.stage.slack.messages("bogota")
        return [m.versions[0].at for m in messages for _ in range(whole(m).count("<sold>"))]


def window_of(request: Seen) -> tuple[datetime, datetime] | None:
    """The dates that were asked for, in the center's own time."""
    given = [request.query.get(name, "") for name in ("date_ini", "date_end")]
    if not all(given):
        return None
    zone = Center(7).zone
    begin, end = (datetime.strptime(t, "%Y%m%d%H%M%S").replace(tzinfo=zone) for t in given)
    return begin, end


def whole(message: Message) -> str:
    """All that the first version of a message shows, with Slack's escapes undone."""
    first = message.versions[0]
    text = f"{first.text} {first.blocks} {first.attachments}"
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def in_order(told: Told) -> tuple[datetime, str, str]:
    return told.opened, told.rule, told.entity


def told_by(message: Message) -> Iterator[Told]:
    """Read a message as people do: what it is about, when it came, when it said that it is over."""
    text = message.versions[0].text.replace("&lt;", "<").replace("&gt;", ">")
    over = next((v.at for v in message.versions if v.text.startswith(ENDS)), None)
    for rule, entity in re.findall(r"<(\w+) ([^>]+)>", text):
        yield Told(rule, entity, message.versions[0].at, over)
    for source, operation in re.findall(r"(\w+) of (bogota|cali|medellin)", text):
        yield Told("source", f"{operation}/{source}", message.versions[0].at, over)


@contextmanager
def an_hour(folder: Path, script: Script) -> Iterator[Hour]:
    """Three operations between loopback servers, with *script* for the first of them."""
    channels = ("bogota", "cali", "medellin", "operators")
    begin = BEGIN + timedelta(minutes=5)
    revoked = read_file('[[fault]]\nway = "bad_token"\nat = "5m"\nfor = "9h"', "it", BEGIN).script
    assert revoked[0].begin == begin
    with staged(folder, "", channels) as stage:
        other = Center(7, BEGIN, revoked)
        with WolkvoxServer(other, stage.clock, TOKEN) as medellin:
            secure = stage.wolkvox.url.replace("http:", "https:")
            servers = {"bogota": stage.wolkvox.url, "cali": secure, "medellin": medellin.url}
            stage.rules.write_text(rules_file(servers))
            stage.more = {f"NOTIFIER_TOKENS__{name.upper()}": TOKEN for name in servers}
            yield Hour(stage, script, medellin)


def test_an_hour_of_everything_at_once_tells_the_truth_and_nothing_else(tmp_path: Path) -> None:
    script = read_file(HOUR.read_text(encoding="utf-8"), HOUR.name, BEGIN).script
    with an_hour(tmp_path, script) as hour:
        hour.play(75, restarts=(19, 41))

        assert hour.told("bogota") == hour.truth.alerts()
        assert hour.sold() == hour.truth.sales
        assert hour.told("cali") == hour.told("medellin") == []
        assert hour.told("operators") == sorted(
            [*hour.truth.outages(), *(Told("source", each, at) for each, at in HOPELESS.items())],
            key=in_order,
        )


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_hours_made_up_at_random_tell_the_truth_and_nothing_else(tmp_path: Path, seed: int) -> None:
    with an_hour(tmp_path, made_up(seed, BEGIN, 120)) as hour:
        hour.play(150, restarts=(30, 90))

        assert hour.told("bogota") == hour.truth.alerts()
        assert hour.sold() == hour.truth.sales
        assert hour.told("cali") == hour.told("medellin") == []
