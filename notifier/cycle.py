"""Read one source, decide, write: the only writer of what is known.

A reading is decided on in memory, its messages are rendered, and then all of it is committed at
once: state, recording and outbox. If the commit fails nothing has happened, and the reading waits:
it is judged as soon as the database can be used, at its own time, so that a commit whose answer was
lost is only repeated.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from notifier import logs
from notifier.core.decide import decide, next_due
from notifier.core.facts.snapshot import Snapshot
from notifier.core.facts.state import SourceKey, seconds
from notifier.core.judging.known import Decision, Known
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan, SourcePlan
from notifier.core.judging.reactions import resting
from notifier.core.judging.reading import (
    Asked,
    Delivery,
    Due,
    Failed,
    Good,
    Lag,
    Ration,
    Reading,
    Reload,
)
from notifier.core.judging.request import Request
from notifier.core.reacting.receivers import trouble_of
from notifier.core.telling.outgoing import Envelope, trace
from notifier.core.telling.standin import stand_in
from notifier.errors import PollError, StateError, Trouble
from notifier.traces.span import Facts, Span, Traces
from notifier.web.metrics import Metrics

log = logs.logger("cycle")

JUMP = timedelta(seconds=60)  # a wall clock that leaps further than the monotonic one is a gap
MISTAKE = "an internal mistake of notifier, see its log"

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
        judged: Readings judged so far: whoever looks on sees by it that there is news.
    """

    plan: Plan
    known: Known
    read: Read
    render: Render
    write: Writer
    clock: Clock
    monotonic: Callable[[], float]
    metrics: Metrics
    traces: Traces = field(default_factory=Traces)
    wake: Callable[[], None] = lambda: None
    judged: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _ticks: dict[SourceKey, tuple[datetime, float]] = field(default_factory=dict)
    _probing: dict[SourceKey, datetime] = field(default_factory=dict)  # since when they may
    _waiting: list[Good | Failed] = field(default_factory=list)  # not judged yet, in their order
    _owed: list[Delivery | Ration | Lag] = field(default_factory=list)  # nor are these

    def poll(self, key: SourceKey) -> Outcome | None:
        """Read a source and judge it. None when there is no such source any more.

        One that is to be left alone is not read: its last trouble lasts.
        """
        source = self.plan.sources.get(key)
        began = self.clock()
        if source is None:
            return None
        if (trouble := self._resting(key, began)) is not None:
            return Outcome(key, Decision(self.known, began), trouble=trouble.value)
        reading = self._reading(source, began)
        try:
            with self._lock:
                self._enqueue(reading)
                outcome = self._judge_waiting()
        finally:
            self._show_poll(reading, began)
        self.metrics.poll_seconds.labels(*key).observe(seconds(self.clock() - began))
        return outcome

    def catch_up(self, now: datetime) -> list[Decision]:
        """Judge what could not be written before, then every timer that fell due before *now*.

        Each at its own time, in order.
        """
        with self._lock:
            self._judge_waiting()
            return self._judge_timers(now)

    def _judge_timers(self, now: datetime) -> list[Decision]:
        decisions = []
        while (due := next_due(self.known, self.plan)) is not None and due <= now:
            decisions.append(self._judge(Due(due), None).decision)
        return decisions

    def _judge_waiting(self) -> Outcome | None:
        """Judge the readings that wait; return how the last one went.

        One that a mistake of ours lets nobody judge is a failed poll, so that people hear of it.

        Raises:
            StateError: the database cannot take one; it waits, and those behind it too.
        """
        self._judge_owed()
        outcome = None
        while self._waiting:
            reading = self._waiting[0]
            try:
                if reading.source in self.plan.sources:  # else it went while the answer came
                    self._judge_timers(_time(reading))
                    outcome = self._judge(reading, reading.source)
            except StateError:
                raise
            except Exception as error:
                if isinstance(reading, Failed):
                    self._waiting.pop(0)
                    raise
                log.error("internal error", kind=type(error).__name__, where=logs.place(error))
                self.metrics.mistakes.labels(*reading.source).inc()
                self._waiting[0] = _mistaken(reading)
            else:
                self._waiting.pop(0)
        return outcome

    def _enqueue(self, reading: Good | Failed) -> None:
        """Let a reading wait its turn. While none can be judged, a source's first and last wait:

        the first may have been committed behind a lost answer; those left out are a gap.
        """
        own = [i for i, other in enumerate(self._waiting) if other.source == reading.source]
        if len(own) > 1:
            del self._waiting[own[-1]]
            reading = dataclasses.replace(reading, gap=True)
        self._waiting.append(reading)

    def heard_of(self, receiver: str, recipient: str, works: bool, detail: str) -> None:
        """Judge how a receiver takes messages, where that is news."""
        known = trouble_of(self.known.incidents.values(), receiver, recipient)
        if works is (known is not None):
            with self._lock:
                self._judge_waiting()
                now = self.clock()
                self._judge_timers(now)
                self._owed.append(Delivery(now, receiver, recipient, works, detail))
                self._judge_owed()

    def ask(self, identity: str, at: datetime, request: Request) -> Decision:
        """Judge what somebody asked for at *at*: at that time, or where that is past, at the last.

        Raises:
            StateError: the database cannot take it now; it waits.
        """
        with self._lock:
            self._judge_waiting()
            now = min(max(at, self.known.at or at), self.clock())
            self._judge_timers(now)
            return self._judge(Asked(now, request, identity), None).decision

    def pace(self, news: Ration | Lag) -> None:
        """Judge how an operation spends its calls, or how a source keeps its pace."""
        with self._lock:
            self._judge_owed()
            self._owed.append(news)
            self._judge_owed()

    def _judge_owed(self) -> None:
        """Judge how the bot itself is doing: what may be on the disk already just as it was.

        Raises:
            StateError: the database cannot take it; it is repeated before anything else is judged.
        """
        while self._owed:
            news = self._owed.pop(0)
            try:
                self._judge(news, None)
            except StateError:
                self._owed.insert(0, news)
                raise

    def next_due(self) -> datetime | None:
        """When a timer falls due next."""
        with self._lock:
            return next_due(self.known, self.plan)

    def begin(self, now: datetime, asked: Sequence[Asked] = ()) -> Decision:
        """Judge what the rules say of what was left by an earlier run, and what was *asked* since.

        Timers that fell due while nobody was there are not judged each at its own time: what they
        would have said may not be so any more.
        """
        with self._lock:
            return self._judge(
                Reload(now, self.plan.text, start=True, asked=tuple(asked)), None
            ).decision

    def reload(self, plan: Plan, now: datetime) -> Decision:
        """Put another plan in force between two readings."""
        with self._lock:
            self._judge_waiting()
            self._judge_timers(now)
            before, self.plan = self.plan, plan
            try:
                return self._judge(Reload(now, plan.text), None).decision
            except BaseException:
                self.plan = before
                raise

    def show(self, known: Known) -> None:
        """Know what another notifier decided, to be looked at."""
        with self._lock:
            self.known = known
            self.judged += 1

    def try_again(self, keys: Iterable[SourceKey]) -> None:
        """Read these once whatever their rest: somebody may have mended what is wrong with them."""
        now = self.clock()
        self._probing.update(dict.fromkeys(keys, now))

    def _resting(self, key: SourceKey, now: datetime) -> Trouble | None:
        """Why a source is to be left alone now; None when it is not."""
        return resting(self.known.sources, key, now, self._probing.pop(key, None))

    def _reading(self, source: SourcePlan, began: datetime) -> Good | Failed:
        try:
            snapshot = self.read(source, began)
        except PollError as error:
            now = self.clock()
            return Failed(
                source.key, now, error.kind, str(error), error.after, gap=self._jumped(source, now)
            )
        except Exception as error:  # noqa: BLE001  # a mistake of ours is a failed poll, too
            log.error("internal error", kind=type(error).__name__, where=logs.place(error))
            now = self.clock()
            gap = self._jumped(source, now)
            return Failed(source.key, now, Trouble.SCHEMA, MISTAKE, gap=gap)
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
        began, times = self.monotonic(), [self.clock()]
        decision = decide(self.known, reading, self.plan, _time(reading))
        times.append(self.clock())
        envelopes = tuple(e for notice in decision.notices for e in self._rendered(notice))
        times.append(self.clock())
        self.write(decision, reading, envelopes)
        self.known = decision.known
        self.judged += 1
        self.metrics.judge_seconds.labels(_kind(reading)).observe(
            max(0.0, self.monotonic() - began)
        )
        self._show_judging(reading, [*times, self.clock()], len(envelopes))
        self._note(reading, decision)
        if envelopes:
            self.wake()
        trouble = reading.trouble.value if isinstance(reading, Failed) else ""
        return Outcome(key or SourceKey("", ""), decision, envelopes, trouble)

    def _rendered(self, notice: Notice) -> Iterator[Envelope]:
        """The messages of a notice, and those of whoever is told if its receiver cannot be."""
        yield from self.render(notice)
        other = stand_in(notice, self.plan)
        if other is not None:
            yield from (dataclasses.replace(e, standby=True) for e in self.render(other))

    # ---- what is shown of it ----

    def _show_poll(self, reading: Good | Failed, began: datetime) -> None:
        key, trouble = reading.source, reading.trouble.value if isinstance(reading, Failed) else ""
        facts = {"operation": key.operation, "source": key.source, "result": trouble or "good"}
        self.traces.poll(key, Span(name="poll", at=_time(reading), began=began, ended=self.clock(),
                                   facts=facts, failed=trouble, root=True))  # fmt: skip

    def _show_judging(self, reading: Reading, times: Sequence[datetime], messages: int) -> None:
        """Show the three parts of it; a poll is shown when it ends, any other reading here."""
        at = _time(reading)
        facts: Facts = {"reading": _kind(reading), "messages": messages}
        steps = zip(("decide", "render", "commit"), times, times[1:], strict=False)
        for name, began, ended in steps:
            self.traces.show(Span(name=name, at=at, began=began, ended=ended, facts=facts))
        if not isinstance(reading, Good | Failed):
            self.traces.show(Span(name=_kind(reading), at=at, began=times[0], ended=times[-1],
                                  facts=facts, root=True))  # fmt: skip

    def _note(self, reading: Reading, decision: Decision) -> None:
        """One log line a poll, and the numbers."""
        self._note_reading(reading, decision)
        for why, times in decision.counts.items():
            self.metrics.untold.labels(why.value).inc(times)
        for notice in decision.notices:
            for reason in notice.reasons:
                self.metrics.notices.labels(reason.value).inc()
            log.info("decided", trace=trace(notice.at), operation=notice.conversation.operation,
                     rule=notice.conversation.rule, receiver=notice.conversation.receiver,
                     why=", ".join(sorted(reason.value for reason in notice.reasons)))  # fmt: skip

    def _note_reading(self, reading: Reading, decision: Decision) -> None:
        match reading:
            case Good(source=source, snapshot=snapshot):
                self.metrics.polls.labels(*source, "good").inc()
                self.metrics.note(source, snapshot.oddities)
                rows = sum(map(len, snapshot.collections.values()))
                self.metrics.entities.labels(*source).set(rows)
                log.info("polled", trace=trace(snapshot.at),
                         operation=source.operation, source=source.source, rows=rows,
                         messages=len(decision.notices))  # fmt: skip
            case Failed(source=source, trouble=trouble, detail=detail):
                self.metrics.polls.labels(*source, trouble.value).inc()
                log.warning("poll failed", trace=trace(reading.at),
                            operation=source.operation, source=source.source,
                            kind=trouble.value, detail=detail)  # fmt: skip
            case Asked(request=request):
                refused = ", ".join(filter(None, decision.answers.values()))
                more = {"refused": refused} if refused else {}
                log.info("asked", trace=trace(reading.at), what=type(request).__name__, **more)
            case Due() | Delivery() | Ration() | Lag() | Reload():
                pass


def _mistaken(reading: Good) -> Failed:
    """A snapshot that could not be judged, as a failed poll."""
    at = reading.snapshot.at
    return Failed(reading.source, at, Trouble.SCHEMA, MISTAKE, gap=reading.gap)


def _kind(reading: Reading) -> str:
    return type(reading).__name__.lower()


def _time(reading: Reading) -> datetime:
    return reading.snapshot.at if isinstance(reading, Good) else reading.at
