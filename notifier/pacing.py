"""Keep each operation within its calls of the day: work out paces, and see that they are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notifier.core.facts.snapshot import Snapshot
from notifier.core.facts.state import Budget
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Ration
from notifier.core.rules.budget import TokenInfo, allowance, begun, learnt, paced
from notifier.purse import Purse
from notifier.store.database import Database
from notifier.web.metrics import Metrics
from notifier.wolkvox.client import Client

TOKEN_INFO = "token_info"  # noqa: S105  # the endpoint that says what all programs spent


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
    _plan: Plan = field(default_factory=lambda: Plan({}, {}, {}))

    def adopt(self, plan: Plan) -> None:
        """Let every client ask through its operation's purse, by the quotas of *plan*."""
        self._plan = plan
        for name, quota in plan.quotas.items():
            client = self.clients[name]
            purse = self.purses.get(name)
            if purse is None:
                purse = Purse(quota, client.number, self.clock, self.database)
                self.purses[name] = purse
            purse.quota, purse.token = quota, client.number
            client.turn = purse.turn

    def recall(self, budgets: Mapping[str, Budget]) -> None:
        """Know what was last known of each day, what other programs use among it."""
        for name, purse in self.purses.items():
            purse.budget = begun(purse.quota, budgets.get(name), self.clock())

    def rations(self, known: Known, now: datetime) -> Iterator[Ration]:
        """Yield what is news of the day's calls of each operation.

        Raises:
            StateError: the calls so far cannot be read.
        """
        for name in self._plan.quotas:
            purse, before = self.purses[name], known.budgets.get(name)
            spent = purse.spent()
            budget = begun(purse.quota, before, now)
            said = self._said(known, name, budget)
            if said is not None:
                budget = learnt(budget, token_info(said), spent, said.at)
            budget = paced(purse.quota, budget, spent, now)
            purse.budget = budget
            if budget != before and allowance(purse.quota, budget) is not None:
                yield Ration(now, budget, spent)

    def _said(self, known: Known, operation: str, budget: Budget) -> Snapshot | None:
        """What the vendor said since it was last listened to."""
        since = budget.told_at or budget.day
        for key, source in self._plan.sources.items():
            snapshot = known.snapshots.get(key)
            about = key.operation == operation and source.endpoint.name == TOKEN_INFO
            if about and snapshot is not None and snapshot.at > since:
                return snapshot
        return None

    def calls(self) -> dict[str, tuple[int, int | None]]:
        """Of each operation: the calls of its day so far, and the most there are, where known.

        Raises:
            StateError: the database cannot be read.
        """
        return {
            name: (purse.spent(), purse.quota.limit(purse.budget))
            for name, purse in self.purses.items()
        }

    def count(self, known: Known, metrics: Metrics) -> None:
        """Set the numbers of what is left of each operation's day, and of who waits for that."""
        for name in self._plan.quotas:
            purse, budget = self.purses[name], known.budgets.get(name)
            metrics.others.labels(name).set(budget.others if budget else 0)
            mine = allowance(purse.quota, budget)
            if mine is not None:
                metrics.left.labels(name).set(max(0, mine - purse.spent()))
            for ask in purse.quota.asks:
                stretch = budget.stretches.get(ask.source, 1.0) if budget else 1.0
                metrics.stretch.labels(name, ask.source).set(stretch)


def token_info(said: Snapshot) -> TokenInfo:
    """What a snapshot of ``token_info`` says, in the vendor's names."""
    rows = [row for collection in said.collections.values() for row in collection.values()]

    def number(name: str) -> int | None:
        value = getattr(rows[0], name, None) if rows else None
        return int(value) if isinstance(value, float) else None

    return TokenInfo(
        number("token_limit"), number("all_token_today"), number("available_consumption_options")
    )
