"""What an incident says of itself while it lasts, and in which words it closes."""

from __future__ import annotations

import pytest

from notifier.core.facts.state import Closing, InstanceKey, Phase, Severity
from notifier.core.judging.notice import Untold
from tests.builders import OPERATION, SKILLS, Play, agent, clock, queue, rejection

KEY = InstanceKey(OPERATION, "network-rejection", "12004")
HYSTERESIS = 'clear = "network_rejection <= 0.5"'


def test_it_shows_the_latest_value_and_keeps_the_worst() -> None:
    play = Play(rejection())
    for minute, value in ((0, 2), (5, 7), (10, 3)):
        play.poll(minute, agent("12004-ANA", value))
    incident = play.incident("12004")
    assert (incident.value, incident.worst, incident.trend) == (3.0, 7.0, (2.0, 7.0, 3.0))
    assert (incident.threshold, incident.direction, incident.unit) == (1.0, ">", "percent")
    assert (incident.fields["agent_name"], incident.seen_at) == ("ANA", clock(10))


def test_low_is_the_worst_where_low_is_bad() -> None:
    play = Play(rejection('on = "skills"\nwhen = "service_level_20seg < 80"'))
    for minute, value in ((0, 70), (1, 50), (2, 60)):
        play.poll(minute, queue("7", service_level_20seg=value), source=SKILLS)
    incident = play.incident("7")
    assert (incident.value, incident.worst, incident.direction) == (60.0, 50.0, "<")


def test_its_trend_begins_with_the_value_before() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 0.5))
    play.poll(5, agent("12004", 4))
    assert play.incident("12004").trend == (0.5, 4.0)


def test_its_trend_is_an_hour_long() -> None:
    play = Play(rejection())
    for n in range(20):
        play.poll(5 * n, agent("12004", 2 + n))
    assert play.incident("12004").trend == tuple(2.0 + n for n in range(8, 20))


def test_of_a_text_there_is_no_trend_and_no_worst() -> None:
    play = Play(rejection("when = \"agent_status == 'lost'\""))
    play.poll(0, agent("12004", agent_status="lost"))
    play.poll(5, agent("12004", agent_status="lost"))
    incident = play.incident("12004")
    assert (incident.value, incident.worst, incident.trend) == ("lost", "lost", ())


def test_a_value_that_comes_later_is_the_worst_so_far() -> None:
    play = Play(rejection('when = "network_rejection > 1"\nvalue = "latency_ms"'))
    play.poll(0, agent("12004", 2))
    assert play.incident("12004").worst is None
    play.poll(5, agent("12004", 2, latency_ms=90))
    assert play.incident("12004").worst == 90.0
    play.poll(10, agent("12004", 2))
    assert play.incident("12004").worst == 90.0


def test_it_says_since_when_the_breach_was_seen() -> None:
    play = Play(rejection('for = "10m"'))
    for minute in (0, 5, 10):
        play.poll(minute, agent("12004", 2))
    incident = play.incident("12004")
    assert (incident.since, incident.opened_at) == (clock(0), clock(10))


def test_critical_raises_the_same_incident_and_its_end_lowers_it() -> None:
    play = Play(rejection('critical = "network_rejection > 5"'))
    assert play.poll(0, agent("12004", 2)) == ["team-leads open 12004"]
    assert play.poll(5, agent("12004", 6)) == ["team-leads raised 12004"]
    assert play.incident("12004").severity is Severity.CRITICAL
    assert play.poll(10, agent("12004", 2)) == ["team-leads change 12004"]
    assert play.incident("12004").severity is Severity.WARNING
    assert play.poll(15, agent("12004", 9)) == ["team-leads change 12004"]  # told that once


def test_it_may_open_critical() -> None:
    play = Play(rejection('critical = "network_rejection > 5"'))
    play.poll(0, agent("12004", 6))
    assert play.incident("12004").severity is Severity.CRITICAL


def test_critical_unknown_keeps_the_present_severity() -> None:
    play = Play(rejection('critical = "tx_ploss > 5"'))
    play.poll(0, agent("12004", 2, tx_ploss=9))
    play.poll(5, agent("12004", 2, tx_ploss=None))
    assert play.incident("12004").severity is Severity.CRITICAL


def test_within_the_band_the_severity_stays() -> None:
    play = Play(rejection(f'{HYSTERESIS}\ncritical = "network_rejection > 5"'))
    play.poll(0, agent("12004", 6))
    play.poll(5, agent("12004", 0.7))
    assert play.incident("12004").severity is Severity.CRITICAL
    assert play.incident("12004").value == 0.7


def test_between_when_and_clear_it_stays_open() -> None:
    play = Play(rejection(HYSTERESIS))
    play.poll(0, agent("12004", 2))
    assert play.poll(5, agent("12004", 0.7)) == ["team-leads change 12004"]
    assert play.poll(10, agent("12004", 0.5)) == ["team-leads close 12004"]


