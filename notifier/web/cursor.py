"""Say where a page of a list ended, so that the next one begins there; opaque to whoever asks."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

from notifier.web.problem import ProblemError

WRONG = (
    "there is no page behind this cursor; take it from `next` of the page before, or leave it out"
)
LARGEST = 2**62


def of_number(number: int) -> str:
    """The place behind a numbered item."""
    return _packed([number])


def of_moment(at: datetime, identity: str) -> str:
    """The place behind an item with a time."""
    return _packed([at.astimezone(UTC).isoformat(), identity])


def number(cursor: str | None) -> int | None:
    """The number in a cursor; None without one.

    Raises:
        ProblemError: it is none of ours.
    """
    if cursor is None:
        return None
    found = _unpacked(cursor)
    if isinstance(found, list) and len(found) == 1 and type(found[0]) is int:
        return min(abs(found[0]), LARGEST)
    raise ProblemError(404, WRONG)


def moment(cursor: str | None) -> tuple[datetime, str] | None:
    """The time and id in a cursor; None without one. Raises ProblemError as ``number``."""
    if cursor is None:
        return None
    found = _unpacked(cursor)
    if isinstance(found, list) and len(found) == 2 and all(isinstance(e, str) for e in found):
        try:
            at = datetime.fromisoformat(found[0])
        except ValueError:
            raise ProblemError(404, WRONG) from None
        if at.tzinfo is not None:
            return at, found[1]
    raise ProblemError(404, WRONG)


def _packed(value: list[int | str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _unpacked(cursor: str) -> object:
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise ProblemError(404, WRONG) from None
