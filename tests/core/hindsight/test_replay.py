"""Readings that are played again are judged as they were."""

from __future__ import annotations

from notifier.core.hindsight.replay import Turn, play
from notifier.core.judging.known import Known
from notifier.core.judging.reading import Due, Good, Reload
from tests.builders import LATENCY, agent, clock, lines, rejection, rules, snapshot


def good(minute: float, value: float) -> Turn:
    return Turn(Good(LATENCY, snapshot(LATENCY, clock(minute), [agent("12004-ANA", value)])))


def told(*turns: Turn, more: str = 'repeat = "7m"') -> list[tuple[float, str]]:
    steps = play(Known(), rules(rejection(more)), turns)
    return [
        ((step.at - clock(0)).total_seconds() / 60, line)
        for step in steps
        for notice in step.decision.notices
        for line in lines(notice)
    ]


def test_timers_between_two_readings_are_judged_at_their_own_times() -> None:
    assert told(good(0, 2), good(5, 2), good(10, 0)) == [
        (0, "team-leads open 12004"),
        (7, "team-leads repeat 12004"),
        (10, "team-leads close 12004"),
    ]


def test_a_timers_mark_has_timers_looked_at_up_to_it() -> None:
    assert told(good(0, 2), Turn(Due(clock(8))))[-1] == (7, "team-leads repeat 12004")


def test_no_timer_is_looked_at_while_the_bot_was_down() -> None:
    start = Turn(Reload(clock(60), start=True))

    assert told(good(0, 2), start) == [(0, "team-leads open 12004")]


def test_a_reload_puts_other_rules_in_force() -> None:
    stricter = rules(rejection('when = "network_rejection > 3"'))
    reload = Turn(Reload(clock(2)), stricter)

    assert told(good(0, 2), reload, good(5, 2))[-1] == (5, "team-leads close 12004")


def test_what_a_start_read_again_is_known_from_then_on() -> None:
    start = Turn(Reload(clock(2), start=True), change=lambda _: Known())

    assert told(good(0, 2), start, good(5, 2))[-1] == (5, "team-leads open 12004")
