"""Count how often people are disturbed, and hold that against what they can bear."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from notifier.core.hindsight.message import Message
from notifier.errors import ConfigError

SHIFTS = (6, 14, 22)  # local hours at which one begins
_BUDGET = re.compile(r"(?:(?P<receiver>[^=]+)=)?(?P<most>\d+)\s*/\s*(?P<unit>[a-z]+)")


def _hour(local: datetime) -> datetime:
    return local.replace(minute=0, second=0, microsecond=0)


def _day(local: datetime) -> datetime:
    return _hour(local).replace(hour=0)


def _shift(local: datetime) -> datetime:
    begun = [hour for hour in SHIFTS if hour <= local.hour]
    day = _day(local) if begun else _day(local) - timedelta(days=1)
    return day.replace(hour=begun[-1] if begun else SHIFTS[-1])


def _week(local: datetime) -> datetime:
    return _day(local) - timedelta(days=local.weekday())


UNITS: Mapping[str, Callable[[datetime], datetime]] = {
    "hour": _hour,
    "shift": _shift,
    "day": _day,
    "week": _week,
}


@dataclass(frozen=True, slots=True)
class Budget:
    """How many messages a receiver may get.

    Attributes:
        unit: ``hour``, ``shift`` (from 6, 14 and 22 o'clock), ``day`` or ``week``, by local clocks.
        receiver: Whom it is about; empty for each.
    """

    most: int
    unit: str
    receiver: str = ""

    def __str__(self) -> str:
        whose = f"{self.receiver}=" if self.receiver else ""
        return f"{whose}{self.most}/{self.unit}"


@dataclass(frozen=True, slots=True)
class Busiest:
    """A receiver's worst hour, shift, day or week.

    Attributes:
        begin: When it began, by the receiver's clock.
        over: It is more than the budget allows.
    """

    receiver: str
    begin: datetime
    count: int
    budget: Budget

    @property
    def over(self) -> bool:
        return self.count > self.budget.most


def read_budget(text: str) -> Budget:
    """Read ``3/shift``, ``10/day`` or ``on-call=1/hour``.

    Raises:
        ConfigError: it is none.
    """
    found = _BUDGET.fullmatch(text.strip())
    if found is None or found["unit"] not in UNITS:
        raise ConfigError(
            f"`{text}` is no budget; write a number of messages and for how long, as in 3/shift, "
            f"10/day or on-call=1/hour ({', '.join(UNITS)})"
        )
    return Budget(int(found["most"]), found["unit"], (found["receiver"] or "").strip())


def busiest(heard: Iterable[Message], budget: Budget, zones: Mapping[str, tzinfo]) -> list[Busiest]:
    """Each receiver's worst span, the worst receiver first.

    zones: By receiver; where its clock is. UTC where that is not known.
    """
    spans: dict[str, Counter[datetime]] = {}
    for receiver, at in disturbances(heard):
        if budget.receiver in ("", receiver):
            begin = UNITS[budget.unit](at.astimezone(zones.get(receiver, UTC)))
            spans.setdefault(receiver, Counter())[begin] += 1
    worst = ((receiver, *counts.most_common(1)[0]) for receiver, counts in spans.items())
    found = [Busiest(receiver, begin, count, budget) for receiver, begin, count in worst]
    return sorted(found, key=lambda each: (-each.count, each.receiver))


def disturbances(heard: Iterable[Message]) -> list[tuple[str, datetime]]:
    """Whom a message disturbs, and when: one about forty incidents disturbs once."""
    loud = {(m.conversation, m.at, m.receiver): None for m in heard if m.loud}
    return [(receiver, at) for _, at, receiver in loud]


def per_hour(heard: Iterable[Message], zones: Mapping[str, tzinfo]) -> Counter[int]:
    """How many messages there are in each hour of the day, by the receivers' clocks."""
    return Counter(at.astimezone(zones.get(who, UTC)).hour for who, at in disturbances(heard))


def noticed(heard: Iterable[Message]) -> Counter[tuple[str, str, str]]:
    """How many messages disturb whom: by operation, rule and receiver."""
    loud = {(m.conversation, m.at): (m.operation, m.rule, m.receiver) for m in heard if m.loud}
    return Counter(loud.values())


def per_rule(heard: Iterable[Message]) -> Counter[tuple[str, str]]:
    """How many messages each receiver gets of each rule: (rule, receiver)."""
    found: Counter[tuple[str, str]] = Counter()
    for (_, rule, receiver), count in noticed(heard).items():
        found[rule, receiver] += count
    return found
