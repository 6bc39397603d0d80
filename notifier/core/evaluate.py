"""Judge one rule on one snapshot: a result for every entity that matters.

An entity that is OK and stays so is not mentioned: the generated loop has looked at it already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from notifier.core import interpret
from notifier.core.endpoint import Missing, Nature
from notifier.core.expression import Expression
from notifier.core.history import History, Row
from notifier.core.interpret import Scope
from notifier.core.known import Draft
from notifier.core.lifecycle import Result
from notifier.core.loop import Found
from notifier.core.notice import Event
from notifier.core.plan import CollectionPlan, RulePlan, SourcePlan
from notifier.core.reading import Good
from notifier.core.snapshot import join_key
from notifier.core.state import Scalar

WHOLE = "all"  # the entity of a rule about a whole collection (``by = []``)
Rows = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a snapshot says of one entity, by one rule.

    Attributes:
        critical: Whether the rule's ``critical`` holds; None when unknown.
        fields: What messages may say of the entity.
        earlier: The value in the snapshot before, when there is one: a trend needs two.
    """

    entity: str
    result: Result
    value: Scalar = None
    critical: bool | None = None
    fields: dict[str, Scalar] = field(default_factory=dict)
    earlier: float | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One collection of one snapshot, and what is remembered of it.

    Attributes:
        at: When the snapshot was received, in epoch seconds.
        history: The past before this snapshot.
        found: What the generated loop saw, by rule id.
        watched: Entities with a remembered instance, by rule id.
    """

    plan: CollectionPlan
    rows: Rows
    at: float
    history: History
    suspects: frozenset[str]
    found: Mapping[str, Found]
    watched: Mapping[str, tuple[str, ...]]
    order: Sequence[str]

    @staticmethod
    def of(draft: Draft, reading: Good, source: SourcePlan, name: str) -> View:
        """Look at collection *name* of a good snapshot."""
        plan = source.collections[name]
        rows = reading.snapshot.collections.get(name, {})
        history = draft.known.histories.get((reading.source, name)) or History(zone=source.zone)
        at = reading.snapshot.at.timestamp()
        order = list(rows)
        found = plan.loop(list(rows.values()), order, history, at) if plan.loop else ()
        return View(
            plan=plan,
            rows=rows,
            at=at,
            history=history,
            suspects=draft.source(reading.source).suspects.get(name, frozenset()),
            found=dict(zip(plan.looped, found, strict=True)),
            watched=_watched(draft, reading),
            order=order,
        )

    @property
    def before(self) -> Rows | None:
        """The last good snapshot's rows; None if there was none."""
        return self.history.rows if self.history.at is not None else None

    def remembered(self) -> History:
        """The past of the next snapshot."""
        return self.history.add(self.at, self.rows, self.plan.needs)

    def scope(self, key: str, row: Row) -> Scope:
        """One entity, as conditions see it."""
        return Scope(row=row, key=key, at=self.at, history=self.history)


def _watched(draft: Draft, reading: Good) -> Mapping[str, tuple[str, ...]]:
    watched: dict[str, list[str]] = {}
    for key, instance in draft.known.instances.items():
        if instance.source == reading.source:
            watched.setdefault(key.rule, []).append(key.entity)
    return {rule: tuple(entities) for rule, entities in watched.items()}


def evaluate(rule: RulePlan, view: View) -> Iterator[Judgement]:
    """Yield a judgement of every entity that breaches, may breach, or has an instance."""
    return _by_entity(rule, view) if rule.by is None else _by_group(rule, view)


# ---- one instance per entity ----


def _by_entity(rule: RulePlan, view: View) -> Iterator[Judgement]:
    found = view.found[rule.id]
    breached = {view.order[place] for place in found.breach}
    blank = {view.order[place] for place in found.unsure}
    for key in _candidates(rule, view, breached):
        row = view.rows.get(key)
        if row is None:
            yield _absent(view, key)
        elif key in blank:
            yield Judgement(key, Result.NULL)
        else:
            scope = view.scope(key, row)
            result = Result.BREACH if key in breached else _result(rule, scope)
            yield _judged(rule, view, key, scope, result)


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
    return _condition(rule, scope)


def _condition(rule: RulePlan, scope: Scope) -> Result:
    breach = interpret.judge(rule.when, scope)
    if breach is True:
        return Result.BREACH
    clear = True if rule.clear is None else interpret.judge(rule.clear, scope)
    if breach is None or clear is None:
        return Result.NULL
    return Result.CLEAR if clear else Result.BAND


def _absent(view: View, key: str) -> Judgement:
    result = Result.UNKNOWN if key in view.suspects else Result.ABSENT
    row = (view.before or {}).get(key)
    return Judgement(key, result, fields=_fields(view, key, row) if row is not None else {})


def _judged(rule: RulePlan, view: View, key: str, scope: Scope, result: Result) -> Judgement:
    if result not in (Result.BREACH, Result.BAND, Result.CLEAR):
        return Judgement(key, result)
    return Judgement(
        key,
        result,
        value=_number(rule.value, scope),
        critical=_critical(rule, scope, result),
        fields=_fields(view, key, scope.row),
        earlier=_earlier(rule, view, key),
    )


