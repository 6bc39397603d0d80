"""See that only one notifier writes to a file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notifier.errors import StateError


@contextmanager
def on_file(database: Path, name: str) -> Iterator[None]:
    """Hold ``<database>.lock``. The system lets go of it when the process dies, however it dies.

    Raises:
        StateError: another process holds it, or the file cannot be written.
    """
    # The real path: two names of one file are one database.
    path = database.resolve().with_name(database.resolve().name + ".lock")
    try:
        handle = path.open("a+", encoding="ascii", errors="replace")
    except OSError as error:
        raise StateError(
            f"the lock {path} cannot be written: {error.strerror}; "
            "see that the folder may be written by this user"
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            raise StateError(taken(f"pid {handle.read().strip() or 'unknown'}", name)) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def is_held_on_file(database: Path) -> bool:
    """Whether a process holds ``<database>.lock``; nothing is made where there is none."""
    path = database.resolve().with_name(database.resolve().name + ".lock")
    try:
        with path.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def taken(holder: str, name: str) -> str:
    """What is said to a second notifier on one database."""
    return f"another notifier ({holder}) already runs on {name}; stop it, or use another database"
