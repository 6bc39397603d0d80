"""Check a message as Slack does: shapes and limits of blocks, attachments and metadata.

Limits are those of https://docs.slack.dev/reference/block-kit/blocks and of chat.postMessage.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MAX_BLOCKS = 50
MAX_ATTACHMENTS = 100
MAX_TEXT = 40_000  # characters; a longer post is cut, with a warning
MAX_UPDATE_TEXT = 4_000  # characters; a longer update is refused
MAX_METADATA = 8_000  # characters of JSON; Slack does not say where its own limit is
MAX_MARKDOWN = 12_000  # characters over all markdown blocks of a message

Block = Mapping[str, Any]


class Refused(Exception):  # noqa: N818
    """Slack says ``ok: false``."""

    def __init__(self, error: str, **more: object) -> None:
        self.error = error
        self.more = more
        super().__init__(error)


def check_blocks(blocks: object, unsupported: frozenset[str], at: str = "/blocks") -> None:
    """Raise ``invalid_blocks`` with a JSON pointer to each mistake."""
    problems = list(_blocks(blocks, unsupported, at))
    if problems:
        messages = [f"[ERROR] {text} [json-pointer:{pointer}]" for pointer, text in problems]
        errors = [f"{text} [json-pointer:{pointer}]" for pointer, text in problems]
        raise Refused("invalid_blocks", errors=errors, response_metadata={"messages": messages})


def check_attachments(attachments: object, unsupported: frozenset[str]) -> None:
    """Raise what Slack says of wrong attachments; blocks inside them are checked too."""
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise Refused("invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise Refused("too_many_attachments")
    for index, attachment in enumerate(attachments):
        if "blocks" in attachment:
            at = f"/attachments/{index}/blocks"
            check_blocks(attachment["blocks"], unsupported, at)


def check_metadata(metadata: object) -> None:
    """Raise what Slack says of wrong metadata. An empty object clears it."""
    if not isinstance(metadata, dict):
        raise Refused("invalid_metadata_format")
    if not metadata:
        return
    if set(metadata) - {"event_type", "event_payload", "entities"}:
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise Refused("invalid_metadata_schema")
    if not _is_payload(metadata.get("event_payload")):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(metadata)) > MAX_METADATA:
        raise Refused("metadata_too_large")


def _is_payload(payload: object) -> bool:
    """Flat values, or objects and lists one level deep."""
    return isinstance(payload, dict) and all(
        _is_flat(value) or (isinstance(value, dict) and all(map(_is_flat, value.values())))
        for value in payload.values()
    )


def _is_flat(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str | int | float | bool) for item in value)
    return value is None or isinstance(value, str | int | float | bool)


# ---- blocks ----

Problems = Iterator[tuple[str, str]]


def _blocks(blocks: object, unsupported: frozenset[str], at: str) -> Problems:
    if not isinstance(blocks, list):
        yield at, "must be an array"
        return
    if len(blocks) > MAX_BLOCKS:
        yield at, f"no more than {MAX_BLOCKS} items allowed"
    for index, block in enumerate(blocks):
        yield from _block(block, unsupported, f"{at}/{index}")
    marked = [
        b.get("text", "") for b in blocks if isinstance(b, dict) and b.get("type") == "markdown"
    ]
    if sum(len(str(text)) for text in marked) > MAX_MARKDOWN:
        yield at, f"no more than {MAX_MARKDOWN} characters of markdown allowed"
    ids = [b["block_id"] for b in blocks if isinstance(b, dict) and "block_id" in b]
    if len(set(map(str, ids))) < len(ids):
        yield at, "block_id must be unique"


def _block(block: object, unsupported: frozenset[str], at: str) -> Problems:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        yield at, "missing required field: type"
        return
    kind = block["type"]
    if kind not in _KINDS or kind in unsupported:
        yield f"{at}/type", f"unsupported type: {kind}"
        return
    yield from _length(block, "block_id", at, 255, least=1)
    yield from _KINDS[kind](block, at)


def _length(
    holder: Block, name: str, at: str, most: int, *, least: int = 0, required: bool = False
) -> Problems:
    if name not in holder:
        if required:
            yield at, f"missing required field: {name}"
        return
    value = holder[name]
    if not isinstance(value, str):
        yield f"{at}/{name}", "must be a string"
    elif len(value) > most:
        yield f"{at}/{name}", f"must be less than {most + 1} characters"
    elif len(value) < least:
        yield f"{at}/{name}", f"must be more than {least - 1} characters"


def _text(text: object, at: str, most: int, kinds: tuple[str, ...]) -> Problems:
    if not isinstance(text, dict):
        yield at, "must be an object"
        return
    if text.get("type") not in kinds:
        yield f"{at}/type", f"unsupported type: {text.get('type')}"
        return
    yield from _length(text, "text", at, most, least=1, required=True)
    strange = {"mrkdwn": {"emoji"}, "plain_text": {"verbatim"}}[text["type"]] & set(text)
    for name in sorted(strange):
        yield at, f"invalid additional property: {name}"


_PLAIN = ("plain_text",)
_EITHER = ("plain_text", "mrkdwn")


def _header(block: Block, at: str) -> Problems:
    yield from _text(block.get("text"), f"{at}/text", 150, _PLAIN)


def _section(block: Block, at: str) -> Problems:
    if "text" not in block and "fields" not in block:
        yield at, "missing required field: text or fields"
    if "text" in block:
        yield from _text(block["text"], f"{at}/text", 3_000, _EITHER)
    yield from _list(block, "fields", at, 10, lambda f, where: _text(f, where, 2_000, _EITHER))
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _list(
    block: Block,
    name: str,
    at: str,
    most: int,
    check: Callable[[object, str], Problems],
    *,
    required: bool = False,
) -> Problems:
    if name not in block and not required:
        return
    items = block.get(name)
    if not isinstance(items, list):
        yield f"{at}/{name}", "must be an array"
        return
    if not 1 <= len(items) <= most:
        yield f"{at}/{name}", f"must have between 1 and {most} items"
    for index, item in enumerate(items):
        yield from check(item, f"{at}/{name}/{index}")


def _context(block: Block, at: str) -> Problems:
    def element(item: object, where: str) -> Problems:
        if isinstance(item, dict) and item.get("type") == "image":
            yield from _image(item, where)
        else:
            yield from _text(item, where, 3_000, _EITHER)

    yield from _list(block, "elements", at, 10, element, required=True)


def _image(block: Block, at: str) -> Problems:
    if ("image_url" in block) == ("slack_file" in block):
        yield at, "must provide either image_url or slack_file"
    yield from _length(block, "image_url", at, 3_000, least=1)
    yield from _length(block, "alt_text", at, 2_000, required=True)
    if "title" in block:
        yield from _text(block["title"], f"{at}/title", 2_000, _PLAIN)


def _actions(block: Block, at: str) -> Problems:
    yield from _list(block, "elements", at, 25, _element, required=True)


def _element(item: object, at: str) -> Problems:
    """Check a button; of other elements only that they have a type."""
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        yield at, "missing required field: type"
        return
    yield from _length(item, "action_id", at, 255)
    if item["type"] != "button":
        return
    yield from _text(item.get("text"), f"{at}/text", 75, _PLAIN)
    yield from _length(item, "value", at, 2_000)
    yield from _length(item, "url", at, 3_000)
    yield from _length(item, "accessibility_label", at, 75)
    if item.get("style") not in (None, "primary", "danger"):
        yield f"{at}/style", "unsupported style"


def _rich_text(block: Block, at: str) -> Problems:
    if not isinstance(block.get("elements"), list):
        yield f"{at}/elements", "must be an array"


def _markdown(block: Block, at: str) -> Problems:
    yield from _length(block, "text", at, MAX_MARKDOWN, least=1, required=True)


def _table(block: Block, at: str) -> Problems:
    def row(cells: object, where: str) -> Problems:
        if not isinstance(cells, list) or not 1 <= len(cells) <= 20:
            yield where, "must have between 1 and 20 items"

    yield from _list(block, "rows", at, 100, row, required=True)


def _anything(_block: Block, _at: str) -> Problems:
    yield from ()


# No "alert": it is for modals only.
_KINDS: dict[str, Callable[[Block, str], Problems]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _anything,
    "image": _image,
    "actions": _actions,
    "rich_text": _rich_text,
    "markdown": _markdown,
    "table": _table,
    "data_table": _anything,
    "data_visualization": _anything,
    "card": _anything,
    "carousel": _anything,
    "container": _anything,
    "video": _anything,
    "file": _anything,
}
