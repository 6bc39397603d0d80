"""Keep alerts alive at an Alertmanager, by its API v2, and end them there.

An Alertmanager forgets an alert that nobody repeats. Each alert is posted with a time at which it
ends by itself, and posted again long before that, until it is over. A repeated one is the same to
it: alerts are known by their labels.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from notifier.channels.base import Delivered, addressed_by
from notifier.channels.http import post, refused
from notifier.core.telling.outgoing import Envelope

WHAT = "the Alertmanager"
PATH = "/api/v2/alerts"
LIFE = timedelta(minutes=5)  # the default of Alertmanager's own resolve_timeout
AGAIN = timedelta(minutes=1)  # between two posts of what goes on


class Place(Protocol):
    """What the settings say of one Alertmanager."""

    @property
    def address(self) -> str:
        """Its root, as ``http://alertmanager:9093``."""
        ...

    @property
    def key(self) -> str:
        """A bearer token; empty where none is wanted."""
        ...


class Alertmanager:
    """Alertmanagers by their names.

    place: Returns one. Raises ConfigError for one that is not set.
    """

    kind = "alertmanager"
    can_find = False
    again = AGAIN

    def __init__(self, place: Callable[[str], Place]) -> None:
        self._place = place

    def __repr__(self) -> str:
        return "Alertmanager()"

    def send(self, envelope: Envelope, _: str | None, now: datetime, /) -> Delivered:
        """Post. See ``Channel.send``."""
        place = addressed_by(self._place, envelope.recipient)
        body = json.dumps(_alerts(envelope, now), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "notifier"}
        if place.key:
            headers["Authorization"] = f"Bearer {place.key}"
        reply = post(place.address.rstrip("/") + PATH, body, headers, WHAT)
        if reply.taken:
            return Delivered(detail=str(reply.status))
        raise refused(reply, now, WHAT)

    def find(self, _: Envelope, __: str | None, ___: datetime, /) -> str | None:
        """What is posted again is the same alert: nobody need look."""
        return None


def _alerts(envelope: Envelope, now: datetime) -> list[dict[str, Any]]:
    alerts: list[dict[str, Any]] = json.loads(envelope.payload)["alerts"]
    until = (now + LIFE).astimezone(UTC).isoformat()
    return [{**alert, "endsAt": alert.get("endsAt") or until} for alert in alerts]