@pytest.mark.parametrize(
    ("rows", "held"),
    [([], "missing"), ([agent("12004", None)], "unknown")],
    ids=["missing", "blank"],
)
def test_what_is_not_known_is_said_by_an_edit_once(
    rows: list[dict[str, object]], held: str
) -> None:
    play = Play(rejection('missing = "hold"'))
    play.poll(0, agent("12004", 2))
    assert play.poll(5, *rows) == ["team-leads change 12004"]
    assert play.poll(10, *rows) == []
    incident = play.incident("12004")
    assert (incident.held, incident.value, incident.seen_at) == (held, 2.0, clock(0))
    assert play.poll(15, agent("12004", 2)) == ["team-leads change 12004"]
    assert play.incident("12004").held == ""


def test_recovered_it_says_when_it_began_to_be_well() -> None:
    play = Play(rejection('keep = "10m"'))
    play.poll(0, agent("12004", 2))
    for minute in (5, 10):
        play.poll(minute, agent("12004", 0))
    assert play.poll(15, agent("12004", 0)) == ["team-leads close 12004"]
    incident = play.incident("12004")
    assert (incident.closing, incident.closed_at) == (Closing.RECOVERED, clock(5))
    assert (incident.value, incident.worst, incident.held) == (0.0, 2.0, "")


def test_who_left_did_not_recover() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    play.poll(5)
    play.poll(10)
    assert play.poll(15) == ["team-leads close 12004"]
    incident = play.incident("12004")
    assert (incident.closing, incident.closed_at, incident.value) == (
        Closing.LEFT,
        clock(15),
        2.0,
    )


def test_missing_hold_waits_until_it_is_back() -> None:
    play = Play(rejection('missing = "hold"'))
    play.poll(0, agent("12004", 2))
    for minute in range(5, 300, 5):
        assert "close" not in str(play.poll(minute))
    assert play.poll(300, agent("12004", 0)) == ["team-leads close 12004"]


def test_missing_fire_alerts_for_who_was_there_and_is_gone() -> None:
    play = Play(rejection('missing = "fire"'))
    play.poll(0, agent("12004"), agent("12005"))
    rest = agent("12005")
    assert play.poll(5, rest) + play.poll(10, rest) == []
    assert play.reason("12004") is Untold.MISSING
    assert play.poll(15, rest) == ["team-leads open 12004"]
    assert play.incident("12004").held == "missing"
    assert play.poll(20, rest) == []
    assert play.poll(25, agent("12004"), rest) == ["team-leads close 12004"]


def test_missing_fire_says_nothing_of_an_empty_list() -> None:
    play = Play(rejection('missing = "fire"'))
    play.poll(0, agent("12004"), agent("12005"))
    assert [play.poll(minute) for minute in (5, 10, 15, 20, 25)] == [[]] * 5


def test_missing_fire_knows_groups_too() -> None:
    play = Play(rejection('by = "ip"\nwhen = "avg(network_rejection) > 1"\nmissing = "fire"'))
    play.poll(0, agent("12004", ip="10.0.0.1"), agent("12005", ip="10.0.0.2"))
    rest = agent("12005", ip="10.0.0.2")
    assert play.poll(5, rest) + play.poll(10, rest) == []
    assert play.poll(15, rest) == ["team-leads open 10.0.0.1"]


def test_a_site_whose_agents_all_dropped_off_does_not_close_its_own_alarm() -> None:
    play = Play(rejection('by = "ip"\nwhen = "avg(network_rejection) > 1"'))
    play.poll(0, agent("12004", 2, ip="10.0.0.1"), agent("12005", 0, ip="10.0.0.2"))
    for minute in range(5, 60, 5):
        assert "close" not in str(play.poll(minute, agent("12005", 0, ip="10.0.0.2")))


def test_whom_the_rule_is_not_about_any_more_left() -> None:
    play = Play(rejection("where = \"agent_status == 'connected'\"\nmissing_after = 1"))
    play.poll(0, agent("12004", 2))
    heard = play.poll(5, agent("12004", 2, agent_status="disconnected"))
    assert heard == ["team-leads close 12004"]
    assert play.incident("12004").closing is Closing.LEFT


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (agent("12004", 2), Untold.PENDING),
        (agent("12004", 0.7), Untold.BAND),
        (agent("12004", 0), Untold.CLEAR),
        (agent("12004", None), Untold.NULL),
        (agent("12005", 0), Untold.MISSING),
    ],
)
def test_there_is_one_reason_why_nobody_is_told(row: dict[str, object], why: Untold) -> None:
    play = Play(rejection(f'{HYSTERESIS}\nfor = "10m"'))
    play.poll(0, agent("12004", 2))
    assert play.poll(5, row) == []
    assert play.reason("12004") is why
    assert play.last.counts == {why: 1}


def test_a_new_incident_after_a_close_is_another_one_with_an_open_of_its_own() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    first = play.incident("12004")
    play.poll(5, agent("12004", 0))
    assert play.poll(10, agent("12004", 2)) == ["team-leads open 12004"]
    assert play.incident("12004").id != first.id


def test_back_while_recovering_it_is_the_same_incident() -> None:
    play = Play(rejection('keep = "10m"'))
    play.poll(0, agent("12004", 2))
    play.poll(5, agent("12004", 0))
    assert play.known.instances[KEY].phase is Phase.RECOVERING
    assert play.poll(10, agent("12004", 2)) == ["team-leads change 12004"]
    assert (play.known.instances[KEY].phase, play.known.instances[KEY].flaps) == (Phase.OPEN, 1)
