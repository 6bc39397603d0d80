"""Judge a rule with ``by`` on one snapshot: one instance per group of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from notifier.core.facts.snapshot import join_key
from notifier.core.facts.state import Scalar
from notifier.core.judging.lifecycle import Result
from notifier.core.judging.notice import Untold
from notifier.core.judging.plan import RulePlan
from notifier.core.judging.view import (
    WHOLE,
    Judgement,
    Rows,
    View,
    condition,
    critical,
    number,
    was_about,
    with_site,
)
from notifier.core.language import interpret
from notifier.core.language.history import Row
from notifier.core.language.interpret import Scope
from notifier.core.language.tree import Aggregate, walk
from notifier.core.payload.endpoint import Missing

DOUBTFUL = 5  # rows of a group; with more of them not every combination is tried


def by_group(rule: RulePlan, view: View) -> Iterator[Judgement]:
    """Yield a judgement of every group that is there, was there, or has an instance."""
    groups, doubtful = _groups(rule, view)
    before = partition(rule, view.before or {})
    gone = _missed(rule, view, before) if rule.policy.missing is Missing.FIRE else ()
    compares = _compares(rule)
    for entity in dict.fromkeys((*groups, *gone, *view.watched.get(rule.id, ()))):
        rows, were = groups.get(entity, {}), before.get(entity, {})
        earlier = _about(rule, view, were) if compares else None
        scope = _scope(view, entity, rows, earlier)
        yield _group(rule, view, scope, were, doubtful)


def closely(rule: RulePlan, view: View, entity: str) -> tuple[Scope, Judgement]:
    """Judge one group, and return what it was judged on."""
    groups, doubtful = _groups(rule, view)
    were = partition(rule, view.before or {}).get(entity, {})
    scope = _scope(view, entity, groups.get(entity, {}), _about(rule, view, were))
    return scope, _group(rule, view, scope, were, doubtful)


def _group(
    rule: RulePlan, view: View, scope: Scope, were: Rows, doubtful: frozenset[str]
) -> Judgement:
    if not view.suspects.isdisjoint(were):
        return Judgement(scope.key, Result.UNKNOWN)
    if not scope.rows and rule.by:
        return Judgement(scope.key, Result.ABSENT)
    if any(view.shaken(rule, key) for key in scope.rows):
        return Judgement(scope.key, Result.NULL, why=Untold.RESET)
    return _judged(rule, view, scope, doubtful)


def groups_of(rule: RulePlan, view: View) -> list[str]:
    """Every group that is there, or was there in the snapshot before."""
    there, were = _groups(rule, view)[0], partition(rule, view.before or {})
    return list(dict.fromkeys((*there, *were)))


def _missed(rule: RulePlan, view: View, before: Mapping[str, Rows]) -> list[str]:
    """The groups of the snapshot before that had a row the rule was about."""
    return [
        entity for entity, rows in before.items() if any(was_about(rule, view, key) for key in rows)
    ]


# ---- which rows ----


def _groups(rule: RulePlan, view: View) -> tuple[dict[str, dict[str, Row]], frozenset[str]]:
    """The rows that the rule is about, by group; and the keys of which that is not known."""
    if rule.where is None:
        return partition(rule, view.rows), frozenset()
    found = view.found[rule.id]
    places = sorted((*found.breach, *found.unsure))
    rows = {view.order[place]: view.rows[view.order[place]] for place in places}
    return partition(rule, rows), frozenset(view.order[place] for place in found.unsure)


def partition(rule: RulePlan, rows: Rows) -> dict[str, dict[str, Row]]:
    """Rows by the values of the grouping fields; a blank one belongs to no group."""
    if not rule.by:
        return {WHOLE: dict(rows)}
    groups: dict[str, dict[str, Row]] = {}
    for key, row in rows.items():
        values = [getattr(row, name) for name in rule.by]
        if None not in values:
            groups.setdefault(join_key(values), {})[key] = row
    return groups


def _compares(rule: RulePlan) -> bool:
    """Whether the rule asks how the group was before."""
    asked = (rule.when, rule.clear, rule.critical, rule.value)
    nodes = (node for each in asked if each for node in walk(each.tree))
    return any(isinstance(node, Aggregate) and node.before for node in nodes)


def _about(rule: RulePlan, view: View, rows: Rows) -> Rows | None:
    """Those of the earlier rows that the rule was about; None where that is not known."""
    if view.before is None or view.history.aged(view.at):
        return None
    if rule.where is None:
        return rows
    then = view.history.at or 0.0  # the past has no past of its own
    about = {
        key: interpret.judge(rule.where, Scope(row=row, key=key, at=then))
        for key, row in rows.items()
    }
    return None if None in about.values() else {key: rows[key] for key in rows if about[key]}


# ---- what they say ----


def _judged(rule: RulePlan, view: View, scope: Scope, doubtful: frozenset[str]) -> Judgement:
    result = _result(rule, scope, doubtful)
    if result is Result.NULL:
        return Judgement(scope.key, result)
    return Judgement(
        scope.key,
        result,
        value=number(rule.value, scope),
        critical=critical(rule, scope, result),
        fields=_fields(rule, view, scope.rows),
    )


def _result(rule: RulePlan, scope: Scope, doubtful: frozenset[str]) -> Result:
    """The result that does not depend on whether the doubtful rows belong to the group."""
    result = condition(rule, scope)
    for left_out in _choices([key for key in scope.rows if key in doubtful]):
        rows = {key: row for key, row in scope.rows.items() if key not in left_out}
        known = rows or not rule.by  # a group without a row is not there
        if not known or condition(rule, replace(scope, rows=rows)) is not result:
            return Result.NULL
    return result


def _choices(doubtful: Collection[str]) -> Iterator[Collection[str]]:
    """Which of the doubtful rows to leave out: all ways, or of many each, all and all but each."""
    most = len(doubtful)
    sizes = range(1, most + 1) if most <= DOUBTFUL else (1, most - 1, most)
    for size in sizes:
        yield from combinations(doubtful, size)


def _scope(view: View, entity: str, rows: Rows, before: Rows | None) -> Scope:
    return Scope(
        row=next(iter(rows.values()), None),
        key=entity,
        at=view.at,
        history=view.history,
        rows=rows,
        before=before,
    )


def _fields(rule: RulePlan, view: View, rows: Mapping[str, Row]) -> dict[str, Scalar]:
    row = next(iter(rows.values()), None)
    fields: dict[str, Scalar] = {name: getattr(row, name) for name in rule.by or ()}
    fields["count"] = float(len(rows))
    return with_site(fields, view)
