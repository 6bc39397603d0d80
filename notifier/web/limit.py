"""Let nobody guess a token: only so many wrong ones a minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

MINUTE = 60.0  # seconds
FROM_ONE = 5  # wrong tokens a minute from one address
FROM_ALL = 30  # and from all together


@dataclass(slots=True)
class Attempts:
    """The wrong tokens of the last minute.

    Attributes:
        clock: Monotonic seconds.
    """

    clock: Callable[[], float]
    _wrong: deque[tuple[float, str]] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, client: str) -> float:
        """Seconds until that address may try again; 0 when it may now."""
        with self._lock:
            now = self._forget()
            own = [at for at, who in self._wrong if who == client]
            waits = [0.0]
            if len(own) >= FROM_ONE:
                waits.append(own[-FROM_ONE] + MINUTE - now)
            if len(self._wrong) >= FROM_ALL:
                waits.append(self._wrong[-FROM_ALL][0] + MINUTE - now)
            return max(waits)

    def failed(self, client: str) -> None:
        """That address tried a wrong one."""
        with self._lock:
            self._wrong.append((self._forget(), client))

    def _forget(self) -> float:
        now = self.clock()
        while self._wrong and now - self._wrong[0][0] >= MINUTE:
            self._wrong.popleft()
        return now
