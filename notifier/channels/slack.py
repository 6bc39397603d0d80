"""Post, edit and answer Slack messages by bot token, and find one whose answer was lost.

The SDK's own retries are switched off: they post twice when an answer is lost. It is imported with
the first message: a start need not wait for it.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from notifier.channels.base import Delivered
from notifier.channels.slack_errors import lost, refused
from notifier.channels.slack_forms import FORMS, continued, metadata_id
from notifier.core.telling.outgoing import MARKS, Envelope, before_text, behind_text
from notifier.errors import DeliveryError, PermanentDeliveryError

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

T = TypeVar("T")

TIMEOUT = 10  # seconds, for a connection and for an answer
BASE_URL = "https://slack.com/api/"
PAGE = 200  # channels of one answer
PAGES = 100  # of channels: 20,000 of them
LOOKED_AT = 15  # messages of one answer: the most that apps of every kind get
LOOKS = 10  # answers looked through for a lost message

# The SDK logs requests and errors on its own; what matters is in our errors.
SILENT = logging.getLogger("notifier.slack_sdk")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False
SILENT.setLevel(logging.CRITICAL + 1)
logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)

_UNSENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLError)
_QUIET = {"unfurl_links": False, "unfurl_media": False}
_LITERAL = {"parse": "none", "link_names": False}  # no links, no names beyond what the text marks


class Slack:
    """One workspace.

    token: Never shown; empty where none is set.
    base_url: Another root of the Web API than Slack's.
    """

    kind = "slack"
    can_find = True
    again = None

    def __init__(self, token: str, base_url: str | None = None, timeout: int = TIMEOUT) -> None:
        self._token = token
        self._base_url = (base_url or BASE_URL).rstrip("/") + "/"
        self._timeout = timeout
        self._channels: dict[str, str] = {}
        self._joined: set[str] = set()  # channels that were joined, or could not be

    def __repr__(self) -> str:
        return f"Slack({self._base_url!r})"

    @cached_property
    def _client(self) -> WebClient:
        from slack_sdk import WebClient

        return WebClient(
            token=self._token,
            base_url=self._base_url,
            timeout=self._timeout,
            retry_handlers=[],
            logger=SILENT,
        )

    # ---- sending ----

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:
        """Post, edit or answer. See ``Channel.send``.

        A message whose form is refused is sent once more in a classic one, and then as plain text.
        """
        payload = _payload(envelope, now)
        place = _place(reference)
        if envelope.form == "edit" and not place:
            payload = continued(payload, _was(reference), _moved(envelope))
        refusal: PermanentDeliveryError | None = None
        for name, form in FORMS.items():
            try:
                delivered = self._sent(envelope, form(payload), place, now)
            except PermanentDeliveryError as error:
                if not error.rejected:
                    raise self._with_link(error, place, now) from None
                refusal = refusal or error
            else:
                said = f"{name}, because: {refusal}" if refusal else delivered.detail
                return Delivered(delivered.reference, said)
        assert refusal is not None  # noqa: S101  # there is at least one form
        raise refusal

    def _sent(
        self, envelope: Envelope, payload: Mapping[str, Any], place: dict[str, str], now: datetime
    ) -> Delivered:
        if envelope.form == "reply":
            return self._answer(payload, place, now)
        if envelope.form == "edit" and place:
            return self._edit(payload, place, now)
        return self._post(envelope.recipient, payload, now)

    def _with_link(
        self, error: PermanentDeliveryError, place: Mapping[str, str], now: datetime
    ) -> PermanentDeliveryError:
        """A message that is gone for edits may still be there to be read: its link goes along."""
        if error.gone and place:
            link = self._permalink(place, now)
            error.moved = json.dumps({"gone": True, **({"was": link} if link else {})})
        return error

    def _permalink(self, place: Mapping[str, str], now: datetime) -> str:
        asked = {"channel": place["channel"], "message_ts": place["ts"]}
        try:
            return str(self._call(self._client.chat_getPermalink, now, asked).get("permalink", ""))
        except DeliveryError:
            return ""

    def _post(self, recipient: str, payload: Mapping[str, Any], now: datetime) -> Delivered:
        channel = self._resolve(recipient, now)
        asked = {"channel": channel, **_LITERAL, **_QUIET, **payload}
        answer = self._in_channel(
            channel, now, lambda: self._call(self._client.chat_postMessage, now, asked, unsure=True)
        )
        reference = _reference(answer.get("channel") or channel, answer.get("ts"))
        return Delivered(reference, f"ts {answer.get('ts')}")

    def _edit(
        self, payload: Mapping[str, Any], place: Mapping[str, str], now: datetime
    ) -> Delivered:
        self._call(self._client.chat_update, now, {**place, **_LITERAL, **payload})
        return Delivered(_reference(**place), "edited")

    def _answer(
        self, payload: Mapping[str, Any], place: Mapping[str, str], now: datetime
    ) -> Delivered:
        if not place:
            raise PermanentDeliveryError("There is no message to answer.", gone=True)
        answer = self._call(
            self._client.chat_postMessage,
            now,
            {
                "channel": place["channel"],
                "thread_ts": place["ts"],
                **_LITERAL,
                **_QUIET,
                **payload,
            },
            unsure=True,
        )
        return Delivered(_reference(**place), f"reply ts {answer.get('ts')}")

    # ---- finding ----

    def find(self, envelope: Envelope, reference: str | None, since: datetime, /) -> str | None:
        """Look for the message by its metadata. See ``Channel.find``."""
        place = _place(reference)
        if place and envelope.form == "edit":
            return None  # an edit repeats harmlessly
        if envelope.form == "reply":
            return self._find_reply(envelope, place, since)
        channel = self._resolve(envelope.recipient, since)
        history = self._client.conversations_history
        found = self._in_channel(
            channel, since, lambda: self._found(history, envelope.id, since, channel=channel)
        )
        return _reference(channel, found) if found else None

    def _find_reply(
        self, envelope: Envelope, place: Mapping[str, str], since: datetime
    ) -> str | None:
        if not place:
            return None  # nothing was answered: there is no thread
        found = self._found(self._client.conversations_replies, envelope.id, since, **place)
        return _reference(**place) if found else None

    def _found(
        self,
        method: Callable[..., SlackResponse],
        wanted: str,
        since: datetime,
        **place: str,
    ) -> str | None:
        """Return the timestamp of the message with that id in its metadata."""
        oldest = f"{since.timestamp():.6f}"
        paged = {"oldest": oldest, "limit": LOOKED_AT, "include_all_metadata": True}
        cursor = None
        for _ in range(LOOKS):
            answer = self._call(method, since, {**place, **paged, "cursor": cursor})
            for message in answer.get("messages") or ():
                if metadata_id(message) == wanted:
                    return str(message["ts"])
            cursor = _cursor(answer)
            if not cursor:
                break
        return None

    # ---- looking ----

    def ask(self, method: str, now: datetime, **arguments: str) -> SlackResponse:
        """Call a method that changes nothing, by its name in the SDK.

        Raises:
            DeliveryError: Slack says no, or nothing.
        """
        return self._call(getattr(self._client, method), now, arguments)

    def resolve(self, recipient: str, now: datetime) -> str:
        """Return a channel's id. Raises DeliveryError where the bot can see none."""
        return self._resolve(recipient, now)

    # ---- channels ----

    def _in_channel(self, channel: str, now: datetime, ask: Callable[[], T]) -> T:
        """Ask, and where the bot is not in the channel let it join, once, if it may."""
        try:
            return ask()
        except PermanentDeliveryError as error:
            if error.name != "not_in_channel" or not self._join(channel, now):
                raise
            return ask()

    def _join(self, channel: str, now: datetime) -> bool:
        """Join a public channel. False where that cannot be, or was done before."""
        if channel in self._joined:
            return False
        self._joined.add(channel)
        try:
            self._call(self._client.conversations_join, now, {"channel": channel})
        except DeliveryError:
            return False
        return True

    def _resolve(self, recipient: str, now: datetime) -> str:
        """A channel's id. A name is looked up once; ids pass."""
        if not recipient.startswith("#"):
            return recipient
        if recipient not in self._channels:
            self._channels[recipient] = self._look_up(recipient.removeprefix("#"), now)
        return self._channels[recipient]

    def _look_up(self, name: str, now: datetime) -> str:
        try:
            found = next((c["id"] for c in self._listed(now) if c.get("name") == name), None)
        except PermanentDeliveryError as error:
            if error.name != "missing_scope":
                raise
            return f"#{name}"  # without the scope to list channels, a public one is found by name
        if found is None:
            raise PermanentDeliveryError(
                f"There is no channel #{name} that the bot can see; check its name, and invite "
                "the bot if it is private.",
                broken="destination",
            )
        return str(found)

    def _listed(self, now: datetime) -> Iterator[dict[str, Any]]:
        cursor, types = None, "public_channel,private_channel"
        for _ in range(PAGES):
            try:
                answer = self._page(types, cursor, now)
            except PermanentDeliveryError as error:
                if "groups:read" not in str(error) or types == "public_channel":
                    raise
                types = "public_channel"
                answer = self._page(types, cursor, now)
            yield from answer.get("channels") or ()
            cursor = _cursor(answer)
            if not cursor:
                return

    def _page(self, types: str, cursor: str | None, now: datetime) -> SlackResponse:
        asked = {"types": types, "exclude_archived": True, "limit": PAGE, "cursor": cursor}
        return self._call(self._client.conversations_list, now, asked)

    # ---- one call ----

    def _call(
        self,
        method: Callable[..., SlackResponse],
        now: datetime,
        arguments: Mapping[str, Any],
        *,
        unsure: bool = False,
    ) -> SlackResponse:
        """Call a method. *unsure*: when the answer is lost, it may have been done, and shows."""
        from slack_sdk.errors import SlackApiError, SlackClientError

        if not self._token:
            raise PermanentDeliveryError(
                "There is no Slack token; set NOTIFIER_SLACK__BOT_TOKEN.", broken="credential"
            )
        try:
            return method(**arguments)
        except SlackApiError as error:
            raise refused(error, now, unsure=unsure) from None
        except urllib.error.URLError as error:
            sent = not isinstance(error.reason, _UNSENT)
            raise lost(error.reason, ambiguous=unsure and sent) from None
        except (OSError, ValueError, SlackClientError) as error:
            raise lost(error, ambiguous=unsure) from None
        except Exception as error:  # noqa: BLE001 - http.client has a family of its own
            raise lost(error, ambiguous=unsure) from None


