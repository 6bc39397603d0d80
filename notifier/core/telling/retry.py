"""Say when a failed delivery is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DOUBLINGS = 16  # beyond this the longest wait rules anyway


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait between attempts.

    Attributes:
        first: After the first failure; doubled after each further one.
        longest: Never waited longer, unless the far side asks for it.
    """

    first: timedelta = timedelta(seconds=2)
    longest: timedelta = timedelta(minutes=5)


CHAT = Patience()
# Greylisting refuses for a minute or five; a quicker retry only looks like spam.
MAIL = Patience(first=timedelta(seconds=60), longest=timedelta(minutes=30))


def next_attempt(
    patience: Patience,
    *,
    attempts: int,
    now: datetime,
    jitter: float,
    asked: timedelta | None = None,
) -> datetime:
    """Return when to try again: never sooner than the far side asked.

    attempts: How often it was tried, 1 after the first failure.
    jitter: 0 <= jitter < 1, drawn by the caller; adds up to half the wait.
    asked: The far side's own wish, as ``Retry-After``.
    """
    doubled: int = 2 ** min(max(attempts, 1) - 1, DOUBLINGS)
    wait = min(patience.first * doubled, patience.longest)
    wait += wait * 0.5 * jitter
    return now + max(wait, asked or timedelta(0))
