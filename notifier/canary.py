"""Send a made-up alert the whole way, so that a sign of life means that alerts get through.

An answer as wolkvox sends it is decoded, judged by a rule of our own, rendered, queued in the real
outbox, and delivered by a worker of the bot's among the others, on a thread like theirs; only the
far side is ours. The sign is given when it is written down that this message arrived.
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
        sign: Gives the sign of life, on the thread that delivered.
        worker: To be run with the others.
    """

    database: Database
    render: Render
    clock: Callable[[], datetime]
    owner: str
    metrics: Metrics
    sign: Callable[[], None]
    worker: Worker = field(init=False)
    _plan: Plan | None = None
    _perch: Perch = field(default_factory=Perch)
    _expected: str = ""  # the id of what is on its way
    _flown: bool = False

    def __post_init__(self) -> None:
        self.worker = Worker(
            channel=self._perch,
            database=self.database,
            owner=self.owner,
            clock=self.clock,
            jitter=lambda: 0.0,
            metrics=self.metrics,
        )
        self.worker.outcomes.log = logs.hushed(log)  # one a minute is no news
        self.worker.outcomes.report = self._settled

    def fly(self) -> None:
        """Make up an alert and queue it; say so where the one before did not come through.

        Raises:
            NotOwnerError: another notifier took the database over, and gives its own sign.
            StateError: the database cannot be used.
        """
        if not self._flown:  # else one that never sings is not missed
            self.metrics.canary.set(self.clock().timestamp())
            self._flown = True
        if self._expected:
            log.error("canary silent")
        with self.database.as_owner() as connection:
            past.forget_kind(connection, KIND)
        made = self._made(self.clock())
        self._expected = made.id
        with self.database.as_owner() as connection:
            outbox.post(connection, [made])

    def _settled(self, _: str, __: str, works: bool, ___: str) -> None:
        """It is written down how a message of ours went."""
        if works and self._expected and self._perch.heard == self._expected:
            self._expected = ""
            self.metrics.canary.set(self.clock().timestamp())
            self.sign()

    def _made(self, now: datetime) -> Envelope:
        """Decode, decide and render."""
        if self._plan is None:
            self._plan = plan(load(RULES, CATALOGUE, "canary"))
        source: SourcePlan = self._plan.sources[SourceKey("canary", "latency")]
        decoded = decode(ANSWER, source.endpoint)
        snapshot = take(source.key, source.endpoint, decoded.collections, now)
        decision = decide(Known(), Good(source.key, snapshot), self._plan, now)
        (envelope,) = (each for notice in decision.notices for each in self.render(notice))
        return replace(envelope, kind=KIND)
