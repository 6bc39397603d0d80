"""Answer on HTTP as Slack's Web API and incoming webhooks do, and lose answers on demand."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from notifier.simulator.loopback import Exchange, Loopback
from notifier.simulator.slack_call import Call
from notifier.simulator.slack_faults import JSON, SlackFault, Slip, lost, slip
from notifier.simulator.slack_limits import Refused
from notifier.simulator.slack_messages import version_of
from notifier.simulator.slack_methods import METHODS
from notifier.simulator.slack_workspace import Channel, Listener, Message, Version, Workspace

PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
SCOPES = (
    "chat:write,channels:read,groups:read,channels:history,groups:history,im:history,"
    "channels:join,users:read,users:read.email,reactions:write,im:write,usergroups:read"
)
__all__ = ["Called", "SlackFault", "SlackServer", "Slip", "lost"]

_API = "/api/"
_HOOKS = "/services/T000000001/B000000001/"


@dataclass(frozen=True, slots=True)
class Called:
    """A call that came: a Web API method (or ``webhook``), and its arguments without the token."""

    method: str
    arguments: Mapping[str, Any]
    at: datetime


class SlackServer(Loopback):
    """Slack on loopback.

    Attributes:
        app_token, socket_url: Where an app with that token listens by Socket Mode; empty: nowhere.
        faults: Each meets one call, the first that fits.
        min_interval: Seconds between posts to one channel, 429 below; 0 is no limit.
        unsupported: Block types that this workspace does not know yet.
        scopes: What the token may do, separated by commas.
    """

    def __init__(
        self,
        token: str = "xoxb-simulated",  # noqa: S107
        port: int = 0,
        *,
        channels: Iterable[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        scopes: str = SCOPES,
    ) -> None:
        super().__init__(port)
        self.token = token
        self.clock = clock
        self.scopes = scopes
        self.app_token = "xapp-1-simulated"  # noqa: S105
        self.socket_url = ""
        self.workspace = Workspace(clock)
        self.faults: deque[SlackFault] = deque()
        self.min_interval = 0.0
        self.unsupported: frozenset[str] = frozenset()
        self._calls: list[Called] = []
        self._hooks: dict[str, Channel] = {}
        self._posted: dict[str, datetime] = {}
        self._lock = threading.Lock()
        for name in channels:
            self.add_channel(name)

    # ---- for the demo and the tests ----

    @property
    def url(self) -> str:
        """The ``base_url`` of a ``slack_sdk.WebClient``."""
        return self.root + _API

    @property
    def calls(self) -> list[Called]:
        """All calls so far, the refused and the faulty ones too."""
        with self._lock:
            return list(self._calls)

    def add_channel(
        self,
        name: str,
        channel_id: str = "",
        *,
        member: bool = True,
        private: bool = False,
        archived: bool = False,
    ) -> str:
        """Open a channel, or change one of that name; return its id."""
        bare = name.removeprefix("#")
        known = self.workspace.channel(bare)
        number = len(self.workspace.channels()) + 1
        channel_id = channel_id or (known.id if known else f"C08{number:08d}")
        return self.workspace.add_channel(Channel(channel_id, bare, member, private, archived)).id

    def add_webhook(self, name: str, channel: str) -> str:
        """Make an incoming webhook for a channel, opened if need be; return its URL."""
        channel_id = self.add_channel(channel)
        with self._lock:
            self._hooks[name] = self._channel(channel_id)
        return self.root + _HOOKS + name

    def messages(self, channel: str = "") -> list[Message]:
        """All messages that were not deleted, oldest first, replies among them."""
        ids = [self._channel(channel).id] if channel else [c.id for c in self.workspace.channels()]
        return [m for m in self.workspace.messages(ids) if not m.deleted]

    def visible(self, channel: str) -> list[Version]:
        """What a reader of the channel sees now, threads closed."""
        return [m.now for m in self.messages(channel) if m.in_channel]

    def thread(self, message: Message) -> list[Message]:
        """The replies to a message, oldest first."""
        return self.workspace.replies(message)

    def say(self, channel: str, text: str, *, user: str = "U0HUMAN001") -> Message:
        """Post as a person."""
        version = Version(self.clock(), text)
        channel_id = self._channel(channel).id
        return self.workspace.post(channel_id, version, thread_ts="", broadcast=False, user=user)

    def delete(self, message: Message) -> None:
        """Delete a message, as a person could."""
        self.workspace.delete(message)

    def on_change(self, listener: Listener) -> None:
        """Call *listener* with what happened and the message, before the answer is sent."""
        self.workspace.on_change(listener)

    def _channel(self, name: str) -> Channel:
        channel = self.workspace.channel(name)
        if channel is None:
            raise KeyError(f"no channel {name}")
        return channel

    # ---- one request ----

    def answer(self, exchange: Exchange) -> None:
        """Answer a Web API call or a webhook's post."""
        if exchange.path.startswith(_API):
            self._answer_call(exchange, exchange.path.removeprefix(_API))
        elif exchange.path.startswith("/services/"):
            self._answer_webhook(exchange)
        else:
            exchange.reply(HTTPStatus.NOT_FOUND, b"not found", PLAIN)

    def _answer_call(self, exchange: Exchange, method: str) -> None:
        arguments = _arguments(exchange)
        token = _token(exchange, arguments)
        fault = self._note(method, arguments)
        body: dict[str, Any] = {}
        if fault is None or fault.taken:
            body = self._body(method, arguments, token)
        if fault is not None:
            slip(exchange, fault)
        elif body.get("error") == "ratelimited":
            slip(exchange, SlackFault(Slip.RATE_LIMITED))
        else:
            headers = {**JSON, "x-oauth-scopes": self.scopes}
            exchange.reply(HTTPStatus.OK, json.dumps(body).encode(), headers)

    def _note(self, method: str, arguments: Mapping[str, Any]) -> SlackFault | None:
        """Write the call down, and take the first fault that is for it."""
        with self._lock:
            self._calls.append(Called(method, dict(arguments), self.clock()))
            fault = next((f for f in self.faults if f.method in ("", method)), None)
            if fault is not None:
                self.faults.remove(fault)
            return fault

    def _body(self, method: str, arguments: Mapping[str, Any], token: str) -> dict[str, Any]:
        try:
            if method == "apps.connections.open":
                return self._connection(token)
            self._admit(method, token)
            call = Call(self.workspace, arguments, self.scopes, self.unsupported, self.root)
            if method == "chat.postMessage":
                self._pace(str(arguments.get("channel", "")))
            return {"ok": True, **METHODS[method].run(call)}
        except Refused as refused:
            return {"ok": False, "error": refused.error, **refused.more}

    def _connection(self, token: str) -> dict[str, Any]:
        """Where the app may listen by Socket Mode: its own token asks, not the bot's."""
        if token != self.app_token or not self.socket_url:
            raise Refused("invalid_auth")
        return {"ok": True, "url": self.socket_url}

    def _admit(self, method: str, token: str) -> None:
        if not token:
            raise Refused("not_authed")
        if token != self.token:
            raise Refused("invalid_auth")
        if method not in METHODS:
            raise Refused("unknown_method", req_method=method)
        needed, provided = METHODS[method].scope, self.scopes.split(",")
        if needed and needed not in provided:
            raise Refused("missing_scope", needed=needed, provided=self.scopes)

    def _pace(self, channel: str) -> None:
        now = self.clock()
        with self._lock:
            last = self._posted.get(channel)
            if last is not None and (now - last).total_seconds() < self.min_interval:
                raise Refused("ratelimited")
            self._posted[channel] = now

    # ---- webhooks ----

    def _answer_webhook(self, exchange: Exchange) -> None:
        arguments = _arguments(exchange)
        fault = self._note("webhook", arguments)
        status, text = HTTPStatus.OK, "ok"
        if fault is None or fault.taken:
            try:
                self._take(exchange.path, arguments)
            except Refused as refused:
                status, text = _HOOK_STATUS.get(refused.error, status.BAD_REQUEST), refused.error
        if fault is None:
            exchange.reply(status, text.encode(), PLAIN)
        else:
            slip(exchange, fault)

    def _take(self, path: str, arguments: Mapping[str, Any]) -> None:
        with self._lock:
            channel = self._hooks.get(path.removeprefix(_HOOKS))
        if channel is None:
            raise Refused("no_service")
        channel = self._channel(channel.id)
        if channel.archived:
            raise Refused("channel_is_archived")
        version = version_of(arguments, self.clock(), self.unsupported)
        thread = str(arguments.get("thread_ts") or "")
        self.workspace.post(
            channel.id, replace(version, metadata={}), thread_ts=thread, broadcast=False
        )


_HOOK_STATUS = {
    "no_service": HTTPStatus.NOT_FOUND,
    "channel_is_archived": HTTPStatus.GONE,
}


def _arguments(exchange: Exchange) -> dict[str, Any]:
    """Read what came as query, as form or as JSON; values that are JSON texts are opened."""
    arguments: dict[str, Any] = dict(exchange.query)
    kind = exchange.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            body = json.loads(exchange.body or b"{}")
        except ValueError:
            return arguments
        return arguments | (body if isinstance(body, dict) else {})
    arguments |= dict(parse_qsl(exchange.body.decode(errors="replace"), keep_blank_values=True))
    if set(arguments) == {"payload"}:  # the old form of webhooks
        arguments = _opened(arguments["payload"]) or {}
    for name in ("blocks", "attachments", "metadata"):
        if isinstance(arguments.get(name), str):
            arguments[name] = _opened(arguments[name])
    return arguments


def _opened(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _token(exchange: Exchange, arguments: dict[str, Any]) -> str:
    """Take the token out of the header or the arguments, so that it is written nowhere."""
    given = str(arguments.pop("token", ""))
    return exchange.headers.get("authorization", "").removeprefix("Bearer ") or given
