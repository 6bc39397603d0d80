"""Look at the files and settings that people write: rules, templates, variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notifier.core.examination.finding import Finding, Level, ok
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.keys import counted
from notifier.errors import ConfigError, Problem

RULES, SETTINGS = "rules", "settings"
_LEVELS = {"error": Level.FAIL, "warning": Level.WARN}


def of_problems(group: str, check: str, problems: Sequence[Problem]) -> Iterator[Finding]:
    """A finding for each: what to do is in its sentence."""
    for problem in problems:
        place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
        text, _, fix = problem.text.rpartition("; ")
        where = f"{place}: " if place else ""
        yield Finding(
            group, check, _LEVELS[problem.level], where + (text or fix), fix if text else ""
        )


def of_file(book: Rulebook | ConfigError) -> Iterator[Finding]:
    """What is to be said of the rules file."""
    if isinstance(book, ConfigError):
        yield from of_problems(RULES, "file", book.problems)
        return
    file = book.file
    counts = ((file.rule, "rule"), (book.sources, "source"), (file.receiver, "receiver"))
    yield ok(RULES, "file", ", ".join(counted(len(found), noun) for found, noun in counts))
    yield from of_problems(RULES, "file", book.warnings)


def of_templates(problems: Sequence[Problem]) -> Iterator[Finding]:
    """What is to be said of the templates and summaries."""
    yield from of_problems(RULES, "templates", problems)
    if not problems:
        yield ok(RULES, "templates", "all of them compile")


def of_variables(problems: Sequence[Problem]) -> Iterator[Finding]:
    """What is to be said of the environment."""
    yield from of_problems(SETTINGS, "variables", problems)
    if not problems:
        yield ok(SETTINGS, "variables", "none that is unknown")
