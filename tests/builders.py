"""Valid values with defaults; a test names only what it is about.

``Play`` is the core with a clock in hand: it is told what each poll said, runs the timers that
fall due in between, and answers what people were told: ``"team-leads open 12004"``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from notifier.core.decide import decide, next_due
from notifier.core.facts.snapshot import Snapshot, take
from notifier.core.facts.state import Incident, InstanceKey, Severity, SourceKey
from notifier.core.hindsight.message import Message
from notifier.core.judging.known import Decision, Known
from notifier.core.judging.notice import Notice, Untold
from notifier.core.judging.plan import Plan
from notifier.core.judging.planning import plan
from notifier.core.judging.reading import Asked, Due, Failed, Good, Reading, Reload
from notifier.core.judging.request import (
    Acknowledge,
    AddSilence,
    EndSilence,
    Request,
    Unacknowledge,
)
from notifier.core.judging.silence import Silence
from notifier.core.payload.completion import rows_from_texts
from notifier.core.rules.rulefile import load
from notifier.errors import Trouble
from notifier.wolkvox.endpoints import CATALOGUE

BEGIN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in Bogotá
OPERATION = "bogota"
LATENCY = SourceKey(OPERATION, "latency")
SKILLS = SourceKey(OPERATION, "skills")
HITS = SourceKey(OPERATION, "hits_last_hour")

HEAD = """
operators = ["on-call"]

