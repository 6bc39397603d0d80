"""Post to Slack's incoming webhooks: the lesser road, without edits, threads or look-ups."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from notifier.channels.base import Delivered
from notifier.channels.http import retry_after
from notifier.core.outgoing import Envelope
from notifier.errors import (
    ConfigError,
    DeliveryError,
    PermanentDeliveryError,
    TemporaryDeliveryError,
)

if TYPE_CHECKING:
    import requests

TIMEOUT = (5.0, 10.0)  # seconds to connect, to answer
DETAIL = 200  # characters of an answer that are kept

# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
_CLOSED = frozenset(
    {
        "no_service", "no_active_hooks", "no_team", "team_disabled", "invalid_token",
        "channel_not_found", "channel_is_archived", "user_not_found", "action_prohibited",
        "posting_to_general_channel_denied",
    }
)  # fmt: skip


class SlackWebhook:
    """Incoming webhooks by their names.

    address: Returns the address of a webhook; whoever has it may post, so it is never shown.
        Raises ConfigError for one that is not set.
    """

    kind = "slack_webhook"
    can_find = False

    def __init__(self, address: Callable[[str], str]) -> None:
        self._address = address

    def __repr__(self) -> str:
        return "SlackWebhook()"

    def send(self, envelope: Envelope, _: str | None, now: datetime, /) -> Delivered:
        """Post. See ``Channel.send``."""
        import requests  # slow to import: a start need not wait for it

        url = self._url(envelope.recipient)
        try:
            answer = requests.post(
                url, json=_message(envelope, now), timeout=TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise _lost(error) from None  # its text holds the address
        if answer.status_code == HTTPStatus.OK and answer.text.strip() == "ok":
            return Delivered(detail="ok")
        raise _refused(answer, now)

    def find(self, _: Envelope, __: str | None, ___: datetime, /) -> str | None:
        """A webhook cannot look."""
        return None

    def _url(self, name: str) -> str:
        try:
            return self._address(name)
        except ConfigError as error:
            raise PermanentDeliveryError(error.problems[0].text, broken="destination") from None


def _message(envelope: Envelope, now: datetime) -> dict[str, object]:
    payload = json.loads(envelope.payload)
    text = payload["text"]
    if now >= envelope.give_up_at:
        text = f"{payload.get('late', '')} {text}".strip()
    return {"text": text, "attachments": payload.get("attachments", [])}


def _lost(error: requests.RequestException) -> TemporaryDeliveryError:
    return TemporaryDeliveryError(
        f"No answer from the webhook ({type(error).__name__}).", ambiguous=not _unsent(error)
    )


def _unsent(error: requests.RequestException) -> bool:
    """Whether no byte of the message can have left."""
    from requests.exceptions import ConnectTimeout, SSLError

    if isinstance(error, ConnectTimeout | SSLError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return any(kind.__name__ == "NewConnectionError" for kind in type(reason).__mro__)


def _refused(answer: requests.Response, now: datetime) -> DeliveryError:
    status, said = answer.status_code, " ".join(answer.text.split())[:DETAIL]
    text = f"The webhook answers {status} {said}".strip() + "."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TemporaryDeliveryError(text, after=retry_after(answer.headers, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TemporaryDeliveryError(text, ambiguous=True)
    gone = status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
    if said in _CLOSED or gone or status < HTTPStatus.BAD_REQUEST:
        return PermanentDeliveryError(text, broken="destination")
    return PermanentDeliveryError(text, rejected=True)
