"""Let an operation's requests out one at a time, and no more of them than its day has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from notifier import logs
from notifier.core.facts.state import Budget
from notifier.core.rules.budget import Quota, allowance
from notifier.errors import FetchError, StateError, Trouble
from notifier.store import ledger
from notifier.store.database import Database

log = logs.logger("purse")

PATIENCE = 60.0  # seconds to wait for other requests of the token: one of them may last so long
BUSY = "another program on this database has used the token for a minute"
SPENT = "notifier's share of the day's calls is spent; it asks again when the day is over"


@dataclass(slots=True)
class Purse:
    """One operation's way to wolkvox.

    Attributes:
        token: A number that stands for it.
        database: None where there is none yet: then nobody else is there either.
        budget: As last decided: what other programs use counts too.
    """

    quota: Quota
    token: int
    clock: Callable[[], datetime]
    database: Database | None = None
    budget: Budget | None = None
    patience: float = PATIENCE
    _unwritten: int = 0  # calls that the ledger could not take yet
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the token's turn and count one call; within it, the request may go out.

        Raises:
            FetchError: the turn does not come, or the day's calls are spent.
        """
        with self._turn() as had:
            if not had:
                raise FetchError(Trouble.BUSY, BUSY)
            if not self._spend():
                now = self.clock()
                raise FetchError(Trouble.QUOTA, SPENT, after=self.quota.day(now)[1] - now)
            yield

    def spent(self) -> int:
        """Calls of the present day so far, by everybody who shares the database."""
        day = self.quota.day(self.clock())[0]
        if self.database is None:
            return self._unwritten
        with self.database.reading() as connection:
            return ledger.spent(connection, self.quota.operation, day) + self._unwritten

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """A database that cannot be used stops no poll: then only our own threads wait."""
        with ExitStack() as stack:
            had = True
            if self.database is not None:
                try:
                    had = stack.enter_context(self.database.turn(self.token, self.patience))
                except StateError as error:
                    log.warning("turn not known", error=str(error))
            yield had

    def _spend(self) -> bool:
        """Count one call; what cannot be written down now is, with the next one."""
        most = allowance(self.quota, self.budget)
        with self._lock:
            try:
                return self._write_down(most)
            except StateError as error:
                log.warning("call not counted yet", error=str(error))
                self._unwritten += 1
                return most is None or self._unwritten <= most

    def _write_down(self, most: int | None) -> bool:
        calls = self._unwritten + 1
        if self.database is None:
            self._unwritten = calls
            return most is None or calls <= most
        day = self.quota.day(self.clock())[0]
        with self.database.transaction() as connection:
            total = ledger.spend(connection, self.quota.operation, day, calls, most)
        if total is not None:
            self._unwritten = 0
        return total is not None
