"""Read the times that people type: how long ago, or when."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from notifier.core.rules.keys import DURATION, duration
from notifier.errors import ConfigError

FAR = timedelta(days=36_525)  # beyond it, dates run out in some zone
HINT = "write how long ago, as 7d or 90m, or a time, as 2026-01-05T10:00"


def moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Read ``7d`` (ago), ``2026-01-05`` or ``2026-01-05T10:00``; without an offset it is local.

    Raises:
        ConfigError: it is none of these.
    """
    try:
        if re.fullmatch(DURATION, text.strip()):
            return now - span(text)
        found = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise ConfigError(f"`{text}` is no time; {HINT}") from None
    found = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    if abs(found - now) > FAR:
        raise ConfigError(f"`{text}` is more than a century away; {HINT}")
    return found


def span(text: str) -> timedelta:
    """Read ``7d``.

    Raises:
        ConfigError: it is none.
    """
    try:
        return duration(text.strip())
    except ValueError as error:
        raise ConfigError(f"`{text}`: {error}") from None
