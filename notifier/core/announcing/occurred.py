"""Read when an event happened: from the epoch within a call's id, or from its date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from notifier.core.facts.state import Scalar

# agent.random.epoch.sequence, with one part more for a call that a diagram began: the epoch is
# always the last but one part.
_CONN_ID = re.compile(r"(?:\d+\.){2,4}(\d{10})\.\d+")
_DATED = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[ T]?(\d\d):?(\d\d):?(\d\d)")


def occurred(key: str, fields: Mapping[str, Scalar], zone: tzinfo) -> datetime | None:
    """Return when an event happened, in UTC; None where nothing says so.

    zone: where the operation is: dates carry none.
    """
    epoch = _CONN_ID.fullmatch(key)
    if epoch:
        return datetime.fromtimestamp(int(epoch[1]), UTC)
    dated = _DATED.fullmatch(str(fields.get("date")))
    if dated is None:
        return None
    try:
        year, month, day, hour, minute, second = map(int, dated.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
