"""Answer what the platform would know of the contact center at a moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from notifier.simulator.calls import Call, Day, calls_of
from notifier.simulator.chance import one_of
from notifier.simulator.faults import Fault
from notifier.simulator.floor import pauses, sessions
from notifier.simulator.network import Row, agent_row, ip_rows, pbx_rows
from notifier.simulator.roster import AGENTS, BY_NUMBER, QUEUES, Queue
from notifier.simulator.script import Kind, Scene, Script

HOUR = timedelta(hours=1)
LEVELS = (10, 20, 30)  # seconds
COUNTERS = ("stat_inbound", "stat_answer", "stat_abandon")
COST_PER_MINUTE = 84.5  # pesos
INTERVALS = (
    ("0_5_seg", 5),
    ("6_20_seg", 20),
    ("21_60_seg", 60),
    ("61_120_seg", 120),
    ("greater_than_121", 10**9),
)


class Center:
    """A contact center that lives as its script says; every answer depends on the time alone.

    All answers are what the platform's envelope holds under ``data``; every value is a text.
    """

    def __init__(
        self,
        seed: int = 7,
        start: datetime | None = None,
        script: Script = (),
        zone: str = "America/Bogota",
    ) -> None:
        self.seed = seed
        self.zone = ZoneInfo(zone)
        self.start = start or datetime(2025, 11, 18, 10, 0, tzinfo=self.zone)
        self.script = tuple(script)
        self._day = lru_cache(maxsize=40)(self._calls_of)

    def scenes(self, now: datetime) -> tuple[Scene, ...]:
        """What happens at that moment."""
        return tuple(scene for scene in self.script if scene.lasts(now))

    def faults(self, now: datetime) -> tuple[Fault, ...]:
        """What the script wants the API to do wrong at that moment, in its order."""
        faults = (s.fault(now) for s in self.script if s.kind is Kind.API_FAULT)
        return tuple(fault for fault in faults if fault is not None)

    def others(self, now: datetime) -> int:
        """Return how many calls of the local day other programs have spent."""
        today = (s for s in self._begun(Kind.OTHERS, now) if self._date(s.begin) == self._date(now))
        return round(sum(scene.amount * scene.done(now) for scene in today))

    def _begun(self, kind: Kind, now: datetime) -> Iterator[Scene]:
        return (s for s in self.script if s.kind is kind and s.begin <= now)

    # ---- latency ----

    def latency(self, now: datetime) -> list[dict[str, list[Row]]]:
        """Return the one object with the three lists."""
        calls = self._last_calls(now)
        agents = [
            agent_row(
                agent,
                connected=connected,
                last_call=calls.get(agent.number, ""),
                now=now,
                seed=self.seed,
                script=self.script,
            )
            for agent, connected in sessions(now, self.zone, self.seed, self.script)
        ]
        pbxs = list(pbx_rows(now, self.seed, self.script))
        return [{"by_agent": agents, "by_ip": list(ip_rows(agents)), "by_pbx": pbxs}]

    def _last_calls(self, now: datetime) -> dict[str, str]:
        day = self._today(now)
        at = _seconds(day, now)
        return {
            agent: self._local(day, seconds, "%Y-%m-%d %H:%M:%S")
            for agent, seconds in day.last_taken(at)
        }

    # ---- skills ----

    def skills(self, now: datetime, skill_id: str = "all") -> list[Row]:
        """Return one queue, or all; none for an unknown number."""
        wanted = [q for q in QUEUES if skill_id.casefold() in ("all", q.number)]
        return [self._skill(queue, now) for queue in wanted]

    def _skill(self, queue: Queue, now: datetime) -> Row:
        day = self._today(now)
        at, since = _seconds(day, now), self._counting_since(day, now)
        ours = [c for c in day.queued.get(queue.name, ()) if c.came <= at]
        waiting = sum(c.left_queue > at for c in ours) + self._held_over(queue, now)
        came = [c for c in ours if c.came >= since]
        answered = [c for c in came if c.talked and c.left_queue <= at]
        gone = [c for c in came if not c.talked and c.left_queue <= at]
        return {
            "skill_id": queue.number,
            "skill_name": queue.name,
            "calls_in_queue_now": str(waiting),
            **self._counters(queue, now, since, (len(came), len(answered), len(gone))),
            **{
                f"service_level_{level}seg": percent(
                    sum(c.waited <= level for c in answered), len(answered)
                )
                for level in LEVELS
            },
            "by_abandon": percent(len(gone), len(came)),
        }

    def _counting_since(self, day: Day, now: datetime) -> float:
        """When the counters began, in seconds of the day: at midnight, or at a reset since."""
        resets = (_seconds(day, scene.begin) for scene in self._begun(Kind.COUNTER_RESET, now))
        return max(0.0, *resets, 0.0)

    def _counters(
        self, queue: Queue, now: datetime, since: float, counts: tuple[int, int, int]
    ) -> Row:
        """The day's counts, less what was corrected since they began."""
        counters = dict(zip(COUNTERS, counts, strict=True))
        for scene in self._begun(Kind.CORRECTION, now):
            if scene.who == queue.name and _seconds(self._today(now), scene.begin) >= since:
                counters[scene.text or COUNTERS[-1]] -= round(scene.amount)
        return {name: str(max(0, count)) for name, count in counters.items()}

    def _held_over(self, queue: Queue, now: datetime) -> int:
        """Count the calls that came before midnight and still wait."""
        day = self._day(self._date(now) - timedelta(days=1))
        at = _seconds(day, now)
        if day.emptied.get(queue.name, 0.0) <= at:
            return 0
        return sum(c.left_queue > at for c in day.queued[queue.name])

    # ---- hits_last_hour ----

    def hits(self, now: datetime) -> list[Row]:
        """Return what agents dialed in the last hour, newest last; ``hit`` tells the sales."""
        return [row for day in self._days(now - HOUR, now) for row in self._hits_of(day, now)]

    def _hits_of(self, day: Day, now: datetime) -> Iterator[Row]:
        at = _seconds(day, now)
        since = at - HOUR.total_seconds()
        for call in day.dialed(since, at):
            if max(call.ended, call.coded) > since and call.ended <= at:
                yield self._hit(day, call, at)

    def _hit(self, day: Day, call: Call, at: float) -> Row:
        epoch = int((day.midnight + timedelta(seconds=call.came)).timestamp())
        name = (self.seed, epoch, call.agent, call.number)
        return {
            "conn_id": f"{call.agent}.{call.number:04d}.{epoch}.{1 + call.number % 97}",
            "type_interaction": call.type_interaction,
            "date": self._local(day, call.came, "%Y%m%d%H%M%S"),
            "telephone": f"3{one_of(range(100_000_000, 250_000_000), *name, 'telephone')}",
            "customer_id": str(one_of(range(10_000_000, 1_200_000_000), *name, "customer")),
            "hit": "yes" if self._is_sale(day, call, at) else "no",
        }

    def _is_sale(self, day: Day, call: Call, at: float) -> bool:
        """Whether the call is coded as a sale by then, and the code was not taken back since."""
        now = day.midnight + timedelta(seconds=at)
        back = (
            call.coded <= _seconds(day, scene.begin)
            for scene in self._begun(Kind.SALE_BACK, now)
            if scene.who == call.agent
        )
        return 0 < call.coded <= at and not any(back)

    # ---- cdr_4 ----

    def cdr_4(self, now: datetime, begin: datetime, end: datetime) -> dict[str, Row] | None:
        """Return how long the calls of the window lasted; None where there were none."""
        talks = [call.talked for call in self._ended(begin, min(end, now))]
        if not talks:
            return None
        rows, above = {}, -1
        for name, limit in INTERVALS:
            rows[name] = _interval([t for t in talks if above < int(t) <= limit], len(talks))
            above = limit
        return rows

    def _ended(self, begin: datetime, end: datetime) -> Iterator[Call]:
        """Yield the conversations that ended in the window, also those begun the day before."""
        for day in self._days(begin - timedelta(hours=2), end):
            first, last = _seconds(day, begin), _seconds(day, end)
            yield from (c for c in day.calls if c.talked and first <= c.ended <= last)

    # ---- agent_3 ----

    def agent_3(self, now: datetime, begin: datetime, end: datetime) -> list[Row]:
        """Return each agent's time in each auxiliary state used within the window."""
        end = min(end, now)
        dates = [self._date(day.midnight) for day in self._days(begin, end)]
        rows = []
        for agent in AGENTS:
            spent: dict[str, float] = {}
            for day in dates:
                for pause in pauses(agent, day, self.zone, self.seed, self.script):
                    seconds = pause.seconds_within(begin, end)
                    spent[pause.state] = spent.get(pause.state, 0.0) + seconds
            rows += [_aux_row(agent.number, state, s) for state, s in spent.items() if s >= 1]
        return rows

    # ---- days ----

    def _calls_of(self, day: date) -> Day:
        return calls_of(day, self.zone, self.seed, self.script)

    def _date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def _today(self, now: datetime) -> Day:
        return self._day(self._date(now))

    def _days(self, begin: datetime, end: datetime) -> Iterator[Day]:
        day, last = self._date(begin), self._date(end)
        while day <= last:
            yield self._day(day)
            day += timedelta(days=1)

    def _local(self, day: Day, seconds: float, form: str) -> str:
        return (day.midnight + timedelta(seconds=seconds)).astimezone(self.zone).strftime(form)


def _seconds(day: Day, moment: datetime) -> float:
    return (moment.astimezone(UTC) - day.midnight).total_seconds()


def percent(part: int, whole: int) -> str:
    """Write a share as the platform does: ``34.64 %``, and ``0 %`` for nothing."""
    if not part or not whole:
        return "0 %"
    return "100 %" if part == whole else f"{100 * part / whole:.2f} %"


def _interval(talks: Sequence[float], total: int) -> Row:
    if not talks:
        return {"calls": "0", "minutes": " ", "cost": " ", "percentage": "0 %"}
    minutes = sum(talks) / 60
    return {
        "calls": str(len(talks)),
        "minutes": f"{minutes:.2f}",
        "cost": f"{minutes * COST_PER_MINUTE:,.2f}",
        "percentage": percent(len(talks), total),
    }


def _aux_row(number: str, state: str, seconds: float) -> Row:
    agent = BY_NUMBER[number]
    hours, rest = divmod(int(seconds), 3_600)
    return {
        "agent_id": agent.number,
        "agent_dni": agent.dni,
        "agent_name": agent.name,
        "aux_state": state,
        "time": f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}",
    }
