"""Keep what rules may ask of a collection's past, and no more: values that never change.

One column of numbers per poll and field that some rule uses in a window; the rows of the last good
snapshot; and for ``usual`` one sum per half hour and week. A failed poll leaves no trace here.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from enum import Enum
from itertools import repeat
from math import nan
from operator import attrgetter
from typing import Any, TypeAlias

from notifier.core.functions import EXACT_BELOW, median, recover

Row: TypeAlias = Any  # a decoded record: its attributes are the fields, None is a blank
Column: TypeAlias = "array[float]"
Reader: TypeAlias = Callable[[Iterable[Row]], Column]

WEEKS = 6  # weeks that `usual` looks back
WEEKS_WANTED = 3  # fewer say nothing
USUAL_ENTITIES = 2_000  # beyond them `usual` is unknown: 6 weeks of each take 24 KB a field
_DRIFT = 5.0  # seconds; polls are not exactly as far apart as they should be


class Unknown(Enum):
    """Why the past has no answer."""

    BLANK = "blank"
    NEW = "not in the last good snapshot"
    FEW = "fewer than 2 readings"
    FEW_EARLIER = "fewer than 3 earlier readings"
    FEW_WEEKS = f"fewer than {WEEKS_WANTED} past weeks"
    RESET = "a counter was reset or corrected"
    LARGE = f"from {EXACT_BELOW:,} calls on a percentage no longer tells the calls apart"
    IMPLAUSIBLE = "the percentage and the calls contradict each other"
    IDLE = "no calls"


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rules of one collection ask of the past.

    Attributes:
        spans: Per field the longest window, in seconds.
        usual: The fields whose past weeks are wanted.
        counters: The counters whose falls are noted; empty where no window needs them.
        read: How a computed field is read from rows; other fields are attributes.
    """

    spans: Mapping[str, float] = field(default_factory=dict)
    usual: frozenset[str] = frozenset()
    counters: tuple[str, ...] = ()
    read: Mapping[str, Reader] = field(default_factory=dict)

    def column(self, name: str, rows: Iterable[Row]) -> Column:
        reader = self.read.get(name)
        return reader(rows) if reader else _plain(name, rows)


def _plain(name: str, rows: Iterable[Row]) -> Column:
    return array("d", [nan if v is None else v for v in map(attrgetter(name), rows)])


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One earlier poll: columns aligned with an index that polls of the same entities share."""

    at: float
    index: Mapping[str, int]
    columns: Mapping[str, Column]
    fell: frozenset[str] = frozenset()  # the entities of which a counter fell at this poll


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """The sums of one field in one half hour of one week."""

    index: Mapping[str, int]
    sums: Column
    counts: Column


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The past of one collection, as of its last good snapshot.

    Attributes:
        zone: Where the operation is: ``usual`` compares local half hours.
        at: When the last good snapshot was received, in epoch seconds.
        rows: That snapshot's rows, not a copy.
    """

    zone: tzinfo = UTC
    at: float | None = None
    rows: Mapping[str, Row] = field(default_factory=dict)
    past: tuple[Sample, ...] = ()
    slots: Mapping[tuple[str, int, int], Slot] = field(default_factory=dict)

    def add(self, at: float, rows: Mapping[str, Row], needs: Needs) -> History:
        """Return the history with one good snapshot more, and without what no window reaches.

        at: when it was received, in epoch seconds. Polls at or after it (the clock was set back)
        are forgotten.
        """
        past = tuple(self._kept(at, needs))
        slots = self.slots if needs.usual else {}
        if needs.spans or needs.usual:
            index = _index(past[-1].index if past else {}, rows)
            ordered = [rows[key] for key in index]
            names = {*needs.spans, *needs.usual}
            columns = {name: needs.column(name, ordered) for name in sorted(names)}
            if needs.spans:
                fell = _fell(self.rows, rows, needs.counters)
                past = (*past, Sample(at, index, columns, fell))
            if len(index) <= USUAL_ENTITIES:
                slots = self._summed(at, index, columns, needs.usual)
        return replace(self, at=at, rows=rows, past=past, slots=slots)

    def _kept(self, at: float, needs: Needs) -> Iterable[Sample]:
        longest = max(needs.spans.values(), default=0.0)
        since = at - longest - _DRIFT if longest else at
        return (sample for sample in self.past if since <= sample.at < at)

    def _summed(
        self,
        at: float,
        index: Mapping[str, int],
        columns: Mapping[str, Column],
        names: Iterable[str],
    ) -> Mapping[tuple[str, int, int], Slot]:
        week, half = self._half_hour(at)
        slots = {key: slot for key, slot in self.slots.items() if key[1] >= week - WEEKS}
        for name in names:
            slots[name, week, half] = _added(slots.get((name, week, half)), index, columns[name])
        return slots

    def _half_hour(self, at: float) -> tuple[int, int]:
        """Return the week, Monday to Sunday, and the half hour within it, by local clocks."""
        local = datetime.fromtimestamp(at, self.zone)
        week, day = divmod(local.toordinal() - 1, 7)
        return week, day * 48 + local.hour * 2 + local.minute // 30

    # ---- questions ----

    def previous(self, key: str) -> Row | None:
        """Return the entity's row in the last good snapshot."""
        return self.rows.get(key)

    def samples(self, key: str, name: str, over: float, at: float) -> list[float]:
        """Return the values of earlier polls within *over* seconds before *at*, oldest first.

        Blanks are left out; the present value is the caller's to add.
        """
        return self.reader(name, over, at)(key)

    def reader(self, name: str, over: float, at: float) -> Callable[[str], list[float]]:
        """Return what gives the same for any key; made once, it serves thousands."""
        kept = [
            (sample.index, sample.columns[name])
            for sample in self._within_window(over, at)
            if name in sample.columns
        ]

        def values(key: str) -> list[float]:
            found = []
            for index, column in kept:
                place = index.get(key)
                if place is not None and (value := column[place]) == value:
                    found.append(value)
            return found

        return values

    def _within_window(self, over: float, at: float) -> list[Sample]:
        since = at - over - min(_DRIFT, over / 10)
        return [sample for sample in self.past if since <= sample.at < at]

    def _window(
        self, key: str, names: tuple[str, ...], over: float, at: float
    ) -> Iterable[tuple[bool, tuple[float, ...]]]:
        """Yield per earlier poll whether a counter fell, and the fields, NaN where blank."""
        for sample in self._within_window(over, at):
            place = sample.index.get(key)
            if place is not None and all(name in sample.columns for name in names):
                yield key in sample.fell, tuple(sample.columns[name][place] for name in names)

    def reset(self, key: str, row: Row, counters: Iterable[str]) -> bool:
        """Whether any counter of the row fell since the last good snapshot."""
        before = self.rows.get(key)
        return before is not None and _any_fell(before, row, counters)

    def rise(
        self, key: str, name: str, over: float, at: float, present: float, *, counter: bool
    ) -> float | Unknown:
        """Return the growth since the window began, or since a counter's reset within it."""
        values: list[float] = []
        for fell, (value,) in self._window(key, (name,), over, at):
            if counter and (fell or (values and value < values[-1])):
                values.clear()
            if value == value:
                values.append(value)
        if counter and values and present < values[-1]:
            return Unknown.RESET
        return present - values[0] if values else Unknown.FEW

    def calls(
        self, key: str, level: str, base: str, over: float, at: float, present: tuple[float, float]
    ) -> tuple[int, float] | Unknown:
        """Return the calls within the service level and all calls, both in the window.

        present: the cumulative percentage and its counter now, NaN where blank.
        """
        pairs: list[tuple[float, float]] = []
        for fell, (share, count) in self._window(key, (level, base), over, at):
            if fell or (pairs and count < pairs[-1][1]):
                pairs.clear()
            if count == 0 or (count == count and share == share):
                pairs.append((share, count))
        if pairs and present[1] < pairs[-1][1]:
            return Unknown.RESET
        return _difference(pairs[0], present) if pairs else Unknown.FEW

    def usual(self, key: str, name: str, at: float) -> float | Unknown:
        """Return the median over past weeks of the mean in this weekday's half hour."""
        week, half = self._half_hour(at)
        earlier = (self.slots.get((name, week - back, half)) for back in range(1, WEEKS + 1))
        means = [mean for slot in earlier if slot and (mean := _mean(slot, key)) is not None]
        return median(means) if len(means) >= WEEKS_WANTED else Unknown.FEW_WEEKS


