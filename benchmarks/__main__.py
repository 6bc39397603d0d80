"""Run the measures, all or those named, and print the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from benchmarks import pages, parts, polls, replays, size, start
from benchmarks.table import Row, printed

MEASURES: dict[str, Callable[[], Iterator[Row]]] = {
    "quiet": polls.quiet,
    "firing": polls.firing,
    "decode": parts.decoding,
    "loop": parts.looping,
    "replay": replays.replays,
    "record": replays.recording,
    "memory": size.memory,
    "bombs": size.bombs,
    "pages": pages.pages,
    "help": start.help_,
    "ready": start.ready,
}


def main(chosen: list[str]) -> None:
    """Each measure's rows appear as they are there."""
    unknown = set(chosen) - MEASURES.keys()
    if unknown:
        sys.exit(f"there is no measure {', '.join(unknown)}; use {', '.join(MEASURES)}")
    rows = (row for name in chosen or MEASURES for row in MEASURES[name]())
    for line in printed(rows):
        print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
