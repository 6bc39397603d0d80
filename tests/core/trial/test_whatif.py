"""Another condition in a rule, to see what it would have done."""

from __future__ import annotations

import pytest

from notifier.core.judging.planning import plan
from notifier.core.language.expression import ExpressionError
from notifier.core.rules.rulefile import load
from notifier.core.trial.whatif import with_condition
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, OPERATION, TEAM_LEADS, Play, agent, rejection

OTHER = rejection('id = "other"\nvalue = "latency_ms"')
BOOK = load("\n".join((HEAD, TEAM_LEADS, rejection(), OTHER)), CATALOGUE)


def test_another_limit_tells_of_others_and_other_rules_stay() -> None:
    tried = plan(with_condition(BOOK, OPERATION, "network-rejection", "network_rejection > 5"))

    rules = {key[1]: (rule.threshold, rule.condition) for key, rule in tried.rules.items()}

    assert rules["network-rejection"][0] == 5.0
    assert rules["other"] == (None, plan(BOOK).rules[OPERATION, "other"].condition)
    assert Play(tried).poll(0, agent("1-ANA", 2), agent("2-LUIS", 9)) == [
        "team-leads open 2",
        "team-leads open 1",
        "team-leads open 2",
    ]


def test_a_value_of_the_rules_own_stays() -> None:
    tried = with_condition(BOOK, OPERATION, "other", "network_rejection > 5")

    (other,) = (each for each in tried.rules if each.rule.id == "other")
    assert other.rule.value == "latency_ms"
    assert other.rule.when == "network_rejection > 5"


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(ExpressionError):
        with_condition(BOOK, OPERATION, "network-rejection", "network_rejection >")
