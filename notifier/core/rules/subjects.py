"""Check what sources ask for, and what rules are about: collections, fields, conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from notifier.core.facts.beside import Beside, joinable
from notifier.core.facts.state import SourceKey
from notifier.core.language.vocabulary import nearest
from notifier.core.payload.endpoint import Catalogue, Collection, Endpoint, Nature
from notifier.core.rules.catching_up import compile_catch_ups
from notifier.core.rules.compiled import CompiledRule, CompiledSource, compile_rule
from notifier.core.rules.draft import Draft
from notifier.core.rules.keys import counted
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.places import Loc
from notifier.core.rules.references import check_names
from notifier.core.rules.rulebook import Operation, Receiver, Rule, Source

_LITTLE = re.compile(r"[1-9][0-9]{0,3}")  # the number in a parameter that asks for a field
Known = Mapping[SourceKey, CompiledSource]


def compile_subjects(
    draft: Draft, catalogue: Catalogue, mistakes: Mistakes
) -> tuple[tuple[CompiledSource, ...], tuple[CompiledRule, ...]]:
    """Return the sources and rules that make sense; what does not is added to *mistakes*.

    A rule that is switched off is checked like any other, and left out.
    """
    known = _sources(draft, catalogue, mistakes)
    rules = [
        compiled
        for i, rule in draft.rules
        for compiled in _rule(("rule", i), rule, draft, known, catalogue, mistakes)
    ]
    _check_ties(draft, rules, mistakes)
    _check_tests(draft, rules, known, mistakes)
    rules += compile_catch_ups(draft, list(rules), known, mistakes)
    return tuple(known.values()), tuple(each for each in rules if each.rule.enabled)


# ---- sources ----


def _sources(draft: Draft, catalogue: Catalogue, mistakes: Mistakes) -> Known:
    """Return the sources whose operation and endpoint are known; the rest are mistakes."""
    found: dict[SourceKey, CompiledSource] = {}
    for i, source in draft.sources:
        loc: Loc = ("source", i)
        endpoint = catalogue.get(source.endpoint)
        if endpoint is None and source.endpoint not in draft.names["endpoint"]:
            mistakes.unknown((*loc, "endpoint"), "endpoint", source.endpoint, catalogue)
        elif endpoint is not None:
            _check_endpoint(loc, source, endpoint, mistakes)
        operation = _operation(loc, source, draft, mistakes)
        if operation is None or endpoint is None:
            continue
        key = SourceKey(operation.name, source.title)
        if key in found:
            text = f"`{operation.name}` has a source `{source.title}` already"
            mistakes.add(loc, text, "give this one a `name` of its own")
        answering = endpoint.for_params(source.params)
        found.setdefault(key, CompiledSource(operation, source, answering))
    return {key: replace(each, beside=_beside(each, found)) for key, each in found.items()}


def _beside(source: CompiledSource, known: Known) -> tuple[Beside, ...]:
    """What the sources of the same operation can be asked; never another's."""
    others = (other for other in known.values() if other.operation == source.operation)
    return tuple(b for o in others for b in joinable(o.key, o.endpoint, o.stale_after))


def _operation(loc: Loc, source: Source, draft: Draft, mistakes: Mistakes) -> Operation | None:
    names, known = draft.names["operation"], {each.name: each for _, each in draft.operations}
    if source.operation is not None:
        check_names((*loc, "operation"), "operation", (source.operation,), names, mistakes)
        return known.get(source.operation)
    if len(names) > 1:
        quoted = " or ".join(f"`{name}`" for name in sorted(names))
        text = "with several operations a source needs `operation`"
        mistakes.add(loc, text, f"it is one of {quoted}")
        return None
    return next(iter(known.values()), None)


