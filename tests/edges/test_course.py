"""Which recordings a chart is made of, and where its lines, gaps and hours are."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier.core.facts.state import SourceKey
from notifier.render.course import Course, course
from notifier.store import sampled
from notifier.store.database import Database, open_database
from notifier.store.recordings import pack, record
from notifier.store.sampled import Read, gapless
from tests.edges.stores import NOON, after

BOGOTA = ZoneInfo("America/Bogota")
LATENCY = SourceKey("bogota", "latency")
MINUTE = timedelta(minutes=1)


# ---- which ----


@pytest.fixture
def database(sqlite_url: str) -> Database:
    """An hour of a poll a minute, the tenth to the nineteenth failed; and another source's."""
    database = open_database(sqlite_url)
    with database.transaction() as connection:
        for minute in range(60):
            kind = "failed" if 10 <= minute < 20 else "good"
            record(connection, *LATENCY, after(60 * minute), kind, pack({}))
            record(connection, "bogota", "skills", after(60 * minute), "good", pack({}))
    return database


def test_the_last_readings_know_which_failed(database: Database) -> None:
    with database.reading() as connection:
        found = sampled.last(connection, LATENCY, NOON, after(19 * 60), 12)

    assert [each.at for each in found] == [after(60 * minute) for minute in range(8, 20)]
    assert [bool(each.id) for each in found] == [True, True] + [False] * 10


def test_of_many_readings_some_are_chosen_evenly_and_a_long_failure_is_a_gap(
    database: Database,
) -> None:
    with database.reading() as connection:
        found = sampled.spread(connection, LATENCY, NOON, after(3600), 30)
        later = sampled.spread(connection, LATENCY, NOON, after(3660), 30)
        first, last = found[1].id, found[-1].id
        bodies = list(sampled.bodies(connection, [last, 999_999, first]))

    assert len(found) <= 30
    gaps = [each.at for each in found if not each.id]
    assert [at for at in gaps if after(600) < at < after(1200)], "ten failed minutes"
    assert later[: len(found)] == found, "a little later nothing jumps"
    assert [each and each.id for each in bodies] == [last, None, first]


def test_where_nothing_was_read_for_long_nothing_is_known() -> None:
    reads = [Read(after(0), 1), Read(after(60), 2), Read(after(600), 3)]

    assert list(gapless(reads, 2 * MINUTE)) == [*reads[:2], Read(after(330)), reads[2]]


# ---- how it is drawn ----


def drawn(*values: float | None, limit: float | None = None, **more: object) -> Course:
    step = more.pop("step", MINUTE)
    assert isinstance(step, timedelta)
    points = [(NOON + step * number, value) for number, value in enumerate(values)]
    return course(points, limit, zone=BOGOTA, day=lambda at: f"{at:%d}.", **more)  # type: ignore[arg-type]


def test_lines_stop_where_nothing_is_known() -> None:
    chart = drawn(1, 1, None, 1, None)

    assert [line.count(",") for line in chart.lines] == [2, 2]
    assert chart.lines[1] == "750,86 750,86", "one value alone is a dot"
    assert chart.gaps == ((250, 500), (750, 250))
    assert chart.known == 3


def test_what_is_unknown_at_first_is_a_gap_too() -> None:
    assert drawn(None, 1, 2).gaps == ((0, 500),)


def test_the_limit_has_its_place_among_the_values() -> None:
    chart = drawn(2, 4, limit=1)

    assert chart.limit is not None
    assert chart.limit > chart.bottom > chart.top > 0
    assert (chart.lowest, chart.highest, chart.last) == (2, 4, 4)


@pytest.mark.parametrize("values", [(), (1,), (None, 2, None)])
def test_less_than_two_values_are_no_chart(values: tuple[float | None, ...]) -> None:
    assert drawn(*values).lines == ()


@pytest.mark.parametrize(
    ("step", "texts"),
    [
        (MINUTE, ["07:00", "07:02", "07:04", "07:06", "07:08", "07:10"]),
        (24 * MINUTE, ["07:00", "08:00", "09:00", "10:00", "11:00"]),
        (timedelta(hours=3), ["12:00", "18:00", "05.", "06:00", "12:00"]),
        (timedelta(days=3), ["11.", "18.", "25.", "01."]),
    ],
)
def test_hours_are_round_ones_of_the_operation_and_midnight_is_its_day(
    step: timedelta, texts: list[str]
) -> None:
    chart = drawn(*range(11), step=step)

    assert [tick.text for tick in chart.ticks] == texts
    assert chart.ticks[0].x >= 0


def test_marks_outside_the_chart_are_left_out() -> None:
    marks: list[tuple[datetime, str]] = [(NOON - MINUTE, "opened"), (NOON + MINUTE, "closed")]

    assert [(mark.x, mark.what) for mark in drawn(1, 2, 3, marks=marks).marks] == [(50, "closed")]
