"""Time things beside F, turn and turn about, so that a noisy machine disturbs both alike."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Timed:
    """Medians.

    Attributes:
        seconds: Of the thing measured.
        parse: F: of ``json.loads`` of the same bytes.
        ratio: Of the ratios, each to the parse just before it.
    """

    seconds: float
    parse: float
    ratio: float


def against_parse(
    body: bytes,
    measure: Callable[[], float | None],
    *,
    rounds: int = 9,
    before: Callable[[], object] = lambda: None,
) -> Timed:
    """Time *measure* against F.

    measure: It may return the seconds itself, where only a part of it counts.
    before: Done, untimed, ahead of each measure.
    """
    before()
    measure()
    took, parses = [], []
    for _ in range(rounds):
        parses.append(parse(body))
        before()
        began = perf_counter()
        own = measure()
        took.append(perf_counter() - began if own is None else own)
    ratio = median(one / other for one, other in zip(took, parses, strict=True))
    return Timed(median(took), median(parses), ratio)


def parse(body: bytes) -> float:
    """Return the seconds that ``json.loads`` of *body* took."""
    gc.collect()
    began = perf_counter()
    json.loads(body)
    return perf_counter() - began


def seconds(
    measure: Callable[[], object], rounds: int, clock: Callable[[], float] = perf_counter
) -> float:
    """Return the median seconds of *measure*."""
    measure()
    took = []
    for _ in range(rounds):
        began = clock()
        measure()
        took.append(clock() - began)
    return median(took)


def children() -> float:
    """Return the processor's seconds that all ended child processes took: others do not count."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
