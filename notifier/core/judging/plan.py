"""Say what each operation, source and rule does, resolved: nothing is looked up later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.core.facts.beside import Beside
from notifier.core.facts.people import Aliases
from notifier.core.facts.sales import CELEBRATION
from notifier.core.facts.state import (
    Severity,
    SourceKey,
    TallyKey,
)
from notifier.core.judging.lifecycle import Policy
from notifier.core.judging.notice import RuleText, Titles
from notifier.core.language.expression import Expression
from notifier.core.language.history import Needs
from notifier.core.language.loop import Loop
from notifier.core.language.writer import Columns
from notifier.core.payload.endpoint import Collection, Endpoint
from notifier.core.rules.budget import Quota
from notifier.core.rules.hours import Active, Quiet
from notifier.core.rules.shifts import Calendar, Shifts

ANSWERED_WITHIN = 60.0  # seconds: the vendor's own limit for one answer


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a receiver is found and how it wants to be spoken to.

    Attributes:
        kind: ``slack``, ``slack_webhook``, ``email``, ...: which channel carries its messages.
        recipients: One Slack channel, the name of a webhook, or mail addresses.
        quiet: The hours in which only critical news disturb.
        still_open: Hears once of what is open when a silence or quiet hours end.
        storm: More new messages in a minute become one.
        names: Hears who made a sale.
        target: Sales a day; 0 for none.
        give_up: How long an undelivered message is news.
        fallback: The receiver that stands in where this one cannot be reached; empty for none.
        buttons: Slack's ids of those who may press; empty for whoever sees the channel.
    """

    name: str
    kind: str
    recipients: tuple[str, ...]
    language: str = "en"
    locale: str = "en"
    timezone: str = "UTC"
    quiet: Quiet | None = None
    mention: str = ""
    still_open: bool = True
    storm: int = 10
    names: bool = False
    target: int = 0
    give_up: timedelta = timedelta(hours=24)
    fallback: str = ""
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePlan:
    """One rule of one operation, ready to be judged.

    Attributes:
        condition: The texts that decide, joined: an edit of them closes in other words.
        unit: The kind of the value; decides how it is written.
        direction: ``>`` or ``<``: on which side of the threshold things are bad.
        repeat, group_wait, batch, reopen_within, flapping: As in the rules file.
        to: Receivers, those of other operations left out.
        explains: Ids of rules whose incidents this one explains away.
        shows: For a rule that catches up on what another source missed: the fields of that one,
            which is all that may be told; else None.
        counting: It looks at counters, or at percentages of them.
        daily: For a rule about sums of the day so far: where that day is.
    """

    id: str
    operation: str
    source: SourceKey
    collection: str
    event: bool
    when: Expression
    where: Expression | None = None
    clear: Expression | None = None
    critical: Expression | None = None
    value: Expression | None = None
    by: tuple[str, ...] | None = None
    policy: Policy = field(default_factory=Policy)
    severity: Severity = Severity.WARNING
    condition: str = ""
    unit: str = "number"
    threshold: float | None = None
    direction: str = ">"
    repeat: timedelta | None = None
    group: str | tuple[str, ...] = "poll"
    group_wait: timedelta = timedelta(0)
    batch: timedelta = timedelta(0)
    reopen_within: timedelta = timedelta(0)
    flapping: bool = True
    to: tuple[str, ...] = ()
    explains: tuple[str, ...] = ()
    shows: frozenset[str] | None = None
    counting: bool = False
    daily: ZoneInfo | None = None
    text: RuleText

    @property
    def celebrates(self) -> bool:
        """Whether its events are sales, which are counted and cheered at."""
        return self.event and self.text.template == CELEBRATION

    @property
    def shape(self) -> str:
        """What its entities are; under another shape they are other entities."""
        return f"{self.collection}:{'*' if self.by is None else ','.join(self.by)}"


