"""Look at one rule and entity of one poll as closely as can be: values, comparisons, result.

And say of each poll, rule and entity the one reason why people were, or were not, told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from notifier.core.facts.state import InstanceKey, Scalar
from notifier.core.hindsight.replay import Step
from notifier.core.judging.evaluate import closely, event_key
from notifier.core.judging.groups import groups_of
from notifier.core.judging.known import Draft
from notifier.core.judging.lifecycle import Result
from notifier.core.judging.notice import Notice, Reason, Untold
from notifier.core.judging.plan import RulePlan
from notifier.core.judging.reading import Good
from notifier.core.judging.view import View, fields_of, number
from notifier.core.language.expression import Expression
from notifier.core.language.interpret import Scope, explain, judge
from notifier.core.language.interpret import Step as Comparison
from notifier.core.reacting import health
from notifier.core.reacting.incidents import WHY_NOT


@dataclass(frozen=True, slots=True)
class Part:
    """One condition of the rule with its comparisons.

    Attributes:
        key: ``where``, ``when``, ``clear`` or ``critical``.
        holds: None: unknown.
    """

    key: str
    text: str
    holds: bool | None
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Scrutiny:
    """What a good poll says of one rule and entity.

    Attributes:
        inputs: The fields that the rule names, as they were; empty where the entity is not there.
        value: What messages would show.
    """

    result: Result
    value: Scalar = None
    inputs: Mapping[str, Scalar] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


def view_of(step: Step, rule: RulePlan) -> View | None:
    """The collection that *rule* is about, as the poll of *step* saw it; None where it did not."""
    if not isinstance(step.reading, Good) or step.reading.source != rule.source:
        return None
    if rule.collection not in step.reading.snapshot.collections:
        return None
    source = step.plan.sources[rule.source]
    draft = Draft(step.known, step.at)
    health.took(draft, step.reading, source)
    return View.of(draft, step.reading, source, rule.collection)


def scrutinize(view: View, rule: RulePlan, entity: str) -> Scrutiny:
    """Look at *entity* as *rule* does."""
    scope, judgement = closely(rule, view, entity)
    if scope is None:
        return Scrutiny(judgement.result)
    return Scrutiny(
        result=judgement.result,
        value=number(rule.value, scope),
        inputs=_inputs(rule, view, scope),
        parts=tuple(_parts(rule, scope)),
    )


def _inputs(rule: RulePlan, view: View, scope: Scope) -> dict[str, Scalar]:
    names = frozenset[str]().union(*(expression.names for _, expression in _expressions(rule)))
    if rule.by is not None:
        return {"rows": float(len(scope.rows))}
    fields = fields_of(view, scope.row)
    return {name: fields[name] for name in fields if name in names}


def _parts(rule: RulePlan, scope: Scope) -> Iterator[Part]:
    for key, expression in _expressions(rule):
        if key == "where" and rule.by is not None:
            continue  # it has chosen the rows
        comparisons = tuple(explain(expression, scope))
        yield Part(key, expression.text, judge(expression, scope), comparisons)


def _expressions(rule: RulePlan) -> Iterator[tuple[str, Expression]]:
    for key in ("where", "when", "clear", "critical"):
        expression = getattr(rule, key)
        if expression is not None:
            yield key, expression


# ---- the one reason ----


def verdict(step: Step, rule: RulePlan, entity: str) -> Reason | Untold:
    """The one reason why people were told of *entity* by a poll, or not.

    *step* is a good poll of the rule's source.
    """
    view = view_of(step, rule)
    if view is None:
        return Untold.UNKNOWN
    name = event_key(view, entity) if rule.event else entity
    key = InstanceKey(rule.operation, rule.id, name)
    return told_of(step, key) or step.decision.reasons.get(key) or _quietly(view, rule, entity)


def _quietly(view: View, rule: RulePlan, entity: str) -> Untold:
    """Why nothing is said of what is well: the decision does not mention it."""
    _, judgement = closely(rule, view, entity)
    return judgement.why or WHY_NOT[judgement.result]


def told_of(step: Step, key: InstanceKey) -> Reason | None:
    """Why people were told of an instance by a decision, the most urgent of it; None: they weren't.

    A receiver may be reminded while another hears of it for the first time.
    """
    found = {reason for notice in step.decision.notices for reason in _reasons(notice, key)}
    return next((reason for reason in Reason if reason in found), None)


def _reasons(notice: Notice, key: InstanceKey) -> Iterator[Reason]:
    yield from (item.reason for item in notice.items if item.incident.key == key)
    same = (notice.conversation.operation, notice.rule.id) == key[:2]
    yield from (Reason.EVENT for event in notice.events if same and event.key == key.entity)


def entities(step: Step, rule: RulePlan) -> list[str]:
    """Every entity that a poll says something of, by *rule*: present, gone, or remembered."""
    view = view_of(step, rule)
    if view is None:
        return []
    watched = view.watched.get(rule.id, ())
    if rule.by is not None:
        return list(dict.fromkeys((*groups_of(rule, view), *watched)))
    return list(dict.fromkeys((*view.order, *watched, *(view.before or ()))))
