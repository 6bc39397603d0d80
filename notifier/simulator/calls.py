"""Work out a day's calls, one by one: every counter of the platform is a count of these."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache, cached_property
from math import exp
from random import Random

from notifier.simulator.chance import stream
from notifier.simulator.roster import AGENTS, QUEUES, VENTAS, Agent, Queue
from notifier.simulator.script import Kind, Scene, Script

DAY = 24 * 60  # minutes
LATE_CODING = 90.0  # seconds after a call by which an agent has coded it


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Times are seconds since the local midnight of the day it came in.

    Attributes:
        waited: Seconds until an agent answered, or the caller hung up.
        talked: Seconds of conversation; 0 for a caller who hung up.
        agent: Number of the agent; empty for a caller who hung up.
        queue: Empty for outbound calls.
        coded: When the sale was entered; 0 when there was none.
    """

    came: float
    waited: float
    talked: float
    agent: str = ""
    queue: str = ""
    type_interaction: str = "inbound"
    coded: float = 0.0
    number: int = 0

    @property
    def left_queue(self) -> float:
        return self.came + self.waited

    @property
    def ended(self) -> float:
        return self.came + self.waited + self.talked


@dataclass(frozen=True)
class Day:
    """A local day: its midnight, and its calls in the order they came."""

    midnight: datetime
    calls: tuple[Call, ...]

    @cached_property
    def queued(self) -> Mapping[str, Sequence[Call]]:
        """The calls of each queue; under the empty name those that agents dialed."""
        found: dict[str, list[Call]] = {}
        for call in self.calls:
            found.setdefault(call.queue, []).append(call)
        return found

    @cached_property
    def emptied(self) -> Mapping[str, float]:
        """When the last call left each queue."""
        return {queue: max(c.left_queue for c in calls) for queue, calls in self.queued.items()}

    def last_taken(self, at: float) -> Iterator[tuple[str, float]]:
        """Yield each agent with the moment of the last call that it had taken by then."""
        for agent, moments in self._taken.items():
            place = bisect_right(moments, at)
            if place:
                yield agent, moments[place - 1]

    @cached_property
    def _taken(self) -> Mapping[str, Sequence[float]]:
        found: dict[str, list[float]] = {}
        for call in self.calls:
            if call.agent and call.left_queue:
                found.setdefault(call.agent, []).append(call.left_queue)
        return {agent: sorted(moments) for agent, moments in found.items()}

    def dialed(self, after: float, until: float) -> Sequence[Call]:
        """What agents dialed until then, but for calls that were over and coded before *after*."""
        calls = self.queued.get("", ())
        first = bisect_right(calls, after - self._longest, key=lambda call: call.came)
        return calls[first : bisect_right(calls, until, key=lambda call: call.came)]

    @cached_property
    def _longest(self) -> float:
        """The seconds until the slowest of the dialed calls was over and coded."""
        calls = self.queued.get("", ())
        return max((max(c.ended, c.coded) - c.came for c in calls), default=0.0)


def calls_of(day: date, zone: tzinfo, seed: int, script: Script) -> Day:
    """Return the calls of one local day; the same arguments, the same calls."""
    midnight = datetime.combine(day, time(0), zone).astimezone(UTC)
    calls = [
        *(c for queue in QUEUES for c in _inbound(queue, day, midnight, seed, script)),
        *_outbound(day, midnight, seed, script),
        *_told_sales(midnight, seed, script),
    ]
    ours = [call for call in calls if 0 <= call.came < DAY * 60]
    return Day(midnight, tuple(sorted(ours, key=lambda call: (call.came, call.number))))


def _hour_share(minute: int) -> float:
    """How busy an hour is, 0 to 1: two humps, the higher one in the morning."""
    hour = minute / 60
    morning = max(0.0, 1 - abs(hour - 10.5) / 6)
    afternoon = max(0.0, 1 - abs(hour - 16) / 6) * 0.85
    return max(0.06, morning, afternoon)


