"""Hold what is remembered between two decisions, and what one decision changes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from notifier.core.facts.sales import Score, ScoreKey
from notifier.core.facts.snapshot import Snapshot
from notifier.core.facts.state import (
    OWN_RULES,
    SET_BACK,
    Budget,
    Conversation,
    Entry,
    Incident,
    Instance,
    InstanceKey,
    Seen,
    SourceKey,
    SourceState,
    Tally,
    TallyKey,
    Told,
    ToldKey,
)
from notifier.core.judging.flapping import lately
from notifier.core.judging.notice import Notice, Untold
from notifier.core.judging.plan import SourcePlan
from notifier.core.judging.silence import Silence
from notifier.core.language.history import History

POLLS_NO_GAP = 3  # times its present cadence a source may be silent without a gap


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is remembered. Never changed in place: a decision holds the next one.

    Attributes:
        snapshots: The last good one of each source.
        histories: By source and collection: the past that rules look at.
        incidents: The open ones, and the closed ones that an open conversation still shows.
        told: By incident, then receiver.
        conversations: The open ones.
        seen: By operation and rule: events announced or there at the baseline.
        silences: Those that are not over, planned ones included.
        ended: The last incident of each instance that closed lately.
        tallies: What happened since each digest was last told.
        scores: The sales of each rule that celebrates.
        budgets: By operation.
        at: When the last reading was judged: every timer up to then has been looked at.
    """

    sources: Mapping[SourceKey, SourceState] = field(default_factory=dict)
    snapshots: Mapping[SourceKey, Snapshot] = field(default_factory=dict)
    histories: Mapping[tuple[SourceKey, str], History] = field(default_factory=dict)
    instances: Mapping[InstanceKey, Instance] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    told: Mapping[str, Mapping[str, Told]] = field(default_factory=dict)
    conversations: Mapping[str, Conversation] = field(default_factory=dict)
    seen: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    silences: Mapping[str, Silence] = field(default_factory=dict)
    ended: Mapping[InstanceKey, Incident] = field(default_factory=dict)
    tallies: Mapping[TallyKey, Tally] = field(default_factory=dict)
    scores: Mapping[ScoreKey, Score] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    at: datetime | None = None

    def cadence(self, source: SourcePlan) -> timedelta:
        """Time between two polls of a source: longer where the day's calls would not last."""
        budget = self.budgets.get(source.key.operation)
        stretch = budget.stretches.get(source.key.source, 1.0) if budget else 1.0
        return source.cadence * stretch

    def stale_after(self, source: SourcePlan) -> timedelta:
        """How old its data may be and still be news: older where it waits for the quota."""
        cadence = self.cadence(source)
        waits = cadence > source.cadence
        return max(source.stale_after, POLLS_NO_GAP * cadence) if waits else source.stale_after


@dataclass(frozen=True, slots=True)
class Decision:
    """What the shell writes down, all of it in one transaction, and what is known afterwards.

    Attributes:
        instances: Those that changed; None where nothing is remembered any more.
        suppressed: What was not told, where the reason is new.
        timeline: What became of incidents, see ``timeline``.
        counts: How many rule-and-entity pairs ended for each reason.
        reasons: The reason of each instance that nobody was told of.
        answers: By the id of what somebody asked for: why it could not be done, or nothing.
    """

    known: Known
    at: datetime
    sources: Mapping[SourceKey, SourceState] = field(default_factory=dict)
    instances: Mapping[InstanceKey, Instance | None] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    told: Mapping[ToldKey, Told] = field(default_factory=dict)
    conversations: Mapping[str, Conversation] = field(default_factory=dict)
    seen: tuple[tuple[Seen, datetime], ...] = ()
    suppressed: tuple[tuple[InstanceKey, str, datetime], ...] = ()
    timeline: tuple[Entry, ...] = ()
    silences: Mapping[str, Silence] = field(default_factory=dict)
    tallies: Mapping[TallyKey, Tally] = field(default_factory=dict)
    scores: Mapping[ScoreKey, Score] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    counts: Mapping[Untold, int] = field(default_factory=dict)
    reasons: Mapping[InstanceKey, Untold] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    budgets: Mapping[str, Budget] = field(default_factory=dict)


