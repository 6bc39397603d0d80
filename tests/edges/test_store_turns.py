"""One program at a time has its turn with a token, and the day's calls are counted by all."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from notifier.errors import StateError
from notifier.store import ledger
from notifier.store.database import Database, open_database
from notifier.store.turns import FileTurns, ServerTurns, turn
from tests.edges.stores import NOON, database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]

TOKEN, OTHER = 0xFEEDBEEF, 7
PATIENCE = 60.0  # seconds that a busy machine may take

HOLDER = """
import sys
from notifier.store.database import open_database
with open_database(sys.argv[1]).turn(int(sys.argv[2]), 60) as had:
    print(had, flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(url: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the turn until it is told to end, or killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, str(TOKEN)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        try:
            yield process
        finally:
            process.kill()


def free(database: Database, number: int = TOKEN, patience: float = 0.0) -> bool:
    with database.turn(number, patience) as had:
        return had


# ---- turns ----


def test_another_process_waits_until_the_turn_ends_with_a_killed_one(
    database: Database, database_url: str
) -> None:
    with holder(database_url) as process:
        beside = [free(database), free(database, OTHER)]
        process.send_signal(signal.SIGKILL)
        process.wait()

        assert beside == [False, True]
        assert free(database, patience=PATIENCE)


def test_a_thread_waits_for_another_of_the_same_process(database: Database) -> None:
    came = threading.Event()

    def wait() -> None:
        if free(database, patience=PATIENCE):
            came.set()

    with database.turn(TOKEN, 0) as had:
        assert had
        assert not free(database)
        thread = threading.Thread(target=wait)
        thread.start()
        assert not came.is_set()
    thread.join(PATIENCE)

    assert came.is_set()


def test_a_turn_ends_with_what_went_wrong_in_it(database: Database) -> None:
    with pytest.raises(KeyError), database.turn(TOKEN, 0):
        raise KeyError("x")

    assert free(database)


def test_two_names_of_one_file_are_one_turn(tmp_path: Path) -> None:
    file = tmp_path / "notifier.db"
    file.touch()
    (tmp_path / "link.db").symlink_to(file)

    with turn(FileTurns(file), TOKEN, 0), turn(FileTurns(tmp_path / "link.db"), TOKEN, 0) as had:
        assert not had


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no file can be made beside"):
        FileTurns(tmp_path / "gone" / "notifier.db").take(TOKEN)


def test_a_session_that_was_cut_gives_its_turns_back_and_another_begins(postgresql: str) -> None:
    engine = create_engine(postgresql.replace("postgresql://", "postgresql+psycopg://"))
    turns, others = ServerTurns(engine), ServerTurns(engine)
    give_back = turns.take(TOKEN)
    assert give_back is not None
    assert others.take(TOKEN) is None

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(l.pid) FROM pg_locks l"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> pg_backend_pid()"
        )
    assert turns.take(OTHER) is not None  # of a new session
    give_back()

    assert [turns.take(TOKEN) is not None, others.take(OTHER) is not None] == [True, False]
    turns.close()
    others.close()
    engine.dispose()


# ---- the ledger ----


def test_calls_are_counted_up_to_the_last_one_and_no_further(database: Database) -> None:
    with database.transaction() as connection:
        sums = [ledger.spend(connection, "bogota", NOON, calls, 4) for calls in (1, 2, 2, 1, 1)]
        others = ledger.spend(connection, "lima", NOON, 4, 4)

    with database.reading() as connection:
        assert sums == [1, 3, None, 4, None]
        assert others == 4
        assert ledger.spent(connection, "bogota", NOON) == 4


def test_more_than_all_is_never_counted_not_even_first(database: Database) -> None:
    with database.transaction() as connection:
        assert ledger.spend(connection, "bogota", NOON, 5, 4) is None
        assert ledger.spent(connection, "bogota", NOON) == 0


def test_another_day_begins_anew(database: Database) -> None:
    tomorrow = NOON + timedelta(days=1)
    with database.transaction() as connection:
        ledger.spend(connection, "bogota", NOON, 9, None)
        first = ledger.spend(connection, "bogota", tomorrow, 1, 2)

    with database.reading() as connection:
        assert first == 1
        assert ledger.spent(connection, "bogota", tomorrow) == 1
        assert ledger.spent(connection, "bogota", NOON) == 0


def test_the_count_survives_a_restart(database_url: str) -> None:
    totals = []
    for _ in range(2):
        opened = open_database(database_url)
        with opened.transaction() as connection:
            totals.append(ledger.spend(connection, "bogota", NOON, 3, None))
        opened.close()

    assert totals == [3, 6]
