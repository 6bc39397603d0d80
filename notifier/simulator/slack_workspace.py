"""Keep the channels and messages of a Slack workspace, every version of every message."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from notifier.simulator.slack_limits import Refused

BOT = "U0BOT00001"
TEAM = "T000000001"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Json = Mapping[str, Any]


class Happened(Enum):
    """What listeners are told of."""

    POSTED = "posted"
    UPDATED = "updated"
    DELETED = "deleted"
    REACTED = "reacted"


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation. *member*: the bot is in it."""

    id: str
    name: str
    member: bool = True
    private: bool = False
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said from *at* on."""

    at: datetime
    text: str
    blocks: Sequence[Json] = ()
    attachments: Sequence[Json] = ()
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One message, as it is and as it was: ``versions`` ends with what is seen now."""

    channel: str
    ts: str
    versions: tuple[Version, ...]
    user: str = BOT
    thread_ts: str = ""
    broadcast: bool = False
    deleted: bool = False
    reactions: tuple[str, ...] = ()

    @property
    def now(self) -> Version:
        """The version that is seen."""
        return self.versions[-1]

    @property
    def text(self) -> str:
        return self.now.text

    @property
    def edited(self) -> bool:
        """Whether it was updated since it was posted."""
        return len(self.versions) > 1

    @property
    def is_reply(self) -> bool:
        return bool(self.thread_ts) and self.thread_ts != self.ts

    @property
    def in_channel(self) -> bool:
        """Whether it is seen in the channel itself, not only in a thread."""
        return not self.deleted and (self.broadcast or not self.is_reply)


Listener = Callable[[Happened, Message], None]


class Workspace:
    """The memory of the Slack stand-in; safe to use from many threads.

    Attributes:
        groups: The members of each user group, by its id.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.groups: dict[str, list[str]] = {}
        self._lock = threading.RLock()
        self._channels: dict[str, Channel] = {}
        self._messages: dict[tuple[str, str], Message] = {}
        self._last = 0  # microseconds since 1970 of the newest ts
        self._listeners: list[Listener] = []

    # ---- channels ----

    def add_channel(self, channel: Channel) -> Channel:
        """Keep or replace a channel."""
        with self._lock:
            self._channels[channel.id] = channel
        return channel

    def channels(self) -> list[Channel]:
        """All channels, in the order they were added."""
        with self._lock:
            return list(self._channels.values())

    def channel(self, name: str) -> Channel | None:
        """Return the channel with that id, name or #name."""
        bare = name.removeprefix("#")
        return next((c for c in self.channels() if name == c.id or bare == c.name), None)

    # ---- messages ----

    def on_change(self, listener: Listener) -> None:
        """Call *listener* after each change, from the thread that served it."""
        self._listeners.append(listener)

    def messages(self, channels: Iterable[str]) -> list[Message]:
        """All messages of channels by id, replies and deleted ones too, oldest first."""
        wanted = set(channels)
        with self._lock:
            found = [m for m in self._messages.values() if m.channel in wanted]
        return sorted(found, key=lambda message: message.ts)

    def find(self, channel: str, ts: str) -> Message | None:
        """Return a message that was not deleted."""
        with self._lock:
            message = self._messages.get((channel, ts))
        return None if message is None or message.deleted else message

    def post(
        self, channel: str, version: Version, *, thread_ts: str, broadcast: bool, user: str = BOT
    ) -> Message:
        """Keep a new message under a timestamp of its own."""
        with self._lock:
            if thread_ts and self.find(channel, thread_ts) is None:
                raise Refused("cannot_reply_to_message")
            message = Message(channel, self._stamp(), (version,), user, thread_ts, broadcast)
        return self._keep(message, Happened.POSTED)

    def update(self, message: Message, version: Version) -> Message:
        """Add a version."""
        changed = replace(message, versions=(*message.versions, version))
        return self._keep(changed, Happened.UPDATED)

    def delete(self, message: Message) -> Message:
        """Hide a message; it stays in ``messages``."""
        return self._keep(replace(message, deleted=True), Happened.DELETED)

    def react(self, message: Message, name: str) -> Message:
        """Add the bot's reaction."""
        if name in message.reactions:
            raise Refused("already_reacted")
        changed = replace(message, reactions=(*message.reactions, name))
        return self._keep(changed, Happened.REACTED)

    def _keep(self, message: Message, happened: Happened) -> Message:
        with self._lock:
            self._messages[message.channel, message.ts] = message
        for listener in list(self._listeners):
            listener(happened, message)
        return message

    def _stamp(self) -> str:
        """Return a timestamp later than all others, though the clock may stand still."""
        present = (self.clock() - _EPOCH) // timedelta(microseconds=1)
        self._last = max(present, self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def replies(self, message: Message) -> list[Message]:
        """The thread below a message, oldest first."""
        thread = (m for m in self.messages([message.channel]) if m.thread_ts == message.ts)
        return [m for m in thread if m.is_reply and not m.deleted]

    def as_json(self, message: Message, *, metadata: bool = False) -> dict[str, Any]:
        """Write a message as ``conversations.history`` does."""
        now = message.now
        row: dict[str, Any] = {"type": "message", "user": message.user, "ts": message.ts}
        row |= {"text": now.text, "team": TEAM}
        if message.user == BOT:
            row |= {"bot_id": "B000000001", "app_id": "A000000001"}
        if now.blocks:
            row["blocks"] = list(now.blocks)
        if now.attachments:
            row["attachments"] = list(now.attachments)
        if now.metadata and metadata:
            row["metadata"] = dict(now.metadata)
        if message.edited and not now.blocks:
            row["edited"] = {"user": message.user, "ts": f"{now.at.timestamp():.6f}"}
        if message.reactions:
            row["reactions"] = [
                {"name": name, "count": 1, "users": [BOT]} for name in message.reactions
            ]
        return row | self._thread(message)

    def _thread(self, message: Message) -> dict[str, Any]:
        if message.is_reply:
            shown = {"subtype": "thread_broadcast"} if message.broadcast else {}
            return {"thread_ts": message.thread_ts, **shown}
        replies = self.replies(message)
        if not replies:
            return {}
        return {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "latest_reply": replies[-1].ts,
        }
