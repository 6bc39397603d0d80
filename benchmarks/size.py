"""Measure memory: the most that a whole process ever held, as the kernel counts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import answers
from benchmarks.child import Said
from benchmarks.far_side import FarSide, far_side
from benchmarks.rulefiles import rules
from benchmarks.start import NEVER, running
from benchmarks.table import Row
from benchmarks.world import environment, folder
from notifier.wolkvox.client import BIGGEST

MIB = 1024 * 1024
POLLS = 5


def memory() -> Iterator[Row]:
    """The daemon before its first poll, and after some polls of many agents."""
    yield _idle()
    for count, goal in ((60_000, 250.0), (3_000, 80.0)):
        agents = answers.agents(count)
        bodies = [answers.latency(agents), answers.latency(answers.shaken(agents))]
        peak = _polled(bodies, POLLS)
        yield Row(f"peak memory, {count:,} agents, {POLLS} polls", "", peak, "MiB", goal)


def _idle() -> Row:
    with (
        folder([b"{}"]) as (home, paths),
        far_side(paths) as far,
        running(home, environment(home, far), rules(far.wolkvox, active=NEVER)) as daemon,
    ):
        peak = daemon.peak() / MIB
    return Row("peak memory, idle before the first poll", "", peak, "MiB", 60.0)


def _polled(bodies: Sequence[bytes], polls: int) -> float:
    with folder(bodies) as (home, paths), far_side(paths) as far:
        (home / "rules.toml").write_text(rules(far.wolkvox))
        return int(_child("polls", home, far, str(polls))["peak"]) / MIB


def bombs() -> Iterator[Row]:
    """The largest answer that is accepted, and a larger one, which is refused while it is read."""
    body = _of_size(BIGGEST)
    with folder([body]) as (home, paths), far_side(paths) as far:
        said = _child("fetch", home, far)
        assert said["size"] == BIGGEST
        yield Row("256 MB accepted: memory taken, in sizes of it", "", _taken(said), "x", 3.0)
        paths[0].write_bytes(body + body[: BIGGEST // 2])
        said = _child("fetch", home, far)
        assert said["kind"] == "too_large", said
        yield Row("384 MB refused: memory taken, in sizes of 256 MB", "", _taken(said), "x", 3.0)


def _taken(said: Said) -> float:
    return (int(said["peak"]) - int(said["before"])) / BIGGEST


def _of_size(size: int) -> bytes:
    """An answer of exactly *size* bytes: agents, and a remark that nobody reads."""
    body = answers.latency(answers.agents(60_000))
    head, tail = body[:1], body[1:]
    remark = b'"remark":"' + b"x" * (size - len(body) - 12) + b'",'
    return head + remark + tail


def _child(what: str, home: Path, far: FarSide, *more: str) -> Said:
    command = [sys.executable, "-m", "benchmarks.child", what, str(home), far.wolkvox, *more]
    variables = environment(home, far)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said: Said = json.loads(done.stdout)
    return said
