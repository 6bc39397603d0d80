"""Make one answer of several: an endpoint that is asked for several ids gives one for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from notifier.core.decode import Decoded
from notifier.core.rows import Row


def gathered(answers: Iterable[Decoded]) -> Decoded:
    """Return the rows of all of them; a collection that none of them holds stays left out."""
    parts = list(answers)
    if len(parts) == 1:
        return parts[0]
    collections: dict[str, list[Row]] = {}
    unreadable: Counter[str] = Counter()
    for part in parts:
        unreadable.update(part.unreadable)
        for name, rows in part.collections.items():
            collections.setdefault(name, []).extend(rows)
    return replace(
        parts[0],
        collections=collections,
        unreadable=unreadable,
        dropped=sum(part.dropped for part in parts),
        absent=tuple(dict.fromkeys(name for part in parts for name in part.absent)),
        not_found=all(part.not_found for part in parts),
    )
