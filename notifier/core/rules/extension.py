"""Add the endpoints that a rules file declares to the catalogue, checked as strictly as it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from notifier.core.payload.endpoint import Catalogue, Collection, Endpoint, Field, Nature, Span
from notifier.core.payload.readonly import FAMILIES, refusal, refused_param
from notifier.core.rules.declared import DeclaredEndpoint, DeclaredField
from notifier.core.rules.draft import Draft
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.places import Loc

_PRIVATE = re.compile(
    "phone|telefono|celular|mobile|whatsapp|e?mail|correo|dni|cedula|passport|pasaporte|ani|destiny"
    "|(customer|client|cliente)(_.*)?|comments?|comentarios?|msg|message|mensaje"
)
"""Names, or parts between two _, that look like a customer's data."""


def extended(draft: Draft, catalogue: Catalogue, mistakes: Mistakes) -> Catalogue:
    """Return the catalogue with what the file declares; what is wrong is added to *mistakes*."""
    own: Catalogue = {}
    for i, table in draft.endpoints:
        loc: Loc = ("endpoint", i)
        if table.name in catalogue or table.name in own:
            where = "in the catalogue" if table.name in catalogue else "there twice"
            text = f"`{table.name}` is {where}"
            mistakes.add((*loc, "name"), text, "choose another name")
        _check(loc, table, catalogue, mistakes)
        own.setdefault(table.name, _endpoint(table))
    return {**own, **catalogue}


def _check(loc: Loc, table: DeclaredEndpoint, catalogue: Catalogue, mistakes: Mistakes) -> None:
    if table.family not in FAMILIES:
        mistakes.unknown((*loc, "family"), "family of reports", table.family, FAMILIES)
    elif why := refusal(table.family, table.api):
        mistakes.add((*loc, "api"), why, "notifier only reads")
    for name in table.params:
        if why := refused_param(name):
            mistakes.add((*loc, "params", name), why, "leave it away")
    _check_fields(loc, table, mistakes)
    _check_private(loc, table, frozenset(_customers(catalogue)), mistakes)


def _check_fields(loc: Loc, table: DeclaredEndpoint, mistakes: Mistakes) -> None:
    read = [field.name for field in table.fields if not field.customer]
    for index, name in enumerate(table.key):
        if name not in read:
            mistakes.unknown((*loc, "key", index), "field of `key`,", name, read)
    if table.keyed_by is not None and table.keyed_by not in read:
        mistakes.unknown((*loc, "keyed_by"), "field", table.keyed_by, read)
    if table.keyed_by is not None and table.path is not None:
        mistakes.add((*loc, "path"), "an object of rows has no `path`", "keep one of the two")
    seen: set[str] = set()
    for index, field in enumerate(table.fields):
        for name in (field.name, *field.aliases):
            if name in seen:
                text = f"`{name}` is there twice"
                mistakes.add((*loc, "fields", index, "name"), text, "give each its own")
            seen.add(name)


def _check_private(
    loc: Loc, table: DeclaredEndpoint, customers: frozenset[str], mistakes: Mistakes
) -> None:
    """What is a customer's in the catalogue, or reads so, is never decoded."""
    for index, field in enumerate(table.fields):
        names = (field.name, *field.aliases)
        private = next((name for name in names if _private(name, customers)), None)
        if private is not None and not field.customer:
            text = f"`{private}` is, or looks like, a customer's data"
            mistakes.add(
                (*loc, "fields", index, "name"), text, "add customer = true: it is never read then"
            )


def _private(name: str, customers: frozenset[str]) -> bool:
    folded = name.casefold()
    parts = (folded, *folded.split("_"))
    return name in customers or any(map(_PRIVATE.fullmatch, parts))


def _customers(catalogue: Catalogue) -> Iterator[str]:
    for field in _all_fields(catalogue.values()):
        if field.customer:
            yield from (field.name, *field.spellings)


def _all_fields(endpoints: Iterable[Endpoint]) -> Iterator[Field]:
    return (f for each in endpoints for c in each.collections for f in c.fields)


def _endpoint(table: DeclaredEndpoint) -> Endpoint:
    collection = Collection(
        name="",
        key=table.key,
        fields=tuple(map(_field, table.fields)),
        path=(0, table.path) if table.path else (),
        keyed_by=table.keyed_by or "",
        nature=Nature(table.nature),
        missing=table.missing,
    )
    return Endpoint(
        name=table.name,
        family=table.family,
        api=table.api,
        collections=(collection,),
        params=dict(table.params),
        dated=table.dated,
        span=Span.RANGE if table.dated else Span.NOW,
        says="declared in the rules file",
    )


def _field(table: DeclaredField) -> Field:
    return Field(
        table.name,
        table.kind,
        aliases=table.aliases,
        customer=table.customer,
        low_is_bad=table.low_is_bad,
    )
