"""Run the ``[[test]]`` tables of a rules file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from notifier.core.planning import plan
from notifier.core.rehearse import Difference, rehearse
from notifier.core.rulebook import Test
from notifier.rules import read_rules
from notifier.settings import load_settings


def test(file: Path | None, *, as_json: bool) -> int:
    """Print how each went; 1 when one does not hold."""
    book = read_rules(file or load_settings().rules)
    laid = plan(book)
    results = [(each, rehearse(each, laid)) for each in book.file.test]
    (_print_json if as_json else _print)(results)
    return int(any(differences for _, differences in results))


Results = list[tuple[Test, list[Difference]]]


def _print(results: Results) -> None:
    for each, differences in results:
        print(f"{'FAILED' if differences else 'ok':6}  {each.rule}: {each.name}")
        for difference in differences:
            print(f"        {difference}")
    failed = sum(bool(differences) for _, differences in results)
    print(f"{len(results) - failed} passed, {failed} failed", file=sys.stderr)


def _print_json(results: Results) -> None:
    print(
        json.dumps(
            [
                {
                    "name": each.name,
                    "rule": each.rule,
                    "passed": not differences,
                    "differences": [
                        {"poll": d.poll, "expected": d.expected, "got": d.got} for d in differences
                    ],
                }
                for each, differences in results
            ],
            ensure_ascii=False,
        )
    )
