"""Judge one rule on one snapshot: a result for every entity that matters.

An entity that is OK and stays so is not mentioned: the generated loop has looked at it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from notifier.core.judging import groups
from notifier.core.judging.groups import by_group
from notifier.core.judging.lifecycle import Result
from notifier.core.judging.notice import Event, Untold
from notifier.core.judging.plan import RulePlan
from notifier.core.judging.view import (
    Judgement,
    View,
    condition,
    critical,
    fields_of,
    number,
    was_about,
)
from notifier.core.language import interpret
from notifier.core.language.interpret import Scope
from notifier.core.payload.endpoint import Missing, Nature


def evaluate(rule: RulePlan, view: View) -> Iterator[Judgement]:
    """Yield a judgement of every entity that breaches, may breach, or has an instance."""
    return _by_entity(rule, view) if rule.by is None else by_group(rule, view)


# ---- one instance per entity ----


def _by_entity(rule: RulePlan, view: View) -> Iterator[Judgement]:
    found, watched = view.found[rule.id], view.watched.get(rule.id, ())
    breached = {view.order[place] for place in found.breach}
    blank = {view.order[place] for place in found.unsure}
    for key in _candidates(rule, view, breached):
        row = view.rows.get(key)
        if row is None:
            yield _absent(view, key)
        elif view.shaken(rule, key):
            yield Judgement(key, Result.NULL, why=Untold.RESET)
        elif key in blank:
            yield Judgement(key, Result.NULL)
        else:
            scope = view.scope(key, row)
            result = Result.BREACH if key in breached else _result(rule, scope)
            if result is not Result.ABSENT or key in watched or was_about(rule, view, key):
                yield _judged(rule, view, key, scope, result)


def closely(rule: RulePlan, view: View, key: str) -> tuple[Scope | None, Judgement]:
    """Judge one entity whether it matters or not; return what it was judged on, if it is there."""
    if rule.by is not None:
        scope, judgement = groups.closely(rule, view, key)
        return (scope if scope.rows or not rule.by else None), judgement
    row = view.rows.get(key)
    if row is None:
        return None, _absent(view, key)
    scope = view.scope(key, row)
    if view.shaken(rule, key):
        return scope, Judgement(key, Result.NULL, why=Untold.RESET)
    return scope, _judged(rule, view, key, scope, _result(rule, scope))


def _candidates(rule: RulePlan, view: View, breached: set[str]) -> Iterable[str]:
    """In the order of the snapshot, so that two runs agree; the absent ones after."""
    watched = view.watched.get(rule.id, ())
    if rule.policy.missing is Missing.FIRE:
        return dict.fromkeys((*view.order, *(view.before or ()), *watched))
    named = breached.union(watched)
    present = [key for key in view.order if key in named] if named else []
    return (*present, *sorted(named - view.rows.keys()))


def _result(rule: RulePlan, scope: Scope) -> Result:
    """The result for an entity that is there."""
    if rule.where is not None:
        about = interpret.judge(rule.where, scope)
        if about is not True:
            return Result.NULL if about is None else Result.ABSENT
    return condition(rule, scope)


def _absent(view: View, key: str) -> Judgement:
    result = Result.UNKNOWN if key in view.suspects else Result.ABSENT
    row = (view.before or {}).get(key)
    return Judgement(key, result, fields=fields_of(view, row) if row is not None else {})


def _judged(rule: RulePlan, view: View, key: str, scope: Scope, result: Result) -> Judgement:
    if result not in (Result.BREACH, Result.BAND, Result.CLEAR):
        return Judgement(key, result)
    return Judgement(
        key,
        result,
        value=number(rule.value, scope),
        critical=critical(rule, scope, result),
        fields=fields_of(view, scope.row),
        earlier=_earlier(rule, view, key),
    )


def _earlier(rule: RulePlan, view: View, key: str) -> float | None:
    """The value one snapshot ago, of a plain field only: the past has no past of its own."""
    row = view.history.previous(key)
    if row is None or rule.value is None or rule.value.looks:
        return None
    found = interpret.value(rule.value, view.scope(key, row))
    return found if isinstance(found, float) else None


# ---- events ----


def happened(rule: RulePlan, view: View) -> list[Event]:
    """Every row that satisfies an event rule; where rows are no events, each poll is its own."""
    return [_event(rule, view, view.order[place]) for place in view.found[rule.id].breach]


def _event(rule: RulePlan, view: View, key: str) -> Event:
    fields = fields_of(view, view.rows[key])
    if rule.shows is not None:
        fields = {name: value for name, value in fields.items() if name in rule.shows}
    return Event(event_key(view, key), fields)


def event_key(view: View, key: str) -> str:
    """What an event is known by."""
    return key if view.plan.collection.nature is Nature.EVENT else f"{key}@{int(view.at)}"
