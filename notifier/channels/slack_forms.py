"""Say one Slack message in three forms: as it was rendered, in a classic one, as plain text.

A workspace may not know a kind of block yet; a message is never lost for its looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

CLASSIC_TEXT = 7_000  # characters of a classic attachment's text

Payload = Mapping[str, Any]


def rich(payload: Payload) -> Payload:
    """As it was rendered."""
    return payload


def classic(payload: Payload) -> Payload:
    """Its blocks as the text of an attachment: what Slack has known from the beginning."""
    attachments = [_classic(each) for each in payload.get("attachments") or ()]
    loose = _text(payload.get("blocks") or ())
    if loose:
        attachments.insert(0, {"text": loose, "mrkdwn_in": ["text"]})
    return {**_kept(payload), "attachments": attachments, "blocks": []}


def plain(payload: Payload) -> Payload:
    """Its text alone. Empty lists take away what an edit would keep."""
    return {**_kept(payload), "attachments": [], "blocks": []}


FORMS: Mapping[str, Callable[[Payload], Payload]] = {
    "as rendered": rich,
    "in the classic form": classic,
    "as plain text": plain,
}
"""In the order in which they are tried."""


def continued(payload: Payload, link: str, words: str) -> dict[str, Any]:
    """A message that goes on with one that can be edited no more, and leads to it."""
    if not link or not words:
        return dict(payload)
    return {**payload, "text": f"{payload['text']}\n<{link}|{words}>"}


def metadata_id(message: Payload) -> str:
    """The id in a message's metadata; empty where there is none."""
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return str(payload.get("id", "")) if isinstance(payload, dict) else ""


def _kept(payload: Payload) -> dict[str, Any]:
    return {k: v for k, v in payload.items() if k in ("text", "reply_broadcast", "metadata")}


def _classic(attachment: Payload) -> dict[str, Any]:
    text = _text(attachment.get("blocks") or ()) or str(attachment.get("text", ""))
    kept = {k: v for k, v in attachment.items() if k in ("color", "fallback")}
    return {**kept, "text": text, "mrkdwn_in": ["text"]}


def _text(blocks: Any) -> str:
    """The texts of blocks, whole ones as long as there is room: a cut one may end in a link."""
    kept: list[str] = []
    room = CLASSIC_TEXT
    for text in _texts(blocks):
        room -= len(text) + 1
        if room < 0:
            break
        kept.append(text)
    return "\n".join(kept)


def _texts(blocks: Any) -> Iterator[str]:
    """Every text of blocks, in their order; of buttons, those that lead somewhere."""
    for block in blocks:
        if block.get("type") == "actions":
            yield from (_link(each) for each in block["elements"] if each.get("url"))
            continue
        parts = [block.get("text"), *(block.get("fields") or ()), *(block.get("elements") or ())]
        for part in parts:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                yield part["text"]


def _link(button: Payload) -> str:
    return f"<{button['url']}|{button['text']['text']}>"
