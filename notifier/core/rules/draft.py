"""Read the data of a rules file table by table, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from notifier.core.language.vocabulary import closest
from notifier.core.rules.declared import DeclaredEndpoint, DeclaredField
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.rulebook import (
    Digest,
    Operation,
    Poll,
    Receiver,
    Rule,
    RulesFile,
    Source,
    Table,
    Test,
)
from notifier.core.rules.tables import NAMED

T = TypeVar("T", bound=Table)
Data = Mapping[str, Any]
Rows = tuple[tuple[int, T], ...]

SECTIONS: dict[str, type[Table]] = {
    "operation": Operation,
    "endpoint": DeclaredEndpoint,
    "source": Source,
    "receiver": Receiver,
    "rule": Rule,
    "digest": Digest,
    "test": Test,
}
_INNER: dict[type[Table], tuple[type[Table], ...]] = {
    Test: (Poll,),
    DeclaredEndpoint: (DeclaredField,),
}
UNSAID = "?"  # stands for a name that could not be read; nobody is told again

# What is put where a value cannot be used, so that the rest of the table is still looked at.
_STAND_INS: dict[type[Table], dict[str, Any]] = {
    Operation: {"server": "0000", "timezone": "UTC"},
    Receiver: {"email": "x@example.com", "slack": "#x", **dict.fromkeys(NAMED, "x")},
    Rule: {"to": [UNSAID]},
    Digest: {"to": [UNSAID], "at": "00:00"},
    Test: {"polls": [{"at": 0, "error": "network"}]},
}
# Without these the rest of the table would be misread.
_VITAL: dict[type[Table], frozenset[str]] = {
    Source: frozenset({"endpoint", "name", "operation", "params", "window"}),
    Rule: frozenset({"kind", "on", "operation", "by", "when"}),
    Test: frozenset({"rule"}),
    RulesFile: frozenset({"operation"}),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read, each table with its place in the file.

    Attributes:
        top: The keys outside of tables; its sections are not to be used.
        names: The names that the file gives in each section, also by tables that are wrong.
    """

    top: RulesFile
    operations: Rows[Operation]
    endpoints: Rows[DeclaredEndpoint]
    sources: Rows[Source]
    receivers: Rows[Receiver]
    rules: Rows[Rule]
    digests: Rows[Digest]
    tests: Rows[Test]
    names: Mapping[str, frozenset[str]]


def draft(data: Data, mistakes: Mistakes) -> Draft:
    """Read all that can be read; the rest is added to *mistakes*."""
    tops = {key: value for key, value in data.items() if key not in SECTIONS}
    tops["operation"] = [{"name": "x", **_STAND_INS[Operation]}]
    top = _salvage(RulesFile, (), tops, mistakes)
    if not data.get("operation"):
        mistakes.add((), "there is no [[operation]]", "it names a wolkvox server")
    return Draft(
        top=top or RulesFile.model_validate({"operation": tops["operation"]}),
        operations=read_section("operation", Operation, data, mistakes),
        endpoints=read_section("endpoint", DeclaredEndpoint, data, mistakes),
        sources=read_section("source", Source, data, mistakes),
        receivers=read_section("receiver", Receiver, data, mistakes),
        rules=read_section("rule", Rule, data, mistakes),
        digests=read_section("digest", Digest, data, mistakes),
        tests=read_section("test", Test, data, mistakes),
        names={section: _names(section, data) for section in SECTIONS},
    )


def read_section(name: str, model: type[T], data: Data, mistakes: Mistakes) -> Rows[T]:
    """Read the tables of one kind, each with its place; what is wrong is added to *mistakes*."""
    tables = data.get(name, [])
    if not isinstance(tables, list):
        mistakes.add((name,), f"`{name}` is a list of tables", f"write [[{name}]] above each")
        return ()
    read = [(i, _salvage(model, (name, i), table, mistakes)) for i, table in enumerate(tables)]
    return tuple((i, table) for i, table in read if table is not None)


def _names(section: str, data: Data) -> frozenset[str]:
    tables = data.get(section, [])
    tables = (
        [table for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []
    )
    key = {"rule": "id", "source": "endpoint"}.get(section, "name")
    names = (table.get("name", table.get(key)) for table in tables)
    return frozenset(name for name in names if isinstance(name, str))


def _salvage(
    model: type[T], loc: tuple[str | int, ...], table: object, mistakes: Mistakes
) -> T | None:
    """Read one table; where that fails, read it again without what is wrong with it."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    mistakes.model(loc, errors, _keys(model))
    mended = dict(table) if isinstance(table, dict) else {}
    for wrong in errors:
        key = str(wrong["loc"][0]) if wrong["loc"] else ""
        if _VITAL.get(model, frozenset()) & {key, _meant(key, model)}:
            return None
        mended.pop(key, None)
        mended |= _stand_in(model, key if key in _keys(model) else _meant(key, model), loc)
    return _again(model, mended)


def _stand_in(model: type[Table], key: str, loc: tuple[str | int, ...]) -> Data:
    if key in ("id", "name"):
        return {key: f"unnamed-{loc[-1]}"}
    ready = _STAND_INS.get(model, {})
    return {key: ready[key]} if key in ready else {}


def _again(model: type[T], table: Data) -> T | None:
    try:
        return model.model_validate(table)
    except ValidationError:
        return None


def _keys(model: type[Table]) -> list[str]:
    models = (model, *_INNER.get(model, ()))
    return [info.alias or name for each in models for name, info in each.model_fields.items()]


def _meant(key: str, model: type[Table]) -> str:
    """The known key that *key* is probably a slip of."""
    return closest(key, _keys(model))
