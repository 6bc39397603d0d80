"""Read a folder of answers of wolkvox as if they had been polled.

A file is named ``[OPERATION.]SOURCE.TIME.json``, as ``latency.20260105T150000Z.json``; it holds
one answer as it came. One that cannot be read is a failed poll.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notifier.core.facts.snapshot import take
from notifier.core.facts.state import SourceKey
from notifier.core.hindsight.replay import Turn
from notifier.core.judging.plan import Plan, SourcePlan
from notifier.core.judging.reading import Due, Failed, Good, Reading
from notifier.core.payload.decode import decode
from notifier.errors import ConfigError, PollError

NAMED = "[OPERATION.]SOURCE.TIME.json, as latency.20260105T150000Z.json"
BIGGEST = 256 * 1024 * 1024  # bytes of an answer, as live
_NAME = re.compile(
    r"(?:(?P<operation>[a-z0-9_-]+)\.)?(?P<source>[a-z0-9_-]+)\.(?P<time>\d{8}T\d{4,6}Z)\.json"
)


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """One file."""

    at: datetime
    source: SourceKey
    path: Path


def answers(folder: Path, plan: Plan) -> list[Answer]:
    """Every answer in *folder*, and below it, in the order of time.

    Raises:
        ConfigError: there is no such folder, no file in it, or one with a name that says nothing.
    """
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}")
    found = sorted(_answer(path, plan) for path in folder.rglob("*.json"))
    if not found:
        raise ConfigError(f"the folder {folder} holds no answers; they are named {NAMED}")
    return found


def turns(found: list[Answer], plan: Plan, until: datetime) -> Iterator[Turn]:
    """Yield the answers up to *until*, and the timers up to there."""
    for each in found:
        if each.at <= until:
            yield Turn(_reading(each, plan.sources[each.source]))
    yield Turn(Due(until))


def _answer(path: Path, plan: Plan) -> Answer:
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise ConfigError(f"the name of {path} says not what it is; name files {NAMED}")
    try:
        at = datetime.fromisoformat(named["time"])
    except ValueError:
        raise ConfigError(f"the time in the name of {path} is none; name files {NAMED}") from None
    return Answer(at, _source(named["operation"], named["source"], plan), path)


def _source(operation: str | None, name: str, plan: Plan) -> SourceKey:
    meant = [key for key in plan.sources if key.source == name]
    if operation is not None:
        meant = [key for key in meant if key.operation == operation]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise ConfigError(f"`{name}` is polled for several operations; name files {NAMED}")
    known = ", ".join(sorted({key.source for key in plan.sources}))
    raise ConfigError(f"there is no source `{name}` in the rules file; it has {known}")


def _reading(answer: Answer, source: SourcePlan) -> Reading:
    try:
        if answer.path.stat().st_size > BIGGEST:
            raise ConfigError(f"{answer.path} is larger than any answer may be")
        body = answer.path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{answer.path} cannot be read: {error.strerror}") from None
    return reading_of(body, source, answer.at)


def reading_of(body: bytes, source: SourcePlan, at: datetime) -> Reading:
    """The reading that a poll would have made of an answer."""
    try:
        decoded = decode(body, source.endpoint, hit_values=source.hit_values)
    except PollError as error:
        return Failed(source.key, at, error.kind, str(error), error.after)
    return Good(source.key, take(source.key, source.endpoint, decoded.collections, at))
