"""Post to Slack's incoming webhooks: the lesser road, without edits, threads or look-ups."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from notifier.channels.base import Delivered, addressed_by
from notifier.channels.http import Reply, post, refused
from notifier.core.telling.outgoing import Envelope, before_text, behind_text
from notifier.errors import DeliveryError, PermanentDeliveryError

WHAT = "the webhook"

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
    again = None

    def __init__(self, address: Callable[[str], str]) -> None:
        self._address = address

    def __repr__(self) -> str:
        return "SlackWebhook()"

    def send(self, envelope: Envelope, _: str | None, now: datetime, /) -> Delivered:
        """Post. See ``Channel.send``."""
        url = addressed_by(self._address, envelope.recipient)
        body = json.dumps(_message(envelope, now)).encode()
        reply = post(url, body, {"Content-Type": "application/json"}, WHAT)
        if reply.status == HTTPStatus.OK and reply.text == "ok":
            return Delivered(detail="ok")
        raise _refused(reply, now)

    def find(self, _: Envelope, __: str | None, ___: datetime, /) -> str | None:
        """A webhook cannot look."""
        return None


def _message(envelope: Envelope, now: datetime) -> dict[str, object]:
    payload = json.loads(envelope.payload)
    before = before_text(payload, late=now >= envelope.give_up_at)
    text = " ".join(filter(None, (before, payload["text"], behind_text(payload))))
    return {"text": text, "attachments": payload.get("attachments", [])}


def _refused(reply: Reply, now: datetime) -> DeliveryError:
    if reply.text in _CLOSED or reply.taken:
        text = f"The webhook answers {reply.status} {reply.text}.".strip()
        return PermanentDeliveryError(text, broken="destination")
    return refused(reply, now, WHAT)
