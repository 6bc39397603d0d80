"""Be the far side in a process of its own: a wolkvox that gives answers in turn, and a Slack.

Started with the paths of the answers. On standard output: both addresses, then a line for each
request, ``poll`` or ``post``, with the monotonic seconds at which it came: one clock for all
processes of a machine.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import monotonic
from typing import IO

from notifier.simulator.loopback import Exchange, Loopback
from notifier.simulator.slack import SlackServer

JSON = {"Content-Type": "application/json"}


class _Wolkvox(Loopback):
    """Gives its answers in turn, and the last one for ever."""

    def __init__(self, answers: Sequence[Path]) -> None:
        super().__init__()
        self._answers = answers
        self._numbers = count()

    def answer(self, exchange: Exchange) -> None:
        body = self._answers[next(self._numbers) % len(self._answers)].read_bytes()
        print("poll", monotonic(), flush=True)
        exchange.reply(200, body, JSON)


class _Slack(SlackServer):
    def answer(self, exchange: Exchange) -> None:
        if exchange.path.endswith("chat.postMessage"):
            print("post", monotonic(), flush=True)
        super().answer(exchange)


@dataclass(frozen=True, slots=True)
class FarSide:
    """The addresses, and what was asked."""

    wolkvox: str
    slack: str
    _lines: IO[str]

    def next(self, what: str) -> float:
        """Wait for the next request of that kind. Returns the monotonic seconds it came at."""
        for line in self._lines:
            kind, at = line.split()
            if kind == what:
                return float(at)
        raise RuntimeError("the far side ended")


@contextmanager
def far_side(answers: Sequence[Path]) -> Iterator[FarSide]:
    """Run it; *answers* are given in turn, over and over."""
    command = [sys.executable, "-m", "benchmarks.far_side", *map(str, answers)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        wolkvox, slack = process.stdout.readline().split()
        try:
            yield FarSide(wolkvox, slack, process.stdout)
        finally:
            process.stdin.close()


def main(paths: Sequence[str]) -> None:
    """Serve until standard input ends."""
    with _Wolkvox(list(map(Path, paths))) as wolkvox, _Slack(channels=["operaciones"]) as slack:
        print(wolkvox.root, slack.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
