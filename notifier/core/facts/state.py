"""Say what is remembered: what is true, and what people believe.

What is true: sources, instances, incidents. What people believe: what was told, and the
conversations it was told in. All values are frozen; a decision holds new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

import msgspec

from notifier.core.facts.deputy import Deputy
from notifier.core.facts.sales import Merit
from notifier.core.payload.oddities import BLANK, NONE, STEADY, Falls, Oddities, Record
from notifier.errors import Trouble

Scalar = float | str | bool | None
SET_BACK = timedelta(minutes=1)  # readings may be judged a little out of order; beyond, a clock was
SOURCE_RULE = "source"  # the rule id of incidents about a source itself
RECEIVER_RULE = "receiver"  # and of those about a receiver that takes nothing
QUOTA_RULE = "quota"  # about an operation whose calls of the day would not last
PACE_RULE = "pace"  # about a source that cannot keep its pace
OWN_RULES = frozenset({SOURCE_RULE, RECEIVER_RULE, QUOTA_RULE, PACE_RULE})
STORM_RULE = "storm"  # what the digest of a storm is called in place of its many rules
SILENCE_RULE = "silence"  # and what is said about silences themselves
RESERVED = OWN_RULES | {STORM_RULE, SILENCE_RULE}


class InstanceKey(NamedTuple):
    """One rule for one entity of one operation."""

    operation: str
    rule: str
    entity: str


class SourceKey(NamedTuple):
    """One polled endpoint of one operation."""

    operation: str
    source: str


class Phase(Enum):
    """Where an instance stands. An instance that is not remembered is OK."""

    QUIET = "quiet"  # OK, but absent: counted only for ``missing = "fire"``
    PENDING = "pending"
    OPEN = "open"
    RECOVERING = "recovering"


class Severity(Enum):
    """How bad, in order."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info, 2 for critical."""
        return ("info", "warning", "critical").index(self.value)


class Closing(Enum):
    """Why an incident closed. Only RECOVERED may be told as a recovery."""

    RECOVERED = "recovered"
    LEFT = "left"
    NEW_DAY = "new day"  # it was about a day's sum, and that day is over
    RULE_CHANGED = "rule changed"
    RULE_REMOVED = "rule removed"


