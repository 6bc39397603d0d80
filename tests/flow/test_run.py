"""``notifier run`` as people start it: a process, its signals, its port, its death."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest
import requests

from notifier.simulator.slack_faults import SlackFault, Slip
from tests.flow.stage import Stage, staged

PATIENCE = 40  # seconds that a busy machine may take


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as found:
        found.real = True
        found.rules.write_text(found.rules.read_text().replace('every = "1m"', 'every = "1s"'))
        yield found


class Child:
    """A running ``notifier run``."""

    def __init__(self, stage: Stage) -> None:
        self.log = stage.folder / "log.txt"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NOTIFIER_")}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "notifier", "run"],
                cwd=stage.folder,
                env={**environment, **stage.environment(), "NOTIFIER_LOG_FORMAT": "json"},
                stdout=out,
                stderr=out,
            )

    def said(self, words: str) -> bool:
        return words in self.log.read_text()

    @property
    def port(self) -> int:
        found = re.search(r'"port": (\d+)', self.log.read_text())
        assert found
        return int(found[1])

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def running(stage: Stage) -> Iterator[Child]:
    child = Child(stage)
    try:
        eventually(lambda: child.said("started"))
        yield child
    finally:
        if child.process.poll() is None:
            child.process.kill()
            child.process.wait(PATIENCE)


def eventually(done: Callable[[], bool]) -> None:
    """Wait until it is so: another process cannot be told the time."""
    for _ in range(PATIENCE * 20):
        if done():
            return
        Event().wait(0.05)
    raise AssertionError("it never came to be")


def test_it_polls_answers_and_ends_with_a_drained_outbox(stage: Stage) -> None:
    stage.agents({"12004-ANA": "2"})
    with running(stage) as child:
        eventually(lambda: len(stage.seen()) == 1)
        health = requests.get(f"http://127.0.0.1:{child.port}/healthz", timeout=5)
        ready = requests.get(f"http://127.0.0.1:{child.port}/readyz", timeout=5)
        numbers = requests.get(f"http://127.0.0.1:{child.port}/metrics", timeout=5).text

        assert [health.status_code, ready.status_code] == [200, 200]
        assert 'notifier_polls_total{operation="bogota",result="good",source="latency"}' in numbers
        assert child.end(signal.SIGTERM) == 0
    assert len(stage.mailed()) == 1


def test_a_hangup_and_a_changed_file_reload_the_rules(stage: Stage) -> None:
    with running(stage) as child:
        child.process.send_signal(signal.SIGHUP)
        eventually(lambda: child.said("rules reloaded"))
        good = stage.rules.read_text()
        stage.rules.write_text(good.replace("severity", "severty").replace("when =", "wehn ="))

        eventually(lambda: child.said("rules not reloaded"))
        eventually(lambda: "did you mean" in child.log.read_text())  # one line for each mistake


def test_a_file_that_is_still_being_written_is_not_read(stage: Stage) -> None:
    """Half a file may make sense: its other rules would be taken for removed."""
    stage.agents({"12004-ANA": "2"})
    with running(stage) as child:
        eventually(lambda: len(stage.seen()) == 1)
        good = stage.rules.read_text()
        half = good.index("[[rule]]")
        with stage.rules.open("w") as file:
            for start, end in pairwise((0, half, *range(half + 40, half + 240, 40), len(good))):
                file.write(good[start:end])
                file.flush()
                Event().wait(0.1)
        eventually(lambda: child.said("rules reloaded"))

        assert "Closed" not in stage.seen()[0]
        assert not child.said("rules not reloaded")
        assert child.log.read_text().count("rules reloaded") == 1


def test_killed_while_slack_has_the_message_but_not_answered_there_is_one(stage: Stage) -> None:
    stage.slack.faults.append(
        SlackFault(Slip.HANG, "chat.postMessage", taken=True, seconds=PATIENCE)
    )
    stage.agents({"12004-ANA": "2"})
    with running(stage) as child:
        eventually(lambda: len(stage.seen()) == 1)
        child.end(signal.SIGKILL)
    with running(stage) as child:
        eventually(lambda: child.said("delivered"))
        stage.agents({"12004-ANA": "0"})
        eventually(lambda: "Resolved" in stage.seen()[0])
        child.end(signal.SIGTERM)

    assert len(stage.seen()) == 1


def test_it_is_refused_beside_another_one(stage: Stage) -> None:
    with running(stage):
        second = Child(stage)

        assert second.process.wait(PATIENCE) == 1
        assert second.said("another notifier")
