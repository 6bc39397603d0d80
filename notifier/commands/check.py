"""Check a rules file and its templates; say what a day costs and where each rule would go."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from notifier.core.compiled import Rulebook
from notifier.core.plan import Plan, RulePlan, SourcePlan
from notifier.core.planning import plan
from notifier.errors import ConfigError, Problem
from notifier.render import Renderer
from notifier.rules import read_rules
from notifier.settings import Settings, load_settings, unknown_variables

DAY = 24 * 60  # minutes
MISCONFIGURED = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """What one source asks of the vendor on its busiest day."""

    operation: str
    source: str
    calls: int


@dataclass(frozen=True, slots=True)
class Route:
    """Where a rule would go."""

    operation: str
    rule: str
    severity: str
    on: str
    to: tuple[str, ...]


def check(file: Path | None, *, as_json: bool) -> int:
    """Print what was found; 2 for mistakes.

    Raises:
        ConfigError: every mistake at once, but with *as_json*: then they are printed.
    """
    try:
        return _check(file, as_json=as_json)
    except ConfigError as error:
        if not as_json:
            raise
        print(json.dumps({"ok": False, "problems": [asdict(p) for p in error.problems]}))
        return MISCONFIGURED


def _check(file: Path | None, *, as_json: bool) -> int:
    settings = load_settings()
    book = read_rules(file or settings.rules)
    laid = plan(book)
    mistakes = _templates(settings, laid)
    if mistakes:
        raise ConfigError([*mistakes, *book.warnings])
    costs = [_cost(source) for source in laid.sources.values()]
    routes = [_route(rule) for rule in laid.rules.values()]
    warnings = [*unknown_variables(), *book.warnings]
    if as_json:
        _print_json(book, costs, routes, warnings)
        return 0
    for warning in warnings:
        print(warning, file=sys.stderr)
    _print(book, costs, routes)
    return 0


def _templates(settings: Settings, laid: Plan) -> list[Problem]:
    """Compile every template of the user's own, and every rule's summary."""
    found: list[Problem] = []
    renderer = Renderer(settings.templates, found.append)
    return [*found, *(p for rule in laid.rules.values() for p in _summary(renderer, laid, rule))]


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


def _cost(source: SourcePlan) -> Cost:
    return Cost(*source.key, calls=calls_a_day(source))


def calls_a_day(source: SourcePlan) -> int:
    """How often a source is polled on its busiest day."""
    minutes = DAY
    if source.active is not None:
        minutes = max(source.active.minutes(day) for day in range(7))
    return round(minutes * 60 / source.cadence.total_seconds())


def _route(rule: RulePlan) -> Route:
    on = ".".join(filter(None, (rule.source.source, rule.collection)))
    return Route(rule.operation, rule.id, rule.severity.value, on, rule.to)


def _quota(book: Rulebook, operation: str, calls: int) -> str:
    licenses = book.operations[operation].licenses
    if licenses is None:
        return f"{calls} calls a day"
    return f"{calls} calls a day, {calls / (licenses * 10):.1f} % of its {licenses * 1000}"


def _print(book: Rulebook, costs: list[Cost], routes: list[Route]) -> None:
    for operation in book.operations:
        own = [cost for cost in costs if cost.operation == operation]
        print(f"{operation}: {_quota(book, operation, sum(cost.calls for cost in own))}")
        for cost in own:
            print(f"  {cost.source:24} {cost.calls:6}")
    print()
    for route in routes:
        print(f"{route.rule:24} {route.severity:9} {route.on:24} -> {', '.join(route.to)}")
    print(f"\n{len(routes)} rules, {len(costs)} sources, {len(book.file.test)} tests: all is well")


def _print_json(
    book: Rulebook, costs: list[Cost], routes: list[Route], warnings: list[Problem]
) -> None:
    found = {
        "ok": True,
        "problems": [asdict(warning) for warning in warnings],
        "sources": [asdict(cost) for cost in costs],
        "rules": [asdict(route) for route in routes],
        "tests": len(book.file.test),
    }
    print(json.dumps(found, ensure_ascii=False))
