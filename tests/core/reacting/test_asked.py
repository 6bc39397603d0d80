"""Whoever has it says so: reminders stop, people see the name, and it ends."""

from __future__ import annotations

import pytest

from notifier.core.judging.notice import Untold
from notifier.core.judging.reading import Asked, Reload
from notifier.core.judging.request import Acknowledge, Unacknowledge
from tests.builders import Play, agent, clock, rejection

REMIND = 'repeat = "30m"'
WORSE = 'critical = "network_rejection > 5"'


def play_with(*more: str) -> Play:
    play = Play(rejection("\n".join(more)))
    play.poll(0, agent("12004", 2))
    return play


def test_who_has_it_is_shown_and_not_reminded() -> None:
    play = play_with(REMIND)
    assert play.acknowledge(1, "12004") == ["team-leads change 12004"]
    (item,) = play.notices[-1].items
    assert (item.incident.acknowledged_by, item.incident.acknowledged_at) == ("ana", clock(1))
    assert play.stay(120) == []
    assert play.poll(120, agent("12004", 2)) == []
    assert play.reason("12004") is Untold.ACKNOWLEDGED


def test_it_can_be_taken_back() -> None:
    play = play_with(REMIND)
    play.acknowledge(1, "12004")
    play.stay(40)
    assert play.unacknowledge(40, "12004") == ["team-leads repeat 12004"]
    assert play.incident("12004").acknowledged_by == ""


def test_it_may_expire() -> None:
    play = play_with(REMIND)
    play.acknowledge(1, "12004", until=100)
    assert play.stay(99) == []
    assert play.stay(100) == ["team-leads repeat 12004"]
    assert play.incident("12004").acknowledged_by == ""


def test_worse_than_what_was_taken_is_told_and_taken_by_nobody() -> None:
    play = play_with(WORSE)
    play.acknowledge(1, "12004")
    assert play.poll(5, agent("12004", 6)) == ["team-leads raised 12004"]
    assert play.incident("12004").acknowledged_by == ""


def test_a_sticky_word_holds_when_it_gets_worse() -> None:
    play = play_with(WORSE, REMIND)
    play.acknowledge(1, "12004", sticky=True)
    assert play.poll(5, agent("12004", 6)) == ["team-leads change 12004"]
    assert play.poll(10, agent("12004", 6)) == []
    assert play.reason("12004") is Untold.ACKNOWLEDGED
    assert play.unacknowledge(15, "12004") == ["team-leads raised 12004"]


def test_it_ends_with_the_incident() -> None:
    play = play_with(REMIND)
    play.acknowledge(1, "12004", sticky=True)
    assert play.poll(5, agent("12004", 0)) == ["team-leads close 12004"]
    assert play.poll(10, agent("12004", 2)) == ["team-leads open 12004"]
    assert play.incident("12004").acknowledged_by == ""


def test_who_has_it_needs_no_word_after_a_silence() -> None:
    play = play_with()
    play.acknowledge(1, "12004")
    play.silence(2, 60)
    assert play.stay(120) == ["team-leads change 12004"]


@pytest.mark.parametrize("request_of", [Acknowledge, Unacknowledge])
def test_what_is_over_cannot_be_taken(request_of: type[Acknowledge] | type[Unacknowledge]) -> None:
    play = play_with()
    incident = play.incident("12004").id
    play.poll(5, agent("12004", 0))
    assert play.ask(6, request_of(incident, "ana")) == []
    assert play.last.answers == {"": "there is no such open incident any more"}


def test_what_was_asked_while_the_bot_was_down_counts_before_anybody_is_reminded() -> None:
    play = play_with(REMIND)
    word = Asked(clock(20), Acknowledge(play.incident("12004").id, "ana"), "a-word")

    heard = play._read(Reload(clock(40), start=True, asked=(word,)), clock(40))

    assert heard == ["team-leads change 12004"]
    assert play.incident("12004").acknowledged_by == "ana"
