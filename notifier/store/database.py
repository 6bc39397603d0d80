"""Open the database, bring it to this program's tables, and give transactions on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from notifier.errors import StateError
from notifier.store import complaints, lock, private
from notifier.store.ownership import Ownership, holder, shared, signature
from notifier.store.turns import FileTurns, ServerTurns, Turns, turn

REVISION = (
    "0006"  # of the newest migration: alembic is imported only where the database has another
)
PATIENCE = 30.0  # seconds to wait while another program writes
_QUICKEST = 10.0  # seconds that a statement may take, however little patience there is
_MIGRATING = 0x6E6F7469  # PostgreSQL's advisory lock round a migration


class Database:
    """One database. Give each transaction one short task: none may wait for the network.

    Attributes:
        name: How messages call it: a path, or host and database; never with a password.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.name = name
        self._engine = engine
        self._reader = engine.execution_options(**_reading(engine))
        self._held = ExitStack()
        self._turns = self._their_turns()
        # The system itself keeps a file's lock for as long as the process lives.
        self._ownership = None if self.kind == "sqlite" else Ownership(engine, name)

    def _their_turns(self) -> Turns:
        if self.kind == "sqlite":
            return FileTurns(Path(str(self._engine.url.database)))
        turns = ServerTurns(self._engine)
        self._held.callback(turns.close)
        return turns

    @property
    def kind(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of it is written, on the disk, at the end; nothing of it after an exception.

        Raises:
            StateError: the database cannot be reached, written or had within 30 s.
        """
        with self._said(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read one consistent state beside a writer. Writing here is an error.

        Raises:
            StateError: the database cannot be reached or read.
        """
        with self._said(), self._reader.begin() as connection:
            yield connection

    # ---- the owner ----

    def lock_writer(self) -> None:
        """Be the only notifier that writes here until ``close``, or until the process dies.

        On a server also until the session ends: see ``as_owner``.

        Raises:
            StateError: another one already runs.
        """
        if self._ownership is None:
            path = Path(str(self._engine.url.database))
            self._held.enter_context(lock.on_file(path, self.name))
        elif not self.take():
            raise StateError(lock.taken(self.owner() or "unknown", self.name))

    def take(self) -> bool:
        """Own a server's database unless another notifier does; return whether it is ours now."""
        with self._said():
            return self._ownership is None or self._ownership.take()

    @property
    def owned(self) -> bool:
        """Whether it is ours, as far as is known."""
        return self._ownership is None or self._ownership.holds

    @property
    def term(self) -> int | None:
        """Another number whenever somebody took a server's database after somebody else."""
        return None if self._ownership is None else self._ownership.term

    def still_owned(self) -> bool:
        """Look whether it is ours; what is lost is lost until it is taken again."""
        return self._ownership is None or self._ownership.look()

    def let_go(self) -> None:
        """Own a server's database no more."""
        if self._ownership is not None:
            self._ownership.let_go()

    @contextmanager
    def as_owner(self) -> Iterator[Connection]:
        """A transaction that commits only where no other notifier took over before.

        Raises:
            NotOwnerError: one did, or may have; nothing is written.
            StateError: as ``transaction``.
        """
        if self._ownership is not None:
            self._ownership.require()
        with self.transaction() as connection:
            if self._ownership is not None:
                self._ownership.check(connection, until_the_end=True)
            yield connection

    def confirm_owned(self) -> None:
        """See that no other notifier took over: before what cannot be taken back.

        Raises:
            NotOwnerError: one did, or may have.
            StateError: it cannot be known now.
        """
        if self._ownership is not None:
            with self.reading() as connection:
                self._ownership.check(connection, until_the_end=False)

    def owner(self) -> str | None:
        """Who owns a server's database, by the name it gave; None: nobody, or it is a file."""
        with self._said():
            return None if self._ownership is None else holder(self._engine)

    def is_pooled(self) -> bool:
        """Whether a pooler shares sessions of the server between transactions: no lock holds so."""
        with self._said():
            return self._ownership is not None and shared(self._engine)

    def is_written(self) -> bool:
        """Whether a notifier has the writer's lock. Raises StateError where that is not known."""
        if self._ownership is not None:
            return self.owner() is not None
        return lock.is_held_on_file(Path(str(self._engine.url.database)))

    @contextmanager
    def turn(self, token: int, patience: float) -> Iterator[bool]:
        """Wait at most *patience* seconds for a token's turn; yield whether it came.

        token: 32 bits that stand for it.

        Raises:
            StateError: it cannot be known whose turn it is.
        """
        with self._said(), turn(self._turns, token, patience) as had:
            yield had

    def close(self) -> None:
        """Give back the lock, every turn and every connection."""
        self._held.close()
        self.let_go()
        self._engine.dispose()

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn what a driver raises into one sentence. A wrong statement stays what it is."""
        try:
            yield
        except DBAPIError as error:
            sentence = complaints.of_driver(error, self.name)
            if sentence is None:
                raise
            raise StateError(sentence) from None


def open_database(url: str, *, prepare: bool = True, patience: float = PATIENCE) -> Database:
    """The database at *url*, with the tables of this program.

    Args:
        url: ``sqlite:///file.db`` or ``postgresql+psycopg://user:password@host/name``.
        prepare: Make what is missing and migrate what is older. Off for the commands that only
            look: they may run beside an older notifier, and must not make an empty database.
        patience: Seconds to wait while another program writes.

    Raises:
        StateError: it cannot be used; one sentence says why and what to do.
    """
    parsed = _parsed(url)
    name = _name(parsed)
    _check_folder(parsed, name, prepare=prepare)
    if prepare and parsed.drivername.startswith("sqlite"):
        private.make(Path(str(parsed.database)))
    database = Database(_engine(parsed, patience), name)
    try:
        _to_revision(database, prepare=prepare)
    except BaseException:
        database.close()
        raise
    return database


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StateError(_SHAPE) from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StateError(_SHAPE)
    if parsed.drivername.startswith("sqlite") and parsed.database in (None, "", ":memory:"):
        raise StateError("the database must be a file, or nothing survives a restart; " + _HINT)
    return parsed


_HINT = "set NOTIFIER_DATABASE_URL to sqlite:///notifier.db or postgresql+psycopg://user@host/name"
_SHAPE = f"the database's address cannot be read; {_HINT}"


def _name(url: URL) -> str:
    if url.drivername.startswith("sqlite"):
        return str(url.database)
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"{host}{port}/{url.database or url.username or ''}"


def _check_folder(url: URL, name: str, *, prepare: bool) -> None:
    if not url.drivername.startswith("sqlite"):
        return
    path = Path(str(url.database))
    if path.is_dir():
        raise StateError(
            f"the database {name} is a folder; set NOTIFIER_DATABASE_URL to a file in it"
        )
    if not path.parent.is_dir():
        raise StateError(
            f"the database {name} cannot be opened: the folder {path.parent} does not exist; "
            "make it, or set NOTIFIER_DATABASE_URL to another place"
        )
    if not prepare and not path.exists():
        raise StateError(
            f"there is no database at {name} yet; start 'notifier run' first, or set "
            "NOTIFIER_DATABASE_URL to where it is"
        )


# ---- engines ----


def _engine(url: URL, patience: float) -> Engine:
    try:
        if url.drivername.startswith("sqlite"):
            return _sqlite(url, patience)
        return _postgresql(url, patience)
    except (ImportError, NoSuchModuleError):
        raise StateError(
            "PostgreSQL needs its driver: install it with pip install 'notifier[postgresql]'"
        ) from None


def _sqlite(url: URL, patience: float) -> Engine:
    engine = create_engine(url, connect_args={"timeout": patience})

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin too late: begin is ours
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql(f"PRAGMA query_only={int(reading)}")
        # A read that turns into a write later would fail at once where another writes.
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


# A server that is gone without a word is noticed within a minute, not after two hours.
_NOTICING = {
    "connect_timeout": "10",
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # milliseconds
}

# So that a machine which is gone without a word keeps no lock for longer than that either.
_NOTICED = {
    "tcp_keepalives_idle": 20,
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 30000,
}


def _postgresql(url: URL, patience: float) -> Engine:
    given = {"application_name": signature(), **_NOTICING}
    missing = {key: value for key, value in given.items() if key not in url.query}
    engine = create_engine(url.update_query_dict(missing), pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        # Nobody waits for ever: not for another's lock, and not for a statement.
        waits = {"lock_timeout": patience, "statement_timeout": max(_QUICKEST, 2 * patience)}
        settings = {name: round(seconds * 1000) for name, seconds in waits.items()}
        for name, value in (settings | _NOTICED).items():
            connection.execute(f"SET {name} = {value}")
        connection.commit()

    return engine


def _reading(engine: Engine) -> dict[str, Any]:
    if engine.dialect.name == "sqlite":
        return {"reading": True}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


# ---- migrations ----


def _to_revision(database: Database, *, prepare: bool) -> None:
    with database.reading() as connection:
        found = _revision(connection)
        strange = database.kind == "sqlite" and found is None and _has_tables(connection)
    if found == REVISION:
        return
    if strange:
        raise StateError(complaints.foreign(database.name))
    if found is not None and found > REVISION:
        raise StateError(complaints.newer(database.name, found, REVISION))
    if not prepare:
        raise StateError(
            f"the database {database.name} has the tables of another version ({found or 'none'}, "
            f"this program knows {REVISION}); start 'notifier run' of this version first"
        )
    running = database.owner() if database.kind == "postgresql" else None
    if running is not None:
        raise StateError(
            f"the database {database.name} has the tables of another version ({found or 'none'}), "
            f"and another notifier ({running}) runs on it: stop that one first, then start this"
        )
    from notifier.store import migrate  # slow to import, and seldom needed

    with database.transaction() as connection:
        if database.kind == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        migrate.to_newest(connection, _revision(connection), database.name)


def _has_tables(connection: Connection) -> bool:
    return bool(inspect(connection).get_table_names())


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
