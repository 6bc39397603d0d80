"""Look at the database itself: how big it is, whether it can be written, who writes to it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from notifier.errors import StateError
from notifier.store.database import Database


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is known of a database. Sizes are in bytes; None where there is no such thing.

    Attributes:
        mode: How SQLite journals; ``wal`` is what is meant to be.
        log: The size of SQLite's write-ahead log.
        running: Whether a notifier has the writer's lock.
        free: Room on the disk that holds it.
        pooled: Whether a pooler shares the server's sessions; None for a file.
    """

    size: int
    mode: str | None = None
    log: int | None = None
    running: bool = False
    free: int | None = None
    pooled: bool | None = None


def vitals(database: Database) -> Vitals:
    """Look. Raises StateError where the database cannot be read."""
    if database.kind == "sqlite":
        return _of_file(database)
    with database.reading() as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return Vitals(int(size), running=database.is_written(), pooled=database.is_pooled())


def _of_file(database: Database) -> Vitals:
    path = Path(database.name)
    log = path.with_name(path.name + "-wal")
    with database.reading() as connection:
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    return Vitals(
        size=path.stat().st_size,
        mode=str(mode),
        log=log.stat().st_size if log.exists() else 0,
        running=database.is_written(),
        free=shutil.disk_usage(path.resolve().parent).free,
    )


def check_writable(database: Database) -> None:
    """Begin to write, and write nothing.

    Raises:
        StateError: nothing can be written now.
    """
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM meta WHERE key = ''"))  # no key is empty
    if database.kind == "sqlite" and not os.access(Path(database.name).resolve().parent, os.W_OK):
        raise StateError(
            f"the folder of {database.name} cannot be written, and SQLite keeps its log there; "
            "see that it may be written by this user"
        )
