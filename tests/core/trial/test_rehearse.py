"""The ``[[test]]`` tables of a rules file, run as the rules run live."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.core.judging.planning import plan
from notifier.core.rules.rulefile import load
from notifier.core.trial.rehearse import Difference, rehearse
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, NEW_HIT, SITE_LINK, TEAM_LEADS, rejection


def run(polls: str, *rules: str, rule: str = "network-rejection") -> list[str]:
    table = f'[[test]]\nname = "a promise"\nrule = "{rule}"\npolls = [\n{polls}\n]\n'
    book = load("\n".join((HEAD, TEAM_LEADS, *rules, table)), CATALOGUE)
    (test,) = book.file.test
    return [str(difference) for difference in rehearse(test, plan(book))]


BAD = 'rows = [{ agent_id = "12004-ANA", network_rejection = "2" }]'
GOOD = 'rows = [{ agent_id = "12004-ANA", network_rejection = "0" }]'
LOSSY = '{ agent_id = "1", ip = "x", network_rejection = 2, tx_ploss = 9, rx_ploss = 0 }'
TEN = rejection('for = "10m"')


def test_ten_minutes_of_observed_breach_alert_and_a_failed_poll_does_not_count() -> None:
    polls = f"""
      {{ at = "0m",  {BAD} }},
      {{ at = "5m",  error = "timeout" }},
      {{ at = "10m", {BAD} }},
      {{ at = "15m", {BAD}, expect = [] }},
      {{ at = "20m", {BAD}, expect = ["open 12004"] }},
    """
    assert run(polls, TEN) == []


def test_a_broken_promise_is_told_with_its_poll() -> None:
    polls = f"""
      {{ at = "0m",  {BAD}, expect = ["open 12004"] }},
      {{ at = "5m",  {BAD} }},
      {{ at = "10m", {BAD}, expect = [] }},
    """
    assert run(polls, TEN) == [
        "poll 1 (at 0m): expected open 12004; got nothing",
        "poll 3 (at 10m): expected nothing; got open 12004",
    ]


def test_every_word_of_a_table() -> None:
    polls = f"""
      {{ at = "0m",   {BAD}, expect = ["open 12004"] }},
      {{ at = "5m",   {BAD.replace('"2"', '"3"')}, expect = ["change 12004"] }},
      {{ at = "10m",  {BAD.replace('"2"', '"9"')}, expect = ["change 12004"] }},
      {{ at = "130m", {BAD.replace('"2"', '"9"')}, expect = ["repeat 12004"] }},
      {{ at = "135m", {GOOD}, expect = ["close 12004"] }},
      {{ at = "140m", {GOOD}, expect = [] }},
    """
    assert run(polls, rejection('repeat = "2h"\ncritical = "network_rejection > 5"')) == []


def test_what_every_row_has_is_written_once() -> None:
    table = """
