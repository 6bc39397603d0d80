"""Say what may be asked of the past, and what is found there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from notifier.core.hindsight.explanation import Hearing, Miss, Timer
from notifier.core.hindsight.gates import Gate
from notifier.core.hindsight.toll import Day, Toll, Worst

DAY = timedelta(days=1)
MOST_DAYS = 35  # that anybody may look back at


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to have explained. *at*: None is now."""

    rule: str
    entity: str
    operation: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasoned:
    """Polls in a row that ended for the same reason: a word of ours."""

    since: datetime
    until: datetime
    reason: str
    polls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One expression of a rule: ``where``, ``when``, ``clear`` or ``critical``.

    Attributes:
        holds: None where that is unknown.
        comparisons: Each with its values and what it came to.
    """

    key: str
    holds: bool | None
    comparisons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Why people were told of an entity by the last good poll, or why not.

    Attributes:
        at: When that poll was judged; None where none is recorded within a day.
        said: *reason* as a sentence, in English.
        result: What the reading says: ``breach``, ``band``, ``clear``, ``absent``, ...
        inputs: What the condition looked at; *parts*: its comparisons, with their values.
        gates: What stands before a message; the first one that stopped is the reason.
        failed: Polls that failed since then.
        nearest: The nearest that its value came to the limit within the day.
        day: The reasons of the day before, the latest last.
    """

    rule: str
    operation: str
    entity: str
    at: datetime | None
    told: bool
    reason: str
    said: str
    value: float | str | bool | None = None
    result: str = ""
    inputs: dict[str, float | str | bool | None]
    parts: tuple[Compared, ...] = ()
    gates: tuple[Gate, ...] = ()
    receivers: tuple[Hearing, ...] = ()
    timers: tuple[Timer, ...] = ()
    failed: int = 0
    nearest: Miss | None = None
    day: tuple[Reasoned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What one receiver would have been told of one entity."""

    at: datetime
    reason: str
    entity: str
    receiver: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a rule told as it is, and what it had told as somebody tries it: what people notice."""

    was: tuple[Sent, ...]
    would: tuple[Sent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Another condition for a rule, and how many days to look back."""

    operation: str
    rule: str
    when: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAsked:
    """What somebody wants to have replayed.

    Attributes:
        since, until: Nothing: a week, up to now.
        rules: Another rules file's text; empty for the rules in force alone.
        only: Ids of the rules that matter; nothing: all.
        limit: How many messages are shown; *edits*: those that disturb nobody among them.
    """

    since: datetime | None = None
    until: datetime | None = None
    rules: str = ""
    only: tuple[str, ...] = ()
    limit: int = 200
    edits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What rules would have told in a time.

    Attributes:
        since, until: The time; what is recorded may begin later, at *recorded_since*.
        polls, failed: Readings in that time, and how many of them gave nothing.
        noticed: Messages that disturb somebody; *was*: by the rules in force, where others are
            held against them.
        by_hour: 24 numbers, by the receivers' clocks.
        worst: Each receiver's worst hour, shift, day and week.
        differences: How many messages are ``same``, ``changed``, ``added`` and ``removed``.
        told: The first messages; where files are compared those that differ.
        left_out: How many messages are not shown.
    """

    since: datetime
    until: datetime
    recorded_since: datetime
    polls: int
    failed: int
    noticed: int
    was: int | None = None
    tolls: tuple[Toll, ...] = ()
    days: tuple[Day, ...] = ()
    by_hour: tuple[int, ...] = ()
    worst: tuple[Worst, ...] = ()
    differences: dict[str, int] | None = None
    told: tuple[ToldThen, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldThen:
    """One message of a replay, or how it differs from what the rules in force tell.

    Attributes:
        loud: People notice it.
        difference: ``changed``, ``added`` or ``removed``; None where one file is replayed.
        before: When the rules in force tell it.
    """

    at: datetime
    reason: str
    operation: str
    rule: str
    entity: str
    receiver: str
    severity: str
    loud: bool
    text: str = ""
    difference: str | None = None
    before: datetime | None = None


Wish: TypeAlias = Asked | Trial | ReplayAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How far a look back is.

    Attributes:
        id: By which it is asked about again; *wish*: what was asked.
        share: How much is done, 0 to 1; *days*: of how many days.
        wrong: Why there will be no answer.
        answer: What was found; None while it is under way.
    """

    id: str
    wish: Wish
    share: float = 0.0
    days: float = 0.0
    wrong: str = ""
    answer: Answered | Tried | Replayed | None = None

    @property
    def working(self) -> bool:
        """Whether there is more to come."""
        return self.answer is None and not self.wrong
