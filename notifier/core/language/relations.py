"""Say which numbers of an answer cannot be true together: odd data, noted, never an alert."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeAlias

from notifier.core.language.expression import Vocabulary, parse
from notifier.core.language.history import Row
from notifier.core.language.interpret import Scope, judge
from notifier.core.language.writer import column
from notifier.core.payload.endpoint import Collection, Relation

Keyed: TypeAlias = Mapping[str, Row]


def broken(collection: Collection, rows: Keyed) -> dict[str, int]:
    """Return in how many rows each relation is false; where a blank leaves it unknown, it is not.

    One about all rows together is broken once.
    """
    if not collection.relations:
        return {}
    found = {name: times(rows) for name, times in _counters(collection).items()}
    return {name: times for name, times in found.items() if times}


@lru_cache(maxsize=256)
def _counters(collection: Collection) -> dict[str, Callable[[Keyed], int]]:
    return {each.name: _counter(each, collection) for each in collection.relations}


def _counter(relation: Relation, collection: Collection) -> Callable[[Keyed], int]:
    formulas = {each.name: each.formula for each in collection.computed}
    words = Vocabulary(collection.kinds(), formulas, grouped=relation.together)
    must = parse(relation.must, words)
    if relation.together:
        return lambda rows: int(judge(must, Scope(rows=rows)) is False)
    each = column(must.tree)
    return lambda rows: each(rows.values()).count(False)
