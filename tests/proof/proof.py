"""Try every death, and count what it did."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from random import Random

from tests.proof.day import RULES, Seen, Verdict, judge, live, seen
from tests.proof.world import Kill, Nursery, World, world


@dataclass
class Table:
    """What was tried, and how it went."""

    tried: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    doubled: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing was lost and nothing doubled."""
        return not self.faults

    def add(self, kills: Sequence[Kill], deaths: int, verdict: Verdict) -> None:
        """Count one more day."""
        row = kind_of(kills)
        self.tried[row] += 1
        self.deaths[row] += deaths
        self.lost[row] += len(verdict.lost)
        self.doubled[row] += len(verdict.doubled)
        self.repeated[row] += verdict.repeated
        self.other[row] += len(verdict.other)
        if not verdict.good:
            numbers = ", ".join(f"{kill} {kill.number}" for kill in kills)
            self.faults += [f"{numbers}: {verdict}"]

    def __str__(self) -> str:
        columns = ("died", "tried", "deaths", "lost", "doubled", "repeated", "otherwise")
        counts = (self.tried, self.deaths, self.lost, self.doubled, self.repeated, self.other)
        rows = [(row, *(str(count[row]) for count in counts)) for row in self.tried]
        total = ("in all", *(str(sum(count.values())) for count in counts))
        lines = [columns, *rows, total]
        widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
        shown = ["  ".join(_cells(line, widths)) for line in lines]
        return "\n".join([*shown, *(fault[:1_000] for fault in self.faults[:5])])


def kind_of(kills: Sequence[Kill]) -> str:
    """What a day's deaths are called in the table."""
    return str(kills[0]) if len(kills) == 1 else "twice, the second soon after"


def _cells(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = zip(line, widths, strict=True)
    return [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]


def prove(most: int | None = None, *, progress: Callable[[str], None] = lambda _: None) -> Table:
    """Live an undisturbed day, then one for each death. *most*: only so many, spread evenly.

    As many days are lived side by side as there are processors: each has a world of its own.
    """
    abreast = os.cpu_count() or 1
    with ExitStack() as stack, ThreadPoolExecutor(abreast) as days:
        free: SimpleQueue[Nursery] = SimpleQueue()
        for _ in range(abreast):
            free.put(stack.enter_context(closing(Nursery())))
        calm, counted = _day(free, ())
        tries, table = _spread(deaths_of(counted), most), Table()
        for number, (kills, (found, after)) in enumerate(
            zip(tries, days.map(partial(_day, free), tries), strict=True), 1
        ):
            table.add(kills, after.deaths, judge(calm, found))
            progress(f"{number} of {len(tries)}, {len(table.faults)} faults ")
    return table


def _day(free: SimpleQueue[Nursery], kills: Sequence[Kill]) -> tuple[Seen, World]:
    nursery = free.get()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            world(Path(folder), RULES, nursery, kills) as lived,
        ):
            live(lived)
            return seen(lived), lived
    finally:
        free.put(nursery)


def deaths_of(counted: World) -> list[tuple[Kill, ...]]:
    """Each commit and each call, before and behind it; and some pairs of them."""
    ones = [
        *(Kill("commit", n, late) for n in range(1, counted.commits + 1) for late in (False, True)),
        *(Kill("call", n, False) for n in range(1, len(counted.reaper.calls) + 1)),
        *(Kill("call", n, True) for n in _taking(counted.reaper.calls)),
    ]
    dice = Random(4)
    soon = [Kill(kill.at, dice.randint(1, 12), kill.late) for kill in ones]
    dice.shuffle(soon)
    return [*((kill,) for kill in ones), *zip(ones[::5], soon[::5], strict=True)]


def _taking(calls: Iterable[str]) -> list[int]:
    """The calls that change something out there."""
    return [n for n, call in enumerate(calls, 1) if not call.startswith("wolkvox")]


def _spread(tries: list[tuple[Kill, ...]], most: int | None) -> list[tuple[Kill, ...]]:
    """Return about *most* of them: as many of each kind of death, evenly over the day."""
    if most is None:
        return tries
    kinds: dict[str, list[tuple[Kill, ...]]] = {}
    for kills in tries:
        kinds.setdefault(kind_of(kills), []).append(kills)
    each = max(1, most // len(kinds))
    return [
        kind[(2 * i + 1) * len(kind) // (2 * each)] for kind in kinds.values() for i in range(each)
    ]
