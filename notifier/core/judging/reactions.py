"""Say what is done about each kind of failed poll: how long to rest, and when people hear of it.

Read it beside the vendor's table of errors in ``core/payload/answer``. Attempts are bounded by
it: no kind is asked again within its rest, and rests grow as failures go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.core.facts.state import Severity, SourceKey, SourceState
from notifier.errors import Trouble

FAILURES = 3  # consecutive, and
FAILING = timedelta(minutes=3)  # so long, before people are told
BUSY_FOR = timedelta(minutes=10)  # simultaneous use of a token passes by itself
MAINTENANCE_FOR = timedelta(minutes=30)  # a backup at night is nobody's concern
PROBE = timedelta(hours=1)  # between polls that cannot succeed before somebody acts
LONGEST_REST = timedelta(hours=26)  # a local day has at most 25; a longer wish was cut before
BUSY_EARLY = 4  # tries within four minutes: what another program asks for seldom takes as long
_DOUBLINGS = 10  # of a rest: all are at their longest by then
SETTLED = 2  # sources that were refused before a token is taken for dead: one may lack a right


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is done about a kind of failed poll.

    Attributes:
        rest: Until the next try; it doubles with each further failure up to *longest*.
        told_after: For how long it must last, and *failures* how often in a row, before people
            are told; 0: at once.
        whole: It is the operation's trouble, not the source's: all its sources rest, one tells.
        until_reset: It rests until the day's quota is new.
        early: How many failures in a row are followed by a try as soon as the rest is over; after
            more, and where it is 0, the source waits for its turn.
    """

    rest: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(seconds=30)
    told_after: timedelta = FAILING
    failures: int = FAILURES
    whole: bool = False
    until_reset: bool = False
    severity: Severity = Severity.CRITICAL
    early: int = 0

    @property
    def at_once(self) -> bool:
        """Whether people hear of the first failure."""
        return not self.told_after


_AT_ONCE = timedelta(0)
_USUAL = Reaction()
_SLOWLY = Reaction(rest=timedelta(minutes=1), longest=timedelta(minutes=15))

REACTIONS: Mapping[Trouble, Reaction] = {
    Trouble.TOKEN: Reaction(PROBE, PROBE, _AT_ONCE, 1, whole=True),
    Trouble.QUOTA: Reaction(PROBE, PROBE, _AT_ONCE, 1, whole=True, until_reset=True),
    Trouble.REQUEST: Reaction(PROBE, PROBE, _AT_ONCE, 1),
    Trouble.BUSY: Reaction(
        timedelta(seconds=15), timedelta(minutes=2), BUSY_FOR, 1, early=BUSY_EARLY
    ),
    Trouble.MAINTENANCE: Reaction(
        timedelta(minutes=2),
        timedelta(minutes=5),
        MAINTENANCE_FOR,
        whole=True,
        severity=Severity.WARNING,
    ),
    Trouble.FORBIDDEN: Reaction(timedelta(minutes=1), timedelta(minutes=30)),
    Trouble.TLS: _SLOWLY,
    Trouble.REDIRECT: _SLOWLY,
    Trouble.TOO_LARGE: Reaction(timedelta(minutes=5), PROBE),
    Trouble.NETWORK: _USUAL,
    Trouble.TIMEOUT: _USUAL,
    Trouble.SERVER: _USUAL,
    Trouble.NOT_JSON: _USUAL,
    Trouble.REFUSED: _USUAL,
    Trouble.SCHEMA: _USUAL,
}

AT_ONCE = frozenset(kind for kind, reaction in REACTIONS.items() if reaction.at_once)


def next_reset(now: datetime, zone: ZoneInfo, reset: int) -> datetime:
    """Return when the day's quota is new again: *reset* minutes after local midnight."""
    local = now.astimezone(zone)
    today = local.replace(hour=reset // 60, minute=reset % 60, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


def rest(trouble: Trouble, failures: int) -> timedelta:
    """Return how long to rest after so many failures of that kind in a row."""
    reaction = REACTIONS[trouble]
    doubled: int = 2 ** min(failures - 1, _DOUBLINGS)
    return min(reaction.rest * doubled, reaction.longest)


def early(state: SourceState, now: datetime) -> timedelta | None:
    """Return in how long a source is tried ahead of its turn; None where that is waited for.

    A rest that is over gives none: else what cannot be written down would be asked for ever.
    """
    if state.trouble is None or state.retry_at is None or state.retry_at <= now:
        return None
    few = state.alike <= REACTIONS[state.trouble].early
    return state.retry_at - now if few else None


def resting(
    sources: Mapping[SourceKey, SourceState],
    key: SourceKey,
    now: datetime,
    since: datetime | None = None,
) -> Trouble | None:
    """Return why a source is to be left alone now; None when it is not.

    since: What was found out before then does not count: somebody may have mended it.
    """
    own = sources.get(key)
    if own is not None and _rests(own, now, since):
        return own.trouble
    others = [
        state
        for other, state in sources.items()
        if other.operation == key.operation and other != key and _stops(state, since)
    ]
    still = [state.trouble for state in others if _rests(state, now, since)]
    refused = sum(state.trouble is Trouble.TOKEN for state in others)
    return next((kind for kind in still if kind is not Trouble.TOKEN or refused >= SETTLED), None)


def _rests(state: SourceState, now: datetime, since: datetime | None) -> bool:
    """No rest is longer than a day: a later end was set while the clock was ahead."""
    if state.retry_at is None or _before(state, since):
        return False
    return now < state.retry_at <= now + LONGEST_REST


def _stops(state: SourceState, since: datetime | None) -> bool:
    known = state.trouble is not None and REACTIONS[state.trouble].whole
    return known and not _before(state, since)


def _before(state: SourceState, since: datetime | None) -> bool:
    return since is not None and state.tried_at is not None and state.tried_at < since
