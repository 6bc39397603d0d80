"""Post to Microsoft Teams by a workflow, as an Adaptive Card: no edits, no threads, no look-ups."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from notifier.channels.base import Delivered, addressed_by
from notifier.channels.http import post, refused
from notifier.core.telling.outgoing import Envelope, before_text, behind_text

WHAT = "the Teams workflow"
# https://learn.microsoft.com/connectors/teams: 28 KB a message, whatever is round the card included
LARGEST = 24_000  # bytes of text
CARD = "application/vnd.microsoft.card.adaptive"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
_STYLES = {"critical": "attention", "warning": "warning", "resolved": "good", "cheer": "good"}


class Teams:
    """Workflows by their names.

    address: Returns the address of a workflow; whoever has it may post, so it is never shown.
        Raises ConfigError for one that is not set.
    """

    kind = "teams"
    can_find = False
    again = None

    def __init__(self, address: Callable[[str], str]) -> None:
        self._address = address

    def __repr__(self) -> str:
        return "Teams()"

    def send(self, envelope: Envelope, _: str | None, now: datetime, /) -> Delivered:
        """Post. See ``Channel.send``. A workflow answers 202: it took it, and goes on alone."""
        url = addressed_by(self._address, envelope.recipient)
        body = json.dumps(_message(envelope, now), ensure_ascii=False).encode()
        reply = post(url, body, {"Content-Type": "application/json"}, WHAT)
        if reply.taken:
            return Delivered(detail=str(reply.status))
        raise refused(reply, now, WHAT)

    def find(self, _: Envelope, __: str | None, ___: datetime, /) -> str | None:
        """A workflow cannot look."""
        return None


def _message(envelope: Envelope, now: datetime) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(envelope.payload)
    before = before_text(payload, late=now >= envelope.give_up_at)
    title = " ".join(filter(None, (before, payload["title"], behind_text(payload))))
    body = [
        {
            "type": "Container",
            "style": _STYLES.get(payload.get("tone", ""), "emphasis"),
            "bleed": True,
            "items": [_text(title, size="Medium", weight="Bolder")],
        },
        *(_text(line) for line in fitting(payload["text"]).splitlines() if line.strip()),
    ]
    card = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": title,
        "msteams": {"width": "Full"},
        "body": body,
        **_actions(payload),
    }
    return {"type": "message", "attachments": [{"contentType": CARD, "content": card}]}


def _actions(payload: dict[str, Any]) -> dict[str, Any]:
    """A button that leads to the status page, where the message names it."""
    page, label = payload.get("page"), payload.get("page_label")
    if not page:
        return {}
    return {"actions": [{"type": "Action.OpenUrl", "title": label, "url": page}]}


def _text(line: str, **look: str) -> dict[str, Any]:
    """One line as it is: a ``TextRun`` knows no Markdown, a ``TextBlock`` would."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line, **look}]}


def fitting(text: str) -> str:
    """Cut *text* at the end of a line where Teams would refuse it as a whole."""
    kept: list[str] = []
    room = LARGEST
    for line in text.splitlines():
        room -= len(json.dumps(line)) + 90  # what stands round each line
        if room < 0:
            return "\n".join([*kept, "…"])
        kept.append(line)
    return "\n".join(kept)
