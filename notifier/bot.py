"""Keep the bot running: threads that poll, judge timers, deliver and reload, until told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from notifier import logs
from notifier.condition import Condition
from notifier.core.facts.state import SourceKey
from notifier.core.judging.plan import Plan
from notifier.core.judging.reactions import AT_ONCE, early
from notifier.core.judging.reading import Asked
from notifier.cycle import MISTAKE, Cycle, Outcome
from notifier.deliver import Worker
from notifier.errors import ConfigError, NotOwnerError, StateError
from notifier.gauging import gauge
from notifier.pacing import TOKEN_INFO, Pacing
from notifier.punctuality import Punctuality
from notifier.schedule import Job, Schedule
from notifier.store.requests import UNREADABLE, Waiting

log = logs.logger("bot")

ASKED = 1.0  # real seconds between two looks for what people ask for
IDLE = 30.0  # real seconds between two looks when nothing is due
SOON = 5.0  # real seconds before another try when the database could not be used
DRAIN = timedelta(seconds=10)  # how long a stop waits for what is due to be delivered
TIDY = timedelta(hours=1)  # between two rounds of forgetting what is old
HEARTBEAT = timedelta(minutes=1)  # between two signs of life
REVIEW = timedelta(minutes=1)  # between two looks at what the last days are replayed for
RULES_STAY = "rules: the file on disk has mistakes; the old rules stay"
DEAF = "slack: buttons are not heard, see the log"
JUDGING = "judging"  # of readings and timers alike: each begins with what the other left undone
PACING = "pacing"
RATION = timedelta(minutes=1)  # between two looks at the calls of the day


class Listener(Protocol):
    """Hears something until it is told to stop, on a thread of its own."""

    def listen(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(slots=True)
class Bot:
    """All that runs, over one database.

    Attributes:
        load: Reads the rules file anew and returns its plan.
        pacing: Says what is news of the day's calls.
        tidy: Forgets what ended longer ago than a span.
        asking: Gives what people asked for and nobody has judged; *refuse* notes of one that it
            cannot be.
        calls: Gives each operation's calls of the day so far, and the most there are.
        heartbeat: Lets fly what gives a sign of life outside when it arrives; *review*: has the
            last days replayed by the rules.
        listeners: Hear what people ask for elsewhere than at the database: buttons.
        owned: Whether the database is ours: nothing is read, judged or sent while it is not.
        pace: How much faster than real time the clock runs: 1 but in the demo.
    """

    cycle: Cycle
    workers: Sequence[Worker]
    clock: Callable[[], datetime]
    load: Callable[[], Plan]
    pacing: Pacing
    tidy: Callable[[datetime, timedelta], None] = lambda _, __: None
    asking: Callable[[], Sequence[Waiting]] = lambda: ()
    refuse: Callable[[str, datetime, str], None] = lambda _, __, ___: None
    calls: Callable[[], Mapping[str, tuple[int, int | None]]] = dict
    heartbeat: Callable[[], None] = lambda: None
    review: Callable[[], None] = lambda: None
    listeners: Sequence[Listener] = ()
    owned: Callable[[], bool] = lambda: True
    condition: Condition = field(default_factory=Condition)
    pace: float = 1.0
    _schedule: Schedule = field(default_factory=Schedule)
    _stop: threading.Event = field(default_factory=threading.Event)
    _wakes: list[threading.Event] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _begun: dict[str, datetime] = field(default_factory=dict)
    _punctuality: Punctuality = field(init=False)
    _rationing: threading.Lock = field(default_factory=threading.Lock)
    _reloading: threading.Lock = field(default_factory=threading.Lock)
    _asked: threading.Lock = field(default_factory=threading.Lock)
    _owed: threading.Event = field(default_factory=threading.Event)  # a reload

    def __post_init__(self) -> None:
        self._punctuality = Punctuality(self.cycle, self.clock, telling=self.pace == 1)

    # ---- one round, for cron ----

    def poll_once(self, names: Sequence[str] = ()) -> list[Outcome]:
        """Poll each source once; only those named, then also outside their hours."""
        self.heed()
        now = self.clock()
        outcomes = []
        self.cycle.try_again(key for key in self.cycle.plan.sources if key.source in names)
        for key, source in self.cycle.plan.sources.items():
            wanted = key.source in names if names else source.shifts.hold(now)
            outcome = self.cycle.poll(key) if wanted else None
            if outcome is not None:
                outcomes.append(outcome)
        self._ration()
        self.cycle.catch_up(self.clock())
        return outcomes

    def deliver_due(self) -> int:
        """Deliver until nothing is due any more. Returns how many can never be delivered."""
        while sum(worker.run_once() for worker in self.workers):  # one may leave another work
            pass
        return sum(worker.lost for worker in self.workers)

    # ---- for ever ----

    def start(self) -> None:
        """Begin to poll, to judge timers and to deliver."""
        self.cycle.try_again(self._to_be_mended())
        self._guarded(PACING, self._ration)
        self._schedule.overlapped = self._left_out
        self._schedule.replan(self._jobs(self.cycle.plan))
        self._schedule.start()
        self._spawn("timers", self._judge_timers)
        self._spawn("requests", self._heeding)
        for worker in self.workers:
            self._spawn(f"deliver {worker.channel.kind}", self._delivering(worker))
        for listener in self.listeners:
            self._spawn("buttons", listener.listen)

    def begin(self, now: datetime) -> None:
        """Judge what the rules say of what was left by an earlier run, and what was asked since.

        Raises:
            StateError: the database cannot be used.
        """
        asked = [Asked(now, each.request, each.id) for each in self.asking() if each.request]
        self.cycle.begin(now, asked)

    def heed(self) -> None:
        """Judge what people asked for since, in that order.

        Raises:
            StateError: the database cannot be used; what is left waits.
        """
        with self._asked:  # two who look at once would judge the same request twice
            found = self.asking() if self.owned() else ()
            for each in found:
                self._heed_one(each)
        if found:
            self.wake()

    def _heed_one(self, asked: Waiting) -> None:
        if asked.request is None:
            self.refuse(asked.id, self.clock(), UNREADABLE)
            return
        try:
            self.cycle.ask(asked.id, asked.at, asked.request)
        except StateError:
            raise
        except Exception as error:  # noqa: BLE001  # a mistake of ours must not hold up the next
            log.error("internal error", kind=type(error).__name__, where=logs.place(error))
            self.refuse(asked.id, self.clock(), MISTAKE)

    def deaf(self, why: str) -> None:
        """Note that buttons are not heard, and why; empty: they are."""
        if why:
            self.condition.trouble("buttons", DEAF)
            log.warning("buttons not heard", why=why)
        else:
            self.condition.well("buttons")

    def wake(self) -> None:
        """Look again at once: there may be something to deliver, or a nearer timer."""
        for event in self._wakes:
            event.set()

    def reload(self) -> bool:
        """Put the rules file in force as it is now; a bad one changes nothing, and says so."""
        with self._reloading:
            return self._reload()

    def _reload(self) -> bool:
        try:
            plan = self.load()
        except ConfigError as error:
            for problem in error.problems:
                log.error("rules not reloaded", problem=str(problem))
            self.condition.trouble("rules", RULES_STAY)
            self.cycle.metrics.reloads.labels("refused").inc()
            self._owed.clear()
            return False
        if not self._guarded("reload", lambda: self.cycle.reload(plan, self.clock())):
            self._owed.set()  # the rules are good: it is tried again until the database takes them
            return False
        self._owed.clear()
        self.cycle.try_again(self._to_be_mended())
        self._guarded(PACING, self._ration)
        self._schedule.replan(self._jobs(plan))
        self.condition.well("rules")
        self.cycle.metrics.reloads.labels("good").inc()
        log.info("rules reloaded", rules=len(plan.rules), sources=len(plan.sources))
        return True

    def _to_be_mended(self) -> list[SourceKey]:
        """The sources that wait for somebody's hand: whoever starts or reloads may have lent it."""
        return [k for k, state in self.cycle.known.sources.items() if state.trouble in AT_ONCE]

    def stop(self) -> None:
        """Start nothing more, deliver what is due, and return when all has ended."""
        self._schedule.stop()
        self._stop.set()
        for listener in self.listeners:
            listener.stop()
        self.wake()
        for thread in self._threads:
            thread.join(timeout=DRAIN.total_seconds() * 2)

    # ---- how it is ----

    def unhealthy(self) -> list[str]:
        """Why a restart might help: a thread that ended, or one that hangs."""
        ended = [f"{thread.name} ended" for thread in self._threads if not thread.is_alive()]
        return ended + self.condition.hanging(self.cycle.monotonic(), self.pace)

    def unready(self) -> list[str]:
        """Why it does not do its whole work now."""
        reasons = self._troubles()
        if not any(state.good_at for state in self.cycle.known.sources.values()):
            reasons.append("starting: no source was read yet")
        return reasons

    def _troubles(self) -> list[str]:
        found = {text for worker in self.workers for text in worker.troubles()}
        return self.condition.reasons() + sorted(found)

    def numbers(self) -> bytes:
        """The metrics, with what is counted only when it is asked for."""
        metrics, now = self.cycle.metrics, self.clock()
        metrics.owner.set(self.owned())
        for worker in self.workers:
            waiting, oldest = worker.backlog()
            metrics.waiting.labels(worker.channel.kind).set(waiting)
            age = (now - oldest).total_seconds() if oldest else 0.0
            metrics.oldest.labels(worker.channel.kind).set(age)
        self._guarded(PACING, lambda: self.pacing.count(self.cycle.known, metrics))
        gauge(self.cycle.known, self.cycle.plan, now, metrics)
        for operation, (used, most) in self.calls().items():
            metrics.calls.labels(operation).set(used)
            if most is not None:
                metrics.quota.labels(operation).set(most)
        return metrics.text()

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)  # only now: one that did not begin is not one that ended

    def _jobs(self, plan: Plan) -> list[Job]:
        return [
            Job(
                name="/".join(key),
                lane=key.operation,
                every=self.cycle.known.cadence(source) / self.pace,
                run=self._polling(key),
            )
            for key, source in plan.sources.items()
        ]

    def _ration(self) -> bool:
        """Judge what is news of the day's calls; return whether there was any."""
        with self._rationing:
            news = list(self.pacing.rations(self.cycle.known, self.clock()))
            for each in news:
                self.cycle.pace(each)
            return bool(news)

    def _pace(self) -> None:
        """Let paces be such that the day's calls last."""
        if self._ration():
            self._schedule.replan(self._jobs(self.cycle.plan))

    def _polling(self, key: SourceKey) -> Callable[[], None]:
        def run() -> None:
            source = self.cycle.plan.sources.get(key)
            now = self.clock()
            if source is None or not self.owned() or not source.shifts.hold(now):
                self._punctuality.rests(key)
                return
            self._guarded(PACING, lambda: self._punctuality.begins(source, now))
            self._guarded(JUDGING, lambda: self.cycle.poll(key))
            self._try_early(key)
            if source.endpoint.name == TOKEN_INFO:
                self._guarded(PACING, self._pace)
            self.wake()

        return run

    def _try_early(self, key: SourceKey) -> None:
        """Where a trouble passes in seconds, a whole turn is not given up for it."""
        state = self.cycle.known.sources.get(key)
        wait = early(state, self.clock()) if state is not None else None
        if wait is not None:
            self._schedule.ahead("/".join(key), wait / self.pace)

    def _guarded(self, name: str, work: Callable[[], object]) -> bool:
        """Do *work*; where the database cannot be used that is noted, and nothing is lost."""
        try:
            work()
        except NotOwnerError:
            return False  # said once, by whoever looks after that
        except StateError as error:
            self.condition.trouble(name, "database: it cannot be used")
            log.error("database trouble", error=str(error))
            return False
        except Exception as error:  # noqa: BLE001  # a mistake of ours must not end the bot
            self.condition.trouble(name, "bot: an internal error, see the log")
            log.error("internal error", kind=type(error).__name__, where=logs.place(error))
            return False
        self.condition.well(name)
        return True

    def _left_out(self, name: str) -> None:
        self._guarded(PACING, lambda: self._punctuality.left_out(SourceKey(*name.split("/"))))

    def _every(self, name: str, span: timedelta, work: Callable[[], object]) -> None:
        """Do *work* when it was not done for so long."""
        now = self.clock()
        if name not in self._begun or now - self._begun[name] >= span:
            self._begun[name] = now
            self._guarded(name, work)

    def _live(self) -> None:
        """Give a sign of life only while the whole way is open."""
        if not self.unhealthy() and not self._troubles():
            self.heartbeat()

    def _judge_timers(self) -> None:
        wake = self._waker()
        self._begun["review"] = self.clock()  # polls come first
        while not self._stop.is_set():
            self.condition.beat("timers", self.cycle.monotonic())
            well = self._guarded(JUDGING, lambda: self.cycle.catch_up(self.clock()))
            if well and self._owed.is_set():
                self.reload()
            self._schedule.mend()
            self._every(PACING, RATION, self._pace)
            self._every("tidy", TIDY, lambda: self.tidy(self.clock(), self.cycle.plan.retention))
            self._every("heartbeat", HEARTBEAT, self._live)
            self._every("review", REVIEW, self.review)
            self._wait(wake, self.cycle.next_due() if well else None, IDLE if well else SOON)

    def _heeding(self) -> None:
        while not self._stop.wait(ASKED):
            self.condition.beat("requests", self.cycle.monotonic())
            self._guarded("requests", self.heed)

    def _delivering(self, worker: Worker) -> Callable[[], None]:
        def run() -> None:
            wake = self._waker()
            due: list[datetime | None] = []

            def work() -> None:
                while worker.run_once():
                    pass
                due.append(worker.next_due())

            while not self._stop.is_set():
                self.condition.beat(f"deliver {worker.channel.kind}", self.cycle.monotonic())
                due.clear()
                well = self._guarded(worker.channel.kind, work)
                self._wait(wake, due[0] if due else None, IDLE if well else SOON)
            self._guarded(worker.channel.kind, lambda: self._drain(worker))

        return run

    def _drain(self, worker: Worker) -> None:
        """Deliver what is due, answers after their messages; what takes too long stays queued."""
        until = self.clock() + DRAIN * self.pace
        while worker.run_once() and self.clock() < until:
            pass

    def _waker(self) -> threading.Event:
        event = threading.Event()
        self._wakes.append(event)
        return event

    def _wait(self, wake: threading.Event, due: datetime | None, longest: float) -> None:
        seconds = longest
        if due is not None:
            seconds = min(longest, max(0.0, (due - self.clock()).total_seconds() / self.pace))
        wake.wait(seconds)
        wake.clear()
