"""Read a rules file: text to `Rulebook`, or every mistake in it at once, each in its place."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection as Names
from typing import Any

from notifier.core.compiled import Rulebook
from notifier.core.draft import Draft, draft
from notifier.core.endpoint import Catalogue
from notifier.core.implied import with_implied
from notifier.core.mistakes import Mistakes, one_line
from notifier.core.oversights import warn_of_oversights
from notifier.core.references import check_references, warn
from notifier.core.rulebook import RulesFile
from notifier.core.subjects import compile_subjects
from notifier.errors import ConfigError, Problem

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_ADVICE = {
    "Invalid value": "text needs quotes",
    "Expected newline or end of document after a statement": "text and durations need quotes",
    "Cannot overwrite a value": "a key may be there once",
    "Expected '=' after a key in a key/value pair": 'write key = "value"',
    "Invalid statement": 'write key = "value", or [[rule]] above the keys of a table',
    "Illegal character '\\n'": "close the quote on the same line",
    "Unterminated string": "close the quote",
    "Unescaped '\\' in a string": "write it between single quotes",
}


def load(
    text: str, catalogue: Catalogue, file: str = "rules.toml", templates: Names[str] | None = None
) -> Rulebook:
    """Return the checked rules of a file's *text*.

    file: How the user named it; only for messages.
    templates: The names that ``template`` may have; None: not checked.

    Raises:
        ConfigError: with every mistake, and the warnings, in the order of the file.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    data = _toml(text, file)
    mistakes = Mistakes()
    drafted = with_implied(draft(data, mistakes), catalogue, mistakes)
    check_references(drafted, templates, mistakes)
    sources, rules = compile_subjects(drafted, catalogue, mistakes)
    if mistakes.wrong:
        raise ConfigError(mistakes.problems(text, file))
    warn(drafted, mistakes)
    warn_of_oversights(drafted, sources, rules, mistakes)
    tables = _tables(drafted)
    warnings = tuple(mistakes.problems(text, file))
    return Rulebook(tables, sources, rules, warnings, _digest(tables))


def _toml(text: str, file: str) -> dict[str, Any]:
    try:
        text.encode()
        return tomllib.loads(text)
    except UnicodeError:
        raise ConfigError([Problem("this is not UTF-8; save the file as UTF-8", file)]) from None
    except RecursionError:
        raise ConfigError(
            [Problem("brackets are nested too deep; write it flatter", file)]
        ) from None
    except ValueError as error:
        raise ConfigError([_unreadable(str(error), text, file)]) from None


def _unreadable(said: str, text: str, file: str) -> Problem:
    """Put the TOML reader's words into a sentence that says what to do."""
    at = _AT.search(said)
    what = _AT.sub("", said)
    advice = next((_ADVICE[key] for key in _ADVICE if what.startswith(key)), "see https://toml.io")
    sentence = one_line(f"this is not TOML: {what[:1].lower()}{what[1:]}; {advice}")
    if at is None:
        return Problem(sentence, file)
    line, column = at.groups()
    if line is None:
        return Problem(sentence, file, text.count("\n") + 1, len(text) - text.rfind("\n"))
    return Problem(sentence, file, int(line), int(column))


def _tables(drafted: Draft) -> RulesFile:
    return RulesFile(
        operators=drafted.top.operators,
        language=drafted.top.language,
        retention=drafted.top.retention,
        operation=tuple(table for _, table in drafted.operations),
        source=tuple(table for _, table in drafted.sources),
        receiver=tuple(table for _, table in drafted.receivers),
        rule=tuple(table for _, table in drafted.rules),
        test=tuple(table for _, table in drafted.tests),
    )


def _digest(tables: RulesFile) -> str:
    return hashlib.sha256(tables.model_dump_json().encode()).hexdigest()[:16]