def _inbound(
    queue: Queue, day: date, midnight: datetime, seed: int, script: Script
) -> Iterator[Call]:
    chance = stream(seed, day, queue.number)
    scenes = [s for s in script if s.who == queue.name]
    drops = [s for s in scenes if s.kind is Kind.SLA_DROP]
    for minute in range(DAY):
        at = time(minute // 60, minute % 60)
        if not queue.is_open(at):
            continue
        expected = queue.calls_per_minute * _hour_share(minute)
        for _ in range(_poisson(chance, expected)):
            came = (minute + chance.random()) * 60
            now = midnight + timedelta(seconds=came)
            slow = next((s.amount for s in drops if s.lasts(now)), 0.0)
            yield _answered_or_not(queue, came, _wait(chance, slow), chance)
    for scene in scenes:
        if scene.kind is Kind.QUEUE_SURGE:
            yield from _surge(queue, scene, midnight, seed)


def _poisson(chance: Random, expected: float) -> int:
    """A draw from the Poisson distribution, by Knuth's product of uniforms."""
    limit, product, count = exp(-expected), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def _wait(chance: Random, slow: float) -> float:
    """Seconds in the queue: mostly a few; around *slow* while a queue is slow."""
    if slow:
        return chance.uniform(0.5, 1.5) * slow
    return min(chance.expovariate(1 / 7.0), 75.0)


def _answered_or_not(queue: Queue, came: float, wait: float, chance: Random) -> Call:
    number = chance.randrange(10_000)
    patience = chance.expovariate(1 / (queue.patience * 7))
    if patience < wait:
        return Call(came, max(1.0, patience), 0.0, queue=queue.name, number=number)
    at = _clock_time(came + wait)
    agent = _someone(queue, at, chance)
    return Call(came, wait, _talk(chance), agent.number, queue.name, number=number)


def _clock_time(seconds: float) -> time:
    minute = int(seconds // 60) % DAY
    return time(minute // 60, minute % 60)


def _someone(queue: Queue, at: time, chance: Random) -> Agent:
    return chance.choice(_takers(queue, at))


@cache
def _takers(queue: Queue, at: time) -> tuple[Agent, ...]:
    """Who may take a call: the queue's own agents on shift, else whoever is there."""
    on_shift = tuple(a for a in AGENTS if a.works_at(at))
    return tuple(a for a in on_shift if a.queue is queue) or on_shift or AGENTS


def _talk(chance: Random) -> float:
    """Seconds of conversation: log-normal around three minutes, a few cut off at once."""
    if chance.random() < 0.04:
        return chance.uniform(1, 5)
    return min(chance.lognormvariate(5.0, 0.9), 3_600.0)


def _surge(queue: Queue, scene: Scene, midnight: datetime, seed: int) -> Iterator[Call]:
    """Yield calls so that about a third more than ``amount`` wait at any time of the scene.

    A burst in the first half minute hangs on for one to two and a half minutes; a steady stream,
    each call of it waiting about as long, takes its place as it drains.
    """
    chance = stream(seed, "surge", scene.begin, queue.number)
    begin = (scene.begin - midnight).total_seconds()
    end = (scene.end - midnight).total_seconds()
    waiting = round((scene.amount or 12) * 1.35) + 1
    for _ in range(waiting):
        came = begin + chance.uniform(0, 30)
        yield _made_to_wait(queue, came, chance.uniform(60, 150), end, chance)
    came = begin + 60
    while came < end:
        yield _made_to_wait(queue, came, chance.uniform(70, 130), end, chance)
        came += 90 / waiting


def _made_to_wait(queue: Queue, came: float, wait: float, end: float, chance: Random) -> Call:
    wait = min(wait, max(8.0, end + 30 - came))
    number = chance.randrange(10_000)
    if chance.random() < 0.22:
        return Call(came, wait, 0.0, queue=queue.name, number=number)
    agent = _someone(queue, _clock_time(came + wait), chance)
    return Call(came, wait, _talk(chance), agent.number, queue.name, number=number)


def _outbound(day: date, midnight: datetime, seed: int, script: Script) -> Iterator[Call]:
    """Yield what sales people dial by hand and the dialer connects, a few of them sales."""
    chance = stream(seed, day, "outbound")
    short = [s for s in script if s.kind is Kind.SHORT_CALLS]
    for minute in range(DAY):
        at = time(minute // 60, minute % 60)
        if not VENTAS.is_open(at):
            continue
        for _ in range(_poisson(chance, 2.4 * _hour_share(minute))):
            yield _dialed((minute + chance.random()) * 60, chance)
        now = midnight + timedelta(minutes=minute)
        extra = sum(s.amount or 12 for s in short if s.lasts(now))
        for _ in range(_poisson(chance, extra) if extra else 0):
            yield _cut_short((minute + chance.random()) * 60, chance)


def _dialed(came: float, chance: Random) -> Call:
    agent = _someone(VENTAS, _clock_time(came), chance)
    kind = "outbound_ma" if chance.random() < 0.7 else "out_pre"
    talked = _talk(chance)
    sold = chance.random() < 0.05 and talked > 90
    coded = came + talked + chance.uniform(5, LATE_CODING) if sold else 0.0
    number = chance.randrange(10_000)
    return Call(came, 0.0, talked, agent.number, "", kind, coded, number)


def _cut_short(came: float, chance: Random) -> Call:
    agent = _someone(VENTAS, _clock_time(came), chance)
    talked = chance.uniform(1, 5)
    return Call(came, 0.0, talked, agent.number, "", "out_pre", number=chance.randrange(10_000))


def _told_sales(midnight: datetime, seed: int, script: Script) -> Iterator[Call]:
    """Yield the sales that the script asks for: coded within their scene, in equal steps."""
    for scene in script:
        if scene.kind is not Kind.SALE:
            continue
        begin = (scene.begin - midnight).total_seconds()
        chance = stream(seed, "sale", scene.begin, scene.who)
        count = round(scene.amount or 1)
        step = (scene.end - scene.begin).total_seconds() / count
        for turn in range(count):
            coded = begin + step * turn
            talked = chance.uniform(100, 400)
            came = coded - talked - 10
            number = chance.randrange(10_000)
            yield Call(came, 0.0, talked, scene.who, "", "outbound_ma", coded, number)