def _check_endpoint(loc: Loc, source: Source, endpoint: Endpoint, mistakes: Mistakes) -> None:
    _check_params(loc, source, endpoint, mistakes)
    if endpoint.dated and source.window is None:
        text = f"`{endpoint.name}` reports on a stretch of time"
        mistakes.add(loc, text, 'add window = "1h" or window = "today"')
    if not endpoint.dated and source.window is not None:
        text = f"`{endpoint.name}` reports on now and takes no `window`"
        mistakes.add((*loc, "window"), text, "leave it away")
    longest = timedelta(days=endpoint.max_days)
    if isinstance(source.window, timedelta) and source.window > longest:
        text = f"wolkvox answers at most {counted(endpoint.max_days, 'day')} at once"
        mistakes.add((*loc, "window"), text, f'write "{endpoint.max_days}d" or less')


def _check_params(loc: Loc, source: Source, endpoint: Endpoint, mistakes: Mistakes) -> None:
    for name in source.params:
        if name not in endpoint.params:
            what = f"parameter of `{endpoint.name}`,"
            mistakes.unknown((*loc, "params", name), what, name, endpoint.params)
    for name, default in endpoint.params.items():
        if default is None and name not in source.params:
            text = f"`{endpoint.name}` needs the parameter `{name}`"
            mistakes.add((*loc, "params"), text, f'add params = {{ {name} = "..." }}')
    for asked in (asked for each in endpoint.collections for asked in each.asked):
        if not _LITTLE.fullmatch(source.params.get(asked.param, "1")):
            text = f"`{asked.param}` is a whole number, 1 to 9999"
            mistakes.add((*loc, "params", asked.param), text, f"write {asked.param} = 45")


# ---- rules ----


def _rule(
    loc: Loc, rule: Rule, draft: Draft, known: Known, catalogue: Catalogue, mistakes: Mistakes
) -> Iterator[CompiledRule]:
    """Check one rule against its rows; yield it once for each of its operations."""
    name, _, part = rule.on.partition(".")
    if name not in draft.names["source"]:
        _unknown_source((*loc, "on"), name, draft, catalogue, mistakes)
        return
    asked = list(_asked(loc, rule, name, draft, known, mistakes))
    if not asked:
        return  # the source itself is wrong, and was told of
    endpoint = asked[0].endpoint
    if any(each.endpoint.name != endpoint.name for each in asked):
        text = f"`{name}` is not the same endpoint in all operations"
        mistakes.add((*loc, "on"), text, "name one `operation`, and make a rule for each")
        return
    collection = _collection((*loc, "on"), name, part, endpoint, mistakes)
    if collection is None:
        return
    _check_fields(loc, rule, collection, mistakes)
    _check_heard(loc, rule, asked, draft, mistakes)
    receivers = {receiver.name: receiver for _, receiver in draft.receivers}
    for each in asked:
        sent = each.endpoint.collection(collection.name) or collection
        compiled = compile_rule(loc, rule, each, sent, mistakes)
        to = (name for name in rule.to if _takes(receivers.get(name), {each.operation.name}))
        if compiled:
            yield replace(compiled, to=tuple(to))


def _unknown_source(
    loc: Loc, name: str, draft: Draft, catalogue: Catalogue, mistakes: Mistakes
) -> None:
    broken = [each.title for _, each in draft.sources if each.endpoint not in catalogue]
    if nearest(name, broken):
        return  # that source was told of
    if name in catalogue:
        advice = f'add [[source]] with endpoint = "{name}"'
        mistakes.add(loc, f"nothing polls `{name}`", advice)
    else:
        mistakes.unknown(loc, "source", name, draft.names["source"])


def _asked(
    loc: Loc, rule: Rule, name: str, draft: Draft, known: Known, mistakes: Mistakes
) -> Iterator[CompiledSource]:
    """Yield the source in each operation that the rule is about; one that lacks it is a mistake."""
    operations, titles = draft.names["operation"], {key.source for key in known}
    check_names((*loc, "operation"), "operation", rule.operation or (), operations, mistakes)
    wanted = rule.operation or [operation.name for _, operation in draft.operations]
    for index, each in enumerate(wanted):
        found = known.get(SourceKey(each, name))
        if found:
            yield found
        elif rule.operation and each in operations and name in titles:
            text = f"`{each}` has no source `{name}`"
            mistakes.add((*loc, "operation", index), text, "leave it away or add the source")


