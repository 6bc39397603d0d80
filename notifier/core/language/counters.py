"""Say what became of a day's counters between two polls, and which calls a percentage stands for.

Counters grow until a reset at an unknown hour; now and then one is corrected. A percentage of the
day so far is rounded: the whole number behind it is told only where a single one fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from math import ceil, floor, nan

FINEST = 4  # decimals of a percentage that are looked at; wolkvox was seen to send 0 to 2
DAY = 86_400.0  # seconds; a window so long is a total, for which it does not matter when
_SLACK = 1e-6  # of a call; what floats may be off


class Unknown(Enum):
    """Why the past has no answer."""

    BLANK = "blank"
    NEW = "not in the last good snapshot"
    FEW = "fewer than 2 readings"
    FEW_EARLIER = "fewer than 3 earlier readings"
    FEW_WEEKS = "fewer than 3 past weeks"
    RESET = "the counters were reset"
    CORRECTED = "a counter was corrected"
    GAP = "the reading before is too old: nobody knows when in between"
    COARSE = "the percentage is rounded too coarsely to tell so many calls apart"
    IMPLAUSIBLE = "the percentage and the calls contradict each other"
    IDLE = "no calls"
    NOT_FRESH = "the other source has no fresh reading"
    ELSEWHERE = "the other source has no row of it"


def fall(before: Iterable[float], now: Iterable[float], *, new_day: bool) -> Unknown | None:
    """Say whether counters, NaN where blank, fell: all of them, as at a reset, or one alone.

    new_day: a local midnight lies between the two; then a fall is no correction.
    """
    now = tuple(now)
    falls = sum(after < was for was, after in zip(before, now, strict=True))
    if not falls:
        return None
    reset = new_day or falls > 1 or not any(count > 0 for count in now)
    return Unknown.RESET if reset else Unknown.CORRECTED


def decimals(values: Iterable[float | None]) -> int:
    """Return how many decimals the finest of these percentages has."""
    return max((_decimals(value) for value in values if value is not None), default=0)


def _decimals(value: float) -> int:
    """Trailing zeros are not sent: 80 may be 80.00, but 79.23 has two."""
    for places in range(FINEST):
        if abs(value * 10**places - round(value * 10**places)) < _SLACK * 10**places:
            return places
    return FINEST


def within(share: float, count: float, places: int) -> int | Unknown:
    """Recover the calls that a percentage of *count*, rounded to *places* decimals, stands for.

    Of no calls, none. Exact, or unknown: under 100 calls whole percents tell all apart, under 1,000
    one decimal does, under 10,000 two.
    """
    if count == 0:
        return 0
    if share != share or count != count:
        return Unknown.BLANK
    if not 0 <= share <= 100 or count < 0 or count != floor(count):
        return Unknown.IMPLAUSIBLE
    half = 0.5 / 10**places
    least = max(ceil((share - half) / 100 * count - _SLACK), 0)
    most = min(floor((share + half) / 100 * count + _SLACK), int(count))
    if least > most:
        return Unknown.IMPLAUSIBLE
    return least if least == most else Unknown.COARSE


def grown(
    first: tuple[float, float], last: tuple[float, float], places: int
) -> tuple[int, float] | Unknown:
    """Return the calls within the level, and all calls, that came between two readings.

    first, last: the percentage and its count.
    """
    before, after = within(*first, places), within(*last, places)
    if isinstance(before, Unknown):
        return before
    if isinstance(after, Unknown):
        return after
    hits, calls = after - before, last[1] - first[1]
    return (hits, calls) if 0 <= hits <= calls else Unknown.IMPLAUSIBLE


class Life:
    """One entity's readings since its counters last began anew, or were last lost sight of."""

    def __init__(self, longest: float, counters: int) -> None:
        """Begin without readings.

        longest: seconds between two readings beyond which growth has no known time.
        """
        self.readings: list[tuple[float, ...]] = []
        self._longest = longest
        self._counts: Sequence[float] = (nan,) * counters
        self._at: float | None = None
        self._day = 0

    def add(
        self, at: float, day: int, counts: Sequence[float], reading: tuple[float, ...]
    ) -> Unknown | None:
        """Take in one more poll; say why what was before does not count any more, if so.

        reading: what is asked for; a blank in it leaves no reading.
        """
        torn = fall(self._counts, counts, new_day=day != self._day)
        if torn is None and self._at is not None and at - self._at > self._longest:
            torn = Unknown.GAP
        if torn is not None:
            self.readings.clear()
        self._day, known = day, zip(self._counts, counts, strict=True)
        self._counts = [was if now != now and not torn else now for was, now in known]
        if not any(value != value for value in reading):
            self.readings.append(reading)
            self._at = at
        return torn
