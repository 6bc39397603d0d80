"""Lay out a checked rulebook as a plan: per operation, source, collection and rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from notifier.core.facts.beside import Beside
from notifier.core.facts.people import aliases
from notifier.core.facts.state import TallyKey, digest, seconds
from notifier.core.judging.lifecycle import Policy
from notifier.core.judging.notice import RuleText, Titles
from notifier.core.judging.plan import CollectionPlan, DigestPlan, Plan, Reach, RulePlan, SourcePlan
from notifier.core.language.expression import Expression, parse
from notifier.core.language.loop import LoopRule, compile_loop, needs_of
from notifier.core.language.tree import Call, Compare, Constant, Look, Node, Not, children
from notifier.core.language.writer import Columns, column
from notifier.core.payload.endpoint import Collection, Kind
from notifier.core.payload.values import plain
from notifier.core.rules.budget import Quota
from notifier.core.rules.compiled import CompiledRule, CompiledSource, Rulebook, vocabulary
from notifier.core.rules.dayplan import quota_of
from notifier.core.rules.rulebook import Operation, Receiver, Rule
from notifier.core.rules.shifts import Calendar


def plan(book: Rulebook) -> Plan:
    """Return the plan of a rulebook. It was checked: nothing in it can be missing now."""
    rules = [_rule(rule, book) for rule in book.rules]
    judged = [*rules, *(_rule(rule, book) for rule in book.catch_ups)]
    return Plan(
        sources={source.key: _source(source, book, judged) for source in book.sources},
        rules={(rule.operation, rule.id): rule for rule in rules},
        reaches={
            (operation.name, receiver.name): _reach(book, operation, receiver)
            for operation in book.operations.values()
            for receiver in book.receivers.values()
            if _hears(book, receiver.name, operation)
        },
        renamed=book.renamed,
        quotas={name: _quota(book, each) for name, each in book.operations.items()},
        digests=tuple(_digests(book)),
        aliases={name: aliases(each.aliases) for name, each in book.operations.items()},
        titles={name: _titles(rules, name) for name in book.operations},
        retention=book.file.retention,
        text=book.text,
    )


def _digests(book: Rulebook) -> Iterator[DigestPlan]:
    """Each digest once for each of its operations that somebody hears of."""
    for digest_ in book.file.digest:
        for operation in book.operations.values():
            to = tuple(name for name in digest_.to if _hears(book, name, operation))
            if to and operation.name in (digest_.operation or book.operations):
                yield DigestPlan(
                    TallyKey(operation.name, digest_.name),
                    digest_.kind,
                    Calendar(digest_.at, ZoneInfo(operation.timezone), operation.holidays or ""),
                    to,
                )


# ---- sources ----


def _source(source: CompiledSource, book: Rulebook, rules: list[RulePlan]) -> SourcePlan:
    operation = source.operation
    own = [rule for rule in rules if rule.source == source.key]
    return SourcePlan(
        key=source.key,
        endpoint=source.endpoint,
        cadence=source.source.every,
        stale_after=source.stale_after,
        zone=ZoneInfo(operation.timezone),
        collections={c.name: _collection(source, c, own) for c in source.endpoint.collections},
        operators=_operators(book, operation),
        hit_values=frozenset(map(plain, operation.hit_values)),
        params=source.params,
        window=source.source.window,
        active=source.source.active,
        holidays=operation.holidays or "",
        far=digest("far", operation.server, source.endpoint.family, source.endpoint.api),
        quota_reset=operation.quota_reset,
    )


def _operators(book: Rulebook, operation: Operation) -> tuple[str, ...]:
    return tuple(name for name in book.file.operators if _hears(book, name, operation))


def _quota(book: Rulebook, operation: Operation) -> Quota:
    return quota_of(operation, book.sources, _operators(book, operation))


def _collection(
    source: CompiledSource, collection: Collection, rules: list[RulePlan]
) -> CollectionPlan:
    own = tuple(rule for rule in rules if rule.collection == collection.name)
    looped = tuple(_looped(own))
    return CollectionPlan(
        collection=collection,
        rules=own,
        loop=compile_loop([loop for _, loop in looped]) if looped else None,
        looped=tuple(rule for rule, _ in looped),
        needs=needs_of(expression for rule in own for expression in _expressions(rule)),
        beside=_beside(source, own),
        counters=vocabulary(collection, source, None).counters,
        computed=_computed(source, collection),
        sites=source.operation.sites,
    )


def _beside(source: CompiledSource, rules: Iterable[RulePlan]) -> tuple[Beside, ...]:
    """What the rules ask of other sources."""
    asked = (look for rule in rules for each in _expressions(rule) for look in each.looks)
    places = {look.other[0] for look in asked}
    return tuple(each for each in source.beside if each.place in places)


def _looped(rules: Iterable[RulePlan]) -> Iterator[tuple[str, LoopRule]]:
    """What is judged row by row: whole conditions, or of a rule with ``by`` which rows count."""
    for rule in rules:
        if rule.by is None:
            yield rule.id, LoopRule(where=rule.where, when=rule.when)
        elif rule.where is not None:
            yield rule.id, LoopRule(where=None, when=rule.where)


def _computed(source: CompiledSource, collection: Collection) -> dict[str, Columns]:
    words = vocabulary(collection, source, None)
    return {c.name: column(parse(c.formula, words, "any").tree) for c in collection.computed}


# ---- rules ----


def _rule(compiled: CompiledRule, book: Rulebook) -> RulePlan:
    rule, value = compiled.rule, compiled.value
    source = next(each for each in book.sources if each.key == compiled.source)
    threshold = compiled.when.threshold if rule.value is None else None
    return RulePlan(
        id=rule.id,
        operation=compiled.operation,
        source=compiled.source,
        collection=compiled.collection.name,
        event=rule.event,
        when=compiled.when,
        where=compiled.where,
        clear=compiled.clear,
        critical=compiled.critical,
        value=value,
        by=rule.by,
        policy=_policy(compiled, source.source.every),
        severity=rule.severity,
        condition="\n".join((rule.when, rule.clear or "", rule.where or "")),
        unit=(value.kind if value else Kind.NUMBER).value,
        threshold=threshold if isinstance(threshold, float) else None,
        direction=direction(compiled.when.tree),
        repeat=rule.repeat,
        group=rule.group,
        group_wait=rule.group_wait,
        batch=rule.batch,
        reopen_within=rule.reopen_within,
        flapping=rule.flapping,
        to=compiled.to,
        shows=frozenset(shown.kinds()) if (shown := compiled.stands_for) else None,
        counting=_counting(compiled, source),
        daily=_daily(compiled, source),
        explains=rule.explains,
        text=_text(rule),
    )


def _counting(compiled: CompiledRule, source: CompiledSource) -> bool:
    """Whether it looks at what a reset or a new day begins anew."""
    bases = {field.name for field in compiled.collection.fields if field.base}
    growing = vocabulary(compiled.collection, source, None).counters
    return not compiled.attributes.isdisjoint({*bases, *growing})


def _daily(compiled: CompiledRule, source: CompiledSource) -> ZoneInfo | None:
    """Where the day is that it sums up, if it does."""
    sums = {field.name for field in compiled.collection.fields if field.sums}
    today = source.source.window == "today" and not compiled.attributes.isdisjoint(sums)
    return ZoneInfo(source.operation.timezone) if today else None


def _policy(compiled: CompiledRule, cadence: timedelta) -> Policy:
    rule = compiled.rule
    return Policy(
        hold=seconds(rule.for_),
        keep=seconds(rule.keep),
        min_samples=rule.samples,
        of=rule.of,
        missing=compiled.missing,
        missing_after=rule.missing_after,
        gap_max=seconds(rule.gap(cadence)),
    )


def _text(rule: Rule) -> RuleText:
    return RuleText(
        id=rule.id,
        severity=rule.severity,
        title=rule.title or {},
        summary=rule.summary or {},
        owner=rule.owner or "",
        runbook=rule.runbook or "",
        labels=rule.labels,
        template=rule.template or "",
        by=rule.by,
    )


def _titles(rules: Iterable[RulePlan], operation: str) -> Titles:
    own = (rule for rule in rules if rule.operation == operation)
    return {rule.id: rule.text.title for rule in own if rule.text.title}


def direction(node: Node) -> str:
    """On which side of the first comparison's limit things are bad: ``>`` or ``<``."""
    return _direction(node) or ">"


