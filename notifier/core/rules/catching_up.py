"""Check and compile what catches up: another source that lists the events a rule's own missed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from notifier.core.facts.state import SourceKey
from notifier.core.language.expression import parse
from notifier.core.language.vocabulary import ExpressionError
from notifier.core.payload.endpoint import Collection, Nature
from notifier.core.rules.compiled import CompiledRule, CompiledSource, compile_rule, vocabulary
from notifier.core.rules.draft import Draft
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.places import Loc

Known = Mapping[SourceKey, CompiledSource]


def compile_catch_ups(
    draft: Draft, rules: Iterable[CompiledRule], known: Known, mistakes: Mistakes
) -> Iterator[CompiledRule]:
    """Yield for each rule with ``catch_up`` the same rule about that source's rows."""
    places: dict[str, Loc] = {rule.id: ("rule", i, "catch_up") for i, rule in draft.rules}
    for compiled in rules:
        name = compiled.rule.catch_up
        if name is None:
            continue
        loc = places[compiled.rule.id]
        source = known.get(SourceKey(compiled.operation, name))
        if source is None:
            titles = [key.source for key in known if key.operation == compiled.operation]
            mistakes.unknown(loc, "source", name, titles)
            continue
        found = _compiled(loc, compiled, source, mistakes)
        if found is not None:
            yield found


def _compiled(
    loc: Loc, compiled: CompiledRule, source: CompiledSource, mistakes: Mistakes
) -> CompiledRule | None:
    collection = source.endpoint.collections[0]
    same = compiled.collection.nature is collection.nature is Nature.EVENT
    if source.key == compiled.source or not same or collection.key != compiled.collection.key:
        text = f"`{source.key.source}` does not list the events of `{compiled.rule.on}`"
        mistakes.add(loc, text, 'name a source of calls by their id, as "cdr_calls"')
        return None
    if not _understood(loc, compiled, source, collection, mistakes):
        return None
    found = compile_rule(loc[:-1], compiled.rule, source, collection, mistakes)
    return found and replace(found, to=compiled.to, stands_for=compiled.collection)


def _understood(
    loc: Loc,
    compiled: CompiledRule,
    source: CompiledSource,
    collection: Collection,
    mistakes: Mistakes,
) -> bool:
    """Whether the rule's conditions make sense of the other source's rows, too."""
    rule, words = compiled.rule, vocabulary(collection, source, None)
    for text in filter(None, (rule.when, rule.where, rule.value)):
        try:
            parse(text, words, "any")
        except ExpressionError as error:
            said = f"`{source.key.source}` cannot answer `{text}`: {error.text}"
            mistakes.add(loc, said, "use what both sources have")
            return False
    return True
