"""Small changes of a rule: each makes sense, differs, and says what it is."""

from __future__ import annotations

from notifier.core.judging.planning import plan
from notifier.core.rules.mutants import mutants
from notifier.core.rules.rulefile import load
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, NEW_HIT, TEAM_LEADS, rejection


def changes(*texts: str, rule: str = "network-rejection") -> list[str]:
    """The changes of one rule; each makes a plan."""
    book = load("\n".join((HEAD, TEAM_LEADS, *texts)), CATALOGUE)
    found = list(mutants(book, rule))
    assert all(plan(each.book).rules.keys() == plan(book).rules.keys() for each in found)
    return list(map(str, found))


def of_when(when: str, *more: str) -> list[str]:
    found = changes(rejection("\n".join((f"when = {when!r}", *more))))
    return [each for each in found if each.startswith("when")]


def test_a_limit_moves_by_a_tenth_and_its_border_turns() -> None:
    assert of_when("network_rejection > 1") == [
        "when: network_rejection > 1 -> network_rejection >= 1",
        "when: network_rejection > 1 -> network_rejection > 1.1",
        "when: network_rejection > 1 -> network_rejection > 0.9",
    ]


def test_a_limit_of_zero_has_no_tenth() -> None:
    assert of_when("ploss > 0") == ["when: ploss > 0 -> ploss >= 0"]


def test_each_part_is_left_out_once() -> None:
    found = of_when("ploss == 1 and (jitter == 2 or not latency_ms != 3)")

    assert [each for each in found if each.endswith("left out")] == [
        "when: ploss == 1 -> left out",
        "when: jitter == 2 or not latency_ms != 3 -> left out",
        "when: jitter == 2 -> left out",
        "when: not latency_ms != 3 -> left out",
    ]
    assert "when: latency_ms != 3 -> latency_ms != 3.3" in found


def test_what_is_asked_of_the_past_and_of_groups_is_changed_too() -> None:
    assert of_when("spike(ploss, 3, 0, '1h') and -ploss < -2 * jitter") == [
        "when: spike(ploss, 3, 0, '1h') -> left out",
        "when: -ploss < -2 * jitter -> left out",
        "when: spike(ploss, 3, 0, '1h') -> spike(ploss, 3.3, 0, '1h')",
        "when: spike(ploss, 3, 0, '1h') -> spike(ploss, 2.7, 0, '1h')",
        "when: -ploss < -2 * jitter -> -ploss <= -2 * jitter",
        "when: -ploss < -2 * jitter -> -ploss < -2.2 * jitter",
        "when: -ploss < -2 * jitter -> -ploss < -1.8 * jitter",
    ]
    assert of_when("share(ploss >= 3) > 0.5", 'by = "ip"')[1:3] == [
        "when: share(ploss >= 3) > 0.5 -> share(ploss > 3) > 0.5",
        "when: share(ploss >= 3) > 0.5 -> share(ploss >= 3.3) > 0.5",
    ]


def test_an_argument_is_changed_where_that_makes_sense() -> None:
    found = of_when("unlikely(latency_ms, 20, 0.95, 0.01)")

    assert "when: unlikely(latency_ms, 20, 0.95, 0.01) -> unlikely(latency_ms, 22, 0.95, 0.01)" in (
        found
    )
    assert not [each for each in found if "1.045" in each]  # a target above 1 is refused


def test_texts_blanks_and_formulas_of_the_catalogue_stay() -> None:
    when = "mos is None or agent_status in ('a', 'b') or operation == 'x' or agent_name == 'y'"

    assert all(each.endswith("left out") for each in of_when(when))


def test_other_conditions_are_left_out_whole_and_times_doubled() -> None:
    found = changes(
        rejection('where = "wifi"\nclear = "ploss == 0"\nfor = "10m"\nkeep = "5m"'.replace(
            "wifi", "platform == 'web'"
        ))
    )  # fmt: skip

    assert [each for each in found if not each.startswith("when")] == [
        "where: platform == 'web' -> left out",
        "clear: ploss == 0 -> left out",
        "for: 10m -> 20m",
        "for: 10m -> left out",
        "keep: 5m -> 10m",
        "keep: 5m -> left out",
        "severity: warning -> critical",
    ]
    assert changes(rejection('of = "2/3"'))[-2] == "of: 2/3 -> left out"


def test_a_count_moves_by_one_at_least_and_stays_whole() -> None:
    assert of_when("latency_ms >= 5 and delta(latency_ms) > 30")[2:] == [
        "when: latency_ms >= 5 -> latency_ms > 5",
        "when: latency_ms >= 5 -> latency_ms >= 5.5",
        "when: latency_ms >= 5 -> latency_ms >= 4.5",
        "when: delta(latency_ms) > 30 -> delta(latency_ms) >= 30",
        "when: delta(latency_ms) > 30 -> delta(latency_ms) > 33",
        "when: delta(latency_ms) > 30 -> delta(latency_ms) > 27",
    ], "milliseconds are no count"
    assert of_when("count() >= 5 and count(ploss > 3) > 30", 'by = "ip"')[2:] == [
        "when: count() >= 5 -> count() > 5",
        "when: count() >= 5 -> count() >= 6",
        "when: count() >= 5 -> count() >= 4",
        "when: count(ploss > 3) > 30 -> count(ploss > 3) >= 30",
        "when: count(ploss > 3) > 30 -> count(ploss > 3) > 33",
        "when: count(ploss > 3) > 30 -> count(ploss > 3) > 27",
    ]
    assert "when: count() == 0 -> left out" in of_when(
        "count() == 0 or max(ploss) > 1", 'by = "ip"'
    )


def test_queues_and_their_growth_are_counts() -> None:
    queue = """
[[rule]]
id = "queue"
on = "skills"
when = "calls_in_queue_now >= 5 and rise(stat_inbound, '15m') > 20"
to = ["team-leads"]
"""

    assert [each for each in changes(queue, rule="queue") if each.startswith("when")][3:7] == [
        "when: calls_in_queue_now >= 5 -> calls_in_queue_now >= 6",
        "when: calls_in_queue_now >= 5 -> calls_in_queue_now >= 4",
        "when: rise(stat_inbound, '15m') > 20 -> rise(stat_inbound, '15m') >= 20",
        "when: rise(stat_inbound, '15m') > 20 -> rise(stat_inbound, '15m') > 22",
    ]


def test_another_severity_and_each_receiver_left_out() -> None:
    rule = rejection('severity = "critical"\nto = ["team-leads", "on-call"]')

    assert changes(rule)[-3:] == [
        "severity: critical -> warning",
        "to: team-leads -> left out",
        "to: on-call -> left out",
    ]


def test_a_rule_of_two_operations_changes_in_both() -> None:
    two = """
[[operation]]
name = "cali"
server = "0042"
timezone = "America/Bogota"
"""
    one = 'operation = "bogota"\n'
    head = HEAD.replace("[[source]]\n", f"[[source]]\n{one}")
    head += two + '[[source]]\nendpoint = "latency"\noperation = "cali"\n'
    book = load("\n".join((head, TEAM_LEADS, rejection())), CATALOGUE)

    (first, *_) = mutants(book, "network-rejection")

    assert [each.when.text for each in first.book.rules] == ["network_rejection >= 1"] * 2


def test_an_event_that_asks_for_one_thing_has_nothing_to_change() -> None:
    assert changes(NEW_HIT, rule="new-hit") == []
