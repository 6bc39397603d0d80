"""Hold the clocks and the dice: read nowhere else, handed to whoever needs them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time and chance.

    Attributes:
        now: Wall time, aware, UTC.
        monotonic: Seconds that are never set back, at the pace of *now*.
        jitter: Draws from [0, 1).
        pace: How much faster than real time they run: 1 but in the demo.
    """

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    pace: float = 1.0


REAL = Clocks()
