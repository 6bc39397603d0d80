"""Do what Slack's ``chat.*`` methods and ``reactions.add`` do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifier.simulator.slack_call import Answer, Call, reachable
from notifier.simulator.slack_limits import (
    MAX_TEXT,
    MAX_UPDATE_TEXT,
    Refused,
    check_attachments,
    check_blocks,
    check_metadata,
)
from notifier.simulator.slack_workspace import BOT, Channel, Message, Version


def version_of(arguments: Mapping[str, Any], now: datetime, unsupported: frozenset[str]) -> Version:
    """Check and read what a message shall say. Raises Refused as Slack would."""
    blocks = arguments.get("blocks") or []
    attachments = arguments.get("attachments") or []
    metadata = arguments.get("metadata") or {}
    text = arguments.get("text") or ""
    if not isinstance(text, str):
        raise Refused("invalid_arguments")
    if not (text.strip() or blocks or attachments):
        raise Refused("no_text")
    check_blocks(blocks, unsupported)
    check_attachments(attachments, unsupported)
    check_metadata(metadata)
    return Version(now, text[:MAX_TEXT], blocks, attachments, metadata)


def post(call: Call) -> Answer:
    channel = reachable(call, by_name=True)
    if channel.archived:
        raise Refused("is_archived")
    if not channel.member and "chat:write.public" not in call.scopes.split(","):
        raise Refused("not_in_channel")
    version = version_of(call.arguments, call.workspace.clock(), call.unsupported)
    message = call.workspace.post(
        channel.id,
        version,
        thread_ts=call.text("thread_ts"),
        broadcast=call.flag("reply_broadcast"),
    )
    answer = {
        "channel": channel.id,
        "ts": message.ts,
        "message": call.workspace.as_json(message, metadata=True),
    }
    if len(call.text("text")) > MAX_TEXT:
        warnings = ["message_truncated"]
        answer |= {"warning": warnings[0], "response_metadata": {"warnings": warnings}}
    return answer


def update(call: Call) -> Answer:
    channel = reachable(call)
    message = _own(call, channel, "cant_update_message")
    given = call.arguments
    if len(call.text("text")) > MAX_UPDATE_TEXT:
        raise Refused("msg_too_long")
    merged = {
        # Text alone removes the blocks; attachments and metadata stay unless they are named.
        "text": given["text"] if given.get("text") is not None else message.text,
        "blocks": given.get("blocks") or [],
        "attachments": _or_kept(given, "attachments", list(message.now.attachments)),
        "metadata": _or_kept(given, "metadata", dict(message.now.metadata)),
    }
    if not {"text", "blocks", "attachments"} & {k for k, v in given.items() if v is not None}:
        raise Refused("no_text")
    version = version_of(merged, call.workspace.clock(), call.unsupported)
    changed = call.workspace.update(message, version)
    row = call.workspace.as_json(changed, metadata=True)
    return {"channel": channel.id, "ts": changed.ts, "text": changed.text, "message": row}


def _or_kept(given: Mapping[str, Any], name: str, kept: object) -> object:
    return kept if given.get(name) is None else given[name]


def _own(call: Call, channel: Channel, otherwise: str) -> Message:
    message = call.workspace.find(channel.id, call.text("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.user != BOT:
        raise Refused(otherwise)
    return message


def delete(call: Call) -> Answer:
    channel = reachable(call)
    message = call.workspace.delete(_own(call, channel, "cant_delete_message"))
    return {"channel": channel.id, "ts": message.ts}


def permalink(call: Call) -> Answer:
    channel, ts = reachable(call), call.text("message_ts")
    if call.workspace.find(channel.id, ts) is None:
        raise Refused("message_not_found")
    link = f"{call.root}/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def react(call: Call) -> Answer:
    channel = reachable(call)
    message = call.workspace.find(channel.id, call.text("timestamp"))
    if message is None:
        raise Refused("message_not_found")
    call.workspace.react(message, call.text("name"))
    return {}
