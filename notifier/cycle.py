"""Read one source, decide, write: the only writer of what is known.

A reading is decided on in memory, its messages are rendered, and then all of it is committed at
once: state, recording and outbox. If the commit fails nothing has happened.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from notifier import logs
from notifier.core.decide import decide, next_due
from notifier.core.known import Decision, Known
from notifier.core.notice import Notice
from notifier.core.outgoing import Envelope
from notifier.core.plan import Plan, SourcePlan
from notifier.core.reading import Due, Failed, Good, Reading, Reload
from notifier.core.snapshot import Snapshot
from notifier.core.state import SourceKey, seconds
from notifier.errors import PollError
from notifier.web.metrics import Metrics

log = logs.logger("cycle")

JUMP = timedelta(seconds=60)  # a wall clock that leaps further than the monotonic one is a gap

Clock = Callable[[], datetime]
Read = Callable[[SourcePlan, datetime], Snapshot]
Render = Callable[[Notice], Sequence[Envelope]]


class Writer(Protocol):
    """Commits one decision, its reading and its messages: all of it, or nothing."""

    def __call__(
        self, decision: Decision, reading: Reading, envelopes: Sequence[Envelope], /
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """One poll as it went."""

    source: SourceKey
    decision: Decision
    envelopes: tuple[Envelope, ...] = ()
    trouble: str = ""

    @property
    def notices(self) -> int:
        """How many messages were decided on."""
        return len(self.decision.notices)


@dataclass(slots=True)
class Cycle:
    """The rules that are in force, what is known, and how to read and write.

    Attributes:
        clock: The wall clock; *monotonic* counts seconds and is never set.
        wake: Called when there may be something to deliver.
    """

    plan: Plan
    known: Known
    read: Read
    render: Render
    write: Writer
    clock: Clock
    monotonic: Callable[[], float]
    metrics: Metrics
    wake: Callable[[], None] = lambda: None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _ticks: dict[SourceKey, tuple[datetime, float]] = field(default_factory=dict)

    def poll(self, key: SourceKey) -> Outcome | None:
        """Read a source and judge it. None when the source is to be left alone for now."""
        source = self.plan.sources.get(key)
        began = self.clock()
        if source is None or self._resting(key, began):
            return None
        reading = self._reading(source, began)
        with self._lock:
            if key not in self.plan.sources:  # it went while the answer was on its way
                return None
            self.catch_up(_time(reading))
            outcome = self._judge(reading, key)
        self.metrics.poll_seconds.labels(*key).observe(seconds(self.clock() - began))
        return outcome

    def catch_up(self, now: datetime) -> list[Decision]:
        """Judge every timer that fell due before *now*, in order, each at its own time."""
        decisions = []
        with self._lock:
            while (due := next_due(self.known, self.plan)) is not None and due <= now:
                decisions.append(self._judge(Due(due), None).decision)
        return decisions

    def next_due(self) -> datetime | None:
        """When a timer falls due next."""
        with self._lock:
            return next_due(self.known, self.plan)

    def reload(self, plan: Plan, now: datetime) -> Decision:
        """Put another plan in force between two readings."""
        with self._lock:
            before, self.plan = self.plan, plan
            try:
                return self._judge(Reload(now), None).decision
            except BaseException:
                self.plan = before
                raise

    def _resting(self, key: SourceKey, now: datetime) -> bool:
        state = self.known.sources.get(key)
        return state is not None and state.retry_at is not None and now < state.retry_at

    def _reading(self, source: SourcePlan, began: datetime) -> Good | Failed:
        try:
            snapshot = self.read(source, began)
        except PollError as error:
            now = self.clock()
            return Failed(
                source.key, now, error.kind, str(error), error.after, gap=self._jumped(source, now)
            )
        return Good(source.key, snapshot, gap=self._jumped(source, snapshot.at))

    def _jumped(self, source: SourcePlan, now: datetime) -> bool:
        """Whether the wall clock was set since this source was last read."""
        ticks = self.monotonic()
        before = self._ticks.get(source.key)
        self._ticks[source.key] = (now, ticks)
        if before is None:
            return False
        drift = (now - before[0]) - timedelta(seconds=ticks - before[1])
        return abs(drift) > JUMP or now < before[0]

    def _judge(self, reading: Reading, key: SourceKey | None) -> Outcome:
        decision = decide(self.known, reading, self.plan, _time(reading))
        envelopes = tuple(e for notice in decision.notices for e in self.render(notice))
        self.write(decision, reading, envelopes)
        self.known = decision.known
        self._note(reading, decision)
        if envelopes:
            self.wake()
        trouble = reading.trouble.value if isinstance(reading, Failed) else ""
        return Outcome(key or SourceKey("", ""), decision, envelopes, trouble)

    def _note(self, reading: Reading, decision: Decision) -> None:
        """One log line a poll, and the numbers."""
        match reading:
            case Good(source=source, snapshot=snapshot):
                self.metrics.polls.labels(*source, "good").inc()
                for field_name, times in snapshot.unreadable.items():
                    self.metrics.unreadable.labels(*source, field_name).inc(times)
                rows = sum(map(len, snapshot.collections.values()))
                log.info("polled", operation=source.operation, source=source.source, rows=rows,
                         messages=len(decision.notices))  # fmt: skip
            case Failed(source=source, trouble=trouble, detail=detail):
                self.metrics.polls.labels(*source, trouble.value).inc()
                log.warning("poll failed", operation=source.operation, source=source.source,
                            kind=trouble.value, detail=detail)  # fmt: skip
            case Due() | Reload():
                pass
        for why, times in decision.counts.items():
            self.metrics.untold.labels(why.value).inc(times)
        for notice in decision.notices:
            for reason in notice.reasons:
                self.metrics.notices.labels(reason.value).inc()


def _time(reading: Reading) -> datetime:
    return reading.snapshot.at if isinstance(reading, Good) else reading.at
