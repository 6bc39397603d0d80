"""Step one instance by one result: what is true. Knows nothing of receivers or messages.

The table is that of the lifecycle in ``docs/architecture.md``: four phases beside OK, six results.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from msgspec.structs import replace

from notifier.core.facts.state import Instance, InstanceKey, Phase, SourceKey, seconds
from notifier.core.payload.endpoint import Missing

FORGET = timedelta(hours=24)  # an entity absent so long is forgotten, whatever ``missing`` says


class Result(Enum):
    """What a snapshot says of one rule and entity."""

    BREACH = "breach"
    BAND = "band"  # neither: between ``when`` and ``clear``
    CLEAR = "clear"
    ABSENT = "absent"  # not in a good snapshot, or ``where`` is false
    UNKNOWN = "unknown"  # the snapshot is not believed for this entity
    NULL = "null"  # a value that is needed is blank


class Turn(Enum):
    """What became of the incident in a step."""

    OPENED = "opened"
    RECOVERED = "recovered"
    LEFT = "left"
    CHANGED = "changed"  # clear under a condition that was edited since


@dataclass(frozen=True, slots=True)
class Policy:
    """A rule's knobs, resolved.

    Attributes:
        hold, keep, gap_max: In seconds. *hold* is the rule's ``for``.
        of: ``(2, 3)``: breached in two of the last three polls.
    """

    hold: float = 0.0
    keep: float = 0.0
    min_samples: int = 1
    of: tuple[int, int] | None = None
    missing: Missing = Missing.RESOLVE
    missing_after: int = 3
    gap_max: float = 600.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One good poll of a source.

    Attributes:
        at: When the answer was received.
        seq: The poll's number in its source, failed polls counted.
        empty: The collection has no rows at all: no ground for ``missing = "fire"``.
        reopened: The first good poll since the source's hours began: nothing is counted over the
            time between, and nothing is closed because an entity is not there yet.
        reach: Seconds that are no gap, whatever a rule says: its source is asked that seldom.
    """

    at: datetime
    seq: int
    empty: bool = False
    reach: float = 0.0
    reopened: bool = False


Step = tuple[Instance | None, Turn | None]


def start(key: InstanceKey, source: SourceKey, phase: Phase, moment: Moment) -> Instance:
    """A new instance in *phase*, with one sample at *moment*."""
    return Instance(
        key=key, source=source, phase=phase, since=moment.at, at=moment.at, seq=moment.seq
    )


def step(before: Instance, result: Result, policy: Policy, moment: Moment) -> Step:
    """Return the instance after *result*, None for OK, and what became of its incident.

    Pass ``start(key, source, Phase.QUIET, moment)`` for an instance that is OK.
    """
    match before.phase:
        case Phase.QUIET:
            return _from_quiet(before, result, policy, moment)
        case Phase.PENDING:
            return _from_pending(before, result, policy, moment)
        case Phase.OPEN:
            return _from_open(before, result, policy, moment)
        case Phase.RECOVERING:
            return _from_recovering(before, result, policy, moment)


def _from_quiet(before: Instance, result: Result, policy: Policy, moment: Moment) -> Step:
    match result:
        case Result.BREACH:
            fresh = start(before.key, before.source, Phase.PENDING, moment)
            return _pend(replace(fresh, recent=(True,), trend=before.trend), policy)
        case Result.ABSENT:
            return _quietly_absent(before, policy, moment)
        case Result.UNKNOWN:
            return _awaited(before, policy, moment), None
        case Result.BAND | Result.CLEAR | Result.NULL:
            return None, None


def _quietly_absent(before: Instance, policy: Policy, moment: Moment) -> Step:
    """Count an absence that may open an incident of its own: only where it was asked for."""
    if moment.reopened:
        return None, None
    if policy.missing is not Missing.FIRE or moment.empty:
        return _awaited(before, policy, moment), None
    after = _absent(before, moment)
    if after.absent >= policy.missing_after:
        return replace(after, phase=Phase.OPEN, since=moment.at), Turn.OPENED
    return (None if _long_gone(after, moment) else after), None


def _awaited(before: Instance, policy: Policy, moment: Moment) -> Instance | None:
    """Nothing is known of it now. Where its absence alerts it is kept in mind, to be missed."""
    if policy.missing is not Missing.FIRE:
        return before if before.absent else None
    after = replace(before, absent_since=before.absent_since or moment.at)
    return None if _long_gone(after, moment) else after


def _from_pending(before: Instance, result: Result, policy: Policy, moment: Moment) -> Step:
    match result:
        case Result.BREACH:
            return _pend(_again(before, policy, moment, breached=True), policy)
        case Result.BAND | Result.CLEAR:
            return _eased(before, policy, moment), None
        case Result.ABSENT:
            return _pending_absent(before, policy, moment)
        case Result.UNKNOWN | Result.NULL:
            return _present(before, result), None