@dataclass(slots=True)
class Draft:
    """A decision in the making: the only thing in the core that is written to.

    It starts from what is known, keeps the changes apart, and is thrown away in the end.
    """

    known: Known
    at: datetime
    sources: dict[SourceKey, SourceState] = field(default_factory=dict)
    snapshots: dict[SourceKey, Snapshot] = field(default_factory=dict)
    histories: dict[tuple[SourceKey, str], History] = field(default_factory=dict)
    instances: dict[InstanceKey, Instance | None] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    told: dict[ToldKey, Told] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    seen: list[tuple[Seen, datetime]] = field(default_factory=list)
    carried: set[Seen] = field(default_factory=set)  # of a rule that has another id now: no news
    mended: set[tuple[Seen, bool]] = field(default_factory=set)  # and whether it was taken back
    suppressed: list[tuple[InstanceKey, str, datetime]] = field(default_factory=list)
    silences: dict[str, Silence] = field(default_factory=dict)
    tallies: dict[TallyKey, Tally] = field(default_factory=dict)
    scores: dict[ScoreKey, Score] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    reasons: dict[InstanceKey, Untold] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)

    def source(self, key: SourceKey) -> SourceState:
        """The source as it stands now; a new one if it was never polled."""
        return self.sources.get(key) or self.known.sources.get(key) or SourceState(key=key)

    def incident(self, incident: str) -> Incident:
        """The incident as it stands now."""
        return self.incidents.get(incident) or self.known.incidents[incident]

    def member(self, incident: str) -> Incident | None:
        """The same of a conversation's member; None of one that ended long ago and is forgotten."""
        return self.incidents.get(incident) or self.known.incidents.get(incident)

    def believed(self, incident: str) -> dict[str, Told]:
        """What each receiver was told of an incident, by receiver."""
        return dict(self.known.told.get(incident, {}))

    def current(self) -> dict[str, Incident]:
        """Every incident as it stands now, by id."""
        return {**self.known.incidents, **self.incidents}

    def quieting(self) -> dict[str, Silence]:
        """Every silence as it stands now, by id."""
        return {**self.known.silences, **self.silences}

    def tally(self, key: TallyKey) -> Tally | None:
        """What a digest has to tell, as it stands now."""
        return self.tallies.get(key) or self.known.tallies.get(key)

    def score(self, key: ScoreKey) -> Score | None:
        """The sales of a rule, as they stand now."""
        return self.scores.get(key) or self.known.scores.get(key)

    def decide(self, timeline: Iterable[Entry] = ()) -> Decision:
        """The finished decision."""
        return Decision(
            known=self._after(),
            at=self.at,
            sources=self.sources,
            instances=self.instances,
            incidents=self.incidents,
            told=self.told,
            conversations=self.conversations,
            seen=tuple(self.seen),
            suppressed=tuple(self.suppressed),
            timeline=tuple(timeline),
            silences=self.silences,
            tallies=self.tallies,
            scores=self.scores,
            notices=tuple(self.notices),
            counts=Counter(self.reasons.values()),
            reasons=self.reasons,
            answers=self.answers,
            budgets=self.budgets,
        )

    def _after(self) -> Known:
        conversations = {**self.known.conversations, **self.conversations}
        conversations = {k: c for k, c in conversations.items() if not c.closed}
        incidents = self._remembered(conversations)
        return replace(
            self.known,
            sources={**self.known.sources, **self.sources},
            snapshots={**self.known.snapshots, **self.snapshots},
            histories={**self.known.histories, **self.histories},
            instances=self._instances(),
            incidents=incidents,
            told=self._told(incidents),
            conversations=conversations,
            seen=self._seen(),
            silences=self._silences(),
            ended=self._ended(incidents),
            budgets={**self.known.budgets, **self.budgets},
            at=self.latest,
            tallies={**self.known.tallies, **self.tallies},
            scores={**self.known.scores, **self.scores},
        )

    @property
    def latest(self) -> datetime:
        """The latest time judged; where the clock was ahead, what it says now: timers live by it.

        Readings may be judged a little out of order: what began in between has begun.
        """
        before = self.known.at
        if before is None or not timedelta(0) < before - self.at <= SET_BACK:
            return self.at
        return before

    def _instances(self) -> Mapping[InstanceKey, Instance]:
        if not self.instances:
            return self.known.instances
        merged = {**self.known.instances, **self.instances}
        return {key: instance for key, instance in merged.items() if instance is not None}

    def _remembered(self, conversations: Mapping[str, Conversation]) -> Mapping[str, Incident]:
        """Open incidents, and closed ones that some living message still shows or owes."""
        if not self.incidents and not self.conversations:
            return self.known.incidents
        merged = {**self.known.incidents, **self.incidents}
        shown = {member for c in conversations.values() for member in c.members}
        return {key: i for key, i in merged.items() if i.open or key in shown}

    def _told(self, incidents: Mapping[str, Incident]) -> Mapping[str, Mapping[str, Told]]:
        if incidents is self.known.incidents and not self.told:
            return self.known.told
        merged = {key: told for key, told in self.known.told.items() if key in incidents}
        for (incident, receiver), told in self.told.items():
            if incident in incidents:
                merged[incident] = {**merged.get(incident, {}), receiver: told}
        return merged

    def _ended(self, shown: Mapping[str, Incident]) -> Mapping[InstanceKey, Incident]:
        found = {k: i for k, i in self.known.ended.items() if self._is_called(i, k)}
        for incident in self.incidents.values():
            before = found.get(incident.key)
            newer = before is None or before.opened_at <= incident.opened_at
            if not incident.open and newer and incident.key.rule not in OWN_RULES:
                found[incident.key] = incident
        return lately(found, shown, self.at)

    def _is_called(self, incident: Incident, key: InstanceKey) -> bool:
        """Whether an incident has that key still: its rule may have another id now."""
        return self.incidents.get(incident.id, incident).key == key

    def _silences(self) -> Mapping[str, Silence]:
        if not self.silences:
            return self.known.silences
        return {key: silence for key, silence in self.quieting().items() if not silence.over}

    def _seen(self) -> Mapping[tuple[str, str], frozenset[str]]:
        if not self.seen:
            return self.known.seen
        fresh: dict[tuple[str, str], set[str]] = {}
        for (operation, rule, event), _ in self.seen:
            fresh.setdefault((operation, rule), set()).add(event)
        known = self.known.seen
        return {**known, **{key: known.get(key, frozenset()) | fresh[key] for key in fresh}}
