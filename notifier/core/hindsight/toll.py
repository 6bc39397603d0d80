"""Count what a replay told: by operation, rule and receiver, by day, by hour, at its worst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from notifier.core.hindsight.message import Message
from notifier.core.hindsight.noise import UNITS, Budget, busiest, disturbances, noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Toll:
    """What one receiver is told of one rule of one operation.

    Attributes:
        noticed: Messages that disturb somebody: one about forty incidents is one.
        was: The same by the rules in force, where two files are compared; else None.
        open, close, repeat, event, change: By incident, those that disturb nobody among them.
    """

    operation: str
    rule: str
    receiver: str
    noticed: int = 0
    was: int | None = None
    open: int = 0
    close: int = 0
    repeat: int = 0
    event: int = 0
    change: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """How many messages people notice on one day, by the receivers' clocks; *was*: see ``Toll``."""

    day: str
    noticed: int
    was: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """The hour, shift, day or week in which a receiver is disturbed most."""

    receiver: str
    unit: str
    begin: datetime
    noticed: int


def tolls(told: Sequence[Message], before: Sequence[Message] | None = None) -> list[Toll]:
    """Who is told how much of what, the loudest first. *before*: what the rules in force tell."""
    now, was = noticed(told), noticed(before or ())
    reasons: dict[tuple[str, str, str], Counter[str]] = {key: Counter() for key in was}
    for one in told:
        reasons.setdefault((one.operation, one.rule, one.receiver), Counter())[one.reason] += 1
    found = [
        Toll(
            operation=key[0], rule=key[1], receiver=key[2], noticed=now[key],
            was=None if before is None else was[key],
            open=counts["open"], close=counts["close"], repeat=counts["repeat"],
            event=counts["event"], change=counts["change"],
        )
        for key, counts in reasons.items()
    ]  # fmt: skip
    return sorted(found, key=lambda t: (-t.noticed, -(t.was or 0), t.operation, t.rule, t.receiver))


def days(
    told: Iterable[Message], zones: Mapping[str, tzinfo], before: Iterable[Message] | None = None
) -> list[Day]:
    """Each day on which somebody is disturbed, the first one first; *before* as in ``tolls``."""
    now, was = _per_day(told, zones), _per_day(before or (), zones)
    return [
        Day(day=day, noticed=now[day], was=None if before is None else was[day])
        for day in sorted(now | was)
    ]


def _per_day(told: Iterable[Message], zones: Mapping[str, tzinfo]) -> Counter[str]:
    return Counter(
        at.astimezone(zones.get(receiver, UTC)).date().isoformat()
        for receiver, at in disturbances(told)
    )


def worst(told: Sequence[Message], zones: Mapping[str, tzinfo]) -> Iterator[Worst]:
    """Each receiver's worst hour, shift, day and week."""
    for unit in UNITS:
        for each in busiest(told, Budget(0, unit), zones):
            yield Worst(receiver=each.receiver, unit=unit, begin=each.begin, noticed=each.count)


# ---- rule by rule ----


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleToll:
    """What people are told of one rule of one operation.

    Attributes:
        noticed: Messages that disturb somebody; *receivers*: how many of them each one gets.
        days: How many on each day, quiet days among them, by the receivers' clocks.
    """

    operation: str
    rule: str
    noticed: int
    receivers: Mapping[str, int]
    days: tuple[Day, ...]


def by_rule(
    told: Sequence[Message], zones: Mapping[str, tzinfo], since: datetime, until: datetime
) -> list[RuleToll]:
    """What is told of each rule from *since* to *until*; rules that say nothing are left out."""
    own: dict[tuple[str, str], list[Message]] = {}
    for one in told:
        own.setdefault((one.operation, one.rule), []).append(one)
    return [_rule_toll(*key, found, zones, since, until) for key, found in own.items()]


def _rule_toll(
    operation: str, rule: str, told: Sequence[Message], zones: Mapping[str, tzinfo],
    since: datetime, until: datetime,
) -> RuleToll:  # fmt: skip
    receivers = Counter(who for who, _ in disturbances(told))
    zone = zones.get(told[0].receiver, UTC)
    loud = _per_day(told, zones)
    dates = sorted({*_dates(since.astimezone(zone), until.astimezone(zone)), *loud})
    return RuleToll(
        operation=operation,
        rule=rule,
        noticed=receivers.total(),
        receivers=dict(sorted(receivers.items())),
        days=tuple(Day(day=day, noticed=loud[day]) for day in dates),
    )


def _dates(first: datetime, last: datetime) -> Iterator[str]:
    day = first.date()
    while day <= last.date():
        yield day.isoformat()
        day += timedelta(days=1)
