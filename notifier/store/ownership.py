"""Own a PostgreSQL database: by a lock that dies with its session, under a number that stays.

The lock says who may begin. Whoever begins raises the number; each transaction of an owner's sees
that it is still the one it began with, and lets nobody raise it before the commit. So an owner
whose session ended unnoticed writes nothing beside its successor, and nothing after it.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress

from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from notifier.errors import NotOwnerError

FENCE = "fence"  # the number's key in the table of small facts
_KEY = 0x6E6F7466  # of the advisory lock; such locks are kept per database


def signature() -> str:
    """What this process calls itself on a PostgreSQL server, which keeps 63 bytes of it."""
    return f"notifier {os.uname().nodename[:40]} {os.getpid()}"


class Ownership:
    """What one process owns of a database, or would."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._name = name
        self._session: Connection | None = None
        self._term: int | None = None
        self._guard = threading.RLock()

    @property
    def holds(self) -> bool:
        """Whether it is the owner, as far as it knows."""
        return self._session is not None

    @property
    def term(self) -> int | None:
        """The number under which it owns, or owned last."""
        return self._term

    def take(self) -> bool:
        """Own the database if nobody else does, and return whether it does.

        Whoever lost it and takes it before anybody else did goes on under the old number: nothing
        was written meanwhile. Raises DBAPIError.
        """
        with self._guard:
            if self._session is not None:
                return True
            session = self._engine.connect()
            try:
                if not session.execute(text(_TRY), {"key": _KEY}).scalar():
                    session.close()
                    return False
                self._term = self._begun(session)
            except BaseException:
                _end(session)
                raise
            self._session = session
            return True

    def _begun(self, session: Connection) -> int:
        last = session.execute(text(_NUMBER), {"fence": FENCE}).scalar()
        if last is not None and int(last) == self._term:
            return self._term
        return int(session.execute(text(_RAISE), {"fence": FENCE}).scalar_one())

    def look(self) -> bool:
        """Look whether the session still holds the lock; where not, know that it is lost."""
        with self._guard:
            if self._session is None:
                return False
            try:
                held = self._session.execute(text(_OWN), {"key": _KEY}).scalar()
            except DBAPIError:
                held = None
            if held is None:
                self.let_go()
            return self.holds

    def check(self, connection: Connection, *, until_the_end: bool) -> None:
        """See in a transaction that nobody took the database over; *until_the_end*: or will.

        Raises:
            NotOwnerError: somebody did, or it is not known.
        """
        self.require()
        number = text(f"{_NUMBER} FOR SHARE" if until_the_end else _NUMBER)
        found = connection.execute(number, {"fence": FENCE}).scalar()
        if found is None or int(found) != self._term:
            self.let_go()
        self.require()

    def require(self) -> None:
        """Raises NotOwnerError where it is lost."""
        if not self.holds:
            raise NotOwnerError(
                f"this notifier does not own the database {self._name} any more: "
                "its session ended, so another one may have taken over"
            )

    def let_go(self) -> None:
        """End the session, and the lock with it."""
        with self._guard:
            if self._session is not None:
                _unlock(self._session)
                _end(self._session)
            self._session = None


def _unlock(session: Connection) -> None:
    """Let the next one begin at once: a server takes a moment to notice that a session ended."""
    if not session.invalidated:
        with suppress(SQLAlchemyError):
            session.execute(text(_UNLOCK), {"key": _KEY})


def _end(session: Connection) -> None:
    session.invalidate()
    session.close()


def holder(engine: Engine) -> str | None:
    """Who owns the database by its own name, with its address; None where nobody does."""
    with engine.connect() as connection:
        return connection.execute(text(_HOLDER), {"key": _KEY}).scalar()


def shared(engine: Engine) -> bool:
    """Whether a pooler lends one of the server's sessions to several of ours, by transactions.

    Then a lock is another program's in a moment, and nobody owns anything.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as waiting:
        before = _session_of(waiting)
        with engine.connect() as working:  # takes the session that the other one left
            return _session_of(working) == before or _session_of(waiting) != before


def _session_of(connection: Connection) -> int:
    return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


_TRY = "SELECT pg_try_advisory_lock(:key)"
_UNLOCK = "SELECT pg_advisory_unlock(:key)"
_NUMBER = "SELECT value FROM meta WHERE key = :fence"
_RAISE = """
    INSERT INTO meta (key, value) VALUES (:fence, '1')
    ON CONFLICT (key) DO UPDATE SET value = (CAST(meta.value AS BIGINT) + 1)::TEXT
    RETURNING value
"""
_LOCK = """
    l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = :key AND l.objsubid = 1
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_OWN = f"SELECT 1 FROM pg_locks l WHERE {_LOCK} AND l.pid = pg_backend_pid()"  # noqa: S608
_HOLDER = f"""
    SELECT a.application_name || coalesce(' at ' || host(a.client_addr), '')
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE {_LOCK}
"""  # noqa: S608
