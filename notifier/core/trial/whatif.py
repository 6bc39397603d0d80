"""Put another condition into a rule, to see what it would have done."""

from __future__ import annotations

import dataclasses

from notifier.core.language.expression import parse
from notifier.core.rules.compiled import CompiledRule, Rulebook, vocabulary


def with_condition(book: Rulebook, operation: str, rule: str, when: str) -> Rulebook:
    """Return *book* with that rule of that operation judged by *when*; no other rule changes.

    Raises:
        ExpressionError: it cannot be read.
    """
    sources = {source.key: source for source in book.sources}

    def changed(each: CompiledRule) -> CompiledRule:
        if (each.operation, each.rule.id) != (operation, rule):
            return each
        names = vocabulary(each.collection, sources[each.source], each.rule.by)
        condition = parse(when, names, "condition")
        return dataclasses.replace(
            each,
            rule=each.rule.model_copy(update={"when": when}),
            when=condition,
            value=each.value if each.rule.value is not None else condition.left,
        )

    return dataclasses.replace(book, rules=tuple(map(changed, book.rules)))
