"""Jobs keep their rhythm, and no lane waits for another."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.schedule import Job, Rhythm, Schedule, _spread

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PATIENCE = 60.0  # seconds that a busy machine may take


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("previous", "now", "tick"),
    [
        (None, 0, 100),  # every five minutes, 100 seconds past
        (None, 100, 400),
        (100, 100, 400),
        (100, 399, 400),  # a poll that took long, or was late by itself
        (100, 401, 400),  # and one that took longer than that: it is due at once
        (2, 2, 400),  # the first poll comes at once, the second on the rhythm: not too soon
        (-60, -60, 100),
        (100, 100 + 8 * 3_600, 8 * 3_600 + 100),  # a machine that slept polls once
    ],
)
def test_ticks_stay_on_their_grid(previous: float | None, now: float, tick: float) -> None:
    before = None if previous is None else after(previous)

    assert Rhythm(300, 100).get_next_fire_time(before, after(now)) == after(tick)


@given(
    st.integers(1, 7_200),
    st.floats(0, 1, exclude_max=True),
    st.lists(st.floats(0, 10_000), min_size=1, max_size=20),
)
def test_no_poll_moves_the_next_ones_whatever_it_takes(
    every: int, place: float, delays: list[float]
) -> None:
    rhythm = Rhythm(every, place * every)
    tick = rhythm.get_next_fire_time(None, NOON)
    for delay in delays:
        following = rhythm.get_next_fire_time(tick, tick + timedelta(seconds=delay))
        drift = (following - tick).total_seconds() / every

        assert following > tick
        assert drift == pytest.approx(round(drift), abs=1e-5)
        tick = following


def test_sources_of_a_lane_are_spread_over_their_pace() -> None:
    jobs = {
        name: Job(name, name[0], timedelta(minutes=5), Event().set)
        for name in ("a1", "a2", "a3", "b1")
    }

    assert _spread(jobs) == {"a1": 1 / 6, "a2": 0.5, "a3": 5 / 6, "b1": 0.5}


def test_after_their_first_run_jobs_are_due_on_their_rhythm() -> None:
    schedule = Schedule(lambda: NOON)
    every = timedelta(minutes=5)
    schedule.replan([Job(name, "a", every, Event().set) for name in ("a1", "a2")])
    jobs = {job.id: job for job in schedule._scheduler.get_jobs()}
    ticks = {
        name: job.trigger.get_next_fire_time(NOON + timedelta(seconds=2), NOON).timestamp() % 300
        for name, job in jobs.items()
    }

    assert ticks == {"a1": 75, "a2": 225}
    schedule.stop()


def test_a_new_pace_is_taken_up_without_a_poll_at_once() -> None:
    schedule = Schedule(lambda: NOON)
    schedule.replan([Job("a", "a", timedelta(minutes=5), Event().set)])
    schedule._scheduler.start(paused=True)

    schedule.replan([Job("a", "a", timedelta(minutes=10), Event().set)])

    (job,) = schedule._scheduler.get_jobs()
    assert job.next_run_time == after(300)
    schedule.stop()


def ahead(wait: float, due: float = 1_800) -> float:
    """When a half-hourly job that is *due* runs next, after a wish for *wait* seconds from noon."""
    schedule = Schedule(lambda: NOON)
    schedule.replan([Job("a", "a", timedelta(minutes=30), Event().set)])
    schedule._scheduler.start(paused=True)
    schedule._scheduler.modify_job("a", next_run_time=after(due))
    schedule.ahead("a", timedelta(seconds=wait))
    (job,) = schedule._scheduler.get_jobs()
    schedule.stop()
    return float((job.next_run_time - NOON).total_seconds())


def test_a_job_can_run_once_ahead_of_its_rhythm_but_never_in_place_of_a_tick() -> None:
    assert ahead(15) == 15
    assert ahead(15, due=900) == 900
    assert ahead(1_000) == 1_800
    assert Rhythm(1_800, 0).get_next_fire_time(after(15), after(16)) == after(1_800)


def test_nothing_runs_ahead_that_is_no_job_any_more() -> None:
    schedule = Schedule(lambda: NOON)

    schedule.ahead("gone", timedelta(seconds=15))

    assert schedule._scheduler.get_jobs() == []


def test_a_slow_job_delays_no_other_lane_and_is_said_to_overlap() -> None:
    go_on, twice, overlapped = Event(), Event(), Event()
    runs: Counter[str] = Counter()

    def quick() -> None:
        runs["quick"] += 1
        if runs["quick"] >= 2:
            twice.set()

    def slow() -> None:
        go_on.wait(PATIENCE)

    schedule = Schedule()
    schedule.overlapped = lambda name: overlapped.set() if name == "slow" else None
    every = timedelta(seconds=0.5)
    schedule.replan(
        [
            Job("slow", "a", every, slow),
            Job("quick", "b", every, quick),
        ]
    )
    schedule.start()
    try:
        assert twice.wait(PATIENCE)
        assert overlapped.wait(PATIENCE)
    finally:
        go_on.set()
        schedule.stop()
