"""Run each source at its pace; the only module that knows APScheduler.

One single-thread executor per token: one request in flight, and a slow operation delays no other.
Late is better than never: APScheduler's default drops a run that starts a second late.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

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


class Rhythm(BaseTrigger):  # type: ignore[misc]
    """Ticks that lie on one grid for ever, however late a run is, and also after a restart.

    Attributes:
        every: Seconds between two ticks.
        offset: Where within them the ticks lie: sources of a lane do not come all at once.
    """

    def __init__(self, every: float, offset: float) -> None:
        self.every = every
        self.offset = offset

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next tick; not one so soon after *previous* that two runs would be one."""
        after = now.timestamp()
        if previous is not None:
            after = max(previous.timestamp() + self.every / 2, after - self.every)
        ticks = floor((after - self.offset) / self.every) + 1
        return datetime.fromtimestamp(ticks * self.every + self.offset, UTC)


class Schedule:
    """Jobs on their lanes, until stopped. APScheduler lives in real time, and so does this.

    Attributes:
        overlapped: Called with the name of a job that was due while its last run still lasted.
    """

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        self.overlapped: Callable[[str], None] = lambda _: None
        self._clock = clock
        self._seen = clock()
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._jobs: dict[str, Job] = {}
        self._lanes: set[str] = set()
        self._scheduler.add_listener(self._overlap, EVENT_JOB_MAX_INSTANCES)

    def _overlap(self, event: JobEvent) -> None:
        self.overlapped(event.job_id)

    def start(self) -> None:
        """Begin to run what was planned."""
        self._scheduler.start()

    def replan(self, jobs: Iterable[Job]) -> None:
        """Run these and no others from now on. A job whose pace is unchanged keeps its rhythm.

        A new one runs at once, and then on its rhythm; one with a new pace goes over to that.
        """
        wanted = {job.name: job for job in jobs}
        for name in self._jobs.keys() - wanted.keys():
            self._scheduler.remove_job(name)
        firsts, offsets = _staggered(wanted, self._clock()), _spread(wanted)
        for name, job in wanted.items():
            self._add(job, Rhythm(seconds_of(job), offsets[name] * seconds_of(job)), firsts[name])
        self._jobs = wanted

    def _add(self, job: Job, rhythm: Rhythm, first: datetime) -> None:
        if job.lane not in self._lanes:
            self._scheduler.add_executor(ThreadPoolExecutor(1), job.lane)
            self._lanes.add(job.lane)
        before = self._jobs.get(job.name)
        if before and (before.every, before.lane) == (job.every, job.lane):
            self._scheduler.modify_job(job.name, func=job.run)
            return
        if before:
            first = rhythm.get_next_fire_time(None, self._clock())
        self._scheduler.add_job(
            job.run,
            rhythm,
            id=job.name,
            executor=job.lane,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=first,
            replace_existing=True,
        )

    def ahead(self, name: str, wait: timedelta) -> None:
        """Run a job once more after *wait*, where it is not due soon anyway; its rhythm stays.

        One that is gone meanwhile is not run.
        """
        job, at = self._scheduler.get_job(name), self._clock() + wait
        # nearer to the next tick than half its pace, that tick would be left out for it
        if job is None or job.next_run_time - at <= timedelta(seconds=job.trigger.every / 2):
            return
        with suppress(JobLookupError):
            self._scheduler.modify_job(name, next_run_time=at)

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


def seconds_of(job: Job) -> float:
    """Seconds between two runs of a job."""
    return max(QUICKEST, job.every.total_seconds())


def _spread(jobs: Mapping[str, Job]) -> dict[str, float]:
    """Where each job's ticks lie within its pace, 0 to 1: those of a lane evenly apart."""
    lanes: dict[str, list[str]] = {}
    for name, job in jobs.items():
        lanes.setdefault(job.lane, []).append(name)
    return {
        name: (place + 0.5) / len(names)
        for names in lanes.values()
        for place, name in enumerate(names)
    }