[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"

[[source]]
endpoint = "latency"
every = "5m"

[[source]]
endpoint = "skills"
every = "1m"

[[source]]
endpoint = "hits_last_hour"
every = "5m"

[[receiver]]
name = "on-call"
email = ["guardia@example.com"]
"""

TEAM_LEADS = """
[[receiver]]
name = "team-leads"
slack = "#operaciones"
"""

REJECTION = """
[[rule]]
id = "network-rejection"
on = "latency.by_agent"
when = "network_rejection > 1"
to = ["team-leads"]
"""

SITE_LINK = """
[[rule]]
id = "site-link"
on = "latency.by_agent"
by = "ip"
when = "count() >= 3 and share(ploss >= 3) >= 0.6"
explains = ["network-rejection"]
severity = "critical"
to = ["on-call"]
"""

NEW_HIT = """
[[rule]]
id = "new-hit"
kind = "event"
on = "hits_last_hour"
when = "is_hit"
to = ["team-leads"]
"""

Record = Mapping[str, object]


def rejection(more: str = "") -> str:
    """The usual rule about agents, with other keys or more of them."""
    given = {line.split("=")[0].strip() for line in more.splitlines() if "=" in line}
    kept = [line for line in REJECTION.splitlines() if line.split("=")[0].strip() not in given]
    return "\n".join((*kept, more, ""))


@cache
def rules(*texts: str, head: str = HEAD, team_leads: str = TEAM_LEADS) -> Plan:
    """The plan of a rules file with an operation, sources and two receivers."""
    return plan(load("\n".join((head, team_leads, *texts)), CATALOGUE))


def agent(agent_id: str, rejected: object = 0, **fields: object) -> Record:
    """One row of ``latency.by_agent``."""
    given = {"agent_id": agent_id, "network_rejection": rejected, "ip": "181.49.7.7"}
    return given | {"agent_status": "connected", "tx_ploss": 0, "rx_ploss": 0} | fields


def queue(skill_id: str, **fields: object) -> Record:
    """One row of ``skills``."""
    return {"skill_id": skill_id, "calls_in_queue_now": 0} | fields


def hit(conn_id: str, said: str = "yes") -> Record:
    """One row of ``hits_last_hour``."""
    return {"conn_id": conn_id, "hit": said, "date": "2026-01-05 10:00:00"}


def snapshot(
    source: SourceKey, at: datetime, rows: Mapping[str, Sequence[Record]] | Sequence[Record]
) -> Snapshot:
    """A snapshot of a source; a bare list is its first collection."""
    endpoint = CATALOGUE[source.source]
    if not isinstance(rows, Mapping):
        rows = {endpoint.collections[0].name: rows}
    read = {
        collection.name: rows_from_texts(collection, rows[collection.name], {"yes", "si", "1"})
        for collection in endpoint.collections
        if collection.name in rows
    }
    return take(source, endpoint, read, at)


def incident(**changes: object) -> Incident:
    """An open incident of the usual rule."""
    key = InstanceKey(OPERATION, "network-rejection", "12004")
    given: dict[str, object] = {
        "id": "an-incident",
        "key": key,
        "source": LATENCY,
        "opened_at": BEGIN,
        "since": BEGIN,
        "seen_at": BEGIN,
        "severity": Severity.WARNING,
        "value": 2.0,
        "worst": 2.0,
        "receivers": ("team-leads",),
    }
    return Incident(**(given | changes))  # type: ignore[arg-type]


def silence(minute: float, until: float, **more: object) -> Silence:
    """A silence of Ana's on the usual rule."""
    given: dict[str, object] = {
        "id": "a-silence",
        "author": "ana",
        "comment": "the link is changed",
        "created_at": clock(minute),
        "starts_at": clock(minute),
        "ends_at": clock(until),
        "rules": ("network-rejection",),
    }
    return Silence(**(given | more))  # type: ignore[arg-type]


def told(decision: Decision) -> list[str]:
    """What people were told, a line per receiver and incident or event."""
    return [line for notice in decision.notices for line in lines(notice)]


def lines(notice: Notice) -> list[str]:
    """What one message says that is new."""
    receiver = notice.conversation.receiver
    items = [f"{receiver} {i.reason.value} {i.incident.key.entity}" for i in notice.items]
    return items + [f"{receiver} event {event.key}" for event in notice.events]


class Step(NamedTuple):
    """One reading, what it was judged by, and what came of it."""

    reading: Reading
    plan: Plan
    at: datetime
    decision: Decision


class Play:
    """The core, its memory and a clock of its own: times are minutes since the beginning."""

    def __init__(self, *texts: str | Plan) -> None:
        given = [text for text in texts if isinstance(text, Plan)]
        self.plan = given[0] if given else rules(*(t for t in texts if isinstance(t, str)))
        self.known = Known()
        self.steps: list[Step] = []

    def poll(
        self,
        minute: float,
        *rows: Record,
        source: SourceKey = LATENCY,
        gap: bool = False,
        **collections: Sequence[Record],
    ) -> list[str]:
        """A good poll; rows are those of the first collection."""
        at = clock(minute)
        taken = snapshot(source, at, collections or rows)
        return self._read(Good(source, taken, gap), at)

    def fail(
        self,
        minute: float,
        trouble: Trouble = Trouble.TIMEOUT,
        source: SourceKey = LATENCY,
        after: timedelta | None = None,
    ) -> list[str]:
        """A failed poll."""
        at = clock(minute)
        return self._read(Failed(source, at, trouble, after=after), at)

    def wait(self, minute: float) -> list[str]:
        """Nothing but the timers."""
        return self._timers(clock(minute))

    def stay(self, minute: float) -> list[str]:
        """Poll every five minutes, and see just what was seen before; then the timers."""
        last = next(s.reading for s in reversed(self.steps) if isinstance(s.reading, Good))
        heard: list[str] = []
        at = last.snapshot.at if self.known.at is None else max(last.snapshot.at, self.known.at)
        while (at := at + timedelta(minutes=5)) < clock(minute):
            heard += self._read(Good(last.source, dataclasses.replace(last.snapshot, at=at)), at)
        return heard + self.wait(minute)

    def reload(self, minute: float, *texts: str | Plan) -> list[str]:
        """Other rules come into force."""
        heard = self._timers(clock(minute))
        self.plan = Play(*texts).plan
        return heard + self._read(Reload(clock(minute)), clock(minute))

    # ---- what people ask for ----

    def silence(self, minute: float, until: float, **more: object) -> list[str]:
        """Ana silences something until then; the usual rule unless told otherwise."""
        return self.ask(minute, AddSilence(silence(minute, until, **more)))

    def end_silence(self, minute: float, name: str = "a-silence") -> list[str]:
        """Somebody ends a silence before its time."""
        return self.ask(minute, EndSilence(name, "eva"))

    def acknowledge(
        self, minute: float, entity: str, until: float | None = None, *, sticky: bool = False
    ) -> list[str]:
        """Ana has it."""
        ends = None if until is None else clock(until)
        return self.ask(minute, Acknowledge(self.incident(entity).id, "ana", ends, sticky))

    def unacknowledge(self, minute: float, entity: str) -> list[str]:
        """Nobody has it after all."""
        return self.ask(minute, Unacknowledge(self.incident(entity).id, "ana"))

    def ask(self, minute: float, request: Request) -> list[str]:
        """Somebody asks for something."""
        return self._read(Asked(clock(minute), request), clock(minute))

    def _read(self, reading: Reading, at: datetime) -> list[str]:
        heard = self._timers(at)
        return heard + self._decide(reading, at)

    def _timers(self, until: datetime) -> list[str]:
        heard: list[str] = []
        while (due := next_due(self.known, self.plan)) is not None and due <= until:
            heard += self._decide(Due(due), due)
        return heard

    def _decide(self, reading: Reading, at: datetime) -> list[str]:
        decision = decide(self.known, reading, self.plan, at)
        self.steps.append(Step(reading, self.plan, at, decision))
        self.known = decision.known
        return told(decision)

    # ---- looking ----

    @property
    def decisions(self) -> list[Decision]:
        return [step.decision for step in self.steps]

    @property
    def last(self) -> Decision:
        return self.steps[-1].decision

    @property
    def notices(self) -> list[Notice]:
        """Every message so far."""
        return [notice for decision in self.decisions for notice in decision.notices]

    def incident(self, entity: str) -> Incident:
        """The entity's latest incident, as it was when it last changed."""
        found = [
            incident
            for decision in self.decisions
            for incident in decision.incidents.values()
            if incident.key.entity == entity
        ]
        return found[-1]

    def reason(self, entity: str, rule: str = "network-rejection") -> Untold | None:
        """Why nobody was told of an entity in the last decision."""
        return self.last.reasons.get(InstanceKey(OPERATION, rule, entity))


def message(begin: datetime, hours: float = 0, **changes: object) -> Message:
    """One message that disturbs somebody, so long after *begin*."""
    given: dict[str, object] = {
        "at": begin + timedelta(hours=hours),
        "reason": "open",
        "rule": "loss",
        "operation": "bogota",
        "entity": "12004",
        "receiver": "leads",
        "severity": "warning",
        "incident": "i",
        "conversation": str(hours),
        "loud": True,
    }
    return Message(**(given | changes))  # type: ignore[arg-type]


def clock(minute: float) -> datetime:
    """So many minutes after the beginning."""
    return BEGIN + timedelta(minutes=minute)
