"""Follow one entity's value through readings: what a chart draws, and where nothing is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from notifier.core.facts.snapshot import Keyed
from notifier.core.facts.state import seconds
from notifier.core.judging.groups import partition
from notifier.core.judging.plan import RulePlan, SourcePlan
from notifier.core.language import interpret
from notifier.core.language.expression import Expression
from notifier.core.language.history import History
from notifier.core.language.interpret import Scope


class Point(NamedTuple):
    """The value at one time; None where nothing was known."""

    at: datetime
    value: float | None


class Look(NamedTuple):
    """The rows of one collection at one time; None where the poll failed."""

    at: datetime
    rows: Keyed | None


def looks_back(rule: RulePlan) -> bool:
    """Whether its value cannot be told from one reading alone."""
    return rule.value is not None and bool(rule.value.looks or rule.value.previous)


def fields(rule: RulePlan) -> frozenset[str]:
    """What rows must carry to tell its value from one reading alone."""
    asked = (each for each in (rule.value, rule.where) if each is not None)
    return frozenset(rule.by or ()).union(*(each.attributes for each in asked))


def follow(
    rule: RulePlan, source: SourcePlan, entity: str, looks: Iterable[Look]
) -> Iterator[Point]:
    """Yield the value of *rule* for *entity* at each look, the oldest first.

    Where the value looks back, leave none out: what is between two looks was not seen.
    """
    if rule.value is None:
        return
    needs = source.collections[rule.collection].needs
    history, before = History(zone=source.zone), None
    for at, rows in looks:
        if rows is None:
            yield Point(at, None)
            continue
        own, moment = _own(rule, entity, rows), at.timestamp()
        if looks_back(rule):
            facing = history.facing(
                own, needs, cadence=seconds(source.cadence), stale=seconds(source.stale_after),
                beside={},
            )  # fmt: skip
            about = _about(rule, own, moment, facing)
            yield Point(at, _worth(rule.value, entity, about, before, moment, facing))
            history, before = history.add(moment, own, needs), about
        else:
            about = _about(rule, own, moment, history)
            yield Point(at, _worth(rule.value, entity, about, None, moment, history))


def _own(rule: RulePlan, entity: str, rows: Keyed) -> Keyed:
    """The entity's row, or its rows where it is a group."""
    if rule.by is not None:
        return partition(rule, rows).get(entity, {})
    return {entity: rows[entity]} if entity in rows else {}


def _about(rule: RulePlan, rows: Keyed, at: float, history: History) -> Keyed:
    """Those of a group that the rule is about; of an entity all: its value is its value."""
    if rule.by is None or rule.where is None:
        return rows
    return {
        key: row
        for key, row in rows.items()
        if interpret.judge(rule.where, Scope(row=row, key=key, at=at, history=history)) is True
    }


def _worth(
    value: Expression, entity: str, rows: Keyed, before: Keyed | None, at: float, history: History
) -> float | None:
    if not rows:
        return None
    scope = Scope(
        row=next(iter(rows.values())), key=entity, at=at, history=history, rows=rows, before=before
    )
    found = interpret.value(value, scope)
    return float(found) if isinstance(found, float) else None
