"""Keep each operation within its calls of the day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notifier.core.plan import Plan
from notifier.purse import Purse
from notifier.store.database import Database
from notifier.wolkvox.client import Client


@dataclass(slots=True)
class Pacing:
    """A purse for each operation.

    Attributes:
        database: None where there is none: then nothing is shared with anybody.
    """

    clients: Mapping[str, Client]
    clock: Callable[[], datetime]
    database: Database | None = None
    purses: dict[str, Purse] = field(default_factory=dict)

    def adopt(self, plan: Plan) -> None:
        """Let every client ask through its operation's purse, by the quotas of *plan*."""
        for name, quota in plan.quotas.items():
            purse = self.purses.get(name)
            if purse is None:
                purse = Purse(quota, self.clients[name].number, self.clock, self.database)
                self.purses[name] = purse
            purse.quota, purse.token = quota, self.clients[name].number
            self.clients[name].turn = purse.turn

    def calls(self) -> dict[str, tuple[int, int | None]]:
        """Of each operation: the calls of its day so far, and the most there are, where known.

        Raises:
            StateError: the database cannot be read.
        """
        return {
            name: (purse.spent(), purse.quota.limit(purse.budget))
            for name, purse in self.purses.items()
        }
