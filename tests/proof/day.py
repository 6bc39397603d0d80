"""The scripted day, and what people saw of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.slack_workspace import Message
from tests.flow.stage import HIT, HOUSE, REJECTION
from tests.proof.world import World

ANA, LUIS, EVA = "12004-ANA", "12005-LUIS", "12006-EVA"
RULES = f"""
{HOUSE}
[[receiver]]
name = "on-call"
email = ["guardia@example.com", "jefa@example.com"]

[[receiver]]
name = "shift"
slack = "#cerrado"
fallback = "on-call"
language = "es"

[[receiver]]
name = "pager"
webhook = "pager"
language = "pt"
{REJECTION}repeat = "4m"
to = ["leads", "on-call", "pager"]
{HIT}to = ["leads", "shift", "pager"]
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
        data: By id, each copy that a program got, which knows by the id what it has already.
        unsure: Mails and data that were taken when the bot died before it had noted that.
    """

    slack: dict[str, Any]
    posted: Counter[str]
    mails: dict[str, list[bytes]]
    data: dict[str, list[bytes]]
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
        data=world.program.taken,
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


def _said(body: bytes) -> Any:
    """What a program is told."""
    return json.loads(_TREND.sub("trend", body.decode()))


def _owed(data: dict[str, list[bytes]]) -> set[str]:
    """The ids of all but mere changes, which give way to newer ones."""
    return {number for number, copies in data.items() if _said(copies[0])["reason"] != "change"}


@dataclass(frozen=True)
class Verdict:
    """What a crash did to what people saw.

    Attributes:
        lost: What an undisturbed day showed, and this one did not.
        doubled: What was seen twice: on Slack ever; by mail, or by a program, if the copies differ,
            or without need.
        repeated: Mails and data whose second copy is the first one's bytes.
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
    copied = [copies for copies in _copied(crashed).values() if len(copies) > 1]
    there = {*crashed.slack, *crashed.mails, *crashed.data}
    return Verdict(
        lost=tuple(sorted({*calm.slack, *calm.mails, *_owed(calm.data)} - there)),
        doubled=tuple(_doubled(crashed)),
        repeated=sum(len(copies) - 1 for copies in copied),
        other=tuple(_other(calm, crashed)),
    )


def _copied(found: Seen) -> dict[str, list[bytes]]:
    """What may come twice where an answer was lost: each is known by its id."""
    mails = {f"mail {number}": copies for number, copies in found.mails.items()}
    return mails | {f"data {number}": copies for number, copies in found.data.items()}


def _doubled(crashed: Seen) -> Iterator[str]:
    yield from (f"slack {number}" for number, times in crashed.posted.items() if times > 1)
    for name, copies in _copied(crashed).items():
        if len(copies) > 1 and name.split()[1] not in crashed.unsure:
            yield f"{name} again without need"
        if len(set(copies)) > 1:
            yield f"{name} with other bytes"


def _other(calm: Seen, crashed: Seen) -> Iterator[str]:
    yield from _differing("slack", calm.slack, crashed.slack)
    yield from _differing("mail", _first(calm.mails, _letter), _first(crashed.mails, _letter))
    yield from _differing("data", _first(calm.data, _said), _first(crashed.data, _said))


def _first(found: dict[str, list[bytes]], read: Callable[[bytes], Any]) -> dict[str, Any]:
    return {number: read(copies[0]) for number, copies in found.items()}


def _differing(kind: str, calm: dict[str, Any], crashed: dict[str, Any]) -> Iterator[str]:
    for number, face in crashed.items():
        if number not in calm:
            yield f"{kind} {number} is new: {face}"
        elif face != calm[number]:
            yield f"{kind} {number}: {face} instead of {calm[number]}"
