"""Send a made-up alert the whole way, so that a sign of life means that alerts get through.

An answer as wolkvox sends it is decoded, judged by a rule of our own, rendered, queued in the real
outbox and delivered by a worker like the others; only the far side is ours. Nobody hears of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from notifier import logs
from notifier.channels.base import Delivered
from notifier.core.decide import decide
from notifier.core.facts.snapshot import take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan, SourcePlan
from notifier.core.judging.planning import plan
from notifier.core.judging.reading import Good
from notifier.core.payload.decode import decode
from notifier.core.rules.rulefile import load
from notifier.core.telling.outgoing import Envelope
from notifier.cycle import Render
from notifier.deliver import Worker
from notifier.store import outbox, past
from notifier.store.database import Database
from notifier.web.metrics import Metrics
from notifier.wolkvox.endpoints import CATALOGUE

log = logs.logger("canary")

KIND = "canary"
RULES = """
[[operation]]
name = "canary"
server = "0041"
timezone = "UTC"
[[receiver]]
name = "canary"
slack = "#canary"
[[rule]]
id = "canary"
on = "latency.by_agent"
when = "network_rejection > 1"
to = ["canary"]
"""
ANSWER = json.dumps(
    {
        "code": "200",
        "error": None,
        "msg": "1 records were found",
        "data": [
            {
                "by_agent": [{"agent_id": "1-CANARY", "network_rejection": "9"}],
                "by_ip": [],
                "by_pbx": [],
            }
        ],
    }
).encode()


@dataclass(slots=True)
class Perch:
    """The far side: it remembers what it was given last."""

    kind: str = KIND
    can_find: bool = False
    again: timedelta | None = None
    heard: str = ""

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:  # noqa: ARG002
        """Take it."""
        self.heard = envelope.id
        return Delivered(detail="sang")

    def find(self, envelope: Envelope, reference: str | None, since: datetime, /) -> None:
        """It is never looked for: what was lost is made up again."""


@dataclass(slots=True)
class Canary:
    """One made-up alert at a time.

    Attributes:
        sang_at: When one last came through.
    """

    database: Database
    render: Render
    clock: Callable[[], datetime]
    owner: str
    sang_at: datetime | None = None
    _plan: Plan | None = None
    _perch: Perch = field(default_factory=Perch)
    _worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = Worker(
            channel=self._perch,
            database=self.database,
            owner=self.owner,
            clock=self.clock,
            jitter=lambda: 0.0,
            metrics=Metrics(KIND),  # of its own: nobody wants to see it among the others
        )

    def sings(self) -> bool:
        """Whether an alert that is made up now comes through.

        Raises:
            StateError: the database cannot be used.
        """
        expected = self._queued(self.clock())
        while self._worker.run_once():
            pass
        with self.database.transaction() as connection:
            past.forget_kind(connection, KIND)
        if self._perch.heard != expected.id:
            log.error("canary silent")
            return False
        self.sang_at = self.clock()
        return True

    def _queued(self, now: datetime) -> Envelope:
        """Decode, decide, render and queue."""
        if self._plan is None:
            self._plan = plan(load(RULES, CATALOGUE, "canary"))
        source: SourcePlan = self._plan.sources[SourceKey("canary", "latency")]
        decoded = decode(ANSWER, source.endpoint)
        snapshot = take(source.key, source.endpoint, decoded.collections, now)
        decision = decide(Known(), Good(source.key, snapshot), self._plan, now)
        (envelope,) = (each for notice in decision.notices for each in self.render(notice))
        envelope = replace(envelope, kind=KIND)
        with self.database.transaction() as connection:
            outbox.post(connection, [envelope])
        return envelope
