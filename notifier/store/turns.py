"""Give one program at a time its turn with a token: wolkvox wants one request at a time.

Threads and processes that share a database wait for each other here; a turn dies with its process.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from notifier.errors import StateError

TRY = 0.05  # seconds between two looks whether the turn is free
_KEY = 0x6E6F7475  # first half of PostgreSQL's advisory locks; the token's number is the other


class Turns(Protocol):
    """Whose turn it is, by token."""

    def take(self, number: int) -> Callable[[], None] | None:
        """Take the turn and return what gives it back; None while somebody else has it.

        number: 32 bits that stand for the token.

        Raises:
            StateError: it cannot be known whose turn it is.
        """
        ...


@contextmanager
def turn(turns: Turns, number: int, patience: float) -> Iterator[bool]:
    """Wait at most *patience* seconds for a turn; yield whether it came.

    Raises:
        StateError: it cannot be known whose turn it is.
    """
    until, pause = time.monotonic() + patience, threading.Event()
    give_back = turns.take(number)
    while give_back is None and time.monotonic() < until:
        pause.wait(TRY)
        give_back = turns.take(number)
    try:
        yield give_back is not None
    finally:
        if give_back is not None:
            give_back()


class FileTurns:
    """Turns by a file per token beside the database: the system ends them with the process."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def take(self, number: int) -> Callable[[], None] | None:
        # The real path: two names of one file are one database.
        real = self._database.resolve()
        try:
            handle = real.with_name(f"{real.name}.turn-{number:08x}").open("a")
        except OSError as error:
            raise StateError(
                f"no file can be made beside {self._database} ({error.strerror}); "
                "see that its folder may be written by this user"
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            return None
        return handle.close


class ServerTurns:
    """Turns by advisory locks of one session: PostgreSQL ends them with it.

    One session may take a lock twice, so the threads of this process are told apart here.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._session: Connection | None = None
        self._taken: set[int] = set()
        self._guard = threading.Lock()

    def take(self, number: int) -> Callable[[], None] | None:
        with self._guard:
            if number in self._taken or not self._ask("pg_try_advisory_lock", number):
                return None
            self._taken.add(number)
        return lambda: self._give_back(number)

    def close(self) -> None:
        """End the session, and its turns with it."""
        with self._guard:
            self._end()

    def _give_back(self, number: int) -> None:
        with self._guard:
            self._taken.discard(number)
            try:
                if self._session is not None:
                    self._asked(self._session, "pg_advisory_unlock", number)
            except DBAPIError:
                self._end()  # the session is gone, and the turn with it

    def _ask(self, function: str, number: int) -> bool:
        """Ask the session; where it was cut since, ask a new one."""
        if self._session is not None:
            try:
                return self._asked(self._session, function, number)
            except DBAPIError:
                self._end()
        self._session = self._engine.connect()
        return self._asked(self._session, function, number)

    def _asked(self, session: Connection, function: str, number: int) -> bool:
        signed = number - (1 << 32) if number >= 1 << 31 else number
        statement = text(f"SELECT {function}(:key, :number)")
        return bool(session.execute(statement, {"key": _KEY, "number": signed}).scalar())

    def _end(self) -> None:
        if self._session is not None:
            self._session.invalidate()
            self._session.close()
            self._session = None
