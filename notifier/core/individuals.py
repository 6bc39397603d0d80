"""Leave out rows that add up the others: a total is nobody's, and would breach what nobody does.

Reports were seen with an agent called TOTAL and a queue called ALL.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from notifier.core.endpoint import Collection, Nature
from notifier.core.rows import Row

SUMS = frozenset({"TOTAL", "Total", "total", "ALL", "All", "all"})
_NAMES = frozenset({"agent_name", "skill_name"})


def individuals(rows: Sequence[Row], collection: Collection) -> Sequence[Row]:
    """Return the rows that are about one entity each; the same sequence where all are."""
    if collection.nature is Nature.EVENT:
        return rows
    names = [f.name for f in collection.decoded() if f.name in _NAMES | set(collection.key)]
    sums = [name for name in names if not SUMS.isdisjoint(map(attrgetter(name), rows))]
    if not sums:
        return rows
    return [row for row in rows if not any(getattr(row, name) in SUMS for name in sums)]