# ---- payloads and references ----


def _payload(envelope: Envelope, now: datetime) -> dict[str, Any]:
    """What is sent; marked where it is late, comes alone, or may be there already."""
    payload: dict[str, Any] = json.loads(envelope.payload)
    before = before_text(payload, late=now >= envelope.give_up_at)
    text = " ".join(filter(None, (before, payload["text"], behind_text(payload))))
    sent = {key: value for key, value in payload.items() if key not in MARKS}
    if envelope.form != "reply":
        sent.pop("reply_broadcast", None)
    return {**sent, "text": text}


def _moved(envelope: Envelope) -> str:
    """How the receiver's language calls what goes on elsewhere."""
    return str(json.loads(envelope.payload).get("moved", ""))


def _reference(channel: object, ts: object) -> str:
    return json.dumps({"channel": channel, "ts": ts})


def _place(reference: str | None) -> dict[str, str]:
    """Where the conversation's message is: channel and timestamp; empty when unknown or gone."""
    known = json.loads(reference) if reference else {}
    return {name: known[name] for name in ("channel", "ts")} if "ts" in known else {}


def _was(reference: str | None) -> str:
    """The link of the message that can be edited no more."""
    return str(json.loads(reference).get("was", "")) if reference else ""


def _cursor(answer: SlackResponse) -> str:
    metadata = answer.get("response_metadata")
    return str(metadata.get("next_cursor") or "") if isinstance(metadata, dict) else ""
