"""Read a rules file: text to `Rulebook`, or every mistake in it at once, each in its place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection as Names

from notifier.core.payload.endpoint import Catalogue
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.dayplan import check_quotas
from notifier.core.rules.draft import Draft, draft
from notifier.core.rules.extension import extended
from notifier.core.rules.implied import with_implied
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.oversights import warn_of_oversights
from notifier.core.rules.references import check_references, warn
from notifier.core.rules.rulebook import RulesFile
from notifier.core.rules.subjects import compile_subjects
from notifier.core.rules.toml import normal, tables
from notifier.errors import ConfigError


def load(
    text: str, catalogue: Catalogue, file: str = "rules.toml", templates: Names[str] | None = None
) -> Rulebook:
    """Return the checked rules of a file's *text*.

    file: How the user named it; only for messages.
    templates: The names that ``template`` may have; None: not checked.

    Raises:
        ConfigError: with every mistake, and the warnings, in the order of the file.
    """
    text = normal(text)
    data = tables(text, file)
    mistakes = Mistakes()
    read = draft(data, mistakes)
    catalogue = extended(read, catalogue, mistakes)
    drafted = with_implied(read, catalogue, mistakes)
    check_references(drafted, templates, mistakes)
    sources, compiled = compile_subjects(drafted, catalogue, mistakes)
    rules = tuple(rule for rule in compiled if rule.stands_for is None)
    check_quotas(drafted, sources, mistakes)
    if mistakes.wrong:
        raise ConfigError(mistakes.problems(text, file))
    warn(drafted, mistakes)
    warn_of_oversights(drafted, sources, rules, mistakes)
    whole = _tables(drafted)
    warnings = tuple(mistakes.problems(text, file))
    catch_ups = tuple(rule for rule in compiled if rule.stands_for is not None)
    return Rulebook(whole, sources, rules, catch_ups, warnings, _digest(whole), text)


def _tables(drafted: Draft) -> RulesFile:
    return RulesFile(
        operators=drafted.top.operators,
        language=drafted.top.language,
        retention=drafted.top.retention,
        operation=tuple(table for _, table in drafted.operations),
        endpoint=tuple(table for _, table in drafted.endpoints),
        source=tuple(table for _, table in drafted.sources),
        receiver=tuple(table for _, table in drafted.receivers),
        rule=tuple(table for _, table in drafted.rules),
        digest=tuple(table for _, table in drafted.digests),
        test=tuple(table for _, table in drafted.tests),
    )


def _digest(tables: RulesFile) -> str:
    return hashlib.sha256(tables.model_dump_json().encode()).hexdigest()[:16]