def _direction(node: Node) -> str | None:
    match node:
        case Compare(operator=operator, left=left):
            low = operator[0] == "<"
            return "<" if low != isinstance(left, Constant) else ">"
        case Not(part=part):
            return {"<": ">", ">": "<"}.get(_direction(part) or "")
        case Look(function="drop") | Call(function="unlikely"):
            return "<"
        case _:
            return next(filter(None, map(_direction, children(node))), None)


def _expressions(rule: RulePlan) -> Iterator[Expression]:
    for expression in (rule.when, rule.where, rule.clear, rule.critical, rule.value):
        if expression is not None:
            yield expression


# ---- receivers ----


def _hears(book: Rulebook, receiver: str, operation: Operation) -> bool:
    names = book.receivers[receiver].operation
    return names is None or operation.name in names


def _reach(book: Rulebook, operation: Operation, receiver: Receiver) -> Reach:
    language = receiver.language or book.file.language
    return Reach(
        name=receiver.name,
        kind=receiver.kind,
        recipients=receiver.recipients,
        language=language,
        locale=receiver.locale or language,
        timezone=receiver.timezone or operation.timezone,
        quiet=receiver.quiet,
        mention=receiver.mention or "",
        buttons=receiver.buttons,
        still_open=receiver.still_open,
        storm=receiver.storm,
        names=receiver.names,
        target=receiver.target or 0,
        give_up=receiver.give_up,
        fallback=receiver.fallback or "",
    )