def _index(shared: Mapping[str, int], rows: Mapping[str, Row]) -> Mapping[str, int]:
    """Return the index of the poll before if it has the same entities, else a new one."""
    if len(shared) == len(rows) and shared.keys() == rows.keys():
        return shared
    return {key: place for place, key in enumerate(rows)}


def _fell(
    before: Mapping[str, Row], rows: Mapping[str, Row], counters: tuple[str, ...]
) -> frozenset[str]:
    if not counters:
        return frozenset()
    known = ((key, before.get(key), row) for key, row in rows.items())
    return frozenset(
        key for key, was, row in known if was is not None and _any_fell(was, row, counters)
    )


def _any_fell(before: Row, now: Row, counters: Iterable[str]) -> bool:
    for name in counters:
        was, value = getattr(before, name), getattr(now, name)
        if was is not None and value is not None and value < was:
            return True
    return False


def _added(slot: Slot | None, index: Mapping[str, int], column: Column) -> Slot:
    """Return the slot with one poll's values more; entities may come, and go, between polls."""
    known = index if slot is None else slot.index
    if known.keys() != index.keys():
        known = {key: place for place, key in enumerate(dict.fromkeys([*known, *index]))}
    grown = len(known) - (len(slot.sums) if slot else 0)
    sums = array("d", [*(slot.sums if slot else ()), *repeat(0.0, grown)])
    counts = array("d", [*(slot.counts if slot else ()), *repeat(0.0, grown)])
    for key, place in index.items():
        value = column[place]
        if value == value:
            sums[known[key]] += value
            counts[known[key]] += 1
    return Slot(known, sums, counts)


def _mean(slot: Slot, key: str) -> float | None:
    place = slot.index.get(key)
    if place is None or not slot.counts[place]:
        return None
    return slot.sums[place] / slot.counts[place]


def _difference(
    first: tuple[float, float], last: tuple[float, float]
) -> tuple[int, float] | Unknown:
    before, after = _within(*first), _within(*last)
    if isinstance(before, Unknown):
        return before
    if isinstance(after, Unknown):
        return after
    hits, calls = after - before, last[1] - first[1]
    return (hits, calls) if 0 <= hits <= calls else Unknown.IMPLAUSIBLE


def _within(share: float, count: float) -> int | Unknown:
    """Recover the calls that a cumulative percentage stands for; of no calls, none."""
    if count == 0:
        return 0
    if share != share or count != count:
        return Unknown.BLANK
    if count >= EXACT_BELOW:
        return Unknown.LARGE
    return recover(share, count) if 0 <= share <= 100 and count > 0 else Unknown.IMPLAUSIBLE