class Instance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is true of one rule and entity.

    Attributes:
        since: When the present phase began, by the snapshots' times.
        observed: Seconds that the condition of the phase was seen to hold: spans between two
            adjacent good polls that both satisfy it.
        samples: Polls that satisfied it.
        at: The last poll that satisfied it; *seq* is that poll's number in its source.
        absent: Consecutive good snapshots without the entity; *absent_since* the first of them.
        recent: The last results of a rule with ``of``, oldest first.
        incident: The id of its open incident, in OPEN and RECOVERING.
        trend: The last values, oldest first.
        flaps: Returns from RECOVERING to OPEN.
        condition: The text of the condition last judged: an edited one closes in other words.
        shape: What its entities are: the collection and the grouping fields.
    """

    key: InstanceKey
    source: SourceKey
    phase: Phase
    since: datetime
    at: datetime
    seq: int
    observed: float = 0.0
    samples: int = 1
    absent: int = 0
    absent_since: datetime | None = None
    recent: tuple[bool, ...] = ()
    incident: str | None = None
    trend: tuple[float, ...] = ()
    flaps: int = 0
    condition: str = ""
    shape: str = ""


class Incident(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One open-to-close life of an instance.

    Attributes:
        value: The latest value of the rule's ``value`` expression; *worst* the worst so far.
        unit: The kind of the value, as in ``endpoint.Kind``; decides how it is written.
        threshold: What the value is compared with, when that is a constant; *direction* is
            ``>`` or ``<``: on which side of it things are bad.
        fields: The entity's declared fields when last seen, for the words of messages.
        held: Why its data are not moving: ``missing``, ``unknown``, ``frozen``; empty when fresh.
        explained_by: The incident that explains it away; nobody is told of it meanwhile.
        freed_at: When its explanation ended: it may be told after a fresh snapshot later than that.
        silence: The id of the silence that holds news of it now; whose, and until when, beside it.
        acknowledged_by: Who took it, if anybody, and since when; *acknowledged_until* is when that
            word expires, if it does; a *sticky* one outlives a raised severity.
        raised_at: When it first became worse than it opened.
        receivers: Whom it concerns, settled when it opened.
        kept_from: By receiver, who held the news that it opened: a silence's author, or empty for
            quiet hours.
        untold: Why nobody was told of it, when that was last recorded.
        opens: When its instance opened lately, this time included: see ``flapping``.
        flapping: It opens so often that its message lives on until it has settled.
    """

    id: str
    key: InstanceKey
    source: SourceKey
    opened_at: datetime
    severity: Severity
    since: datetime  # when the breach was first seen: earlier than opened_at with ``for``
    seen_at: datetime  # the last snapshot that said something of it
    value: Scalar = None
    worst: Scalar = None
    unit: str = "number"
    threshold: float | None = None
    direction: str = ">"
    fields: dict[str, Scalar] = {}
    trend: tuple[float, ...] = ()
    held: str = ""
    explained_by: str = ""
    freed_at: datetime | None = None
    silence: str = ""
    silenced_by: str = ""
    silenced_until: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    sticky: bool = False
    raised_at: datetime | None = None
    receivers: tuple[str, ...] = ()
    kept_from: dict[str, str] = {}
    untold: str = ""
    opens: tuple[datetime, ...] = ()
    flapping: bool = False
    closed_at: datetime | None = None
    closing: Closing | None = None

    @property
    def open(self) -> bool:
        """Whether it has not closed yet."""
        return self.closed_at is None


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one receiver believes of one incident.

    Attributes:
        at: When it was last notified: open, raised severity, repeat. Edits notify nobody.
        severity: The worst it was told; *shown* the one last shown, None where that is the same.
        value, held, silence, acknowledged: As last shown: the silence's id, and who took it.
        kept_by: Who holds back what notifies, or did so since it last heard: a silence's author,
            or empty for quiet hours; None when nobody did. It is owed one word after that.
        flapping: When it last heard, it heard of that: it is owed one word when that is over.
        closed: It was told of the end.
    """

    incident: str
    receiver: str
    conversation: str
    at: datetime
    severity: Severity
    value: Scalar = None
    held: str = ""
    silence: str = ""
    acknowledged: str = ""
    kept_by: str | None = None
    flapping: bool = False
    closed: bool = False
    shown: Severity | None = None


class Held(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An event that waits to be told, or was told in a message that may have to be corrected.

    Attributes:
        fields: The declared ones.
        back: It is not so any more: a sale that was taken back.
    """

    key: str
    fields: dict[str, Scalar] = {}
    back: bool = False


