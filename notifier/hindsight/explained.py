"""Say why people were told, or not: of any rule, entity and time of the retention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier.core.facts.state import Incident, InstanceKey, Scalar
from notifier.core.hindsight.explanation import SAYS, Explanation, Miss, explain, miss, retold
from notifier.core.hindsight.replay import Step, play
from notifier.core.hindsight.scrutiny import entities, scrutinize, told_of, verdict, view_of
from notifier.core.judging.notice import Reason, Untold
from notifier.core.judging.plan import RulePlan
from notifier.core.judging.reading import Failed, Good
from notifier.core.rules.compiled import Rulebook
from notifier.errors import ConfigError, NotifierError
from notifier.hindsight.recorded import Recorded
from notifier.hindsight.replayed import Watch
from notifier.store import sent
from notifier.store.database import Database
from notifier.store.sent import Sent

DAY = timedelta(days=1)
SHORTEST = 4  # characters of an id


@dataclass(frozen=True, slots=True)
class Run:
    """Polls in a row that ended for the same reason."""

    since: datetime
    until: datetime
    reason: str
    said: str
    polls: int


@dataclass(frozen=True, slots=True)
class Later:
    """What people were told between the poll and the time asked for: a timer fell due."""

    at: datetime
    reason: str
    said: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything about one rule, entity and time.

    Attributes:
        explanation: Of the last good poll; None where there was none within a day.
        failed: Polls that failed since then.
        nearest: The nearest that its value came to the limit within the day before.
        day: The reasons of that day, the latest last.
        messages: What was sent of its incident, and how the far side answered.
    """

    explanation: Explanation | None
    failed: int = 0
    later: tuple[Later, ...] = ()
    nearest: Miss | None = None
    day: tuple[Run, ...] = ()
    messages: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about."""

    rule: str
    entity: str
    operation: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """One entity in the overview of a rule."""

    entity: str
    reason: str
    said: str
    value: Scalar


@dataclass(slots=True)
class _Looking:
    """What is gathered while the day is played."""

    poll: Step | None = None
    failed: int = 0
    later: list[Later] = field(default_factory=list)
    nearest: Miss | None = None
    day: list[Run] = field(default_factory=list)

    def take(self, step: Step, rule: RulePlan, entity: str) -> None:
        """Take in one more decision of the day."""
        if isinstance(step.reading, Good) and step.reading.source == rule.source:
            self.poll, self.failed, self.later = step, 0, []
            self._note(step, verdict(step, rule, entity))
            self._near(miss(step, rule, entity))
            return
        self.failed += isinstance(step.reading, Failed) and step.reading.source == rule.source
        heard = told_of(step, InstanceKey(rule.operation, rule.id, entity))
        if heard is not None:
            told = retold(step, rule, entity)
            self.later.append(Later(step.at, heard.value, told.said if told else SAYS[heard]))

    def _note(self, step: Step, reason: Reason | Untold) -> None:
        last = self.day[-1] if self.day else None
        if last is not None and last.reason == reason.value:
            self.day[-1] = Run(last.since, step.at, last.reason, last.said, last.polls + 1)
        else:
            self.day.append(Run(step.at, step.at, reason.value, SAYS[reason], 1))

    def _near(self, found: Miss | None) -> None:
        if found is not None and (self.nearest is None or found.gap <= self.nearest.gap):
            self.nearest = found


def look(
    database: Database, book: Rulebook, about: Subject, *, watch: Watch = lambda _: None
) -> Looked:
    """Play the day before *about.at* again, and say how it ended.

    watch: Called with the time of each decision, for those who wait.
    """
    looking = _Looking()
    for step in _steps(database, book, about):
        watch(step.at)
        rule = step.plan.rule(about.operation, about.rule)
        if rule is not None:
            looking.take(step, rule, about.entity)
    poll = looking.poll
    rule = poll.plan.rule(about.operation, about.rule) if poll else None
    explanation = explain(poll, rule, about.entity) if poll and rule else None
    return Looked(
        explanation,
        looking.failed,
        tuple(looking.later),
        looking.nearest,
        tuple(looking.day),
        messages_of(database, explanation.incident) if explanation else (),
    )


def overview(database: Database, book: Rulebook, about: Subject) -> list[Verdict]:
    """Say of every entity that the last good poll saw why people were told of it, or not."""
    last: Step | None = None
    for step in _steps(database, book, about):
        rule = step.plan.rule(about.operation, about.rule)
        if rule is not None and view_of(step, rule) is not None:
            last = step
    rule = last.plan.rule(about.operation, about.rule) if last else None
    if last is None or rule is None:
        return []
    return [_verdict(last, rule, entity) for entity in entities(last, rule)]


def _verdict(step: Step, rule: RulePlan, entity: str) -> Verdict:
    reason, view = verdict(step, rule, entity), view_of(step, rule)
    value = scrutinize(view, rule, entity).value if view else None
    return Verdict(entity, reason.value, SAYS[reason], value)


def _steps(database: Database, book: Rulebook, about: Subject) -> Iterator[Step]:
    """The decisions of the day before, by the rules of then; only that rule's sources are read."""
    recorded = Recorded(database, book, only=frozenset({about.rule}))
    start = recorded.start(about.at - DAY)
    for step in play(start.known, start.plan or recorded.rules, recorded.turns(start, about.at)):
        if step.at >= about.at - DAY:
            yield step


def messages_of(database: Database, incident: str) -> tuple[Sent, ...]:
    """What was sent of an incident."""
    if not incident:
        return ()
    with database.reading() as connection:
        names = sent.conversations_of(connection, incident)
        return tuple(sent.of_conversations(connection, names)) if names else ()


# ---- by id ----


@dataclass(frozen=True, slots=True)
class Found:
    """What an id means.

    Attributes:
        message: The message, where it is one's; None for an incident's.
        members: The incidents in that message.
    """

    message: Sent | None
    members: tuple[Incident, ...]


def find(database: Database, prefix: str) -> Found:
    """The message or incident whose id begins with *prefix*.

    Raises:
        NotifierError: there is none, or more than one.
    """
    if len(prefix) < SHORTEST or not set(prefix) <= set("0123456789abcdef"):
        raise ConfigError(
            f"`{prefix}` is neither a rule of the file nor the id of a message or incident"
        )
    with database.reading() as connection:
        own = sent.incidents_by_id(connection, prefix)
        rows = sent.by_id(connection, prefix)
        exact = [row for row in rows if row.id.startswith(prefix)]
        if len({i.id for i in own} | {row.id for row in exact}) > 1:
            raise NotifierError(f"several ids begin with `{prefix}`; give more of it")
        if own:
            return Found(None, tuple(own))
        if not rows:
            raise NotifierError(
                f"no message and no incident has an id that begins with `{prefix}`; "
                "it may be older than what is kept (`retention`)"
            )
        message = (exact or rows)[0]
        talk = sent.conversation(connection, message.conversation)
        members = [
            incident
            for name in (talk.members if talk else ())
            for incident in sent.incidents_by_id(connection, name)
        ]
    return Found(message, tuple(members))
