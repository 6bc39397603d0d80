"""What the core judges: a snapshot, a failed poll, a timer, somebody's request, a reload."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier.core.facts.snapshot import Snapshot
from notifier.core.facts.state import Budget, SourceKey
from notifier.core.judging.request import Request
from notifier.errors import Trouble


@dataclass(frozen=True, slots=True)
class Good:
    """A poll that gave a snapshot.

    Attributes:
        gap: The clock jumped, so that no span may be counted up to this poll.
    """

    source: SourceKey
    snapshot: Snapshot
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A poll that gave none.

    Attributes:
        after: How long the far side asked to be left alone.
    """

    source: SourceKey
    at: datetime
    trouble: Trouble
    detail: str = ""
    after: timedelta | None = None
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """A moment at which a timer falls due."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a receiver takes messages, where that is news.

    Attributes:
        recipient: One of its addresses: others may do well. Empty: *receiver* is a kind of channel
            that takes nothing from us at all.
        works: It took one; else it took none, for good or until somebody mends it.
        detail: What the far side said.
    """

    at: datetime
    receiver: str
    recipient: str
    works: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody silenced or acknowledged something, or took that back.

    Attributes:
        id: The request's own, by which it is judged once; empty where nobody keeps count.
    """

    at: datetime
    request: Request
    id: str = ""


@dataclass(frozen=True, slots=True)
class Ration:
    """How an operation's calls of the day are spent, where that is news.

    Attributes:
        spent: Calls that were ours so far.
    """

    at: datetime
    budget: Budget
    spent: int = 0


@dataclass(frozen=True, slots=True)
class Lag:
    """Whether a source keeps its pace, where that is news."""

    at: datetime
    source: SourceKey
    behind: bool


@dataclass(frozen=True, slots=True)
class Reload:
    """The rules given now replace the ones before.

    Attributes:
        text: The rules file, for the record; nothing here reads it.
        start: The bot begins with it: no timer was looked at since the reading before.
        asked: What people asked for while nobody was there: it counts before anything is told.
    """

    at: datetime
    text: str = field(default="", repr=False)
    start: bool = False
    asked: tuple[Asked, ...] = ()


Reading = Good | Failed | Due | Delivery | Asked | Ration | Lag | Reload
