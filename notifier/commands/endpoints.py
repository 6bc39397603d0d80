"""List what of wolkvox can be polled: the catalogue, for people, programs and the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from notifier.core.payload.endpoint import Collection, Endpoint, Field, Kind, Missing
from notifier.core.rules.keys import written
from notifier.wolkvox.endpoints import CATALOGUE

PAGE = """# What can be polled

Every endpoint of wolkvox that a `[[source]]` may name, with the fields that conditions may use.
Made by `notifier endpoints --markdown` from the catalogue; do not edit. All of them only read,
each call costs one of the day's quota, and an answer holds at most 60,000 rows, of a window of at
most 31 days. A further one is declared in the rules file: [`[[endpoint]]`](rules.md#endpoint).
How answers are read: [wolkvox.md](wolkvox.md).

Kinds: `count`, `percent` (0 to 100 and beyond), `ms`, `seconds` and `duration` (both compare as
seconds), `money`, `number`; `counter` grows until a reset at an unknown hour; `flag` is true or
false; `word` is compared without case, accents and separators; `time` and `text` as they came.
"""

_LEAVES = {
    Missing.RESOLVE: "Who leaves ends what is open.",
    Missing.HOLD: "Who leaves is waited for.",
    Missing.FIRE: "Who leaves is missed.",
}


def endpoints(*, as_json: bool, markdown: bool) -> int:
    """Print it."""
    if as_json:
        found = [_described(endpoint) for endpoint in CATALOGUE.values()]
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print(page() if markdown else "\n".join(_lines()), end="" if markdown else "\n")
    return 0


def page() -> str:
    """The page of the docs."""
    return "\n".join((PAGE, *_contents(), "", *map(_section, CATALOGUE.values())))


# ---- for people ----


def _lines() -> Iterator[str]:
    width = max(map(len, CATALOGUE))
    for name, endpoint in CATALOGUE.items():
        yield f"{name.ljust(width)}  {endpoint.says}"
        for collection in endpoint.collections:
            about = f"{name}.{collection.name}" if collection.name else name
            yield f"{' ' * width}  {about}: {', '.join(collection.kinds())}"


# ---- for the docs ----


def _contents() -> Iterator[str]:
    yield "| endpoint | is about | of |"
    yield "| --- | --- | --- |"
    for name, endpoint in CATALOGUE.items():
        yield f"| [`{name}`](#{name}) | {endpoint.says} | {endpoint.span.value} |"


def _section(endpoint: Endpoint) -> str:
    tables = [line for each in endpoint.collections for line in _table(endpoint, each)]
    lines = (f"## {endpoint.name}", "", _sentence(endpoint), "", *tables)
    return "\n".join(lines)


def _sentence(endpoint: Endpoint) -> str:
    address = f"`{endpoint.family}.php?api={endpoint.api}`"
    asked = " ".join(_wants(endpoint))
    pace = written(endpoint.pace)
    says = f"{endpoint.says[0].upper()}{endpoint.says[1:]}"
    return f"{says}. {address}, of {endpoint.span.value}. {asked}No news within {pace}."


def _wants(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.dated:
        yield "Wants a `window`. "
    for name, default in endpoint.params.items():
        meaning = {None: "required", "": "optional"}.get(default, f'default `"{default}"`')
        yield f"Parameter `{name}`: {meaning}. "


def _table(endpoint: Endpoint, collection: Collection) -> Iterator[str]:
    name = f"{endpoint.name}.{collection.name}" if collection.name else endpoint.name
    key = " and ".join(f"`{each}`" for each in collection.key)
    yield f"`{name}`: a {collection.nature.value} by {key}. {_LEAVES[collection.missing]}"
    yield ""
    yield "| field | kind | meaning |"
    yield "| --- | --- | --- |"
    for each in collection.decoded():
        yield f"| `{each.name}` | {each.kind.value} | {_meaning(each)} |"
    for asked in collection.asked:
        name = asked.field.name.format("N")
        yield f"| `{name}` | {asked.field.kind.value} | with `{asked.param}` = N |"
    for worked_out in collection.computed:
        says = worked_out.says or worked_out.formula
        yield f"| `{worked_out.name}` | {worked_out.kind.value} | {says}; worked out here |"
    yield ""
    dropped = [f"`{each.name}`" for each in collection.fields if each.customer]
    if dropped:
        yield f"Never read, because they are a customer's: {', '.join(dropped)}."
        yield ""


def _meaning(field: Field) -> str:
    also = ", ".join(f"`{name}`" for name in field.spellings)
    worked_out = "worked out here" if field.derived else ""
    said = (field.says, f"also sent as {also}" if also else "", worked_out)
    return "; ".join(filter(None, said))


# ---- for programs ----


def _described(endpoint: Endpoint) -> dict[str, object]:
    return {
        "name": endpoint.name,
        "family": endpoint.family,
        "api": endpoint.api,
        "says": endpoint.says,
        "params": endpoint.params,
        "dated": endpoint.dated,
        "span": endpoint.span.value,
        "cost": endpoint.cost,
        "collections": [_of_collection(each) for each in endpoint.collections],
    }


def _of_collection(collection: Collection) -> dict[str, object]:
    kinds: dict[str, Kind] = collection.kinds()
    return {
        "name": collection.name,
        "key": collection.key,
        "nature": collection.nature.value,
        "missing": collection.missing.value,
        "fields": {name: kind.value for name, kind in kinds.items()},
    }