[[test]]
name = "a promise"
rule = "network-rejection"
each = { agent_id = "12004-ANA", network_rejection = "2" }
polls = [
  { at = "0m", rows = [{}, { agent_id = "12005-LUIS" }], expect = ["open 12004", "open 12005"] },
  { at = "5m", expect = ["close 12004"], rows = [
    { network_rejection = "0" }, { agent_id = "12005-LUIS" },
  ] },
]
"""
    book = load("\n".join((HEAD, TEAM_LEADS, rejection(), table)), CATALOGUE)

    assert rehearse(book.file.test[0], plan(book)) == []


@pytest.mark.parametrize(
    ("items", "got"),
    [
        ('"open:warning 12004", "open 12005"', ""),
        ('"open:warning 12004", "open:critical 12005"', ""),
        ('"open:critical 12004", "open 12005"', "open 12005, open:warning 12004"),
        ('"open:info 12004", "open:info 12005"', "open:critical 12005, open:warning 12004"),
    ],
)
def test_a_severity_may_be_promised(items: str, got: str) -> None:
    rows = f'{BAD[:-1]}, {{ agent_id = "12005-LUIS", network_rejection = "9" }}]'
    polls = f'{{ at = "0m", {rows}, expect = [{items}] }},'

    found = run(polls, rejection('critical = "network_rejection > 5"'))

    assert [each.partition("got ")[2] for each in found] == ([got] if got else [])


def test_a_raised_severity_is_told_from_another_value() -> None:
    polls = f"""
      {{ at = "0m",  {BAD}, expect = ["open:warning 12004"] }},
      {{ at = "5m",  {BAD.replace('"2"', '"5"')}, expect = ["change:warning 12004"] }},
      {{ at = "10m", {BAD.replace('"2"', '"6"')}, expect = ["change:critical 12004"] }},
      {{ at = "15m", {GOOD}, expect = ["close 12004"] }},
    """
    assert run(polls, rejection('critical = "network_rejection > 5"')) == []


def test_a_timer_that_falls_due_between_two_polls_belongs_to_the_later_one() -> None:
    polls = f"""
      {{ at = "0m", {BAD}, expect = [] }},
      {{ at = "5m", {BAD}, expect = ["open 12004"] }},
    """
    assert run(polls, rejection('group_wait = "2m"')) == []


def test_the_reason_why_nobody_is_told_may_be_promised() -> None:
    polls = f"""
      {{ at = "0m", {BAD}, expect = ["none:pending 12004"] }},
      {{ at = "5m", {GOOD}, expect = ["none:clear 12004"] }},
      {{ at = "10m", {GOOD}, expect = ["none:clear 12004", "none:clear 12005"] }},
      {{ at = "15m", {BAD}, expect = ["none:clear 12004"] }},
    """
    assert run(polls, TEN) == ["poll 4 (at 15m): expected none:clear 12004; got none:pending 12004"]


def test_hits_are_told_apart_by_the_operations_own_words() -> None:
    first, second = '{ conn_id = "1", hit = "yes" }', '{ conn_id = "2", hit = "Sí" }'
    third = '{ conn_id = "3", hit = "no" }'
    polls = f"""
      {{ at = "0m", rows = [{first}], expect = [] }},
      {{ at = "5m", rows = [{first}, {second}, {third}], expect = ["event 2"] }},
    """
    assert run(polls, NEW_HIT, rule="new-hit") == []


def test_another_rules_messages_are_another_tests_matter() -> None:
    other = SITE_LINK.replace('explains = ["network-rejection"]', "").replace(
        "count() >= 3", "count() >= 1"
    )
    polls = f'{{ at = "0m", rows = [{LOSSY}], expect = ["open 1"] }}'
    assert run(polls, rejection(), other) == []


def test_another_rule_explains_as_it_does_live() -> None:
    link = SITE_LINK.replace("count() >= 3", "count() >= 1")
    polls = f'{{ at = "0m", rows = [{LOSSY}], expect = ["none:explained 1"] }}'
    assert run(polls, rejection(), link) == []


def test_polls_without_rows_are_empty_lists() -> None:
    polls = f"""
      {{ at = "0m", {BAD} }},
      {{ at = "5m", rows = [] }},
      {{ at = "10m", rows = [] }},
      {{ at = "15m", rows = [], expect = ["close 12004"] }},
    """
    assert run(polls, rejection()) == []


def test_a_difference_says_half_minutes_too() -> None:
    difference = Difference(2, timedelta(seconds=90), ("open 1", "open 2"), ())
    assert str(difference) == "poll 2 (at 1.5m): expected open 1, open 2; got nothing"


def test_a_sale_taken_back_is_a_change_of_what_told_it() -> None:
    yes, no = '{ conn_id = "1", hit = "yes" }', '{ conn_id = "1", hit = "no" }'
    polls = f"""
      {{ at = "0m", rows = [] }},
      {{ at = "5m", rows = [{yes}], expect = ["event 1"] }},
      {{ at = "10m", rows = [{no}], expect = ["change 1"] }},
    """
    assert run(polls, NEW_HIT, rule="new-hit") == []


def test_a_silence_and_its_end_may_be_promised() -> None:
    polls = f"""
      {{ at = "0m", {BAD}, silence = "10m", expect = ["none:silenced 12004"] }},
      {{ at = "5m", {BAD}, expect = ["none:silenced 12004"] }},
      {{ at = "15m", {BAD}, expect = ["open 12004"] }},
    """
    assert run(polls, rejection()) == []


def test_what_somebody_has_is_not_reminded_of() -> None:
    polls = f"""
      {{ at = "0m", {BAD}, expect = ["open 12004"] }},
      {{ at = "5m", {BAD}, acknowledge = "12004" }},
      {{ at = "65m", {BAD}, expect = ["none:acknowledged 12004"] }},
    """
    assert run(polls, rejection('repeat = "1h"')) == []


# ---- messages ----


def test_messages_are_counted_by_receiver() -> None:
    polls = f"""
      {{ at = "0m", {BAD}, messages = {{ team-leads = 1, on-call = 0 }} }},
      {{ at = "5m", {BAD}, messages = {{ team-leads = 0 }} }},
      {{ at = "10m", {BAD.replace('"2"', '"3"')}, messages = {{ team-leads = 1 }} }},
    """
    assert run(polls, rejection()) == [
        "poll 3 (at 10m): expected team-leads: 1 message; got team-leads: 0 messages"
    ]


def test_what_a_message_says_may_be_promised() -> None:
    table = f"""
[[test]]
name = "words"
rule = "network-rejection"
polls = [
  {{ at = "0m", {BAD}, messages = {{ team-leads = ["12004"] }} }},
  {{ at = "5m", {GOOD}, messages = {{ team-leads = ["over", "and out"] }} }},
]
"""
    book = load("\n".join((HEAD, TEAM_LEADS, rejection(), table)), CATALOGUE)

    found = rehearse(
        book.file.test[0], plan(book), lambda notice: f"{notice.items[0].incident.key}"
    )

    assert [str(each)[:60] for each in found] == [
        "poll 2 (at 5m): expected 'over', 'and out'; got \"InstanceKey"
    ]
