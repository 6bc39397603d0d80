"""Read the arguments of a call, and find the channel it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.simulator.slack_limits import Refused
from notifier.simulator.slack_workspace import Channel, Workspace

Answer = dict[str, Any]
PEOPLE = (
    ("U0HUMAN001", "lucia", "lucia@example.com"),
    ("U0HUMAN002", "oscar", "oscar@example.com"),
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method: its arguments, and the workspace it is about."""

    workspace: Workspace
    arguments: Mapping[str, Any]
    scopes: str
    unsupported: frozenset[str]
    root: str

    def text(self, name: str) -> str:
        """An argument as text; empty when it is not given."""
        value = self.arguments.get(name)
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """An argument as yes or no, in each way that clients write it."""
        return self.text(name).casefold() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        text = self.text(name)
        if text and not text.isdecimal():
            raise Refused("invalid_arguments")
        return int(text) if text else default


def reachable(call: Call, *, by_name: bool = False) -> Channel:
    """Return the channel that the bot may know of; private ones hide from strangers."""
    wanted = call.text("channel")
    if wanted in (user for user, _, _ in PEOPLE):
        return call.workspace.add_channel(Channel(f"D{wanted[1:]}", "", private=True))
    channel = call.workspace.channel(wanted) if wanted else None
    hidden = channel is not None and channel.private and not channel.member
    if channel is None or hidden or not (by_name or channel.id == wanted):
        raise Refused("channel_not_found")
    return channel


def joined(call: Call) -> Channel:
    channel = reachable(call)
    if not channel.member:
        raise Refused("not_in_channel")
    return channel


def page(call: Call, items: Sequence[Any], default: int) -> tuple[Sequence[Any], str]:
    begin = call.number("cursor", 0)
    end = begin + max(1, call.number("limit", default))
    return items[begin:end], str(end) if end < len(items) else ""
