"""Say who stands in for a receiver that cannot be reached."""

from __future__ import annotations

import msgspec


class Deputy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who stands in for a conversation's receiver where that one cannot be reached."""

    receiver: str
    kind: str
    recipients: tuple[str, ...]
    language: str = "en"
    locale: str = "en"
    timezone: str = "UTC"
