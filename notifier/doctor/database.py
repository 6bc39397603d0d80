"""Look at the database and at the disk below it."""

from __future__ import annotations

from collections.abc import Iterator

from notifier.core.examination.finding import Finding, fail, ok, warn
from notifier.store.database import Database
from notifier.store.inspection import Vitals, check_writable, vitals

GROUP = "database"
MEGABYTE = 1024 * 1024
ROOM = 500 * MEGABYTE  # below that a busy day may fill the disk
TIGHT = 50 * MEGABYTE
LONG_LOG = 256 * MEGABYTE  # SQLite shortens it to 64 MB when it can


def look(database: Database) -> Iterator[Finding]:
    """Raises StateError where it cannot be read, or not be written."""
    found = vitals(database)
    size = f"{found.size / MEGABYTE:.1f} MB"
    yield ok(GROUP, "tables", f"{database.name} has the tables of this version; {size}")
    check_writable(database)
    yield ok(GROUP, "writing", "it can be written")
    yield _writer(found)
    yield from _sessions(found)
    yield from _log(found)
    yield from _disk(found)


def _writer(found: Vitals) -> Finding:
    running = "a notifier runs on it" if found.running else "no notifier runs on it now"
    return ok(GROUP, "lock", running)


def _sessions(found: Vitals) -> Iterator[Finding]:
    if found.pooled is None:
        return
    if found.pooled:
        text = "a pooler shares the server's sessions between transactions: no lock holds so"
        fix = "connect directly, or let it pool sessions (PgBouncer: `pool_mode = session`)"
        yield fail(GROUP, "sessions", text, fix)
    else:
        yield ok(GROUP, "sessions", "a session is ours until it ends, as locks need it")


def _log(found: Vitals) -> Iterator[Finding]:
    if found.mode is None or found.log is None:
        return
    if found.mode != "wal":
        fix = "keep the database on a local disk: network folders cannot do it"
        yield warn(GROUP, "journal", f"SQLite journals by `{found.mode}` instead of `wal`", fix)
    elif found.log > LONG_LOG:
        fix = "end the program that has been reading for long"
        yield warn(GROUP, "journal", f"the log has grown to {found.log // MEGABYTE} MB", fix)
    else:
        yield ok(GROUP, "journal", f"write-ahead, {found.log / MEGABYTE:.1f} MB")


def _disk(found: Vitals) -> Iterator[Finding]:
    if found.free is None:
        return
    text = f"{found.free // MEGABYTE} MB free"
    if found.free < TIGHT:
        yield fail(GROUP, "disk", text, "make room: nothing can be written soon")
    elif found.free < ROOM:
        yield warn(GROUP, "disk", text, "make room, or shorten `retention`")
    else:
        yield ok(GROUP, "disk", text)
