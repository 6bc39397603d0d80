from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from notifier.errors import StateError
from notifier.store import migrate, tables
from notifier.store.database import REVISION, Database, open_database
from notifier.store.memory import note, noted
from tests.edges.stores import database, database_url, emptied, named, postgresql

__all__ = ["database", "database_url", "postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made


def child(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start another process that runs *program*."""
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    pipes = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipes, stderr=pipes, stdin=pipes, text=True)


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    assert said, process.stderr.read() if process.stderr else ""
    return said


def killed(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def refusal(url: str, *, prepare: bool = True, patience: float = 0.05) -> str:
    with pytest.raises(StateError) as caught:
        open_database(url, prepare=prepare, patience=patience).close()
    said = str(caught.value)
    assert "\n" not in said
    return said


# ---- tables ----


def test_a_new_database_has_exactly_the_tables_that_the_program_names(database: Database) -> None:
    with database.transaction() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []


def test_the_newest_migration_is_the_revision_that_is_looked_for_at_a_start() -> None:
    assert migrate.newest() == REVISION


def test_sqlite_tables_are_strict_and_every_commit_is_on_the_disk(sqlite_url: str) -> None:
    opened = open_database(sqlite_url)
    with opened.transaction() as connection:
        made = text("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql <> ''")
        ours = {row.name: row.sql for row in connection.execute(made)}
        loose = {name for name, sql in ours.items() if "STRICT" not in sql}
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        said = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in pragmas}
    opened.close()
    assert loose <= {"alembic_version", "sqlite_sequence"}
    assert set(tables.metadata.tables) <= set(ours)
    assert said == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_only_its_owner_reads_a_new_database_and_an_old_one_stays_as_it_was(
    sqlite_url: str,
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    database = open_database(sqlite_url)
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM meta"))
    modes = {each.name: oct(each.stat().st_mode & 0o777) for each in path.parent.glob("*.db*")}
    database.close()
    assert modes == dict.fromkeys(modes, "0o600")
    assert f"{path.name}-wal" in modes

    path.chmod(0o640)
    open_database(sqlite_url).close()

    assert oct(path.stat().st_mode & 0o777) == "0o640"


def test_a_second_start_keeps_what_is_there_and_needs_no_alembic(database_url: str) -> None:
    first = open_database(database_url)
    with first.transaction() as connection:
        note(connection, "rules", "abc")
    first.close()
    again = child(
        """
        import sys
        from notifier.store.database import open_database
        from notifier.store.memory import noted
        database = open_database(sys.argv[1])
        with database.reading() as connection:
            print(noted(connection, "rules"), "alembic" in sys.modules)
        database.close()
        """,
        database_url,
    )
    out, said = again.communicate()
    assert out.split() == ["abc", "False"], said


def test_two_that_start_at_once_on_an_empty_database_both_get_their_tables(
    postgresql: str, tmp_path: Path
) -> None:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty")
    for url in (named(postgresql, "empty"), f"sqlite:///{tmp_path / 'empty.db'}"):
        trouble: list[BaseException] = []

        def start(url: str = url, trouble: list[BaseException] = trouble) -> None:
            try:
                open_database(url).close()
            except BaseException as error:  # noqa: BLE001
                trouble.append(error)

        threads = [Thread(target=start) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert trouble == []


# ---- refusals ----


def test_a_database_of_a_newer_program_is_refused(database_url: str) -> None:
    opened = open_database(database_url)
    with opened.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()
    assert "newer notifier (tables 9999" in refusal(database_url)
    assert "newer notifier (tables 9999" in refusal(database_url, prepare=False)


def test_the_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "songs.db"
    with closing(sqlite3.connect(file)) as songs:
        songs.execute("CREATE TABLE songs (title)")
        songs.commit()
    before = file.read_bytes()

    for prepare in (True, False):
        said = refusal(f"sqlite:///{file}", prepare=prepare)
        assert said.endswith(
            "holds the tables of another program; set NOTIFIER_DATABASE_URL to a file of its own"
        )
    with closing(sqlite3.connect(file)) as songs:
        assert songs.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    assert len(file.read_bytes()) == len(before)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    said = refusal(f"sqlite:///{tmp_path}")

    assert said.endswith("is a folder; set NOTIFIER_DATABASE_URL to a file in it")


def test_tables_of_another_version_are_not_changed_under_a_running_notifier(
    postgresql: str,
) -> None:
    url = emptied(postgresql)
    running = open_database(url)
    running.lock_writer()
    with running.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    try:
        assert "stop that one first, then start this" in refusal(url)
    finally:
        running.close()
        emptied(postgresql)  # and the tables are of this version again


def test_a_look_at_a_database_that_is_not_there_makes_none(sqlite_url: str, tmp_path: Path) -> None:
    assert "start 'notifier run' first" in refusal(sqlite_url, prepare=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = refusal(f"sqlite:///{tmp_path}/nowhere/notifier.db")
    assert f"the folder {tmp_path}/nowhere does not exist; make it" in said


def test_a_folder_that_cannot_be_written_is_named() -> None:
    said = refusal("sqlite:////proc/notifier.db")
    assert said.startswith("the database /proc/notifier.db cannot be used")
    assert "see that the folder may be written" in said


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notifier.db"
    path.write_bytes(b"holiday photographs" * 100)
    assert "another kind of file" in refusal(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"holiday")


@pytest.mark.parametrize(
    "url", ["notifier.db", "mysql://root:s3cret@host/db", "postgresql://a:s3cret@host:port/db", ""]
)
def test_an_address_of_no_known_kind_says_what_one_looks_like(url: str) -> None:
    said = refusal(url)
    assert "sqlite:///notifier.db" in said
    assert "s3cret" not in said


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    assert "must be a file" in refusal(url)


def test_a_server_that_cannot_be_reached_is_named_without_the_password() -> None:
    said = refusal("postgresql+psycopg://bot:s3cret@127.0.0.1:1/notifier")
    assert said.startswith("the database 127.0.0.1:1/notifier cannot be used")
    assert "s3cret" not in said


def test_a_database_that_the_server_does_not_have_is_named(postgresql: str) -> None:
    assert "create it, or mend NOTIFIER_DATABASE_URL" in refusal(named(postgresql, "missing"))


def test_a_database_that_another_program_keeps_locked_is_named(sqlite_url: str) -> None:
    open_database(sqlite_url).close()
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    opened = open_database(sqlite_url, patience=0.05)
    with pytest.raises(StateError, match="has been writing for too long"), opened.transaction():
        raise AssertionError("the other one has it")
    other.execute("ROLLBACK")
    with opened.transaction() as connection:
        note(connection, "rules", "abc")
    opened.close()
    other.close()


def test_connections_that_the_server_dropped_are_made_again(postgresql: str) -> None:
    opened = open_database(emptied(postgresql))
    with opened.reading() as connection:
        session = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with psycopg.connect(postgresql, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (session,))
    with opened.transaction() as connection:
        note(connection, "rules", "abc")
    with pytest.raises(StateError, match="cannot be used"), opened.transaction() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    opened.close()


# ---- transactions ----


def test_nothing_of_a_transaction_that_fails_is_kept(database: Database) -> None:
    def fail(connection: Connection) -> None:
        note(connection, "rules", "half")
        raise LookupError

    with pytest.raises(LookupError), database.transaction() as connection:
        fail(connection)
    with database.reading() as connection:
        assert noted(connection, "rules") is None


def test_a_reading_cannot_write_and_the_next_transaction_can(database: Database) -> None:
    with pytest.raises((DBAPIError, StateError)), database.reading() as connection:
        note(connection, "rules", "abc")
    with database.transaction() as connection:
        note(connection, "rules", "abc")
    with database.reading() as connection:
        assert noted(connection, "rules") == "abc"


def test_a_reading_sees_one_moment_while_another_writes(database: Database) -> None:
    with database.reading() as reader:
        assert noted(reader, "rules") is None
        with database.transaction() as writer:
            note(writer, "rules", "abc")
        assert noted(reader, "rules") is None
    with database.reading() as reader:
        assert noted(reader, "rules") == "abc"


def test_writers_on_many_threads_wait_for_one_another(sqlite_url: str) -> None:
    opened = open_database(sqlite_url)

    def count_up() -> None:
        for _ in range(20):
            with opened.transaction() as connection:
                note(connection, "n", str(int(noted(connection, "n") or 0) + 1))

    threads = [Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with opened.reading() as connection:
        assert noted(connection, "n") == "80"
    opened.close()


def test_a_wrong_statement_stays_the_mistake_that_it_is(database: Database) -> None:
    with pytest.raises(DBAPIError), database.transaction() as connection:
        connection.execute(text("INSERT INTO meta (key) VALUES ('x')"))


# ---- one writer ----

HOLD = """
import sys
from notifier.errors import StateError
from notifier.store.database import open_database
database = open_database(sys.argv[1])
try:
    database.lock_writer()
except StateError as error:
    print(error, flush=True)
else:
    print("locked", flush=True)
    sys.stdin.readline()
database.close()
"""


def test_a_second_notifier_is_refused_until_the_first_one_dies(
    database: Database, database_url: str
) -> None:
    first = child(HOLD, database_url)
    assert line(first) == "locked"
    with pytest.raises(StateError, match=rf"another notifier \(.*{first.pid}.*\) already runs on"):
        database.lock_writer()
    with database.reading() as connection:  # looking is not forbidden
        assert noted(connection, "rules") is None
    killed(first)
    _lock_soon(database)
    second = child(HOLD, database_url)
    assert f"{os.getpid()}" in line(second)
    second.communicate()


def _lock_soon(database: Database) -> None:
    """A server notices after a moment that its client died."""
    for _ in range(10_000):
        try:
            return database.lock_writer()
        except StateError:
            assert database.kind == "postgresql"
    return database.lock_writer()


def test_the_lock_is_given_back_at_the_close(database_url: str) -> None:
    first, second = open_database(database_url), open_database(database_url)
    first.lock_writer()
    with pytest.raises(StateError):
        second.lock_writer()
    first.close()
    _lock_soon(second)
    second.close()


def test_another_name_of_the_same_file_is_the_same_lock(sqlite_url: str, tmp_path: Path) -> None:
    first = open_database(sqlite_url)
    first.lock_writer()
    (tmp_path / "other.db").symlink_to(tmp_path / "notifier.db")
    second = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(StateError, match="already runs"):
        second.lock_writer()
    first.close()
    second.close()


# ---- kill -9 ----

WRITE = """
import sys
from notifier.store.database import open_database
from notifier.store.memory import note
database = open_database(sys.argv[1])
for n in range(1, 100_000):
    with database.transaction() as connection:
        note(connection, "first", str(n))
        note(connection, "filling", "x" * 20_000)
        note(connection, "second", str(n))
    print(n, flush=True)
"""


def test_after_a_kill_the_database_is_whole_and_has_every_commit(database_url: str) -> None:
    open_database(database_url).close()
    reached = 0
    for rounds in (3, 8, 15):
        writer = child(WRITE, database_url)
        for _ in range(rounds):
            reached = int(line(writer))
        killed(writer)
        opened = open_database(database_url)
        with opened.reading() as connection:
            first, second = noted(connection, "first"), noted(connection, "second")
            whole = opened.kind != "sqlite" or _check(connection)
        opened.close()
        assert whole
        assert first == second
        assert int(first or 0) >= reached


def _check(connection: Connection) -> bool:
    return bool(connection.execute(text("PRAGMA integrity_check")).scalar() == "ok")


def test_a_table_that_another_session_keeps_locked_is_a_sentence_and_no_endless_wait(
    postgresql: str,
) -> None:
    url = emptied(postgresql)
    opened = open_database(url, patience=0.3)
    with psycopg.connect(url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE meta")
        with pytest.raises(StateError, match="cannot be used"), opened.transaction() as connection:
            note(connection, "rules", "abc")
    opened.close()
