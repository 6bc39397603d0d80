"""Hand messages to Apprise, which knows a hundred other services.

Apprise says yes or no and nothing more, so that a no is a trouble of the moment of which nobody
knows what was taken. Its own log is silent: it holds addresses.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from notifier.channels.base import Delivered, addressed_by
from notifier.core.telling.outgoing import Envelope, before_text, behind_text
from notifier.errors import PermanentDeliveryError, TemporaryDeliveryError

LONGEST = 10_000  # characters of a body; each service cuts further by its own limit
_TYPES = {"critical": "failure", "warning": "warning", "resolved": "success", "cheer": "success"}


class Apprise:
    """Services by the names of their addresses.

    address: Returns an address as Apprise writes it; it holds secrets and is never shown. Raises
        ConfigError for one that is not set.
    """

    kind = "apprise"
    can_find = False
    again = None

    def __init__(self, address: Callable[[str], str]) -> None:
        self._address = address

    def __repr__(self) -> str:
        return "Apprise()"

    def send(self, envelope: Envelope, _: str | None, now: datetime, /) -> Delivered:
        """Hand it over. See ``Channel.send``."""
        service = _service(addressed_by(self._address, envelope.recipient))
        payload: dict[str, Any] = json.loads(envelope.payload)
        before = before_text(payload, late=now >= envelope.give_up_at)
        title = " ".join(filter(None, (before, payload["title"], behind_text(payload))))
        kind = _TYPES.get(payload.get("tone", ""), "info")
        try:
            taken = service.notify(
                body=payload["text"][:LONGEST], title=title, notify_type=kind, body_format="text"
            )
        except Exception as error:  # noqa: BLE001  # a hundred plug-ins, and their texts hold addresses
            name = type(error).__name__
            raise TemporaryDeliveryError(f"Apprise failed ({name}).", ambiguous=True) from None
        if not taken:
            raise TemporaryDeliveryError("The service behind Apprise says no.", ambiguous=True)
        return Delivered(detail="taken")

    def find(self, _: Envelope, __: str | None, ___: datetime, /) -> str | None:
        """Apprise cannot look."""
        return None


def _service(address: str) -> Any:
    """Apprise with one service.

    Raises:
        PermanentDeliveryError: Apprise is not there, or knows no such address.
    """
    try:
        import apprise
    except ImportError:
        raise PermanentDeliveryError(
            "Apprise is not installed; pip install 'notifier[apprise]'.", broken="destination"
        ) from None
    for name in ("apprise", "apprise.plugins"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(app_id="notifier", app_desc="notifier", http_redirects=False)
    service = apprise.Apprise(asset=asset)
    if not service.add(address):
        raise PermanentDeliveryError(
            "Apprise does not know such an address; correct its NOTIFIER_APPRISE__ setting.",
            broken="destination",
        )
    return service
