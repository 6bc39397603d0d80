"""Run each source at its pace; the only module that knows APScheduler.

One single-thread executor per token: one request in flight, and a slow operation delays no other.
Late is better than never: APScheduler's default drops a run that starts a second late.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from notifier.clocks import utc_now

STAGGER = timedelta(seconds=2)  # between the first polls of two sources of one token
SET_BACK = timedelta(seconds=60)  # a clock corrected by less delays nothing worth a word
QUICKEST = 0.5  # seconds between two runs, at least


@dataclass(frozen=True, slots=True)
class Job:
    """One source to be polled.

    Attributes:
        name: Unique; stays the same over reloads.
        lane: Jobs of one lane run one after the other: the token's name.
        every: Time between two runs.
    """

    name: str
    lane: str
    every: timedelta
    run: Callable[[], None]


class Schedule:
    """Jobs on their lanes, until stopped. APScheduler lives in real time, and so does this."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._seen = clock()
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._jobs: dict[str, Job] = {}
        self._lanes: set[str] = set()

    def start(self) -> None:
        """Begin to run what was planned."""
        self._scheduler.start()

    def replan(self, jobs: Iterable[Job]) -> None:
        """Run these and no others from now on. A job whose pace is unchanged keeps its rhythm."""
        wanted = {job.name: job for job in jobs}
        for name in self._jobs.keys() - wanted.keys():
            self._scheduler.remove_job(name)
        firsts = _staggered(wanted, self._clock())
        for name, job in wanted.items():
            self._add(job, firsts[name])
        self._jobs = wanted

    def _add(self, job: Job, first: datetime) -> None:
        if job.lane not in self._lanes:
            self._scheduler.add_executor(ThreadPoolExecutor(1), job.lane)
            self._lanes.add(job.lane)
        before = self._jobs.get(job.name)
        if before and (before.every, before.lane) == (job.every, job.lane):
            self._scheduler.modify_job(job.name, func=job.run)
            return
        trigger = IntervalTrigger(
            seconds=max(QUICKEST, job.every.total_seconds()), start_date=first, timezone=UTC
        )
        self._scheduler.add_job(
            job.run,
            trigger,
            id=job.name,
            executor=job.lane,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=first,
            replace_existing=True,
        )

    def mend(self) -> None:
        """Where the wall clock was set back, run all jobs now: they would wait until it is as late.

        To be called often: what it compares with is the last call.
        """
        now, before = self._clock(), self._seen
        self._seen = now
        if now < before - SET_BACK:
            for name, first in _staggered(self._jobs, now).items():
                self._scheduler.modify_job(name, next_run_time=first)

    def stop(self) -> None:
        """Start nothing more; return when what runs has ended."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)


def _staggered(jobs: Mapping[str, Job], now: datetime) -> dict[str, datetime]:
    """The first run of each job: one after the other within a lane."""
    counts: dict[str, int] = {}
    firsts = {}
    for name, job in jobs.items():
        firsts[name] = now + STAGGER * counts.get(job.lane, 0)
        counts[job.lane] = counts.get(job.lane, 0) + 1
    return firsts
