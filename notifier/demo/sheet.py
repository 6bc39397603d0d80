"""Draw messages on one page that needs no server: as Slack and mail readers show them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from notifier.core.telling.outgoing import Envelope
from notifier.demo.channel import channel
from notifier.demo.markup import Html, document, element, joined
from notifier.render.mail import framed
from notifier.simulator.slack_workspace import Message, Version

LEAST, FRAME, LINE = 480, 240, 40  # pixels of a mail: at least, around its text, and of a line
_MAIL = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One message with what it is called."""

    title: str
    envelopes: tuple[Envelope, ...]


def sheet(exhibits: Iterable[Exhibit], zone: ZoneInfo, language: str) -> str:
    """A whole page, its styles within it."""
    return document(_head(), element("body", _exhibits(exhibits, zone), class_="sheet"), language)


def _head() -> Html:
    style = (files("notifier.demo") / "page.css").read_text(encoding="utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", "notifier preview"),
        Html(f"<style>{style}</style>"),
    )


def _exhibits(exhibits: Iterable[Exhibit], zone: ZoneInfo) -> Html:
    return joined(
        element("section", element("h2", each.title), _drawn(each, zone), class_="exhibit")
        for each in exhibits
    )


def _drawn(exhibit: Exhibit, zone: ZoneInfo) -> Html:
    mails = [e for e in exhibit.envelopes if e.form == "mail"]
    posts = [e for e in exhibit.envelopes if e.form != "mail"]
    return joined(
        (_mail(json.loads(e.payload)) for e in mails), _slack(posts, zone) if posts else None
    )


def _slack(envelopes: Iterable[Envelope], zone: ZoneInfo) -> Html:
    """The message, and the line in its thread."""
    whole, replies = [], []
    for number, envelope in enumerate(envelopes):
        payload, stamp = json.loads(envelope.payload), f"{envelope.queued_at.timestamp():.6f}"
        version = Version(
            envelope.queued_at,
            payload["text"],
            payload.get("blocks") or (),
            payload.get("attachments") or (),
        )
        if envelope.form == "reply":
            replies.append(Message("preview", f"{stamp}{number}", (version,), thread_ts=stamp))
        else:
            versions = (version, version) if envelope.form == "edit" else (version,)
            whole.append(Message("preview", stamp, versions))
    return channel(whole, {whole[0].ts: replies} if whole else {}, zone)


def _mail(payload: Mapping[str, Any]) -> Html:
    """The mail shut into a frame: what it holds has no power over the page."""
    page = framed(payload).replace(
        "<head>", f'<head><meta http-equiv="content-security-policy" content="{escape(_MAIL)}">', 1
    )
    lines, subject = len(str(payload["text"]).splitlines()), str(payload["subject"])
    tall = max(LEAST, FRAME + lines * LINE)
    return element(
        "article",
        element("h3", subject),
        element(
            "iframe", sandbox="", srcdoc=page, title=subject, class_="mail",
            style=f"height: {tall}px",
        ),
    )  # fmt: skip
