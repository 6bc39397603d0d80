"""Hear which buttons people press in Slack, through Socket Mode: no public address is needed.

Slack wants an answer within three seconds: it is given before anything is done. After a new
connection the same press may come again; each has an id of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from notifier.channels.slack import BASE_URL, SILENT, TIMEOUT

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

ACKNOWLEDGE, SILENCE = "acknowledge", "silence"
ACTIONS = frozenset({ACKNOWLEDGE, SILENCE})
AGAIN = 30.0  # seconds before another try where no connection could be made
REMEMBERED = 1_000  # presses that are known when they come again


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed a button.

    Attributes:
        action: One of ACTIONS.
        conversation: The id that the button carries; nothing else is believed of it.
        user: Slack's id of who pressed it; *name* is what Slack calls them.
        at: When, by Slack's clock: the same for a press that comes again.
    """

    action: str
    conversation: str
    user: str
    name: str
    channel: str
    at: datetime


Do: TypeAlias = Callable[[Press], str]
"""Does what a press means; returns what to whisper to who pressed it, or nothing."""


class SlackButtons:
    """The connection, for as long as it is wanted. *trouble* hears when there is none, and why."""

    def __init__(
        self,
        app_token: str,
        bot_token: str,
        base_url: str | None = None,
        *,
        do: Do,
        trouble: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._app_token = app_token
        self._bot_token = bot_token
        self._base_url = (base_url or BASE_URL).rstrip("/") + "/"
        self._do = do
        self._trouble = trouble
        self._stop = threading.Event()
        self._seen: dict[tuple[str, str, str, datetime], None] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"SlackButtons({self._base_url!r})"

    @cached_property
    def _web(self) -> WebClient:
        from slack_sdk import WebClient

        return WebClient(
            token=self._bot_token,
            base_url=self._base_url,
            timeout=TIMEOUT,
            retry_handlers=[],
            logger=SILENT,
        )

    def listen(self) -> None:
        """Hear presses until ``stop``: connect, and connect again where that failed."""
        from slack_sdk.socket_mode import SocketModeClient

        client = SocketModeClient(self._app_token, logger=SILENT, web_client=self._web)
        client.socket_mode_request_listeners.append(self._heard)
        try:
            while not self._stop.is_set() and not self._connected(client):
                self._stop.wait(AGAIN)
            self._stop.wait()
        finally:
            client.close()

    def stop(self) -> None:
        """Hear no more."""
        self._stop.set()

    def _connected(self, client: SocketModeClient) -> bool:
        try:
            client.connect()
        except Exception as error:  # noqa: BLE001  # the SDK raises whatever its socket does
            self._trouble(_why(error))
            return False
        self._trouble("")
        return True

    def _heard(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        from slack_sdk.socket_mode.response import SocketModeResponse

        client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        if request.type == "interactive":
            for press in presses(request.payload):
                self._once(press)

    def _once(self, press: Press) -> None:
        key = (press.action, press.conversation, press.user, press.at)
        with self._lock:
            if key in self._seen:
                return
            self._seen[key] = None
            if len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
        if whisper := self._do(press):
            self._whisper(press, whisper)

    def _whisper(self, press: Press, text: str) -> None:
        """Say something that only one person sees."""
        from slack_sdk.errors import SlackClientError

        try:
            self._web.chat_postEphemeral(channel=press.channel, user=press.user, text=text)
        except (SlackClientError, OSError, ValueError) as error:
            self._trouble(f"a word to who pressed a button was not taken ({_why(error)})")

    def in_group(self, group: str, user: str) -> bool:
        """Whether somebody is of a user group; not to be told is no."""
        from slack_sdk.errors import SlackClientError

        try:
            answer = self._web.usergroups_users_list(usergroup=group)
        except (SlackClientError, OSError, ValueError):
            return False
        users = answer.get("users")
        return isinstance(users, list) and user in users


def presses(payload: Mapping[str, Any]) -> list[Press]:
    """What was pressed, of what Slack says; what is not ours is left out."""
    if payload.get("type") != "block_actions":
        return []
    user, channel = _table(payload, "user"), _table(payload, "channel")
    found = (_press(each, user, channel) for each in payload.get("actions") or ())
    return [press for press in found if press is not None]


def _press(action: object, user: Mapping[str, Any], channel: Mapping[str, Any]) -> Press | None:
    if not isinstance(action, dict) or action.get("action_id") not in ACTIONS:
        return None
    who = str(user.get("id") or "")
    try:
        at = datetime.fromtimestamp(float(action.get("action_ts", "")), UTC)
    except (ValueError, OverflowError, TypeError):
        return None
    name = str(user.get("name") or user.get("username") or who)
    return Press(
        str(action["action_id"]),
        str(action.get("value") or ""),
        who,
        name,
        str(channel.get("id") or ""),
        at,
    )


def _table(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _why(error: Exception) -> str:
    """The kind of an error, or Slack's own word for it: never a text that may hold a token."""
    response = getattr(error, "response", None)
    said = response.get("error") if response is not None and hasattr(response, "get") else None
    return str(said or type(error).__name__)
