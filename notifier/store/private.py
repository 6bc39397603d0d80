"""Make a file that nobody but its owner reads."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make(path: Path) -> None:
    """Make the file where there is none, for nobody but its owner: names and addresses are in it.

    SQLite gives the files beside it the same mode. One that is there keeps its own.
    """
    with suppress(OSError):  # what is wrong is said when it is opened
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
