"""Lay out checked rules as a plan: per operation, source, collection and rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from notifier.core.conditions import vocabulary
from notifier.core.endpoint import Catalogue, Collection, Kind, Missing
from notifier.core.expression import Expression, Vocabulary, parse
from notifier.core.lifecycle import Policy
from notifier.core.loop import LoopRule, compile_loop, needs_of
from notifier.core.notice import RuleText
from notifier.core.plan import CollectionPlan, Plan, Reach, RulePlan, SourcePlan
from notifier.core.rulebook import Operation, Receiver, Rule, RulesFile, Source
from notifier.core.state import SourceKey, seconds
from notifier.core.tree import Call, Compare, Constant, Look, Node, children


def plan(rules: RulesFile, catalogue: Catalogue) -> Plan:
    """Return the plan of rules that were checked: nothing in them can be missing now."""
    sources = {s.key: s for op in rules.operation for s in _sources(rules, op, catalogue)}
    every = [rule for s in sources.values() for c in s.collections.values() for rule in c.rules]
    return Plan(
        sources=sources,
        rules={(rule.operation, rule.id): rule for rule in every},
        reaches={
            (op.name, r.name): _reach(rules, op, r) for op in rules.operation for r in rules.receiver
        },
        renamed={rule.was: rule.id for rule in rules.rule if rule.was},
    )


# ---- sources ----


def _sources(rules: RulesFile, operation: Operation, catalogue: Catalogue) -> Iterator[SourcePlan]:
    for source in rules.source:
        if source.operation in (None, operation.name):
            yield _source(rules, operation, source, catalogue)


def _source(
    rules: RulesFile, operation: Operation, source: Source, catalogue: Catalogue
) -> SourcePlan:
    endpoint = catalogue[source.endpoint]
    defaults = {name: value for name, value in endpoint.params.items() if value is not None}
    return SourcePlan(
        key=SourceKey(operation.name, source.title),
        endpoint=endpoint,
        cadence=source.every,
        zone=ZoneInfo(operation.timezone),
        collections={
            c.name: _collection(rules, operation, source, c) for c in endpoint.collections
        },
        operators=tuple(name for name in rules.operators if _hears(rules, name, operation)),
        hit_values=frozenset(operation.hit_values),
        params={**defaults, **source.params},
        window=source.window,
        active=source.active,
        holidays=operation.holidays or "",
    )


def _collection(
    rules: RulesFile, operation: Operation, source: Source, collection: Collection
) -> CollectionPlan:
    on = f"{source.title}.{collection.name}" if collection.name else source.title
    own = tuple(
        _rule(rules, operation, source, collection, rule)
        for rule in rules.rule
        if rule.enabled and rule.on == on and _concerns(rule.operation, operation.name)
    )
    looped = tuple(_looped(own))
    return CollectionPlan(
        collection=collection,
        rules=own,
        loop=compile_loop([loop for _, loop in looped]) if looped else None,
        looped=tuple(rule for rule, _ in looped),
        needs=needs_of(expression for rule in own for expression in _expressions(rule)),
        computed=_computed(operation, collection),
        sites=operation.sites,
    )


def _looped(rules: Iterable[RulePlan]) -> Iterator[tuple[str, LoopRule]]:
    """What is judged row by row: whole conditions, or of a rule with ``by`` which rows count."""
    for rule in rules:
        if rule.by is None:
            yield rule.id, LoopRule(where=rule.where, when=rule.when)
        elif rule.where is not None:
            yield rule.id, LoopRule(where=None, when=rule.where)


def _computed(operation: Operation, collection: Collection) -> dict[str, Expression]:
    words = vocabulary(operation, collection)
    return {c.name: parse(c.formula, words, "any") for c in collection.computed}


# ---- rules ----


def _rule(
    rules: RulesFile, operation: Operation, source: Source, collection: Collection, rule: Rule
) -> RulePlan:
    rows, words = vocabulary(operation, collection), vocabulary(operation, collection, rule.by)
    when = parse(rule.when, words)
    value = parse(rule.value, words, "any") if rule.value else when.left
    threshold = when.threshold if rule.value is None else None
    return RulePlan(
        id=rule.id,
        operation=operation.name,
        source=SourceKey(operation.name, source.title),
        collection=collection.name,
        event=rule.event,
        when=when,
        where=_maybe(rule.where, rows),
        clear=_maybe(rule.clear, words),
        critical=_maybe(rule.critical, words),
        value=value,
        by=rule.by,
        policy=_policy(rule, source, collection),
        severity=rule.severity,
        condition="\n".join((rule.when, rule.clear or "", rule.where or "")),
        unit=(value.kind if value else Kind.NUMBER).value,
        threshold=threshold if isinstance(threshold, float) else None,
        direction=direction(when.tree),
        repeat=rule.repeat,
        group=rule.group,
        group_wait=rule.group_wait,
        to=tuple(name for name in rule.to if _hears(rules, name, operation)),
        explains=rule.explains,
        text=_text(rule),
    )


def _maybe(text: str | None, words: Vocabulary) -> Expression | None:
    return parse(text, words) if text is not None else None


def _policy(rule: Rule, source: Source, collection: Collection) -> Policy:
    default = Missing.HOLD if rule.by is not None else collection.missing
    return Policy(
        hold=seconds(rule.for_),
        keep=seconds(rule.keep),
        min_samples=rule.samples,
        of=rule.of,
        missing=rule.missing or default,
        missing_after=rule.missing_after,
        gap_max=seconds(rule.gap(source.every)),
    )


def _text(rule: Rule) -> RuleText:
    return RuleText(
        id=rule.id,
        severity=rule.severity,
        summary=rule.summary or {},
        owner=rule.owner or "",
        runbook=rule.runbook or "",
        labels=rule.labels,
        template=rule.template or "",
        by=rule.by,
    )


def direction(node: Node) -> str:
    """On which side of the first comparison's limit things are bad: ``>`` or ``<``."""
    return _direction(node) or ">"


def _direction(node: Node) -> str | None:
    match node:
        case Compare(operator=operator, left=left):
            low = operator[0] == "<"
            return "<" if low != isinstance(left, Constant) else ">"
        case Look(function="drop") | Call(function="unlikely"):
            return "<"
        case _:
            return next(filter(None, map(_direction, children(node))), None)


def _expressions(rule: RulePlan) -> Iterator[Expression]:
    for expression in (rule.when, rule.where, rule.clear, rule.critical, rule.value):
        if expression is not None:
            yield expression


# ---- receivers ----


def _hears(rules: RulesFile, receiver: str, operation: Operation) -> bool:
    found = next(r for r in rules.receiver if r.name == receiver)
    return _concerns(found.operation, operation.name)


def _concerns(names: tuple[str, ...] | None, operation: str) -> bool:
    return names is None or operation in names


def _reach(rules: RulesFile, operation: Operation, receiver: Receiver) -> Reach:
    language = receiver.language or rules.language
    return Reach(
        name=receiver.name,
        kind=receiver.kind,
        recipients=receiver.recipients,
        language=language,
        locale=receiver.locale or language,
        timezone=receiver.timezone or operation.timezone,
        quiet=receiver.quiet,
        mention=receiver.mention or "",
        give_up=receiver.give_up,
    )
