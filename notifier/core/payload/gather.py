"""Make one answer of several: an endpoint that is asked for several ids gives one for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from notifier.core.payload.decode import Decoded
from notifier.core.payload.oddities import MOST, Oddities
from notifier.core.payload.rows import Row


def gathered(answers: Iterable[Decoded]) -> Decoded:
    """Return the rows of all of them; a collection that none of them holds stays left out."""
    parts = list(answers)
    if len(parts) == 1:
        return parts[0]
    collections: dict[str, list[Row]] = {}
    for part in parts:
        for name, rows in part.collections.items():
            collections.setdefault(name, []).extend(rows)
    return Decoded(collections, _together([part.oddities for part in parts], collections))


def _together(parts: Sequence[Oddities], collections: Iterable[str]) -> Oddities:
    """All that was odd; what none of the answers held is lacking, a 404 is one that all gave."""
    unreadable: Counter[str] = Counter()
    for part in parts:
        unreadable.update(part.unreadable)
    return Oddities(
        unreadable=dict(unreadable),
        absent=_all(part.absent for part in parts),
        aliased={name: other for part in parts for name, other in part.aliased.items()},
        undeclared=_all(part.undeclared for part in parts)[:MOST],
        lacking=tuple(c for c in _all(part.lacking for part in parts) if c not in set(collections)),
        dropped=sum(part.dropped for part in parts),
        totals=sum(part.totals for part in parts),
        full=any(part.full for part in parts),
        not_found=all(part.not_found for part in parts),
    )


def _all(names: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))
