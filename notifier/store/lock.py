"""See that only one notifier writes to a database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Engine

from notifier.errors import StateError

_KEY = 0x6E6F7466  # of PostgreSQL's advisory lock; such locks are kept per database


def signature() -> str:
    """What this process calls itself on a PostgreSQL server."""
    return f"notifier {os.getpid()}"


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
            raise StateError(_taken(f"pid {handle.read().strip() or 'unknown'}", name)) from None
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


def is_held_on_server(engine: Engine) -> bool:
    """Whether a session holds the advisory lock."""
    with engine.connect() as connection:
        return connection.execute(text(_HOLDER), {"key": _KEY}).scalar() is not None


@contextmanager
def on_server(engine: Engine, name: str) -> Iterator[None]:
    """Hold an advisory lock for as long as one connection lives.

    Raises:
        StateError: another process holds it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        taken = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _KEY})
        if not taken.scalar():
            holder = connection.execute(text(_HOLDER), {"key": _KEY}).scalar()
            raise StateError(_taken(holder or "unknown", name))
        try:
            yield
        finally:
            connection.invalidate()  # ends the session, and with it the lock


_HOLDER = """
    SELECT a.application_name || coalesce(' at ' || host(a.client_addr), '')
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objid = :key
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def _taken(holder: str, name: str) -> str:
    return f"another notifier ({holder}) already runs on {name}; stop it, or use another database"
