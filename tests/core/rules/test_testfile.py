"""Tests in files of their own."""

from __future__ import annotations

import pytest

from notifier.core.rules.rulefile import load
from notifier.core.rules.testfile import load_tests
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, TEAM_LEADS, rejection

BOOK = load("\n".join((HEAD, TEAM_LEADS, rejection())), CATALOGUE)
GOOD = """\
[[test]]
name = "one"
rule = "network-rejection"
polls = [{ at = "0m", rows = [], expect = [], messages = { team-leads = 0 } }]
"""


def told(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_tests(text, BOOK, "more.toml")
    return [str(problem) for problem in caught.value.problems]


def test_a_file_of_tests_is_read() -> None:
    assert [test.name for test in load_tests(GOOD, BOOK, "more.toml")] == ["one"]


def test_every_mistake_is_told_at_once() -> None:
    wrong = GOOD.replace("network-rejection", "network-rejecton").replace("team-leads", "team-leds")

    assert told(wrong + GOOD + "language = 'es'\n[[rule]]\n") == [
        "more.toml:3:8: error: unknown rule `network-rejecton`; did you mean `network-rejection`?",
        "more.toml:4:60: error: unknown receiver `team-leds`; did you mean `team-leads`?",
        "more.toml:6:8: error: `one` is there twice; give each its own",
        "more.toml:9:1: error: unknown key `language`",
        "more.toml:10:1: error: `rule` is no test; this file holds [[test]] tables only",
    ]


def test_what_is_not_toml_is_told() -> None:
    assert told("[[test]\n") == [
        "more.toml:1:7: error: this is not TOML: expected ']]' at the end of an array declaration; "
        "see https://toml.io"
    ]
