"""Work out from data what wolkvox does not document: what levels are shares of, decimal signs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from msgspec import Struct

FEWEST = 6  # levels from which a denominator is believed
NEAR = 0.05  # mean distance to a whole number of calls, for the right denominator
FAR = 0.1  # and, at least, for a wrong one: at random it is 0.25
LEVEL = re.compile(r"service_level_[1-9][0-9]*seg")

_STYLES = (
    ("dot", re.compile(r"[+-]?[0-9]+\.[0-9]+")),
    ("thousands", re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")),
    ("comma", re.compile(r"[+-]?[0-9]+(\.[0-9]{3})*,[0-9]+")),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A percentage of calls, and the counts that it may be a share of, by name."""

    percent: float
    counts: Mapping[str, float]


def samples(queues: Iterable[Struct]) -> Iterator[Sample]:
    """Yield each service level that tells something: neither 0 nor 100 % of anything."""
    for queue in queues:
        counts = _counts(queue)
        for name in queue.__struct_fields__:
            level = getattr(queue, name)
            if LEVEL.fullmatch(name) and level and level < 100 and counts:
                yield Sample(level, counts)


def _counts(queue: Struct) -> dict[str, float]:
    answered = getattr(queue, "stat_answer", None)
    inbound = getattr(queue, "stat_inbound", None)
    abandoned = getattr(queue, "stat_abandon", None)
    if not answered or not inbound or not abandoned:
        return {}  # without abandoned calls all bases are the same
    return {"answered": answered, "inbound": inbound, "answered+abandoned": answered + abandoned}


def bases(given: Sequence[Sample]) -> dict[str, float]:
    """Return by base how far, on average, the percentage of it is from a whole number of calls."""
    names = given[0].counts if given else ()
    return {name: fmean(_distance(s.percent, s.counts[name]) for s in given) for name in names}


def base(given: Sequence[Sample]) -> str | None:
    """Return what service levels are a share of; None where the data cannot tell."""
    if len(given) < FEWEST:
        return None
    ranked = sorted(bases(given).items(), key=lambda found: found[1])
    (best, distance), (_, next_distance) = ranked[:2]
    return best if distance <= NEAR and next_distance >= FAR else None


def _distance(percent: float, count: float) -> float:
    calls = percent * count / 100
    return abs(calls - round(calls))


def styles(values: Iterable[str]) -> Counter[str]:
    """Count how numbers are written: ``dot`` 1.5, ``thousands`` 1,500 or 1,500.5, ``comma`` 1,5."""
    plain = (value.strip().removesuffix("%").rstrip() for value in values)
    return Counter(style for style in map(_style, plain) if style)


def _style(value: str) -> str:
    return next((name for name, form in _STYLES if form.fullmatch(value)), "")
