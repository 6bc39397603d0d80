"""Post to webhooks of any kind, signed, as data that a program reads.

The far side knows a message by its id: a repeated one has the same, and changes nothing there.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from notifier.channels.base import Delivered, addressed_by
from notifier.channels.http import post, refused
from notifier.core.telling.outgoing import MARKS, Envelope

WHAT = "the webhook"
VERSION = 1  # of the form of what is posted


class Place(Protocol):
    """What the settings say of one webhook."""

    @property
    def address(self) -> str:
        """Where to post."""
        ...

    @property
    def key(self) -> str:
        """What signs; empty where nothing does."""
        ...


class Webhook:
    """Generic webhooks by their names.

    place: Returns one webhook. Raises ConfigError for one that is not set.
    """

    kind = "webhook"
    can_find = False
    again = None

    def __init__(self, place: Callable[[str], Place]) -> None:
        self._place = place

    def __repr__(self) -> str:
        return "Webhook()"

    def send(self, envelope: Envelope, _: str | None, now: datetime, /) -> Delivered:
        """Post. See ``Channel.send``."""
        place = addressed_by(self._place, envelope.recipient)
        body = json.dumps(_message(envelope, now), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "notifier",
            "X-Notifier-Id": envelope.id,
            **signature(place.key, body, now),
        }
        reply = post(place.address, body, headers, WHAT)
        if reply.taken:
            return Delivered(detail=f"{reply.status} {reply.text}".strip())
        raise refused(reply, now, WHAT)

    def find(self, _: Envelope, __: str | None, ___: datetime, /) -> str | None:
        """A webhook cannot look."""
        return None


def signature(key: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that prove who posted *body*, and when: HMAC-SHA256 of timestamp, dot and body.

    The timestamp is in it so that a recorded post cannot be played again later.
    """
    if not key:
        return {}
    stamp = str(int(now.timestamp()))
    signed = hmac.new(key.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    return {
        "X-Notifier-Timestamp": stamp,
        "X-Notifier-Signature": f"sha256={signed.hexdigest()}",
    }


def _message(envelope: Envelope, now: datetime) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(envelope.payload)
    return {
        "version": VERSION,
        "id": envelope.id,
        "conversation": envelope.conversation,
        "incident": envelope.incident,
        "receiver": envelope.receiver,
        "revision": envelope.revision,
        "reason": envelope.reason,
        "at": envelope.queued_at.astimezone(UTC).isoformat(),
        "late": now >= envelope.give_up_at,
        **{key: value for key, value in payload.items() if key not in MARKS},
    }
