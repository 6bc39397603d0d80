"""Remember that a whole kind of channel takes nothing: a dead token is dead for every message.

While the circuit is open the far side is asked once in a while instead of once a message, and
those stand in who can. It is kept in the database: a restart is no reason to ask anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.errors import PermanentDeliveryError
from notifier.store import memory
from notifier.store.database import Database

PROBE = timedelta(minutes=5)  # between two messages that are tried all the same


@dataclass(slots=True)
class Circuit:
    """One kind of channel.

    Attributes:
        detail: Why it takes nothing; empty while it does, or while nobody knows otherwise.
        probe_at: When the next message is tried.
    """

    database: Database
    kind: str
    detail: str = ""
    probe_at: datetime | None = None
    _recalled: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the kind of channel is known to take nothing."""
        return bool(self.detail)

    def recall(self) -> None:
        """Read once how it stood when the last process ended."""
        if self._recalled:
            return
        with self.database.reading() as connection:
            noted = memory.noted(connection, self._key)
        if noted:
            known = json.loads(noted)
            self.detail = known["detail"]
            self.probe_at = datetime.fromisoformat(known["probe_at"])
        self._recalled = True

    def blocks(self, now: datetime) -> bool:
        """Whether a message is not even to be tried. A time far ahead is a clock that was wrong."""
        return self.probe_at is not None and now < self.probe_at <= now + PROBE

    def refusal(self) -> PermanentDeliveryError:
        """What the far side said to the last message that was tried."""
        return PermanentDeliveryError(self.detail, broken="credential")

    def open(self, detail: str, now: datetime) -> bool:
        """Note that the far side refuses everything. Returns whether that is new."""
        new = not self.is_open
        self.detail, self.probe_at = detail, now + PROBE
        self._note(json.dumps({"detail": detail, "probe_at": self.probe_at.isoformat()}))
        return new

    def close(self) -> None:
        """Note that it takes messages again."""
        self.detail, self.probe_at = "", None
        self._note("")

    @property
    def _key(self) -> str:
        return f"circuit {self.kind}"

    def _note(self, value: str) -> None:
        with self.database.as_owner() as connection:
            memory.note(connection, self._key, value)
