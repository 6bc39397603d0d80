"""Do what Slack's ``conversations.*`` methods do: list, join, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from notifier.simulator.slack_call import Answer, Call, joined, page, reachable
from notifier.simulator.slack_limits import Refused
from notifier.simulator.slack_workspace import Channel, Message


def _describe(channel: Channel) -> Answer:
    direct = channel.id.startswith("D")
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private and not direct,
        "is_im": direct,
        "is_private": channel.private,
        "is_member": channel.member,
        "is_archived": channel.archived,
    }


def list_all(call: Call) -> Answer:
    types = (call.text("types") or "public_channel").split(",")
    listed = [
        c
        for c in call.workspace.channels()
        if ("private_channel" if c.private else "public_channel") in types
        and not c.id.startswith("D")
        and (c.member or not c.private)
        and not (c.archived and call.flag("exclude_archived"))
    ]
    shown, cursor = page(call, listed, 100)
    return {
        "channels": [_describe(c) for c in shown],
        "response_metadata": {"next_cursor": cursor},
    }


def info(call: Call) -> Answer:
    return {"channel": _describe(reachable(call))}


def join(call: Call) -> Answer:
    channel = reachable(call)
    if channel.private:
        raise Refused("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refused("is_archived")
    if channel.member:
        return {"channel": _describe(channel), "warning": "already_in_channel"}
    joined = call.workspace.add_channel(replace(channel, member=True))
    return {"channel": _describe(joined)}


def history(call: Call) -> Answer:
    channel = joined(call)
    seen = [m for m in call.workspace.messages([channel.id]) if m.in_channel]
    rows, more = _within(call, seen[::-1])
    return {"messages": rows, **more}


def replies(call: Call) -> Answer:
    channel = joined(call)
    parent = call.workspace.find(channel.id, call.text("ts"))
    if parent is None:
        raise Refused("thread_not_found")
    rows, more = _within(call, call.workspace.replies(parent))
    return {"messages": [call.workspace.as_json(parent, metadata=_full(call)), *rows], **more}


def _full(call: Call) -> bool:
    return call.flag("include_all_metadata")


def _within(call: Call, messages: Sequence[Message]) -> tuple[list[Answer], Answer]:
    """Return a page of the messages between ``oldest`` and ``latest``."""
    oldest, latest = _stamp(call, "oldest", 0.0), _stamp(call, "latest", float("inf"))
    at_edge = call.flag("inclusive")
    found = [
        m
        for m in messages
        if oldest < float(m.ts) < latest or (at_edge and float(m.ts) in (oldest, latest))
    ]
    shown, cursor = page(call, found, 100)
    rows = [call.workspace.as_json(m, metadata=_full(call)) for m in shown]
    more: Answer = {"has_more": bool(cursor)}
    return rows, more | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _stamp(call: Call, name: str, default: float) -> float:
    try:
        return float(call.text(name) or default)
    except ValueError as error:
        raise Refused(f"invalid_ts_{name}") from error