def _number(expression: Expression | None, scope: Scope) -> Scalar:
    return None if expression is None else interpret.value(expression, scope)


def _critical(rule: RulePlan, scope: Scope, result: Result) -> bool | None:
    """Whether it is critical now; within the band nothing is said of it."""
    if result is not Result.BREACH:
        return None
    return False if rule.critical is None else interpret.judge(rule.critical, scope)


def _fields(view: View, key: str, row: Row) -> dict[str, Scalar]:
    """The declared fields of a row, the computed ones included; customer data were never read."""
    fields: dict[str, Scalar] = msgspec.structs.asdict(row)
    scope = view.scope(key, row)
    for name, formula in view.plan.computed.items():
        fields[name] = interpret.value(formula, scope)
    return _with_site(fields, view)


def _with_site(fields: dict[str, Scalar], view: View) -> dict[str, Scalar]:
    label = view.plan.sites.get(str(fields.get("ip")))
    return {**fields, "site": label} if label else fields


def _earlier(rule: RulePlan, view: View, key: str) -> float | None:
    """The value one snapshot ago, of a plain field only: the past has no past of its own."""
    row = view.history.previous(key)
    if row is None or rule.value is None or rule.value.looks:
        return None
    found = interpret.value(rule.value, view.scope(key, row))
    return found if isinstance(found, float) else None


# ---- one instance per group ----


def _by_group(rule: RulePlan, view: View) -> Iterator[Judgement]:
    groups, doubtful = _groups(rule, view)
    before = _partition(rule, view.before or {})
    gone = before if rule.policy.missing is Missing.FIRE else ()
    for entity in dict.fromkeys((*groups, *gone, *view.watched.get(rule.id, ()))):
        rows = groups.get(entity, {})
        if not view.suspects.isdisjoint(before.get(entity, ())):
            yield Judgement(entity, Result.UNKNOWN)
            continue
        if not rows and rule.by:
            yield Judgement(entity, Result.ABSENT)
            continue
        yield _judged_group(rule, view, entity, rows, before.get(entity), doubtful)


def _groups(rule: RulePlan, view: View) -> tuple[dict[str, dict[str, Row]], frozenset[str]]:
    """The rows that the rule is about, by group; and the keys of which that is not known."""
    if rule.where is None:
        return _partition(rule, view.rows), frozenset()
    found = view.found[rule.id]
    places = sorted((*found.breach, *found.unsure))
    rows = {view.order[place]: view.rows[view.order[place]] for place in places}
    return _partition(rule, rows), frozenset(view.order[place] for place in found.unsure)


def _partition(rule: RulePlan, rows: Rows) -> dict[str, dict[str, Row]]:
    """Rows by the values of the grouping fields; a blank one belongs to no group."""
    if not rule.by:
        return {WHOLE: dict(rows)}
    groups: dict[str, dict[str, Row]] = {}
    for key, row in rows.items():
        values = [getattr(row, name) for name in rule.by]
        if None not in values:
            groups.setdefault(join_key(values), {})[key] = row
    return groups


def _judged_group(
    rule: RulePlan,
    view: View,
    entity: str,
    rows: Rows,
    before: Rows | None,
    doubtful: frozenset[str],
) -> Judgement:
    scope = _group_scope(view, entity, rows, before)
    result = _condition(rule, scope)
    sure = {key: row for key, row in rows.items() if key not in doubtful}
    if len(sure) < len(rows):
        other = _condition(rule, replace(scope, rows=sure)) if sure else Result.NULL
        result = result if other is result else Result.NULL
    if result is Result.NULL:
        return Judgement(entity, result)
    return Judgement(
        entity,
        result,
        value=_number(rule.value, scope),
        critical=_critical(rule, scope, result),
        fields=_group_fields(rule, view, rows),
    )


def _group_scope(view: View, entity: str, rows: Rows, before: Rows | None) -> Scope:
    return Scope(
        row=next(iter(rows.values()), None),
        key=entity,
        at=view.at,
        history=view.history,
        rows=rows,
        before=(before or {}) if view.before is not None else None,
    )


def _group_fields(rule: RulePlan, view: View, rows: Rows) -> dict[str, Scalar]:
    row = next(iter(rows.values()), None)
    fields: dict[str, Scalar] = {name: getattr(row, name) for name in rule.by or ()}
    fields["count"] = float(len(rows))
    return _with_site(fields, view)


# ---- events ----


def happened(rule: RulePlan, view: View) -> list[Event]:
    """Every row that satisfies an event rule; where rows are no events, each poll is its own."""
    return [_event(view, view.order[place]) for place in view.found[rule.id].breach]


def _event(view: View, key: str) -> Event:
    fields = _fields(view, key, view.rows[key])
    if view.plan.collection.nature is Nature.EVENT:
        return Event(key, fields)
    return Event(f"{key}@{int(view.at)}", fields)
