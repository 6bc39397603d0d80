"""Poll what a rule is about although no ``[[source]]`` says so, where nothing has to be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from notifier.core.payload.endpoint import Catalogue, Endpoint
from notifier.core.rules.draft import Draft
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.rulebook import Source


def with_implied(draft: Draft, catalogue: Catalogue, mistakes: Mistakes) -> Draft:
    """Return *draft* with a source for each endpoint that only rules name, and warn of it.

    With several operations, or where the endpoint needs parameters or dates, somebody has to
    choose: then nothing is implied and the rule is a mistake.
    """
    misnamed = any(source.endpoint not in catalogue for _, source in draft.sources)
    if misnamed or len(draft.names["operation"]) != 1:
        return draft
    number = len(draft.sources)
    implied = tuple(_implied(draft, catalogue, mistakes))
    rows = tuple((number + place, source) for place, source in enumerate(implied))
    names = {*draft.names["source"], *(source.title for source in implied)}
    return replace(
        draft,
        sources=(*draft.sources, *rows),
        names={**draft.names, "source": frozenset(names)},
    )


def _implied(draft: Draft, catalogue: Catalogue, mistakes: Mistakes) -> Iterator[Source]:
    known = set(draft.names["source"])
    for place, rule in draft.rules:
        name = rule.on.partition(".")[0]
        endpoint = catalogue.get(name)
        if name in known or endpoint is None or not _free_of_choice(endpoint):
            continue
        known.add(name)
        source = Source(endpoint=name)
        minutes = source.every.total_seconds() / 60
        mistakes.warn(
            ("rule", place, "on"),
            f"no [[source]] polls `{name}`, so it is polled every {minutes:g}m; "
            f'add [[source]] with endpoint = "{name}" to choose',
        )
        yield source


def _free_of_choice(endpoint: Endpoint) -> bool:
    return not endpoint.dated and None not in endpoint.params.values()