def _pending_absent(before: Instance, policy: Policy, moment: Moment) -> Step:
    """Frozen, then OK again; or, where it was asked for, an incident about the absence."""
    if policy.missing is Missing.FIRE:
        return (before, None) if moment.empty else _quietly_absent(before, policy, moment)
    after = _absent(before, moment)
    return (None if after.absent >= policy.missing_after else after), None


def _from_open(before: Instance, result: Result, policy: Policy, moment: Moment) -> Step:
    match result:
        case Result.BREACH:
            return replace(before, at=moment.at, seq=moment.seq, absent=0, absent_since=None), None
        case Result.CLEAR:
            if policy.keep == 0:
                return None, Turn.RECOVERED
            return _recover(before, moment), None
        case Result.ABSENT:
            return _left(_absent(before, moment), policy, moment)
        case Result.BAND | Result.UNKNOWN | Result.NULL:
            return _present(before, result), None


def _from_recovering(before: Instance, result: Result, policy: Policy, moment: Moment) -> Step:
    match result:
        case Result.BREACH | Result.BAND:
            return _relapse(before, result, moment), None
        case Result.CLEAR:
            after = _again(before, policy, moment, breached=False)
            done = after.observed >= policy.keep
            return (None, Turn.RECOVERED) if done else (after, None)
        case Result.ABSENT:
            return _left(_absent(before, moment), policy, moment)
        case Result.UNKNOWN | Result.NULL:
            return _present(before, result), None


def _pend(after: Instance, policy: Policy) -> Step:
    """Open when the breach was observed long enough, in enough samples."""
    enough = policy.of is None or sum(after.recent) >= policy.of[0]
    if enough and after.observed >= policy.hold and after.samples >= policy.min_samples:
        return replace(after, phase=Phase.OPEN), Turn.OPENED
    return after, None


def _again(before: Instance, policy: Policy, moment: Moment, *, breached: bool) -> Instance:
    """Count one more poll that satisfies the phase's condition.

    Only the span between two *adjacent* good polls counts; one longer than ``gap_max`` starts the
    count anew at this poll.
    """
    known = {"at": moment.at, "seq": moment.seq, "absent": 0, "absent_since": None}
    recent = _lately(before, policy, breached=breached)
    if _torn(before, policy, moment):
        since = moment.at
        return replace(before, since=since, observed=0.0, samples=1, recent=recent[-1:], **known)
    adjacent = moment.seq == before.seq + 1
    observed = before.observed + (seconds(moment.at - before.at) if adjacent else 0.0)
    return replace(before, observed=observed, samples=before.samples + 1, recent=recent, **known)


def _torn(before: Instance, policy: Policy, moment: Moment) -> bool:
    """Whether too much time went by unseen, or the clock was set back."""
    longest = max(policy.gap_max, moment.reach)
    return moment.reopened or not 0 <= seconds(moment.at - before.at) <= longest


def _lately(before: Instance, policy: Policy, *, breached: bool) -> tuple[bool, ...]:
    return (*before.recent, breached)[-policy.of[1] :] if policy.of else before.recent


def _eased(before: Instance, policy: Policy, moment: Moment) -> Instance | None:
    """Not breached now: with ``of`` it may still be so in two of the last three."""
    recent = _lately(before, policy, breached=False)
    if policy.of is None or not any(recent) or _torn(before, policy, moment):
        return None
    return replace(before, at=moment.at, recent=recent, absent=0, absent_since=None)


def _recover(before: Instance, moment: Moment) -> Instance:
    return replace(
        before, phase=Phase.RECOVERING, since=moment.at, at=moment.at, seq=moment.seq,
        observed=0.0, samples=1, absent=0, absent_since=None,
    )  # fmt: skip


def _relapse(before: Instance, result: Result, moment: Moment) -> Instance:
    flaps = before.flaps + (result is Result.BREACH)
    return replace(
        before, phase=Phase.OPEN, since=moment.at, at=moment.at, seq=moment.seq,
        observed=0.0, absent=0, absent_since=None, flaps=flaps,
    )  # fmt: skip


def _absent(before: Instance, moment: Moment) -> Instance:
    counted = 0 if moment.reopened else before.absent
    return replace(before, absent=counted + 1, absent_since=before.absent_since or moment.at)


def _present(before: Instance, result: Result) -> Instance:
    """Frozen; a blank shows at least that the entity is there."""
    if result is Result.UNKNOWN or not before.absent:
        return before
    return replace(before, absent=0, absent_since=None)


def _left(after: Instance, policy: Policy, moment: Moment) -> Step:
    """An open incident whose entity is absent: held, closed as left, or kept as missing."""
    if moment.reopened:
        return after, None
    gone = after.absent >= policy.missing_after and policy.missing is Missing.RESOLVE
    if gone or _long_gone(after, moment):
        return None, Turn.LEFT
    return after, None


def _long_gone(after: Instance, moment: Moment) -> bool:
    return after.absent_since is not None and moment.at - after.absent_since >= FORGET
