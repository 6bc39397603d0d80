"""Check a rules file and its templates; say what a day costs and where each rule would go."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import get_args

from notifier.commands import problems
from notifier.commands.costs import costs_json, costs_lines, days_of
from notifier.commands.problems import Form, as_data, github, sarif
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.judging.planning import plan
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.dayplan import DayPlan
from notifier.core.rules.keys import counted
from notifier.core.rules.tables import Language
from notifier.core.trial.sample import specimens
from notifier.errors import ConfigError, Problem
from notifier.exhibition import mistakes
from notifier.render import Renderer, envelopes
from notifier.rules import read_rules
from notifier.settings import Settings, load_settings, rules_file, unknown_variables

MISCONFIGURED = 2
LANGUAGES: tuple[str, ...] = get_args(Language)
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)  # of a made-up day


@dataclass(frozen=True, slots=True)
class Route:
    """Where a rule would go."""

    operation: str
    rule: str
    severity: str
    on: str
    to: tuple[str, ...]


def check(file: Path | None, *, form: Form = "text", strict: bool = False) -> int:
    """Print what was found; 2 for mistakes, and with *strict* for warnings too.

    Raises:
        ConfigError: every mistake at once, in the form ``text``: the others print them.
    """
    try:
        findings = _find(file)
    except ConfigError as error:
        say = {"json": _json, "sarif": sarif, "github": github}.get(form)
        if say is None:
            problems.say(error.problems)
        else:
            print(say(error.problems))
        return MISCONFIGURED
    _SHOW[form](findings)
    return MISCONFIGURED if strict and findings.warnings else 0


@dataclass(frozen=True, slots=True)
class Findings:
    """All that can be said of a file without mistakes."""

    book: Rulebook
    days: list[DayPlan]
    routes: list[Route]
    warnings: list[Problem]


def _find(file: Path | None) -> Findings:
    settings, book = _read(file)
    laid = plan(book)
    words = template_problems(settings, laid)
    if any(problem.level == "error" for problem in words):
        raise ConfigError([*words, *book.warnings])
    return Findings(
        book=book,
        days=days_of(laid),
        routes=[_route(rule) for rule in laid.rules.values()],
        warnings=[*unknown_variables(), *book.warnings, *words],
    )


def _read(file: Path | None) -> tuple[Settings, Rulebook]:
    """The settings and the rules file; what is wrong in one hides nothing of the other."""
    wrong: list[Problem] = []
    settings = book = None
    try:
        settings = load_settings()
    except ConfigError as error:
        wrong += [*error.problems, *unknown_variables()]
    try:
        book = read_rules(file or (settings.rules if settings else rules_file()))
    except ConfigError as error:
        wrong += error.problems
    if settings is None or book is None:
        raise ConfigError(wrong)
    return settings, book


def _json(found: Sequence[Problem]) -> str:
    return json.dumps({"ok": False, "problems": as_data(found)}, ensure_ascii=False)


def template_problems(settings: Settings, laid: Plan) -> list[Problem]:
    """Compile every template of the user's own, and let every rule say all it would ever say."""
    found: list[Problem] = []
    renderer = Renderer(settings.templates, found.append)
    broken = [p for rule in laid.rules.values() for p in _summary(renderer, laid, rule)]
    if broken:
        return [*found, *broken]
    if settings.templates is not None:
        found += mistakes(settings.templates)
    for rule in laid.rules.values():
        heard = len(found)
        _rehearse_words(renderer, laid, rule)
        found[heard:] = [_of_rule(rule, problem) for problem in found[heard:]]
    return list(dict.fromkeys(found))


def _rehearse_words(renderer: Renderer, laid: Plan, rule: RulePlan) -> None:
    """Fill in what a rule says with ordinary and with unknown values; the renderer reports."""
    collection = laid.sources[rule.source].collections[rule.collection].collection
    for receiver, language in product(rule.to, LANGUAGES):
        reach = replace(laid.reaches[rule.operation, receiver], language=language)
        for notice in specimens(rule, collection, reach, NOON):
            envelopes(notice, renderer)


def _of_rule(rule: RulePlan, problem: Problem) -> Problem:
    """What fails only for some values costs words, not the message: a warning."""
    if problem.file:
        return problem
    what = problem.text[:1].lower() + problem.text[1:].rstrip(".")
    advice = "say what it prints for an unknown value, as in {{ ploss or '?' }}"
    return Problem(f"rule `{rule.id}`: {what}; {advice}", level="warning")


def _summary(renderer: Renderer, laid: Plan, rule: RulePlan) -> Iterator[Problem]:
    collection = laid.sources[rule.source].collections[rule.collection].collection
    names = {*collection.kinds(), "count", "site", *(rule.by or ())}
    if rule.text.template and not renderer.known(rule.text.template):
        yield Problem(f"rule `{rule.id}`: there is no template `{rule.text.template}`")
    for language, template in rule.text.summary.items():
        problem = renderer.summary_problem(template, names)
        if problem:
            spoken = f" ({language})" if language else ""
            yield Problem(f"rule `{rule.id}`{spoken}: {problem}")


def _route(rule: RulePlan) -> Route:
    on = ".".join(filter(None, (rule.source.source, rule.collection)))
    return Route(rule.operation, rule.id, rule.severity.value, on, rule.to)


def _print(found: Findings) -> None:
    problems.say(found.warnings)
    for line in costs_lines(found.days):
        print(line)
    print()
    for route in found.routes:
        print(f"{route.rule:24} {route.severity:9} {route.on:24} -> {', '.join(route.to)}")
    tables = (
        counted(len(found.routes), "rule"),
        counted(len(found.book.sources), "source"),
        counted(len(found.book.file.test), "test"),
    )
    verdict = counted(len(found.warnings), "warning") if found.warnings else "all is well"
    print(f"\n{', '.join(tables)}: {verdict}")


def _print_json(found: Findings) -> None:
    shown = {
        "ok": True,
        "problems": as_data(found.warnings),
        **costs_json(found.days),
        "rules": [asdict(route) for route in found.routes],
        "tests": len(found.book.file.test),
    }
    print(json.dumps(shown, ensure_ascii=False))


def _print_github(found: Findings) -> None:
    if found.warnings:
        print(github(found.warnings))


_SHOW: dict[Form, Callable[[Findings], None]] = {
    "text": _print,
    "json": _print_json,
    "sarif": lambda found: print(sarif(found.warnings)),
    "github": _print_github,
}
