"""`notifier test`, as people and continuous integration call it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from notifier.commands.test import covers
from notifier.commands.test import test as run
from notifier.rules import read_rules
from tests.flow.test_check import RULES

ROWS = 'rows = [{ agent_id = "1-ANA", tx_ploss = "4", rx_ploss = "0" }]'
TEST = f"""
[[test]]
name = "four percent are told"
rule = "loss"
polls = [{{ at = "0m", {ROWS}, expect = ["open 1"], messages = {{ leads = ["Ana" ] }} }}]
""".replace('"Ana" ', '"ANA"')
Said = pytest.CaptureFixture[str]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(RULES + TEST)
    return file


def tried(rules: Path, *more: Path, junit: Path | None = None, coverage: bool = False) -> int:
    return run(rules, more=more, junit=junit, coverage=coverage, as_json=False)


def test_a_promise_kept_also_in_words(rules: Path, capsys: Said) -> None:
    assert tried(rules) == 0
    assert capsys.readouterr().out == "ok      loss: four percent are told\n"


def test_a_broken_promise_in_another_file_is_in_the_xml(
    rules: Path, tmp_path: Path, capsys: Said
) -> None:
    more, junit = tmp_path / "more.toml", tmp_path / "junit.xml"
    more.write_text(TEST.replace("four", "none <&> \\u0007").replace('["open 1"]', "[]"))

    assert tried(rules, more, junit=junit) == 1

    (suite,) = ElementTree.parse(junit).getroot()
    assert suite.attrib == {"name": str(rules), "tests": "2", "failures": "1"}
    assert [case.get("classname") for case in suite] == ["loss", "loss"]
    (failure,) = suite[1]
    assert failure.text == "poll 1 (at 0m): expected nothing; got open 1"
    assert "1 passed, 1 failed" in capsys.readouterr().err


def test_coverage_says_what_no_test_would_notice(rules: Path, capsys: Said) -> None:
    assert tried(rules, coverage=True) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[2:] == [
        "loss: 1 test notices 0 of 4 changes",
        "        not noticed: when: ploss > 3 -> ploss >= 3",
        "        not noticed: when: ploss > 3 -> ploss > 3.3",
        "        not noticed: when: ploss > 3 -> ploss > 2.7",
        "        not noticed: severity: warning -> critical",
    ]


def test_a_test_at_the_border_notices(rules: Path, capsys: Said) -> None:
    at = [f'{{ at = "{n * 5}m", {ROWS.replace("4", v)}, expect = {e} }}' for n, (v, e) in enumerate(
        [("3", "[]"), ("3.1", '["open:warning 1"]'), ("3.0", '["close 1"]')]
    )]  # fmt: skip
    rules.write_text(f'{RULES}[[test]]\nname = "b"\nrule = "loss"\npolls = [{", ".join(at)}]\n')

    run(rules, more=(), junit=None, coverage=True, as_json=True)

    cover = json.loads(capsys.readouterr().out)["coverage"]
    assert cover == [{"rule": "loss", "tests": 1, "changes": 4, "missed": []}]


EXAMPLE = Path(__file__).parent.parent.parent / "rules.example.toml"
EQUAL = {"service-level": 2, "abandonment": 4}  # changes that change nothing: `unlikely` decides


def missed(*rules: str) -> dict[str, int]:
    """How many changes of each rule of the example its own tests do not notice."""
    book = read_rules(EXAMPLE)
    return {
        each.rule: len(each.missed)
        for each in covers(book, book.file.test, lambda _: "", rules)
        if each.missed
    }


def test_the_tests_of_the_example_notice_small_changes_of_its_rules() -> None:
    assert missed("queue-depth", "auxiliary-overrun") == {}


@pytest.mark.long
def test_the_tests_of_the_example_notice_every_small_change_that_matters() -> None:
    assert missed() == EQUAL
