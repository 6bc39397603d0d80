"""Read a file that holds nothing but `[[test]]` tables, about the rules of another file."""

from __future__ import annotations

from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.draft import read_section
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.references import check_names, check_polls
from notifier.core.rules.rulebook import Test
from notifier.core.rules.toml import normal, tables
from notifier.errors import ConfigError


def load_tests(text: str, book: Rulebook, file: str) -> tuple[Test, ...]:
    """Return the tests of a file's *text*.

    Raises:
        ConfigError: with every mistake, in the order of the file.
    """
    text, mistakes = normal(text), Mistakes()
    data = tables(text, file)
    for key in data.keys() - {"test"}:
        mistakes.add((key,), f"`{key}` is no test", "this file holds [[test]] tables only")
    tests = read_section("test", Test, data, mistakes)
    known, taken = {rule.id for rule in book.file.rule}, {test.name for test in book.file.test}
    for i, test in tests:
        check_names(("test", i, "rule"), "rule", (test.rule,), known, mistakes)
        check_polls(("test", i, "polls"), test.polls, book.receivers.keys(), mistakes)
        if test.name in taken:
            mistakes.add(("test", i, "name"), f"`{test.name}` is there twice", "give each its own")
        taken.add(test.name)
    if mistakes.wrong:
        raise ConfigError(mistakes.problems(text, file))
    return tuple(test for _, test in tests)
