"""Be a process that is measured from within: nothing of the benchmarks' own is in its memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path

Said = dict[str, int | str]


def main(what: str, *more: str) -> None:
    """Print, as JSON, what became of it."""
    print(json.dumps(polls(int(more[2])) if what == "polls" else fetch(more[1])))


def polls(count: int) -> Said:
    """The daemon's whole set-up, and so many polls."""
    import notifier.commands.run  # noqa: F401  # a daemon has all of this in memory
    from notifier import logs
    from notifier.app import opened
    from notifier.settings import load_settings

    logs.configure(level="error")
    with opened(load_settings(dotenv=None)) as bot:
        for _ in range(count):
            (outcome,) = bot.poll_once()
            assert not outcome.trouble
        return {"peak": peak()}


def fetch(server: str) -> Said:
    """One answer, and what it took to have it."""
    from notifier.errors import FetchError
    from notifier.wolkvox.client import Client
    from notifier.wolkvox.endpoints import CATALOGUE

    before = peak()
    try:
        answer = Client(server, "77766b74").fetch(CATALOGUE["latency"], {})
    except FetchError as error:
        return {"before": before, "peak": peak(), "kind": error.kind.value}
    return {"before": before, "peak": peak(), "size": len(answer.body)}


def peak(process: str = "self") -> int:
    """The most bytes of memory that the process ever held.

    Not ``ru_maxrss``: a child begins with its parent's.
    """
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("this kernel does not say how much memory a process held")


if __name__ == "__main__":
    main(*sys.argv[1:])
