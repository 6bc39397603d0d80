"""A rule about an endpoint that nothing polls."""

from __future__ import annotations

import pytest

from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE

ONE = """
operators = ["leads"]
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
[[receiver]]
name = "leads"
slack = "#operaciones"
[[rule]]
id = "hit"
kind = "event"
on = "hits_last_hour"
when = "is_hit"
to = ["leads"]
"""
SECOND = '[[operation]]\nname = "lima"\nserver = "0042"\ntimezone = "America/Lima"\n'


def test_what_a_rule_is_about_is_polled_with_a_warning() -> None:
    book = load(ONE, CATALOGUE)

    assert [source.key for source in book.sources] == [("bogota", "hits_last_hour")]
    assert [(w.line, w.column, w.level) for w in book.warnings] == [(13, 6, "warning")]
    assert 'add [[source]] with endpoint = "hits_last_hour"' in book.warnings[0].text


def test_two_rules_about_it_are_one_source() -> None:
    again = ONE[ONE.index("[[rule]]") :].replace('"hit"', '"again"')

    assert len(load(ONE + again, CATALOGUE).sources) == 1


@pytest.mark.parametrize(
    "text",
    [
        ONE + SECOND,
        ONE.replace("hits_last_hour", "cdr_4").replace("is_hit", "calls > 1"),
    ],
    ids=["which operation?", "which dates?"],
)
def test_where_somebody_has_to_choose_it_stays_a_mistake(text: str) -> None:
    with pytest.raises(ConfigError, match="nothing polls"):
        load(text, CATALOGUE)


def test_every_key_of_the_contract_has_an_effect() -> None:
    keys = "storm = 5\ntarget = 40\n"
    text = ONE.replace('slack = "#operaciones"', f'slack = "#operaciones"\n{keys}')

    warned = [str(w) for w in load(text, CATALOGUE).warnings]
    assert not any("no effect" in line for line in warned)
