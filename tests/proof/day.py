"""The scripted day, and what people saw of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.slack_workspace import Message
from tests.proof.world import World

ANA, LUIS, EVA = "12004-ANA", "12005-LUIS", "12006-EVA"
RULES = """
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

[[receiver]]
name = "on-call"
email = ["guardia@example.com", "jefa@example.com"]

[[receiver]]
name = "shift"
slack = "#cerrado"
fallback = "on-call"
language = "es"

[[rule]]
id = "rejection"
on = "latency.by_agent"
when = "network_rejection > 1"
critical = "network_rejection > 5"
repeat = "4m"
to = ["leads", "on-call"]

[[rule]]
id = "hit"
kind = "event"
on = "hits_last_hour"
when = "is_hit"
to = ["leads", "shift"]
template = "celebration"
"""


def live(world: World) -> None:
    """One day: it opens, changes, worsens, closes, is celebrated, reloaded and restarted.

    One channel is closed all day, so that somebody stands in; for a minute the token is dead.
    """
    _minute(world, ANA="0", LUIS="0", EVA="0")
    _minute(world, ANA="2", LUIS="0", EVA="0")
    _minute(world, "a sale", ANA="2.5", LUIS="0", EVA="0")
    _minute(world, ANA="7", LUIS="3", EVA="4")
    world.stage.wolkvox.fault = Fault(Wrong.STATUS, status=503)
    _minute(world, ANA="0", LUIS="0", EVA="0")
    world.stage.wolkvox.fault = None
    _minute(world, "a sale", "another", ANA="7", LUIS="0", EVA="4")
    world.end()
    _minute(world, ANA="6", LUIS="0", EVA="0")
    world.do("reload")
    _minute(world, ANA="0", LUIS="0", EVA="0")
    token, world.stage.slack.token = world.stage.slack.token, "xoxb-of-somebody-else"
    _minute(world, ANA="0", LUIS="3", EVA="0")
    _minute(world, ANA="0", LUIS="0", EVA="0")
    world.stage.slack.token = token
    for _ in range(6):
        world.stage.wait(minutes=3)
        world.do("deliver")
    world.end()


def _minute(world: World, *sales: str, **rejections: str) -> None:
    """A poll, and what is to be delivered until the next one."""
    stage = world.stage
    stage.wait(seconds=30)
    known = {"ANA": ANA, "LUIS": LUIS, "EVA": EVA}
    stage.agents({known[name]: value for name, value in rejections.items()})
    if sales:
        stage.hits(*sales)
    world.do("poll")
    for _ in range(3):
        world.do("deliver")
        stage.wait(seconds=10)


# ---- what people saw ----

# A poll that is made again after a death is one more value on the line; what it says is the same.
_TREND = re.compile("`?[▁▂▃▄▅▆▇█]+`?,? [a-z]+")


@dataclass(frozen=True)
class Seen:
    """All that people see in the end.

    Attributes:
        slack: Each message as it is now, by its id, with its thread.
        posted: How often each id was posted.
        mails: By id, each copy as it came, Message-ID and Date included.
        unsure: Mails that were taken when the bot died before it had noted that.
    """

    slack: dict[str, Any]
    posted: Counter[str]
    mails: dict[str, list[bytes]]
    unsure: set[str]


def seen(world: World) -> Seen:
    """Look into the channels and the inbox."""
    messages = world.stage.slack.messages()
    mails: dict[str, list[bytes]] = {}
    for mail in world.stage.mail.messages:
        mails.setdefault(str(mail.message["X-Notifier-Id"]), []).append(mail.raw)
    return Seen(
        slack={_id(message): _face(world, message) for message in messages},
        posted=Counter(_id(message) for message in messages),
        mails=mails,
        unsure=world.unsure,
    )


def _id(message: Message) -> str:
    payload: Any = message.versions[0].metadata["event_payload"]
    return str(payload["id"])


def _face(world: World, message: Message) -> Any:
    now = message.now
    parent = world.stage.slack.workspace.find(message.channel, message.thread_ts)
    shown = [message.channel, now.text, now.blocks, now.attachments, message.broadcast]
    text = json.dumps([*shown, _id(parent) if parent else ""], ensure_ascii=False)
    return json.loads(_TREND.sub("trend", text))


def _letter(raw: bytes) -> list[str]:
    """What a mail says, and the headers that make a copy known as one."""
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    headers = ("Subject", "To", "Message-ID", "Date", "References")
    return [*(str(mail[name]) for name in headers), _TREND.sub("trend", text)]


@dataclass(frozen=True)
class Verdict:
    """What a crash did to what people saw.

    Attributes:
        lost: What an undisturbed day showed, and this one did not.
        doubled: What was seen twice: on Slack ever; by mail if the copies differ, or without need.
        repeated: Mails whose second copy is the first one's bytes.
        other: What differs, or was not there on an undisturbed day.
    """

    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    repeated: int
    other: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.other)


def judge(calm: Seen, crashed: Seen) -> Verdict:
    """Compare what a day with deaths in it showed with what an undisturbed one did."""
    again = [copies for copies in crashed.mails.values() if len(copies) > 1]
    return Verdict(
        lost=tuple(sorted({*calm.slack, *calm.mails} - {*crashed.slack, *crashed.mails})),
        doubled=tuple(_doubled(crashed)),
        repeated=sum(len(copies) - 1 for copies in again),
        other=tuple(_other(calm, crashed)),
    )


def _doubled(crashed: Seen) -> Iterator[str]:
    yield from (f"slack {number}" for number, times in crashed.posted.items() if times > 1)
    for number, copies in crashed.mails.items():
        if len(copies) > 1 and number not in crashed.unsure:
            yield f"mail {number} again without need"
        if len(set(copies)) > 1:
            yield f"mail {number} with other bytes"


def _other(calm: Seen, crashed: Seen) -> Iterator[str]:
    for number, face in crashed.slack.items():
        if number not in calm.slack:
            yield f"slack {number} is new: {face[1]}"
        elif face != calm.slack[number]:
            yield f"slack {number}: {face} instead of {calm.slack[number]}"
    for number, copies in crashed.mails.items():
        if number not in calm.mails:
            yield f"mail {number} is new"
        elif _letter(copies[0]) != _letter(calm.mails[number][0]):
            yield f"mail {number}: {_letter(copies[0])} instead of {_letter(calm.mails[number][0])}"
