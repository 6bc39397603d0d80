"""Measure how soon a command answers, and how soon the daemon is ready with what it remembers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks import answers
from benchmarks.child import peak
from benchmarks.far_side import far_side
from benchmarks.rulefiles import rules
from benchmarks.table import Row, milliseconds
from benchmarks.timing import children, seconds
from benchmarks.world import environment, folder

NEVER = 'active = "Mon 03:00-03:01"'  # so that it begins, and polls nothing
PORT = 18_765
NOTIFIER = str(Path(sys.executable).with_name("notifier"))


def help_() -> Iterator[Row]:
    """The console script, as people type it."""
    asked = partial(subprocess.run, [NOTIFIER, "--help"], capture_output=True, check=True)
    took, own = seconds(asked, 11), seconds(asked, 11, children)
    yield Row("notifier --help", milliseconds(took), took, "s", 0.2)
    yield Row("  the processor's time of it", milliseconds(own), own, "s", None)


def ready() -> Iterator[Row]:
    """From the start of ``notifier run`` to a good answer of ``/readyz``."""
    bodies = [answers.latency(answers.agents(60_000))]
    with folder(bodies) as (home, paths), far_side(paths) as far:
        (home / "rules.toml").write_text(rules(far.wolkvox))
        variables = environment(home, far)
        subprocess.run([NOTIFIER, "poll"], env=variables, check=True, capture_output=True)
        yield from _restarts(home, variables, rules(far.wolkvox, active=NEVER))


def _restarts(home: Path, variables: Mapping[str, str], text: str) -> Iterator[Row]:
    took, used = [], []
    for _ in range(8):
        began, before = perf_counter(), children()
        with running(home, variables, text, page="readyz"):
            took.append(perf_counter() - began)
        used.append(children() - before)
    middle, own = median(took), median(used)
    yield Row("ready, 60,000 entities restored", milliseconds(middle), middle, "s", 0.6)
    yield Row("  the processor's time of it, its end too", milliseconds(own), own, "s", None)


@dataclass(frozen=True, slots=True)
class Daemon:
    """A ``notifier run`` that answers."""

    process: subprocess.Popen[bytes]

    def peak(self) -> int:
        """The most bytes of memory it ever held."""
        return peak(str(self.process.pid))


@contextmanager
def running(
    home: Path, variables: Mapping[str, str], text: str, page: str = "healthz"
) -> Iterator[Daemon]:
    """Run the daemon under the rules in *text*, until that page says that all is well."""
    (home / "rules.toml").write_text(text)
    given = {**variables, "NOTIFIER_WEB__PORT": str(PORT), "NOTIFIER_LOG_LEVEL": "warning"}
    with subprocess.Popen([NOTIFIER, "run"], env=given) as process:
        try:
            while not _well(page):
                assert process.poll() is None, "the daemon ended"
                sleep(0.01)
            yield Daemon(process)
        finally:
            process.terminate()


def _well(page: str) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{PORT}/{page}", timeout=5):
            return True
    except (URLError, ConnectionError):
        return False
