"""Draw a Slack channel as Slack draws it: messages, their attachments and what is under them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifier.demo import mrkdwn
from notifier.demo.markup import Html, element, joined
from notifier.simulator.slack_workspace import BOT, Message, Version

SHOWN_REPLIES = 3
SHOWN_TEXT = 60  # characters of a message that is answered
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_TAGS = {"bold": "strong", "italic": "em", "strike": "s", "code": "code", "pre": "pre"}

Json = Mapping[str, Any]


def channel(
    messages: Sequence[Message], threads: Mapping[str, Sequence[Message]], zone: ZoneInfo
) -> Html:
    """The messages of a channel, the newest first: the page shows them from the bottom up.

    threads: The replies below a message, oldest first, by its timestamp.
    """
    shown = [m for m in reversed(messages) if m.in_channel]
    first = {message.ts: message for message in messages}
    return joined(
        _message(m, threads.get(m.ts, ()), first.get(m.thread_ts) if m.is_reply else None, zone)
        for m in shown
    )


def _message(
    message: Message, replies: Sequence[Message], parent: Message | None, zone: ZoneInfo
) -> Html:
    drawn = element(
        "div",
        element("span", "🔔", class_="avatar", aria_hidden="true"),
        element(
            "div",
            _byline(message, zone),
            _answered(parent, zone),
            _version(message.now, zone, edited=message.edited),
            _thread(replies, zone),
            class_="said",
        ),
        class_="message",
    )
    return keyed("article", drawn, message.ts, f"{len(message.versions)}.{len(replies)}")


def _answered(parent: Message | None, zone: ZoneInfo) -> Html | None:
    if parent is None:
        return None
    about = mrkdwn.flat(mrkdwn.read(parent.text, zone))[:SHOWN_TEXT]
    return element("p", "replied to a thread: ", element("span", about), class_="answered small")


def keyed(name: str, inside: Html, key: str, revision: str) -> Html:
    """Something on the page that is drawn anew when its revision changes."""
    return element(name, inside, data_key=key, data_revision=revision)


def _byline(message: Message, zone: ZoneInfo) -> Html:
    bot = message.user == BOT
    return element(
        "p",
        element("strong", "notifier" if bot else message.user),
        element("span", "APP", class_="badge") if bot else None,
        element("time", f"{posted_at(message).astimezone(zone):%H:%M}", class_="faint small"),
        class_="byline",
    )


def posted_at(message: Message) -> datetime:
    """When a message was posted: its timestamp is its name."""
    return datetime.fromtimestamp(float(message.ts), UTC)


def _version(version: Version, zone: ZoneInfo, *, edited: bool) -> Html:
    mark = element("span", " (edited)", class_="faint small") if edited else None
    text = None if version.blocks else element("p", words(version.text, zone), mark, class_="text")
    return joined(
        text,
        _blocks(version.blocks, zone),
        (_attachment(each, zone) for each in version.attachments),
    )


def _attachment(attachment: Json, zone: ZoneInfo) -> Html:
    color = str(attachment.get("color", ""))
    fill = color if _COLOR.fullmatch(color) else "#8a929e"
    bar = element(
        "svg",
        element("rect", width="4", height="100%", rx="2", fill=fill),
        class_="bar",
        aria_hidden="true",
    )
    blocks = attachment.get("blocks") or []
    text = words(str(attachment.get("text", "")), zone)
    return element("div", bar, element("div", text, _blocks(blocks, zone)), class_="attachment")


def _thread(replies: Sequence[Message], zone: ZoneInfo) -> Html | None:
    if not replies:
        return None
    count = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}"
    return element(
        "div",
        element("p", element("span", "🔔", class_="face", aria_hidden="true"), count,
                class_="count"),
        (_reply(each, zone) for each in replies[-SHOWN_REPLIES:]),
        class_="thread",
    )  # fmt: skip


def _reply(reply: Message, zone: ZoneInfo) -> Html:
    return element("p", words(reply.text, zone), class_="small")


# ---- blocks ----


def _blocks(blocks: Iterable[Json], zone: ZoneInfo) -> Html:
    return joined(*(_block(block, zone) for block in blocks))


def _block(block: Json, zone: ZoneInfo) -> Html | None:
    match block.get("type"):
        case "header":
            return element("h3", _text(block.get("text"), zone))
        case "section":
            return _section(block, zone)
        case "context":
            parts = [_text(each, zone) for each in block.get("elements") or []]
            return element("p", (element("span", p) for p in parts), class_="context faint small")
        case "actions":
            buttons = [_button(each, zone) for each in block.get("elements") or []]
            return element("p", buttons, class_="actions")
        case "divider":
            return element("hr")
        case "image":
            return element("p", f"[{block.get('alt_text', '')}]", class_="faint")
        case _:
            return None


def _section(block: Json, zone: ZoneInfo) -> Html:
    fields = [element("p", _text(each, zone)) for each in block.get("fields") or []]
    accessory = block.get("accessory") or {}
    return element(
        "div",
        element("div",
                element("p", _text(block.get("text"), zone)) if block.get("text") else None,
                element("div", fields, class_="fields") if fields else None),
        _button(accessory, zone) if accessory.get("type") == "button" else None,
        class_="section",
    )  # fmt: skip


def _button(button: Json, zone: ZoneInfo) -> Html:
    """It only looks like one: nobody is behind it."""
    style = str(button.get("style", ""))
    kind = f"button {style}" if style in ("primary", "danger") else "button"
    return element("span", _text(button.get("text"), zone), class_=kind)


def _text(text: Json | None, zone: ZoneInfo) -> Html:
    if not text:
        return Html()
    said = str(text.get("text", ""))
    return words(said, zone) if text.get("type") == "mrkdwn" else joined(said)


# ---- mrkdwn ----


def words(text: str, zone: ZoneInfo) -> Html:
    """Mrkdwn as HTML."""
    return joined(_nodes(mrkdwn.read(text, zone)))


def _nodes(nodes: Iterable[mrkdwn.Node]) -> Iterator[Html]:
    for node in nodes:
        inside = joined(node.text, _nodes(node.children))
        if node.kind == "break":
            yield element("br")
        elif node.kind == "link":
            yield element("a", inside, href=node.href, rel="noreferrer", target="_blank")
        elif node.kind == "mention":
            yield element("span", inside, class_="mention")
        elif node.kind == "quote":
            yield element("blockquote", inside)
        elif node.kind in _TAGS:
            yield element(_TAGS[node.kind], inside)
        else:
            yield inside