def _collection(
    loc: Loc, name: str, part: str, endpoint: Endpoint, mistakes: Mistakes
) -> Collection | None:
    names = [collection.name for collection in endpoint.collections]
    if not part and len(names) == 1:
        return endpoint.collections[0]
    found = endpoint.collection(part)
    if found is None and names == [""]:
        text = f"`{name}` has no collections"
        mistakes.add(loc, text, f'write on = "{name}"', offset=len(name))
    elif found is None and part:
        mistakes.unknown(loc, "collection", part, names, offset=len(name) + 1)
    elif found is None:
        options = ", ".join(f'"{name}.{each}"' for each in names)
        mistakes.add(loc, f"`{name}` has several collections", f"write one of {options}")
    return found


def _check_fields(loc: Loc, rule: Rule, collection: Collection, mistakes: Mistakes) -> None:
    """The fields of `by` and `group`, and whether the kind of rule suits the rows."""
    kinds = collection.kinds()
    plain = {each.name for each in collection.decoded()}
    group = rule.group if isinstance(rule.group, tuple) else ()
    for key, names in (("by", rule.by or ()), ("group", group)):
        for index, name in enumerate(names):
            here = (*loc, key, index)
            if any(field.name == name and field.customer for field in collection.fields):
                mistakes.add(here, f"`{name}` is customer data", "it is never read; use another")
            elif name not in (plain if key == "by" else kinds):
                mistakes.unknown(here, "field", name, plain if key == "by" else kinds)
            elif key == "group" and rule.by is not None and name not in rule.by:
                mistakes.add(here, f"`{name}` is not one of `by`", "group by fields of `by`")
    if collection.nature is Nature.EVENT and not rule.event and rule.by is None:
        text = f"the rows of `{rule.on}` are events"
        mistakes.add((*loc, "on"), text, 'add kind = "event", or count them with by = []')


def _check_heard(
    loc: Loc, rule: Rule, asked: list[CompiledSource], draft: Draft, mistakes: Mistakes
) -> None:
    """A receiver that takes nothing of the rule's operations would never hear of it."""
    names = {each.operation.name for each in asked}
    known = {receiver.name: receiver for _, receiver in draft.receivers}
    for index, name in enumerate(rule.to):
        receiver = known.get(name)
        takes = receiver.operation if receiver else None
        if takes and set(takes) <= draft.names["operation"] - names:
            text = f"`{name}` takes nothing of {', '.join(sorted(names))}"
            mistakes.add((*loc, "to", index), text, "name another receiver")


def _takes(receiver: Receiver | None, operations: set[str]) -> bool:
    return (
        receiver is None or receiver.operation is None or bool(operations & {*receiver.operation})
    )


def _check_tests(draft: Draft, rules: list[CompiledRule], known: Known, mistakes: Mistakes) -> None:
    """What a test lets other sources say must be something that its rule could ask."""
    sources = {each.rule.id: known[each.source] for each in rules}
    for i, test in draft.tests:
        source = sources.get(test.rule)
        places = {each.place for each in source.beside} if source else set()
        for place, poll in enumerate(test.polls):
            for name in poll.beside if source else ():
                if name not in places:
                    loc = ("test", i, "polls", place, "beside", name)
                    mistakes.unknown(loc, "source beside the rule's own,", name, places)


def _check_ties(draft: Draft, rules: list[CompiledRule], mistakes: Mistakes) -> None:
    """What a rule explains is tied to it by the fields of `by`, so it must have these."""
    ties = {each.rule.id: _tied(each) for each in rules}
    for i, rule in draft.rules:
        for index, other in enumerate(rule.explains):
            lacking = sorted({*(rule.by or ())} - ties.get(other, {*(rule.by or ())}))
            if lacking:
                text = f"the incidents of `{other}` have no `{lacking[0]}` to be tied by"
                mistakes.add(("rule", i, "explains", index), text, "leave it away")


def _tied(compiled: CompiledRule) -> set[str]:
    """The fields that an incident of a rule has."""
    by = compiled.rule.by
    return set(compiled.collection.kinds() if by is None else by)
