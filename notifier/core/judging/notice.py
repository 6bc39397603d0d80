"""Say what a message is about: which incidents or events, for which conversation, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from notifier.core.facts.people import Aliases
from notifier.core.facts.sales import Merit
from notifier.core.facts.state import (
    Conversation,
    Incident,
    RuleTally,
    Scalar,
    Severity,
    Told,
)
from notifier.core.judging.silence import Silence

Titles: TypeAlias = Mapping[str, Mapping[str, str]]
"""What people call rules: by rule id and language, ``""`` for any language."""


class Reason(Enum):
    """Why people are told. No reason, no message."""

    OPEN = "open"
    RAISED = "raised"  # the same incident became more severe
    REPEAT = "repeat"  # a reminder while nobody took it
    CHANGE = "change"  # an edit: it notifies nobody
    CLOSE = "close"
    EVENT = "event"

    @property
    def notifies(self) -> bool:
        """Whether people are to notice it now, rather than find it when they look."""
        return self is not Reason.CHANGE


class Untold(Enum):
    """Why people are not told. Each rule, entity and poll without a message has exactly one."""

    CLEAR = "clear"  # nothing is wrong
    PENDING = "pending"  # wrong, but not for long enough yet
    BAND = "band"  # between when and clear
    UNKNOWN = "unknown"  # the snapshot is not believed for this entity, or is too old
    NULL = "null"  # a value that is needed is blank
    RESET = "reset"  # a counter that it is about was reset or corrected just now
    MISSING = "missing"  # the entity is not there
    EXPLAINED = "explained"  # another open incident explains it
    WAITING = "waiting"  # group_wait, or a celebration's batch, is not over
    FLAPPING = "flapping"  # closed, as it does all the time: it is told when it has settled
    SILENCED = "silenced"  # somebody's silence
    QUIET = "quiet"  # the receiver's quiet hours
    SUBDUED = "subdued"  # no cheers while something critical is open in the operation
    ACKNOWLEDGED = "acknowledged"  # somebody has it: no reminder
    NOBODY = "nobody"  # no receiver takes it
    UNCHANGED = "unchanged"  # told already, and nothing new
    NEVER_TOLD = "never_told"  # it closed before anybody was told that it opened
    KNOWN = "known"  # an event that was announced before
    BASELINE = "baseline"  # an event that was there when the rule first looked


@dataclass(frozen=True, slots=True)
class Item:
    """One incident's part in a notice.

    Attributes:
        incident: As it is now.
        was: The value shown before, for ``62 -> 55 %``.
        before: All that was believed before; None of what opens.
        kept_by: Who held this back until now: a silence's author, or empty for quiet hours; None
            when nobody did.
        silent: Nobody is to notice it: an edit in place, and no more.
        back: The incident before, in whose message this one goes on.
    """

    reason: Reason
    incident: Incident
    was: Scalar = None
    before: Told | None = None
    kept_by: str | None = None
    silent: bool = False
    back: Incident | None = None

    @property
    def merely_moved(self) -> bool:
        """Whether only its number is another: the message shows it, and no more is said of it."""
        before, now = self.before, self.incident
        if self.reason is not Reason.CHANGE or before is None:
            return False
        return (before.held, before.silence, before.acknowledged, shown_severity(before)) == (
            now.held, now.silence, now.acknowledged_by, now.severity,
        )  # fmt: skip


def shown_severity(told: Told) -> Severity:
    """The severity that the message has of what a receiver believes."""
    return told.shown or told.severity


@dataclass(frozen=True, slots=True)
class Event:
    """One event that is announced once, as a sale.

    Attributes:
        fields: Declared fields only; no customer data is among them.
    """

    key: str
    fields: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Report:
    """What a digest tells.

    Attributes:
        kind: ``shift``: what happened; ``rules``: how the rules did.
        since: Since when it is counted.
        rules: What each rule did, where it did anything.
        still: Ids of the rules that did nothing.
    """

    kind: str
    since: datetime
    rules: Mapping[str, RuleTally]
    still: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleText:
    """What messages may say of a rule.

    Attributes:
        summary: The user's own headline template by language; ``""`` serves any language.
        template: ``""`` for the usual message, or the name of another one, as ``celebration``.
        by: The grouping fields; None for one instance per entity.
        mention: Whom to ping on open and raised severity, never for a warning.
        drill: Nothing is wrong: people only practise.
        title: What people call it, by language, as *summary* is.
    """

    id: str
    severity: Severity
    summary: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    runbook: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    template: str = ""
    by: tuple[str, ...] | None = None
    mention: str = ""
    drill: bool = False
    title: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """One message, or one edit of it, for one conversation.

    Attributes:
        conversation: With the revision of this notice.
        items: What is new in this reading, worst first.
        roster: Members, open and worst first, at most ``ROSTER`` of them.
        open: How many members are open still; *members*: how many there are in all.
        ending: The silence of whose end this warns; the roster is what it holds.
        report: What a digest tells; the roster is what is open.
        events: What is announced; *taken_back* is what was announced and is not so any more.
        merits: What is to be said of the events beside their number.
        belated: It happened while nobody looked.
        give_up_at: Undelivered then, it is old news.
        aliases: What the operation's agents are called; *titles*: what its rules are.
    """

    conversation: Conversation
    rule: RuleText
    at: datetime
    items: tuple[Item, ...] = ()
    roster: tuple[Incident, ...] = ()
    open: int = 0
    members: int = 0
    events: tuple[Event, ...] = ()
    taken_back: tuple[Event, ...] = ()
    merits: tuple[Merit, ...] = ()
    belated: bool = False
    ending: Silence | None = None
    report: Report | None = None
    give_up_at: datetime | None = None
    aliases: Aliases = field(default_factory=dict)
    titles: Titles = field(default_factory=dict)

    @property
    def reasons(self) -> frozenset[Reason]:
        """Every reason in it."""
        if self.corrects:
            return frozenset({Reason.CHANGE})
        told = {item.reason for item in self.items}
        return frozenset(told | {Reason.EVENT} if self.is_event else told)

    @property
    def is_event(self) -> bool:
        """Whether it is said once and never again: nothing in it lasts."""
        return bool(self.announces or self.ending or self.report)

    @property
    def announces(self) -> bool:
        """Whether it is about events rather than incidents."""
        return bool(self.events or self.taken_back)

    @property
    def corrects(self) -> bool:
        """Whether it corrects an announcement that was made before."""
        return self.announces and self.conversation.revision > 1


ROSTER = 50  # members a message may show; it collapses them earlier
WHOLE_ROSTER = 500  # of a digest, which lists all
