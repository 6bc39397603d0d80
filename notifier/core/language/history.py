"""Keep what rules may ask of a collection's past, and no more: values that never change.

One column of numbers per poll and field that some rule uses in a window; the rows of the last good
snapshot; and for ``usual`` one sum per half hour and week. A failed poll leaves no trace here.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from itertools import pairwise, repeat
from math import inf, nan
from operator import attrgetter
from typing import Any, TypeAlias

from notifier.core.language.counters import DAY, Life, Unknown, decimals, fall, grown
from notifier.core.language.functions import median

Row: TypeAlias = Any  # a decoded record: its attributes are the fields, None is a blank
Column: TypeAlias = "array[float]"
Reader: TypeAlias = Callable[[Iterable[Row]], Column]
Fold: TypeAlias = Callable[[Mapping[str, Row]], float]

ALL = ""  # the key of what is remembered of all rows together
WEEKS = 6  # weeks that `usual` looks back
WEEKS_WANTED = 3  # fewer say nothing; `Unknown.FEW_WEEKS` says so
USUAL_ENTITIES = 2_000  # beyond them `usual` is unknown: 6 weeks of each take 24 KB a field
_HALVES = 7 * 48  # half hours of a week
DRIFT = 5.0  # seconds; polls are not exactly as far apart as they should be


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rules of one collection ask of the past.

    Attributes:
        spans: Per field the longest window, in seconds; counters beside a window's field too.
        usual: The fields whose past weeks are wanted.
        levels: The percentages behind which calls are looked for.
        read: How a computed field is read from rows; other fields are attributes.
        wholes: Aggregates whose past weeks are wanted, as rules write them; NaN where unknown.
    """

    spans: Mapping[str, float] = field(default_factory=dict)
    usual: frozenset[str] = frozenset()
    levels: tuple[str, ...] = ()
    read: Mapping[str, Reader] = field(default_factory=dict)
    wholes: Mapping[str, Fold] = field(default_factory=dict)

    @property
    def weeks(self) -> bool:
        """Whether past weeks are asked for."""
        return bool(self.usual or self.wholes)

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
    day: int = 0  # the local one, as an ordinal
    fine: Mapping[str, int] = field(default_factory=dict)  # decimals that its levels show


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
        cadence: Seconds between two polls as they should be; 0 where nobody says.
        stale: The age in seconds from which the last snapshot is no "before" any more.
        at: When the last good snapshot was received, in epoch seconds.
        rows: That snapshot's rows, not a copy.
        fine: The decimals that the levels of the snapshot being judged show.
        beside: Rows of other sources, by place and key, as they are known at that snapshot.
    """

    zone: tzinfo = UTC
    cadence: float = 0.0
    stale: float = inf
    at: float | None = None
    rows: Mapping[str, Row] = field(default_factory=dict)
    past: tuple[Sample, ...] = ()
    slots: Mapping[tuple[str, int, int], Slot] = field(default_factory=dict)
    fine: Mapping[str, int] = field(default_factory=dict)
    beside: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)

    def facing(
        self,
        rows: Mapping[str, Row],
        needs: Needs,
        *,
        cadence: float,
        stale: float,
        beside: Mapping[str, Mapping[str, Row]],
    ) -> History:
        """Return the same, as *rows* are about to be judged by it."""
        fine = _fineness(rows.values(), needs)
        return replace(self, cadence=cadence, stale=stale, fine=fine, beside=beside)

    def add(self, at: float, rows: Mapping[str, Row], needs: Needs) -> History:
        """Return the history with one good snapshot more, and without what no window reaches.

        at: when it was received, in epoch seconds. Polls at or after it (the clock was set back)
        are forgotten.
        """
        past = tuple(self._kept(at, needs))
        slots = self.slots if needs.weeks else {}
        if needs.spans or needs.usual:
            index = _index(past[-1].index if past else {}, rows)
            ordered = [rows[key] for key in index]
            names = {*needs.spans, *needs.usual}
            columns = {name: needs.column(name, ordered) for name in sorted(names)}
            if needs.spans:
                fine = _fineness(ordered, needs)
                past = (*past, Sample(at, index, columns, self._day(at), fine))
            if len(index) <= USUAL_ENTITIES:
                slots = self._summed(slots, at, index, columns, needs.usual)
        if needs.wholes:
            folded = {name: array("d", [fold(rows)]) for name, fold in needs.wholes.items()}
            slots = self._summed(slots, at, {ALL: 0}, folded, folded)
        return replace(self, at=at, rows=rows, past=past, slots=slots, beside={})

    def _kept(self, at: float, needs: Needs) -> Iterable[Sample]:
        longest = max(needs.spans.values(), default=0.0)
        since = at - longest - DRIFT if longest else at
        return (sample for sample in self.past if since <= sample.at < at)

    def _summed(
        self,
        slots: Mapping[tuple[str, int, int], Slot],
        at: float,
        index: Mapping[str, int],
        columns: Mapping[str, Column],
        names: Iterable[str],
    ) -> Mapping[tuple[str, int, int], Slot]:
        week, half = self._half_hour(at)
        slots = {key: slot for key, slot in slots.items() if key[1] >= week - WEEKS}
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
        since = at - over - min(DRIFT, over / 10)
        return [sample for sample in self.past if since <= sample.at < at]

    def aged(self, at: float) -> bool:
        """Whether the last good snapshot is too old to say how things were before."""
        return self.at is not None and at - self.at > self.stale

    def _day(self, at: float) -> int:
        return datetime.fromtimestamp(at, self.zone).toordinal()

    def fell(self, key: str, row: Row, counters: Iterable[str], at: float) -> Unknown | None:
        """Whether the row's counters fell since the last good snapshot, and what that means."""
        before = self.rows.get(key)
        if before is None or self.at is None:
            return None
        names = tuple(counters)
        was, now = _values(before, names), _values(row, names)
        return fall(was, now, new_day=self._day(self.at) != self._day(at))

    def _longest_gap(self, over: float) -> float:
        """Seconds between two readings beyond which growth is smeared: over two intervals.

        Of a total it does not matter. An answer may take up to a minute; and polls further apart
        than they should be, as cron may have them, have an interval of their own.
        """
        if not self.cadence or over >= DAY:
            return inf
        seen = min((b.at - a.at for a, b in pairwise(self.past)), default=0.0)
        interval = max(self.cadence, seen)
        return 2 * interval + min(60.0, interval / 2)

    def _read(
        self, key: str, names: Sequence[str], over: float, at: float
    ) -> Iterator[tuple[Sample, tuple[float, ...]]]:
        """Yield each earlier poll with the entity, and the fields in it, NaN where blank."""
        for sample in self._within_window(over, at):
            place = sample.index.get(key)
            if place is not None and all(name in sample.columns for name in names):
                yield sample, tuple(sample.columns[name][place] for name in names)

    def _life(
        self,
        key: str,
        names: tuple[str, ...],
        counters: tuple[str, ...],
        over: float,
        at: float,
        present: tuple[Row, tuple[float, ...]],
    ) -> tuple[tuple[float, ...], tuple[float, ...]] | Unknown:
        """Return the first and the last reading of the window, or of what is left of it.

        present: the row, and the fields now.
        """
        life, many = Life(self._longest_gap(over), len(counters)), len(counters)
        for then, values in self._read(key, (*counters, *names), over, at):
            life.add(then.at, then.day, values[:many], _sound(values[many:]))
        counts, reading = _values(present[0], counters), _sound(present[1])
        torn = life.add(at, self._day(at), counts, reading)
        if torn is not None:
            return torn
        return (life.readings[0], life.readings[-1]) if len(life.readings) > 1 else Unknown.FEW

    def rise(
        self,
        key: str,
        name: str,
        counters: tuple[str, ...],
        over: float,
        at: float,
        present: tuple[Row, float],
    ) -> float | Unknown:
        """Return the growth since the window began, or since a counter's reset within it.

        counters: The row's, any of whose falls is a reset; empty for what is none.
        present: the row, and the field's value now.
        """
        row, value = present
        if not counters:
            values = self.samples(key, name, over, at)
            return value - values[0] if values else Unknown.FEW
        found = self._life(key, (name,), counters, over, at, (row, (value,)))
        return found if isinstance(found, Unknown) else found[1][0] - found[0][0]

    def calls(
        self,
        key: str,
        names: tuple[str, str],
        counters: tuple[str, ...],
        over: float,
        at: float,
        present: tuple[Row, tuple[float, float]],
        places: int | None = None,
    ) -> tuple[int, float] | Unknown:
        """Return the calls within the service level and all calls, both in the window.

        names: The cumulative percentage and what it is a share of.
        present: the row, and the two now, NaN where blank.
        places: The decimals of the percentage; None: as many as were seen.
        """
        if places is None:
            places = self._decimals(names[0], over, at, present[1][0])
        found = self._life(key, names, counters, over, at, present)
        if isinstance(found, Unknown):
            return found
        (share, count), (now, all_now) = found
        return grown((share, count), (now, all_now), places)

    def _decimals(self, level: str, over: float, at: float, present: float) -> int:
        own = decimals(value for value in (present,) if value == value)
        seen = (sample.fine.get(level, 0) for sample in self._within_window(over, at))
        return max(own, self.fine.get(level, 0), *seen)

    def usual(self, key: str, name: str, at: float) -> float | Unknown:
        """Return the median over past weeks of the mean in this weekday's half hour."""
        week, half = self._half_hour(at)
        slots = (week * _HALVES + half - back * _HALVES for back in range(1, WEEKS + 1))
        means = [m for slot in slots if (m := self._mean(key, name, slot)) is not None]
        return median(means) if len(means) >= WEEKS_WANTED else Unknown.FEW_WEEKS

    def usual_rise(self, key: str, name: str, at: float) -> float | Unknown:
        """Return the median over past weeks of the growth since the half hour before this one.

        A week in which it fell meanwhile, as a counter at its reset, does not count.
        """
        week, half = self._half_hour(at)
        slots = [week * _HALVES + half - back * _HALVES for back in range(1, WEEKS + 1)]
        growth = [
            now - was
            for slot in slots
            if (now := self._mean(key, name, slot)) is not None
            and (was := self._mean(key, name, slot - 1)) is not None
            and now >= was
        ]
        return median(growth) if len(growth) >= WEEKS_WANTED else Unknown.FEW_WEEKS

    def _mean(self, key: str, name: str, slot: int) -> float | None:
        found = self.slots.get((name, *divmod(slot, _HALVES)))
        return _mean(found, key) if found else None


def _index(shared: Mapping[str, int], rows: Mapping[str, Row]) -> Mapping[str, int]:
    """Return the index of the poll before if it has the same entities, else a new one."""
    if len(shared) == len(rows) and shared.keys() == rows.keys():
        return shared
    return {key: place for place, key in enumerate(rows)}


def _fineness(rows: Iterable[Row], needs: Needs) -> Mapping[str, int]:
    """How many decimals each level shows in these rows."""
    given = list(rows) if needs.levels else []
    return {name: decimals(getattr(row, name) for row in given) for name in needs.levels}


def _values(row: Row, names: Iterable[str]) -> tuple[float, ...]:
    return tuple(nan if (value := getattr(row, name)) is None else value for name in names)


def _sound(reading: tuple[float, ...]) -> tuple[float, ...]:
    """A percentage of no calls is none, whatever it says."""
    return (0.0, 0.0) if reading[1:] == (0.0,) else reading


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
