"""Run the ``[[test]]`` tables of a rules file, and say what they would not notice."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from notifier.app import spoken
from notifier.core.judging.plan import Plan
from notifier.core.judging.planning import plan
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.keys import counted
from notifier.core.rules.mutants import Mutant, mutants
from notifier.core.rules.rulebook import Test
from notifier.core.trial.rehearse import Difference, Speak, rehearse
from notifier.rules import read_rules, read_tests
from notifier.settings import load_settings


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went."""

    test: Test
    differences: Sequence[Difference]

    @property
    def passed(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Cover:
    """How much of a rule its tests notice.

    Attributes:
        tests: How many there are.
        missed: The changes that no test noticed, of *tried*.
    """

    rule: str
    tests: int
    tried: int
    missed: Sequence[Mutant]


def test(
    file: Path | None,
    *,
    more: Sequence[Path],
    junit: Path | None,
    coverage: bool,
    as_json: bool,
) -> int:
    """Print how each went; 1 when one does not hold.

    more: Files that hold nothing but further tests.
    coverage: Say too which changes of the rules no test would notice.
    """
    settings = load_settings()
    path = file or settings.rules
    book = read_rules(path)
    speak, tests = spoken(settings), [*book.file.test, *read_tests(more, book)]
    laid = plan(book)
    results = [Result(each, rehearse(each, laid, speak)) for each in tests]
    failed = not all(result.passed for result in results)
    found = list(covers(book, tests, speak)) if coverage and not failed else []
    if junit is not None:
        junit.write_bytes(_junit(results, str(path)))
    if as_json:
        print(json.dumps(_as_data(results, found, coverage=coverage), ensure_ascii=False))
    else:
        _print(results)
        _print_covers(found)
    return int(failed)


# ---- what no test would notice ----


def covers(
    book: Rulebook, tests: Sequence[Test], speak: Speak, rules: Sequence[str] = ()
) -> Iterator[Cover]:
    """Run the tests of each rule, or of these *rules*, against each small change of it."""
    for rule in rules or dict.fromkeys(each.rule.id for each in book.rules):
        own = [each for each in tests if each.rule == rule]
        tried = list(mutants(book, rule))
        missed = [mutant for mutant in tried if not _noticed(plan(mutant.book), own, speak)]
        yield Cover(rule, len(own), len(tried), missed)


def _noticed(laid: Plan, tests: Sequence[Test], speak: Speak) -> bool:
    return any(rehearse(each, laid, speak) for each in tests)


# ---- said ----


def _print(results: Sequence[Result]) -> None:
    for result in results:
        verdict = "ok" if result.passed else "FAILED"
        print(f"{verdict:6}  {result.test.rule}: {result.test.name}")
        for difference in result.differences:
            print(f"        {difference}")
    failed = sum(not result.passed for result in results)
    print(f"{len(results) - failed} passed, {failed} failed", file=sys.stderr)


def _print_covers(covers: Sequence[Cover]) -> None:
    for cover in covers:
        noticed = cover.tried - len(cover.missed)
        tests, notice = counted(cover.tests, "test"), "notices" if cover.tests == 1 else "notice"
        changes = counted(cover.tried, "change")
        print(f"\n{cover.rule}: {tests} {notice} {noticed} of {changes}")
        for mutant in cover.missed if cover.tests else ():
            print(f"        not noticed: {mutant}")
    if covers:
        tried, missed = sum(c.tried for c in covers), sum(len(c.missed) for c in covers)
        print(f"{tried - missed} of {counted(tried, 'change')} noticed", file=sys.stderr)


def _as_data(results: Sequence[Result], covers: Sequence[Cover], *, coverage: bool) -> Any:
    tests = [
        {
            "name": result.test.name,
            "rule": result.test.rule,
            "passed": result.passed,
            "differences": [
                {"poll": d.poll, "expected": d.expected, "got": d.got} for d in result.differences
            ],
        }
        for result in results
    ]
    return {"tests": tests, "coverage": [_of_cover(c) for c in covers]} if coverage else tests


def _of_cover(cover: Cover) -> dict[str, Any]:
    missed = [{"key": m.key, "was": m.was, "now": m.now} for m in cover.missed]
    return {"rule": cover.rule, "tests": cover.tests, "changes": cover.tried, "missed": missed}


def _junit(results: Sequence[Result], file: str) -> bytes:
    """The results as the XML that continuous integration reads."""
    failures = sum(not result.passed for result in results)
    counts = {"tests": str(len(results)), "failures": str(failures)}
    suite = Xml.Element("testsuite", {"name": file, **counts})
    for result in results:
        names = {"classname": result.test.rule, "name": _xml(result.test.name)}
        case = Xml.SubElement(suite, "testcase", names)
        if not result.passed:
            lines = [_xml(str(difference)) for difference in result.differences]
            failure = Xml.SubElement(case, "failure", {"message": lines[0]})
            failure.text = "\n".join(lines)
    whole = Xml.Element("testsuites", counts)
    whole.append(suite)
    return bytes(Xml.tostring(whole, encoding="utf-8", xml_declaration=True))


def _xml(text: str) -> str:
    """XML has no way to write most control characters."""
    return "".join(c if c.isprintable() else " " for c in text)
