"""Play readings again, and gather what people would have been told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from notifier.core.hindsight.message import Message, messages
from notifier.core.hindsight.replay import play
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Failed, Good
from notifier.core.rules.compiled import Rulebook
from notifier.hindsight.tapes import Tape

Speak = Callable[[Notice], str]
Watch = Callable[[datetime], None]


def mute(_: Notice) -> str:
    """Leave messages without their words."""
    return ""


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of a replay.

    Attributes:
        since, until: What is told before *since* is not counted: it was needed to begin.
        polls, failed: Readings of sources in that time, and how many of them gave nothing.
        told: Mere edits among it; see ``Message.loud``.
        zones: Where each receiver's clock is.
    """

    since: datetime
    until: datetime
    polls: int = 0
    failed: int = 0
    told: tuple[Message, ...] = ()
    zones: Mapping[str, tzinfo] = field(default_factory=dict)


def replay(
    tape: Tape, book: Rulebook, *, speak: Speak = mute, watch: Watch = lambda _: None
) -> Replay:
    """Play *tape* under the rules of *book*, and gather what people would have been told.

    watch: Called with the time of each decision, for those who wait.
    """
    reel = tape.reel(book)
    told: list[Message] = []
    polls = failed = 0
    for step in play(reel.known, reel.plan, reel.turns):
        watch(step.at)
        if step.at < reel.news:
            continue
        polls += isinstance(step.reading, Good | Failed)
        failed += isinstance(step.reading, Failed)
        for notice in step.decision.notices:
            told += messages(notice, speak(notice))
    return Replay(tape.since, tape.until, polls, failed, tuple(told), zones_of(reel.plan))


def notices(tape: Tape, book: Rulebook) -> Iterator[Notice]:
    """What people would have been told under the rules of *book*, one notice after the other."""
    reel = tape.reel(book)
    for step in play(reel.known, reel.plan, reel.turns):
        if step.at >= reel.news:
            yield from step.decision.notices


def zones_of(plan: Plan) -> dict[str, tzinfo]:
    """Where each receiver's clock is; of one that hears several operations, the first one's."""
    found: dict[str, tzinfo] = {}
    for (_, name), reach in plan.reaches.items():
        found.setdefault(name, ZoneInfo(reach.timezone))
    return found