class Conversation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One living message of a receiver and what is in it.

    Attributes:
        members: Ids of its incidents in the order they were told.
        incident: The first incident: the conversation's name in message metadata.
        revision: Grows with each message or edit.
        language, locale, timezone: Kept for a close whose receiver is gone from the file.
        recipients: Addresses: one Slack channel, or mail addresses.
        events: What waits for the end of quiet hours to be told; with a revision it was told, and
            is kept for a day where the message can be edited, to be corrected.
        merits: What was said of its sales beside their number, as it stood at *told_at*.
        condition: By which its events were found: under an edited one nothing is taken back.
        lingers_until: All of it is closed, and told so; what is back before then goes on in it.
        deputy: Who may have heard of it in the receiver's stead, and then hears of its end.
    """

    id: str
    receiver: str
    operation: str
    rule: str
    group: str
    kind: str
    recipients: tuple[str, ...]
    opened_at: datetime
    incident: str
    members: tuple[str, ...] = ()
    revision: int = 0
    language: str = "en"
    locale: str = "en"
    timezone: str = "UTC"
    closed: bool = False
    events: tuple[Held, ...] = ()
    merits: tuple[Merit, ...] = ()
    condition: str = ""
    told_at: datetime | None = None
    lingers_until: datetime | None = None
    deputy: Deputy | None = None


class SourceState(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a source's health.

    Attributes:
        seq: The number of the last poll, failed ones included: adjacent numbers are adjacent polls.
        good_at: The last good snapshot.
        tried_at: The last poll, good or failed.
        failures: Consecutive failed polls; *failing_since* the first of them.
        trouble: The kind of the last failure; *alike* how many in a row were of it.
        retry_at: Not to be polled before.
        suspects: Per collection, entities that vanished together: not believed gone until a
            second snapshot agrees.
        baselines: Event rules that had their silent first snapshot.
        incident: The id of its own open incident, if its troubles were told.
        answered: The far side (server and endpoint) that gave rows, or an empty list, at least
            once: a 404 of it means no rows. Empty where it was noted by an older version.
        notice: What is odd about the answers, where that is no failure: ``unavailable`` (a 404 of
            what never answered), ``vanished`` (all rows went at once).
        vanished: Collections whose rows all went at once and are not back.
        oddities: Of the last answer that could be read; *met* those of all answers lately.
        falls: Of its counters, as far back as it is known.
    """

    key: SourceKey
    seq: int = 0
    good_at: datetime | None = None
    tried_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    trouble: Trouble | None = None
    alike: int = 0
    detail: str = ""
    retry_at: datetime | None = None
    suspects: dict[str, frozenset[str]] = {}
    baselines: frozenset[str] = frozenset()
    incident: str = ""
    answered: str = ""
    notice: str = ""
    vanished: frozenset[str] = frozenset()
    oddities: Oddities = NONE
    met: Record = BLANK
    falls: Falls = STEADY


class Budget(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of an operation's calls of the day, beside how many were ours.

    Attributes:
        day: When the vendor's present day began.
        limit: Calls a day, as ``token_info`` said; None until it did.
        others: Calls of other programs since the day began, as far as known; *told_at*: since when.
        others_before: The same of the day before.
        stretches: Sources that are asked less often, and how many times their `every` they wait.
        changed_at: When that last changed.
    """

    operation: str
    day: datetime
    limit: int | None = None
    others: int = 0
    told_at: datetime | None = None
    others_before: int = 0
    stretches: dict[str, float] = {}
    changed_at: datetime | None = None


class TallyKey(NamedTuple):
    """One digest of one operation."""

    operation: str
    digest: str


class RuleTally(msgspec.Struct, frozen=True, gc=False):
    """What a rule did since a digest was last told.

    Attributes:
        fired: Incidents that opened; *ended*: that closed, *alone* of them without anybody's word.
        lasted: Seconds that those lasted that ended.
        events: Events that were news, as sales.
    """

    fired: int = 0
    acknowledged: int = 0
    ended: int = 0
    alone: int = 0
    lasted: float = 0.0
    events: int = 0


class Tally(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What happened since a digest was last told, by rule."""

    key: TallyKey
    since: datetime
    rules: dict[str, RuleTally] = {}


class Seen(NamedTuple):
    """An event that was announced, or was there at the silent baseline."""

    operation: str
    rule: str
    event: str


class Entry(NamedTuple):
    """One line of an incident's timeline.

    Attributes:
        what: As in ``timeline.What``.
        who: The receiver that was told; who acknowledged it.
        detail: The reason, the new severity, the incident that explains it.
    """

    incident: str
    at: datetime
    what: str
    who: str = ""
    detail: str = ""


def incident_id(key: InstanceKey, opened_at: datetime) -> str:
    """The same incident has the same id in every run, replay and restart."""
    return digest("incident", *key, opened_at.isoformat())


def digest(*parts: str) -> str:
    """A short, stable id: 16 hexadecimal digits of a hash of the parts."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def seconds(span: timedelta) -> float:
    """A span as seconds."""
    return span.total_seconds()


Instances = Mapping[InstanceKey, Instance]
Incidents = Mapping[str, Incident]
ToldKey = tuple[str, str]  # incident id, receiver name
