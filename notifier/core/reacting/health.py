"""Say how a source itself is doing: what a good answer, a failed poll and a strange 404 mean.

A failed poll opens, closes and advances nothing else. What is told of it, and to whom, is in
``core/reacting/outage``; how long it rests, in ``core/judging/reactions``.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from notifier.core.facts.state import SOURCE_RULE, SourceState
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import SourcePlan
from notifier.core.judging.reactions import REACTIONS, next_reset, rest
from notifier.core.judging.reading import Failed, Good
from notifier.core.language.counters import Unknown
from notifier.core.payload.endpoint import Nature
from notifier.core.payload.oddities import noted
from notifier.core.reacting import outage

SUSPECT_SHARE = 0.5  # more than this of a collection vanishing at once is not believed
SUSPECT_LEAST = 3  # known entities


def took(draft: Draft, reading: Good, source: SourcePlan) -> bool:
    """Note a good answer: the failures are over. Return whether it may be judged.

    It may not when it is a 404 of what never answered: that means no rows, or that the server
    has no such report.
    """
    before = draft.source(reading.source)
    found = not reading.snapshot.oddities.not_found
    believed = found or has_answered(before, source)
    vanished = _vanished(draft, reading, source, before) if believed else before.vanished
    after = replace(
        _answered(before, reading, source),
        good_at=reading.snapshot.at if believed else before.good_at,
        suspects=_suspects(draft, reading, source) if believed else before.suspects,
        answered=source.far if found else before.answered,
        notice=_notice(draft, source, vanished) if believed else outage.UNAVAILABLE,
        vanished=vanished,
        oddities=reading.snapshot.oddities,
        met=noted(before.met, reading.snapshot.oddities, reading.snapshot.at),
    )
    draft.sources[reading.source] = after
    outage.settle(draft, source, after, reading.snapshot.at)
    outage.end_of_the_whole(draft, before)
    return believed


def fell(draft: Draft, reading: Good, how: Unknown) -> None:
    """Note that counters were reset or corrected: that is nobody's alert, but worth knowing."""
    state, at = draft.source(reading.source), reading.snapshot.at
    if how is Unknown.RESET:
        falls = replace(state.falls, resets=state.falls.resets + 1, reset_at=at)
    else:
        falls = replace(state.falls, corrections=state.falls.corrections + 1, corrected_at=at)
    draft.sources[reading.source] = replace(state, falls=falls)


def has_answered(state: SourceState, source: SourcePlan) -> bool:
    """Whether the far side ever gave a list, so that its 404 means no rows."""
    return state.good_at is not None and state.answered in ("", source.far)


def _answered(before: SourceState, reading: Good, source: SourcePlan) -> SourceState:
    return replace(
        before,
        seq=_seq(before, reading.gap, source, reading.snapshot.at),
        tried_at=reading.snapshot.at,
        failures=0,
        failing_since=None,
        trouble=None,
        alike=0,
        detail="",
        retry_at=None,
    )


def _seq(before: SourceState, gap: bool, source: SourcePlan, at: datetime) -> int:
    """The poll's number: not the next one where nothing may be counted up to it."""
    return before.seq + (2 if gap or source.rested(before.tried_at, at) else 1)


def missed(draft: Draft, reading: Failed, source: SourcePlan) -> None:
    """Note a failed poll; people hear of it when it has lasted."""
    before = draft.source(reading.source)
    alike = before.alike + 1 if before.trouble is reading.trouble else 1
    after = replace(
        before,
        seq=_seq(before, reading.gap, source, reading.at),
        tried_at=reading.at,
        failures=before.failures + 1,
        failing_since=before.failing_since or reading.at,
        trouble=reading.trouble,
        alike=alike,
        detail=reading.detail,
        retry_at=_retry_at(reading, alike, source),
        notice="",
    )
    draft.sources[reading.source] = after
    outage.lasting(draft, source, after, reading)


def _retry_at(reading: Failed, alike: int, source: SourcePlan) -> datetime:
    if reading.after is not None:
        return reading.at + max(reading.after, rest(reading.trouble, 1))
    if REACTIONS[reading.trouble].until_reset:
        return next_reset(reading.at, source.zone, source.quota_reset)
    return reading.at + rest(reading.trouble, alike)


# ---- what went all at once ----


def _suspects(draft: Draft, reading: Good, source: SourcePlan) -> dict[str, frozenset[str]]:
    """Per collection, what vanished together just now and is not believed gone yet."""
    found: dict[str, frozenset[str]] = {}
    for collection in source.endpoint.collections:
        rows = reading.snapshot.collections.get(collection.name)
        past = draft.known.histories.get((reading.source, collection.name))
        if past is None or rows is None or collection.nature is not Nature.STATE:
            continue
        gone = frozenset(past.rows.keys() - rows.keys())
        if len(past.rows) >= SUSPECT_LEAST and len(gone) > SUSPECT_SHARE * len(past.rows):
            found[collection.name] = gone
    return found


def _vanished(
    draft: Draft, reading: Good, source: SourcePlan, before: SourceState
) -> frozenset[str]:
    """The collections that are empty for the second time, after all their rows went at once.

    A restart recalls no past from a 404: there, those who are missed are what is known of it.
    """
    found = set()
    for collection in source.endpoint.collections:
        rows = reading.snapshot.collections.get(collection.name)
        past = draft.known.histories.get((reading.source, collection.name))
        gone = rows is not None and not rows and (past is None or not past.rows)
        still = collection.name in before.vanished and not rows
        if still or (gone and before.suspects.get(collection.name)):
            found.add(collection.name)
    return frozenset(found)


def _notice(draft: Draft, source: SourcePlan, vanished: frozenset[str]) -> str:
    """Whether people should hear that the data vanished.

    Outside a shift that is declared everybody may have gone home: then it is news only where
    something is open that would seem to end with it.
    """
    state = draft.source(source.key)
    if not vanished:
        return ""
    known = state.notice == outage.VANISHED or source.active is not None
    return outage.VANISHED if known or _watched(draft, source) else ""


def _watched(draft: Draft, source: SourcePlan) -> bool:
    return any(
        incident.open and incident.source == source.key and incident.key.rule != SOURCE_RULE
        for incident in draft.known.incidents.values()
    )
