"""The course of one entity's value through readings, as a chart draws it."""

from __future__ import annotations

from notifier.core.facts.snapshot import Keyed
from notifier.core.hindsight.course import Look, fields, follow, looks_back
from notifier.core.judging.plan import Plan
from tests.builders import LATENCY, OPERATION, Record, agent, clock, rejection, rules, snapshot

IP = "181.49.7.7"


def course(
    plan: Plan, *polls: tuple[Record, ...] | None, entity: str = "12004"
) -> list[float | None]:
    """The values, a poll every five minutes; a poll that is None failed."""
    rule = plan.rules[OPERATION, "network-rejection"]
    looks = [
        Look(clock(5 * n), None if rows is None else _rows(n, rows)) for n, rows in enumerate(polls)
    ]
    points = list(follow(rule, plan.sources[LATENCY], entity, looks))
    assert [at for at, _ in points] == [look.at for look in looks][: len(points)]
    return [value for _, value in points]


def _rows(number: int, rows: tuple[Record, ...]) -> Keyed:
    return snapshot(LATENCY, clock(5 * number), rows).collections["by_agent"]


def ana(rejected: object, **more: object) -> tuple[Record, ...]:
    return (agent("12004-ANA", rejected, **more), agent("12005-LUIS", 9))


def test_failed_polls_blanks_and_absence_are_gaps() -> None:
    plan = rules(rejection())

    assert course(plan, ana(2), None, ana(None), ana(3), (agent("12005-LUIS", 9),)) == [
        2.0, None, None, 3.0, None,
    ]  # fmt: skip


def test_a_value_that_looks_back_sees_the_polls_before() -> None:
    plan = rules(rejection("when = \"avg_over(network_rejection, '10m') > 1\""))

    assert looks_back(plan.rules[OPERATION, "network-rejection"])
    assert course(plan, ana(1), ana(3), ana(5)) == [None, 2.0, 3.0]


def test_a_group_is_counted_as_its_rule_counts() -> None:
    plan = rules(rejection('by = "ip"\nwhere = "network_rejection > 1"\nwhen = "count() > 1"'))

    one, two = (agent("1", 2), agent("2", 0)), (agent("1", 2), agent("2", 3))
    assert course(plan, one, two, (), entity=IP) == [1.0, 2.0, None]


def test_a_whole_collection_is_one_entity() -> None:
    plan = rules(rejection('by = []\nwhen = "count() > 1"'))

    assert course(plan, (agent("1"), agent("2")), entity="all") == [2.0]


def test_a_group_may_be_held_against_how_it_was() -> None:
    plan = rules(rejection('by = "ip"\nwhen = "prev(count()) > 1"'))

    assert course(plan, (agent("1"), agent("2")), (agent("1"),), entity=IP) == [None, 2.0]


def test_a_rule_without_a_value_has_no_course() -> None:
    plan = rules(rejection('when = "network_rejection is None"'))

    assert course(plan, ana(2)) == []


def test_a_value_that_is_a_text_is_no_number() -> None:
    plan = rules(rejection("when = \"agent_status == 'x'\""))

    assert course(plan, ana(2)) == [None]


def test_what_its_value_needs_is_known_so_that_no_more_is_read() -> None:
    plan = rules(
        rejection('by = "ip"\nwhere = "tx_ploss > 1"\nwhen = "max(network_rejection) > 1"')
    )

    assert fields(plan.rules[OPERATION, "network-rejection"]) == {
        "ip", "tx_ploss", "network_rejection",
    }  # fmt: skip
