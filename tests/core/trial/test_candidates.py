"""Other limits and times of a rule, judged side by side."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from notifier.core.hindsight.noise import read_budget
from notifier.core.hindsight.replay import Turn, play
from notifier.core.judging.known import Known
from notifier.core.judging.planning import plan
from notifier.core.judging.reading import Good
from notifier.core.rules.compiled import CompiledRule, Rulebook
from notifier.core.rules.rulefile import load
from notifier.core.trial.candidates import Option, Tried, copies, judged, limits, suggested, times
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, LATENCY, TEAM_LEADS, agent, clock, incident, rejection, snapshot


def book(more: str = "") -> Rulebook:
    return load("\n".join((HEAD, TEAM_LEADS, rejection(more))), CATALOGUE)


def rule(more: str = "") -> CompiledRule:
    return book(more).rules[0]


def tried(options: list[Option], more: str = "") -> list[tuple[str, int]]:
    """How many incidents each option opens in four polls: 0, 2, 4 and 0 percent."""
    found = Tried()
    laid = plan(copies(book(more), rule(more), options))
    polls = [
        Turn(Good(LATENCY, snapshot(LATENCY, clock(5 * n), [agent("12004-ANA", value)])))
        for n, value in enumerate([0, 2, 4, 0])
    ]
    for step in play(Known(), laid, polls):
        assert step.decision.notices == ()
        found.take(step.decision.incidents.values())
    candidates = judged(found, options, clock(0), 1.0)
    return [(each.value, each.incidents) for each in candidates]


def test_each_limit_is_judged_by_itself_and_tells_nobody() -> None:
    options = limits(rule(), [1, 3, 9])

    assert tried(options) == [("1", 1), ("3", 1), ("9", 0)]


def test_each_time_is_judged_by_itself() -> None:
    options = [each for each in times(rule()) if each.value in ("0s", "5m", "10m")]

    assert tried(options) == [("0s", 1), ("5m", 1), ("10m", 0)]


def test_a_hysteresis_keeps_its_width_and_every_shape_of_a_condition_is_moved() -> None:
    def moved(more: str) -> object:
        return next(o.change for o in limits(rule(more), [7]) if o.value == "7")

    assert moved('clear = "network_rejection <= 0.5"') == {
        "when": "network_rejection > 7",
        "clear": "network_rejection <= 6.5",
    }
    assert moved('when = "2 < network_rejection"') == {"when": "7 < network_rejection"}
    assert moved('when = "ip is None or not (network_rejection > 1)"') == {
        "when": "ip is None or not network_rejection > 7"
    }
    assert moved('clear = "ploss is None"') == {"when": "network_rejection > 7"}


def test_the_most_sensitive_comes_first() -> None:
    low = [o.value for o in limits(rule('when = "network_rejection < 4"'), [2, 8])]

    assert low == ["8", "4", "2"]
    assert [o.value for o in limits(rule())][:3] == ["0.5", "0.75", "0.9"]
    assert [o.value for o in limits(rule('when = "network_rejection > 0"'))][:2] == ["0", "1"]
    assert [o.value for o in limits(rule()) if o.present] == ["1"]
    assert [o.value for o in limits(rule('when = "network_rejection > 60"'))][-1] == "90"
    assert [o.value for o in limits(rule('when = "jitter > 60"'))][-1] == "300"


def test_two_of_three_is_the_present_time() -> None:
    found = times(rule('of = "2/3"'))

    assert [each.value for each in found if each.present] == ["of 2/3"]
    assert found[0].change == {}
    assert [e.value for e in times(rule('for = "7m"')) if e.present] == ["7m"]


@pytest.mark.parametrize("when", ["changed(ip)", "ploss > jitter"])
def test_a_rule_without_a_single_limit_is_refused(when: str) -> None:
    with pytest.raises(ConfigError, match="--for"):
        limits(rule(f'when = "{when}"'))


def test_a_change_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ConfigError, match="no sense"):
        copies(book(), rule(), [Option("x", False, {"when": "nothing > 1"})])


def test_what_cleared_at_once_is_counted_and_what_opened_before_is_not() -> None:
    options = limits(rule(), [1])
    found = Tried()
    laid = plan(copies(book(), rule(), options))
    polls = [
        Turn(Good(LATENCY, snapshot(LATENCY, clock(n), [agent("12004-ANA", value)])))
        for n, value in enumerate([2, 0, 2, 0, 2, 2, 2, 2, 2, 2, 0, 2])
    ]
    for step in play(Known(), laid, polls):
        found.take(step.decision.incidents.values())
    (candidate,) = judged(found, options, clock(1), 0.5)

    assert (candidate.incidents, candidate.per_day) == (3, 6.0)
    assert candidate.median == timedelta(minutes=3.5)
    assert candidate.brief == 0.5


def test_the_most_sensitive_that_keeps_the_budget_is_suggested() -> None:
    options = limits(rule(), [1, 3, 9])
    found = judged(Tried(), options, clock(0), 1.0)
    busy = [replace(each, per_day=p) for each, p in zip(found, (9.0, 2.0, 0.0), strict=True)]

    budgets = ("9/day", "1/shift", "1/day", "0/hour", "13/week")
    best = [suggested(busy, read_budget(budget)) for budget in budgets]
    assert [each.value for each in best if each] == ["1", "3", "9", "9", "9"]
    assert suggested(busy[:1], read_budget("1/day")) is None


def test_incidents_of_other_rules_are_not_counted() -> None:
    found = Tried()
    found.take([incident()])

    assert found.known == {}
