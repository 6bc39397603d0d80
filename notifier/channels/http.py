"""Read what HTTP says about trying again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=1)
UNSAID = timedelta(seconds=30)  # where the far side does not say how long


def retry_after(headers: Mapping[str, object], now: datetime) -> timedelta:
    """How long to wait by ``Retry-After``, seconds or a date: between a second and a day."""
    said = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    text = said if isinstance(said, str) else ""
    return min(max(_wait(text.strip(), now), SHORTEST), LONGEST)


def _wait(text: str, now: datetime) -> timedelta:
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST.total_seconds()))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return UNSAID
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