@dataclass(frozen=True, slots=True)
class CollectionPlan:
    """One collection of a source, and all that its rules ask of it.

    Attributes:
        rules: In the order of the file.
        loop: Judges every row for all of *looped* in one pass; None where nothing is.
        looped: Ids of the rules in the loop, in its order; of a rule with ``by`` its ``where``.
        needs: What the rules ask of the past.
        beside: What its rules ask of other sources.
        counters: The fields that only grow until a reset.
        computed: What works out computed fields of rows, for the words of messages.
        sites: Labels of public addresses.
    """

    collection: Collection
    rules: tuple[RulePlan, ...] = ()
    loop: Loop | None = None
    looped: tuple[str, ...] = ()
    needs: Needs = field(default_factory=Needs)
    beside: tuple[Beside, ...] = ()
    counters: tuple[str, ...] = ()
    computed: Mapping[str, Columns] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """One source of one operation.

    Attributes:
        cadence: Time between two polls.
        stale_after: How old data may be and still be news.
        zone: The operation's own; payloads carry none.
        operators: Receivers that hear of the source's own troubles.
        hit_values: Texts of ``hit`` that mean a sale.
        params: The endpoint's own parameters.
        window: For dated endpoints: the last so many, or the day so far (``today``).
        far: A hash of the server and the endpoint: what is known of one is not known of another.
        quota_reset: Minutes after local midnight at which the day's quota is new.
    """

    key: SourceKey
    endpoint: Endpoint
    cadence: timedelta
    zone: ZoneInfo
    collections: Mapping[str, CollectionPlan]
    stale_after: timedelta = timedelta(minutes=10)
    operators: tuple[str, ...] = ()
    hit_values: frozenset[str] = frozenset()
    params: Mapping[str, str] = field(default_factory=dict)
    window: timedelta | str | None = None
    active: Active | None = None
    holidays: str = ""
    far: str = ""
    quota_reset: int = 0

    @property
    def shifts(self) -> Shifts:
        """When it is polled."""
        return Shifts(self.active, self.zone, self.holidays)

    def rested(self, since: datetime | None, until: datetime) -> bool:
        """Whether its hours were over in between: an answer may come a little after the end."""
        if since is None or self.active is None:
            return False
        between = (until - since).total_seconds()
        return between - self.shifts.seconds(since, until) > ANSWERED_WITHIN


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """What is told at set times.

    Attributes:
        kind: ``shift``: what happened; ``rules``: how the rules did.
        to: Receivers, those of other operations left out.
    """

    key: TallyKey
    kind: str
    times: Calendar
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole rules file, resolved.

    Attributes:
        text: The file itself: it is recorded, so that a replay knows the rules of then.
    """

    sources: Mapping[SourceKey, SourcePlan]
    rules: Mapping[tuple[str, str], RulePlan]  # by operation and rule id
    reaches: Mapping[tuple[str, str], Reach]  # by operation and receiver name
    renamed: Mapping[str, str] = field(default_factory=dict)  # old rule id -> new
    quotas: Mapping[str, Quota] = field(default_factory=dict)  # by operation
    digests: tuple[DigestPlan, ...] = ()
    aliases: Mapping[str, Aliases] = field(default_factory=dict)  # by operation
    titles: Mapping[str, Titles] = field(default_factory=dict)  # by operation
    retention: timedelta = timedelta(days=35)  # how long readings and history are kept
    text: str = field(default="", repr=False)

    def rule(self, operation: str, rule: str) -> RulePlan | None:
        """The rule of that id in that operation, or None when it is gone from the file."""
        return self.rules.get((operation, rule))


def muted_until(reach: Reach, now: datetime) -> datetime | None:
    """Return when the receiver's quiet hours end; None outside them."""
    local = now.astimezone(ZoneInfo(reach.timezone))
    if reach.quiet is None or not reach.quiet.contains(local):
        return None
    return _next(local, reach.quiet.end)


def mutes_at(reach: Reach, after: datetime) -> datetime | None:
    """Return when the receiver's quiet hours begin next; None without any."""
    if reach.quiet is None:
        return None
    return _next(after.astimezone(ZoneInfo(reach.timezone)), reach.quiet.begin)


def _next(local: datetime, minute: int) -> datetime:
    """The next time after *local* that it is so many minutes after midnight there."""
    found = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    if found <= local:
        found += timedelta(days=1)
    return found.astimezone(UTC)
