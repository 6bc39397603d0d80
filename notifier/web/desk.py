"""Say what the page and the API may ask of the bot: they read, and change through these alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from notifier.core.facts.state import SourceKey
from notifier.core.standing.change import Change
from notifier.core.standing.receiver_status import Delivery, ReceiverStatus
from notifier.core.standing.rule_status import RuleStatus
from notifier.core.standing.source_status import SourceStatus
from notifier.core.standing.status import IncidentStatus, Wanted
from notifier.web.wishes import Look, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened in an incident's life.

    Attributes:
        what: ``seen``, ``opened``, ``severity`` (it changed), ``told``, ``not told``,
            ``acknowledged``, ``unacknowledged``, ``silenced``, ``unsilenced``, ``explained`` (by
            another incident), ``unexplained``, ``recovering``, ``relapsed``, ``closed``;
            ``changed`` (by a person, and not judged yet).
        who: The receiver, or the person.
        detail: Words with ``;`` between: the message's reason, forms and state; the reason; the id
            of the silence, or of the incident that explains it.
    """

    at: datetime
    what: str
    who: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An incident and what happened in its life, the first thing first.

    Attributes:
        values: The entity's values before, during and after it, with their times, some of many
            where it lasted long; None where nothing was known.
        evidence: The entity's declared fields when last seen.
    """

    incident: IncidentStatus
    steps: tuple[Step, ...] = ()
    values: tuple[tuple[datetime, float | None], ...] = ()
    evidence: dict[str, float | str | bool | None]
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What an event rule announced today.

    Attributes:
        title: What people call the rule, by language; ``""`` is any.
        day: In the operation's zone.
        count: Events of the day so far; *by_hour*: one count per hour begun, from midnight on.
        target: The highest of its receivers' targets; None where none has one.
        last_at: The last of them.
    """

    operation: str
    rule: str
    day: str
    count: int
    by_hour: tuple[int, ...]
    title: Mapping[str, str] = field(default_factory=dict)
    target: int | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceStatus:
    """A silence as people see it; the names are keys of the public interface.

    Attributes:
        state: ``active``, ``planned`` (also between two weekly windows) or ``ended``.
        rule, entity, operation: What it covers, exact or with globs; nothing: all.
        matches: Ids of the open incidents that it covers.
    """

    id: str
    state: str
    author: str
    comment: str
    rule: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    operation: tuple[str, ...] = ()
    created: datetime
    start: datetime
    end: datetime
    weekly: str | None = None
    timezone: str | None = None
    end_on_resolve: bool = False
    ended_by: str | None = None
    matches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceAsked:
    """A silence that somebody wants: until *end*, or for *span* from its start."""

    author: str
    comment: str
    rule: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    operation: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    span: timedelta | None = None
    weekly: str = ""
    timezone: str = "UTC"
    end_on_resolve: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Somebody's word that they have an incident, for good or until a time."""

    incident: str
    author: str
    until: datetime | None = None
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a bot does no work: another notifier owns the database, or may.

    Attributes:
        why: ``by`` (it stands by), ``differs`` (with other rules, so it takes nothing over),
            ``nobody`` (so, and nobody does the work) or ``lost`` (its session ended).
        owner: Who does the work; empty where nobody knows.
    """

    why: str
    owner: str = ""


class Desk(Protocol):
    """What may be asked. Any of it may raise StateError: the database cannot be used now."""

    def now(self) -> datetime:
        """The time that everything is told by."""
        ...

    def version(self) -> str:
        """Another one whenever something may look different."""
        ...

    def standing(self) -> Standing | None:
        """Why the bot does no work; None while it does."""
        ...

    def zones(self) -> Mapping[str, str]:
        """The time zone of each operation, in the order of the file."""
        ...

    def source_keys(self) -> Sequence[SourceKey]:
        """Which sources there are."""
        ...

    def look(self, wish: Wish) -> str:
        """Have somebody look back; returns by which id to ask how far that is.

        The same wish that is under way already is not begun again. Raises RequestError where it
        cannot be, BusyError while another one is under way, ConfigError for mistakes in rules.
        """
        ...

    def looked(self, look: str) -> Look | None:
        """How far it is; None where it is not known any more."""
        ...

    def call_off(self, look: str) -> None:
        """End it, whoever waits for it."""
        ...

    def leave(self, look: str) -> None:
        """Whoever asked for it is gone: it ends, unless somebody else asked the same."""
        ...

    def listed(self) -> Sequence[IncidentStatus]:
        """All that is open, worst first, then what is pending."""
        ...

    def unwell(self) -> Sequence[SourceStatus]:
        """The sources of which nothing new is known; without the calls of their day."""
        ...

    def incidents(self, wanted: Wanted, limit: int) -> Sequence[IncidentStatus]:
        """Incidents that opened, the newest first."""
        ...

    def story(self, incident: str) -> Story | None:
        """An incident's whole life; None where there is none of that id."""
        ...

    def sources(self) -> Sequence[SourceStatus]:
        """Every source."""
        ...

    def rules(self) -> Sequence[RuleStatus]:
        """Every rule."""
        ...

    def mind_rules(self) -> None:
        """Somebody looks at the rules: begin what is to be worked out about them, if it is due."""
        ...

    def receivers(self) -> Sequence[ReceiverStatus]:
        """Every receiver."""
        ...

    def deliveries(
        self, *, receiver: str, state: str, before: int | None, limit: int
    ) -> Sequence[Delivery]:
        """Messages, the newest first, in front of that position."""
        ...

    def hits(self) -> Sequence[Hits]:
        """What was announced today, by operation and rule."""
        ...

    def silences(self) -> Sequence[SilenceStatus]:
        """Those in force, planned, or ended within a week."""
        ...

    def preview(self, asked: SilenceAsked) -> Sequence[IncidentStatus]:
        """What such a silence would hold now. Raises RequestError where it makes no sense."""
        ...

    def add_silence(self, asked: SilenceAsked, how: str) -> SilenceStatus:
        """Silence. *how*: by what road they came. Raises RequestError as ``preview``."""
        ...

    def end_silence(self, silence: str, author: str, how: str) -> None:
        """End it. Raises RequestError where there is no such silence."""
        ...

    def acknowledge(self, asked: Word, how: str) -> None:
        """Somebody has it. Raises RequestError where there is no such open incident."""
        ...

    def unacknowledge(self, incident: str, author: str, how: str) -> None:
        """Nobody has it after all. Raises RequestError as ``acknowledge``."""
        ...

    def samples(self) -> Sequence[str]:
        """Which messages there are to see."""
        ...

    def sample(self, name: str, language: str, kind: str) -> str | None:
        """One of them as a page of its own; empty where that kind of channel gets none."""
        ...

    def changes(self, *, before: int | None, limit: int) -> Sequence[tuple[int, Change]]:
        """Who changed what, the latest first, each with its number."""
        ...

    def note(self, change: Change) -> None:
        """Write down what somebody changed."""
        ...
