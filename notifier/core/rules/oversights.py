"""Find what a rules file may say but hardly means: rules that can never fire, luck taken for news.

Each finding is a warning in its place. Whatever is not certain is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from notifier.core.language.expression import Expression
from notifier.core.language.tree import Look, write
from notifier.core.rules.compiled import CompiledRule, CompiledSource
from notifier.core.rules.draft import Draft
from notifier.core.rules.implausible import Warn, warn_of_conditions, warn_of_luck
from notifier.core.rules.keys import written
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.places import Loc

_EARLIER = ("spike", "drop")  # want 3 earlier polls, the other windows one
_WINDOWED = (
    *("avg_over", "min_over", "max_over", "median_over"),
    *("rise", "hits_of", "calls_of", "window"),
)
_REPORTS = "reports_manager"  # the family that wolkvox makes anew every few minutes
_TELEPHONE = re.compile(r"(?:\d[ ().-]?){7,}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def warn_of_oversights(
    draft: Draft,
    sources: Sequence[CompiledSource],
    rules: Iterable[CompiledRule],
    mistakes: Mistakes,
) -> None:
    """Add a warning for everything in a file without errors that is hardly meant."""
    places = {rule.id: ("rule", i) for i, rule in draft.rules}
    cadences = {source.key: source.source.every for source in sources}
    seen: dict[tuple[object, ...], str] = {}
    for compiled in {each.rule.id: each for each in rules}.values():  # once, not per operation
        loc: Loc = places[compiled.rule.id]

        def warn(key: str, text: str, loc: Loc = loc) -> None:
            mistakes.warn((*loc, key), text)

        warn_of_conditions(compiled, warn)
        warn_of_luck(compiled, warn)
        _warn_of_times(compiled, cadences[compiled.source], warn)
        _warn_of_twin(compiled, seen, warn)
    _warn_of_haste(draft, sources, mistakes)
    _warn_of_persons(draft, mistakes)


# ---- times ----


def _warn_of_haste(draft: Draft, sources: Iterable[CompiledSource], mistakes: Mistakes) -> None:
    """A report asked twice and more before it is made anew: each time costs a call of the day.

    What shows the present is worth asking at any pace; of a declared endpoint none is known.
    """
    places = {id(table): i for i, table in draft.sources}
    for source in sources:
        endpoint, every = source.endpoint, source.source.every
        known = endpoint.name not in draft.names["endpoint"]
        if known and endpoint.family == _REPORTS and 2 * every <= endpoint.pace:
            pace = written(endpoint.pace)
            text = f"`{endpoint.name}` has no news within {pace}; each poll is a call of the day"
            mistakes.warn(("source", places[id(source.source)], "every"), f'{text}: write "{pace}"')


def _warn_of_times(compiled: CompiledRule, every: timedelta, warn: Warn) -> None:
    rule, pace = compiled.rule, written(every)
    for key, span_ in (("for", rule.for_), ("keep", rule.keep)):
        if timedelta(0) < span_ < every:
            text = f"`{key}` is shorter than the {pace} between two polls: {pace} is the least"
            warn(key, text)
    if rule.gap_max is not None and rule.gap_max < every:
        warn("gap_max", f"each poll, {pace} after the other, is a gap: nothing adds up")
    if rule.repeat is not None and rule.repeat < every:
        warn("repeat", f"reminders come faster than news, which come every {pace}")
    for key, look in _looks(compiled):
        if short := _too_short(look, every):
            warn(key, f"`{write(look)}` needs {short} polls in its window; they come every {pace}")


def _looks(compiled: CompiledRule) -> Iterator[tuple[str, Look]]:
    for key in ("when", "clear", "critical", "value"):
        expression: Expression | None = getattr(compiled, key)
        if expression is not None and (key != "value" or compiled.rule.value is not None):
            yield from ((key, look) for look in expression.looks)


def _too_short(look: Look, every: timedelta) -> int:
    """How many polls the window would have to hold, where it holds fewer."""
    wanted = 4 if look.function in _EARLIER else 2 if look.function in _WINDOWED else 0
    return wanted if wanted and look.over < (wanted - 1) * every.total_seconds() else 0


# ---- twins and persons ----


def _warn_of_twin(compiled: CompiledRule, seen: dict[tuple[object, ...], str], warn: Warn) -> None:
    """Two rules that say the same tell everything twice."""
    rule = compiled.rule
    said = (rule.on, rule.operation, rule.by, rule.where, write(compiled.when.tree))
    for receiver in rule.to:
        other = seen.setdefault((*said, receiver), rule.id)
        if other != rule.id:
            warn("when", f"`{other}` says the same to `{receiver}`")
            return


def _warn_of_persons(draft: Draft, mistakes: Mistakes) -> None:
    """Names are shown, logged and kept: nobody's number or address belongs into one."""
    for loc, text in _names(draft):
        if _TELEPHONE.search(text) or _MAIL.search(text):
            mistakes.warn(loc, "this looks like a person's number or address; names are kept")


def _names(draft: Draft) -> Iterator[tuple[Loc, str]]:
    for section, tables in (
        ("operation", draft.operations),
        ("source", draft.sources),
        ("receiver", draft.receivers),
    ):
        yield from (((section, i, "name"), table.name or "") for i, table in tables)
    for i, operation in draft.operations:
        yield from ((("operation", i, "aliases"), text) for text in operation.aliases.values())
    for i, rule in draft.rules:
        yield ("rule", i, "id"), rule.id
        yield from ((("rule", i, "labels", key), text) for key, text in rule.labels.items())
        yield from ((("rule", i, "title"), text) for text in (rule.title or {}).values())
        yield from ((("rule", i, "summary"), text) for text in (rule.summary or {}).values())
    yield from ((("test", i, "name"), test.name) for i, test in draft.tests)
