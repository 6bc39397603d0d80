"""Suggest a limit or a ``for`` that people can bear, with its evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from notifier.commands.listing import print_table
from notifier.commands.replay import Asked, tape_of, watching
from notifier.core.hindsight.noise import Budget, read_budget
from notifier.core.rules.keys import counted, spoken
from notifier.core.trial.candidates import Candidate
from notifier.errors import ConfigError
from notifier.hindsight.suggested import Suggestion
from notifier.hindsight.suggested import suggest as try_all
from notifier.rules import read_rules
from notifier.settings import load_settings


def suggest(
    rule: str, asked: Asked, *, times: bool, values: str, budget: str, as_json: bool
) -> int:
    """Print what each candidate would have come to; 1 where none keeps the budget."""
    settings = load_settings()
    book = read_rules(settings.rules)
    limit = read_budget(budget) if budget else None
    tried = [_number(text) for text in values.split(",") if text.strip()]
    asked = replace(asked, only=())
    with tape_of(asked, settings, book) as tape, watching(tape, "trying") as watch:
        found = try_all(tape, book, rule, times=times, values=tried, budget=limit, watch=watch)
    if as_json:
        print(json.dumps(_object(found), ensure_ascii=False))
    else:
        _print(found, limit)
    return int(limit is not None and found.best is None)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"`{text.strip()}` is no number; write --values 1,2,3") from None


def _object(found: Suggestion) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "key": found.key,
        "days": round(found.days, 3),
        "polls": found.polls,
        "suggestion": found.best.value if found.best else None,
        "candidates": [
            {**asdict(each), "median": each.median.total_seconds() if each.median else None}
            for each in found.candidates
        ],
    }


def _print(found: Suggestion, budget: Budget | None) -> None:
    print(f"{found.rule}: {found.days:.1f} days of readings, {counted(found.polls, 'good poll')}")
    _table(found.key, found.candidates)
    if budget is not None:
        print(_advice(found, budget))


def _advice(found: Suggestion, budget: Budget) -> str:
    best = found.best
    if best is None:
        return f"none of these keeps {budget}; try other --values, a longer `for`, or `where`"
    what = f"a limit of {best.value}" if found.key == "when" else f"`for` of {best.value}"
    present = next((each for each in found.candidates if each.present), best)
    return (
        f"{what} keeps {budget}: {best.per_day:.1f} incidents a day, {present.per_day:.1f} as it "
        f"is; {_share(best.brief)} of them would have cleared within two minutes"
    )


def _table(key: str, candidates: Sequence[Candidate]) -> None:
    headings = ("limit" if key == "when" else "for", "incidents", "a day", "median", "within 2m")
    print_table(headings, [_row(each) for each in candidates], numbers=headings)


def _row(each: Candidate) -> tuple[str, ...]:
    return (
        f"{each.value} (now)" if each.present else each.value, str(each.incidents),
        f"{each.per_day:.1f}", spoken(each.median) if each.median is not None else "",
        _share(each.brief),
    )  # fmt: skip


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
