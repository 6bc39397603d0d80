"""How often people are disturbed, and whether they can bear it; and what two runs tell apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from notifier.core.hindsight.difference import Kind, compare
from notifier.core.hindsight.message import Message, messages
from notifier.core.hindsight.noise import busiest, disturbances, per_hour, per_rule, read_budget
from notifier.errors import ConfigError
from tests import builders
from tests.builders import HITS, NEW_HIT, Play, agent, hit, rejection

BOGOTA = {"leads": ZoneInfo("America/Bogota")}
NOON = datetime(2026, 1, 5, 17, tzinfo=UTC)  # a Monday, noon in Bogotá
message = partial(builders.message, NOON)


# ---- what a decision tells ----


def heard(play: Play) -> list[tuple[str, str, bool]]:
    return [(m.reason, m.entity, m.loud) for n in play.notices for m in messages(n, "said")]


def test_on_slack_an_edit_and_a_close_disturb_nobody() -> None:
    play = Play(rejection('critical = "network_rejection > 5"'))
    for minute, value in enumerate([2, 3, 6, 0]):
        play.poll(minute * 5, agent("12004-ANA", value))

    assert heard(play) == [
        ("open", "12004", True),
        ("change", "12004", False),
        ("change", "12004", True),  # it became critical
        ("close", "12004", False),
    ]


def test_by_mail_a_close_disturbs() -> None:
    play = Play(rejection('to = ["on-call"]'))
    for minute, value in enumerate([2, 3, 0]):
        play.poll(minute * 5, agent("12004-ANA", value))

    assert heard(play) == [
        ("open", "12004", True),
        ("change", "12004", False),
        ("close", "12004", True),
    ]


def test_a_sale_disturbs_gladly() -> None:
    play = Play(NEW_HIT)
    play.poll(0, hit("a"), source=HITS)
    play.poll(5, hit("a"), hit("b"), source=HITS)

    assert heard(play) == [("event", "b", True)]
    assert next(messages(play.notices[0], "said")).text == "said"


# ---- budgets ----


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("1/hour", "2026-01-05 05:00"),
        ("1/shift", "2026-01-04 22:00"),
        ("leads=1/day", "2026-01-05 00:00"),
        ("1 / week", "2026-01-05 00:00"),
    ],
)
def test_spans_are_those_of_the_receivers_clock(text: str, begins: str) -> None:
    budget = read_budget(text)
    (worst,) = busiest([message(-7), message(-6.9)], budget, BOGOTA)

    assert (worst.count, worst.over) == (2, True)
    assert f"{worst.begin:%Y-%m-%d %H:%M}" == begins
    assert str(budget) == text.replace(" ", "")


def test_a_shift_begins_at_six_two_and_ten() -> None:
    told = [message(-5.9), message(2.1), message(9.9)]
    worst = busiest(told, read_budget("1/shift"), BOGOTA)[0]

    assert (worst.count, worst.over, worst.begin.hour) == (2, True, 14)


def test_another_receivers_messages_are_not_ones_own() -> None:
    told = [message(), message(1, receiver="on-call")]

    assert [w.receiver for w in busiest(told, read_budget("on-call=9/day"), {})] == ["on-call"]
    assert [w.receiver for w in busiest(told, read_budget("9/day"), {})] == ["leads", "on-call"]


def test_one_message_about_forty_agents_disturbs_once_and_an_edit_never() -> None:
    told = [message(entity=str(n), incident=str(n)) for n in range(40)]
    told.append(message(1, loud=False))

    assert disturbances(told) == [("leads", NOON)]
    assert per_hour(told, BOGOTA) == {12: 1}
    assert per_rule(told) == {("loss", "leads"): 1}


@pytest.mark.parametrize("text", ["", "3", "3/year", "x/day", "-1/day", "3/day/day"])
def test_what_is_no_budget_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="3/shift"):
        read_budget(text)


# ---- two files ----


def kinds(before: list[Message], after: list[Message]) -> list[str]:
    return [pair.kind.value for pair in compare(before, after)]


def test_the_same_news_at_the_same_time_is_the_same() -> None:
    assert kinds([message()], [message()]) == ["same"]


def test_news_that_comes_a_little_later_or_in_other_words_is_changed() -> None:
    assert kinds([message()], [message(0.25)]) == ["changed"]
    assert kinds([message(text="2 %")], [message(text="3 %")]) == ["changed"]
    assert compare([message()], [message(0.25)])[0].before == message()


def test_news_that_only_one_file_has_is_named() -> None:
    assert kinds([message()], []) == ["removed"]
    assert kinds([], [message()]) == ["added"]
    assert kinds([message()], [message(3)]) == ["removed", "added"]
    assert kinds([message(3)], [message()]) == ["added", "removed"]
    assert compare([message()], [])[0].kind is Kind.REMOVED


def test_mere_edits_are_left_out_and_closes_are_not() -> None:
    edit = replace(message(), reason="change", loud=False)
    close = replace(message(), reason="close", loud=False)

    assert kinds([edit], []) == []
    assert kinds([close], []) == ["removed"]
