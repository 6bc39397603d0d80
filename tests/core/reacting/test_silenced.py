"""What a silence does to what is told, and what people hear when it ends."""

from __future__ import annotations

import pytest

from notifier.core.judging.notice import Untold
from notifier.core.judging.request import EndSilence
from tests.builders import (
    HEAD,
    HITS,
    NEW_HIT,
    TEAM_LEADS,
    Play,
    agent,
    clock,
    hit,
    rejection,
    rules,
)

BOTH = 'to = ["team-leads", "on-call"]'
WORSE = 'critical = "network_rejection > 5"'
ALL = {"rules": ("*",)}


def kept(play: Play) -> list[str | None]:
    """Who held back what was told last."""
    return [item.kept_by for notice in play.last.notices for item in notice.items]


# ---- the four cases of its end ----


def test_what_opened_before_and_is_open_still_is_said_once_at_the_end() -> None:
    play = Play(rejection(BOTH))
    play.poll(0, agent("12004", 2))
    assert play.silence(1, 61) == ["team-leads change 12004", "on-call change 12004"]
    assert play.stay(60.9) == []
    heard = play.stay(61)
    assert heard == ["team-leads repeat 12004", "on-call repeat 12004"]
    assert kept(play) == ["ana", "ana"]
    assert play.stay(300) == []


@pytest.mark.parametrize("where", ["silence", "receiver"])
def test_that_word_can_be_turned_off(where: str) -> None:
    leads = TEAM_LEADS + ("still_open = false" if where == "receiver" else "")
    play = Play(rules(rejection(), team_leads=leads))
    play.poll(0, agent("12004", 2))
    play.silence(1, 61, still_open=where == "receiver")
    assert play.stay(300) == ["team-leads change 12004"]  # the message says it no more


def test_what_opened_during_and_is_open_still_is_told_with_who_held_it() -> None:
    play = Play(rejection(BOTH))
    play.silence(0, 60, still_open=False)
    assert play.poll(5, agent("12004", 2)) == []
    assert play.reason("12004") is Untold.SILENCED
    assert play.stay(59.9) == []
    assert play.stay(60) == ["team-leads open 12004", "on-call open 12004"]
    assert kept(play) == ["ana", "ana"]


def test_what_opened_and_closed_during_nobody_hears_of() -> None:
    play = Play(rejection(BOTH))
    play.silence(0, 60)
    play.poll(5, agent("12004", 2))
    assert play.last.suppressed == ((play.incident("12004").key, "silenced", clock(5)),)
    assert play.poll(10, agent("12004", 0)) == []
    assert play.reason("12004") is Untold.NEVER_TOLD
    assert play.stay(120) == []


def test_what_opened_before_and_closes_during_is_closed_at_once_and_quietly() -> None:
    play = Play(rejection(BOTH))
    play.poll(0, agent("12004", 2))
    play.silence(1, 60)
    assert play.poll(5, agent("12004", 0)) == ["team-leads close 12004", "on-call close 12004"]
    silent = {n.conversation.kind: [i.silent for i in n.items] for n in play.last.notices}
    assert silent == {"slack": [True], "email": [False]}
    assert play.stay(120) == []


def test_of_what_may_be_over_nobody_is_told_that_it_is_open_still() -> None:
    play = Play(rejection('keep = "10m"\nmissing = "hold"'))
    play.poll(0, agent("1", 2), agent("2", 2))
    play.silence(1, 20)
    play.poll(14, agent("1", 0))
    play.poll(19, agent("1", 0))
    assert "team-leads repeat 1" not in play.wait(20)
    assert play.poll(21, agent("1", 2), agent("2", 2)) == [
        "team-leads repeat 1",
        "team-leads repeat 2",
    ]


# ---- while it lasts ----


def test_worse_is_told_when_the_silence_ends() -> None:
    play = Play(rejection(WORSE))
    play.poll(0, agent("12004", 2))
    play.silence(1, 61)
    assert play.poll(5, agent("12004", 6)) == ["team-leads change 12004"]
    assert play.poll(10, agent("12004", 6)) == []
    assert play.reason("12004") is Untold.SILENCED
    assert play.stay(61) == ["team-leads raised 12004"]
    assert kept(play) == ["ana"]
    assert play.stay(120) == []


def test_reminders_rest() -> None:
    play = Play(rejection('repeat = "30m"'))
    play.poll(0, agent("12004", 2))
    play.silence(1, 121)
    assert play.stay(120) == []
    assert play.reason("12004") is Untold.SILENCED
    assert play.stay(121) == ["team-leads repeat 12004"]
    assert play.stay(151) == ["team-leads repeat 12004"]
    assert kept(play) == [None]


def test_others_are_told() -> None:
    play = Play(rejection())
    play.silence(0, 60, entities=("12004",))
    heard = play.poll(5, agent("12004", 2), agent("12005", 2))
    assert heard == ["team-leads open 12005"]


def test_after_it_a_new_incident_is_news() -> None:
    """Alertmanager says nothing until its repeat interval: case B of the comparison."""
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    play.silence(1, 10)
    play.poll(5, agent("12004", 0))
    play.stay(10)
    assert play.poll(15, agent("12004", 2)) == ["team-leads open 12004"]


def test_a_planned_one_begins_at_its_time() -> None:
    play = Play(rejection())
    play.silence(0, 60, starts_at=clock(30))
    assert play.poll(5, agent("12004", 2)) == ["team-leads open 12004"]
    assert play.stay(30) == ["team-leads change 12004"]
    assert play.known.incidents[play.incident("12004").id].silenced_until == clock(60)


def test_a_weekly_one_holds_in_each_of_its_hours() -> None:
    play = Play(rejection())
    week = 7 * 24 * 60
    play.silence(0, 2 * week, weekly="Mon 11:00-12:00", timezone="America/Bogota")
    assert play.poll(59, agent("1", 2)) == ["team-leads open 1"]
    assert play.poll(61, agent("1", 2), agent("2", 2)) == ["team-leads change 1"]
    assert play.stay(120) == ["team-leads repeat 1", "team-leads open 2"]
    assert "team-leads open 3" not in play.poll(week + 61, agent("3", 2))
    assert play.reason("3") is Untold.SILENCED


def test_an_event_under_a_silence_nobody_hears_of() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.silence(1, 60, rules=("new-hit",))
    assert play.poll(5, hit("1"), source=HITS) == []
    assert play.reason("1", rule="new-hit") is Untold.SILENCED
    assert play.poll(65, hit("1"), hit("2"), source=HITS) == ["team-leads event 2"]


def test_the_bots_own_troubles_can_be_silenced() -> None:
    play = Play(rejection())
    play.silence(0, 60, rules=("source",))
    for minute in (1, 3, 5, 55):
        assert play.fail(minute) == []
    assert play.wait(60) == ["on-call open bogota/latency"]


def test_a_reading_that_is_judged_a_little_late_is_silenced_all_the_same() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 0))
    play.silence(5, 65)
    assert play.poll(4.5, agent("12004", 2)) == []
    assert play.reason("12004") is Untold.SILENCED


# ---- how it ends ----


def test_somebody_may_end_it() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    play.silence(1, 61)
    assert play.end_silence(10) == ["team-leads repeat 12004"]
    (ended,) = play.last.silences.values()
    assert (ended.ended_at, ended.ended_by) == (clock(10), "eva")
    assert play.known.silences == {}


def test_who_ends_what_is_over_is_told_so() -> None:
    play = Play(rejection())
    play.ask(0, EndSilence("a-silence"))
    assert play.last.answers == {"": "there is no such silence any more"}


def test_it_may_end_with_what_it_held() -> None:
    play = Play(rejection())
    play.silence(0, 600, until_resolved=True)
    play.poll(5, agent("1", 2), agent("2", 2))
    play.poll(10, agent("1", 2), agent("2", 0))
    assert play.known.silences
    play.poll(15, agent("1", 0), agent("2", 0))
    assert play.known.silences == {}
    assert play.poll(20, agent("1", 2)) == ["team-leads open 1"]


def test_one_that_ends_with_what_it_holds_waits_for_the_first() -> None:
    play = Play(rejection())
    play.silence(0, 600, until_resolved=True)
    play.poll(5, agent("1", 0))
    assert play.known.silences


def test_one_whose_end_is_past_ends_at_once() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    assert play.silence(10, 5) == []
    assert play.known.silences == {}


@pytest.mark.parametrize("odd", [{"weekly": "Moon 10:00-11:00"}, {"timezone": "Moon"}])
def test_one_whose_hours_cannot_be_read_is_refused(odd: dict[str, str]) -> None:
    play = Play(rejection())
    play.silence(0, 60, **odd)
    assert "Moon" in play.last.answers[""]
    assert play.known.silences == {}


def test_where_one_ends_another_holds_on() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    play.silence(1, 30)
    play.silence(2, 60, id="another", author="eva")
    assert play.stay(59) == []
    assert play.stay(60) == ["team-leads repeat 12004"]
    assert kept(play) == ["eva"]


def test_quiet_hours_that_begin_meanwhile_go_on_after_it() -> None:
    night, morning = 12 * 60, 21 * 60
    leads = TEAM_LEADS + 'quiet = "22:00-07:00"'
    play = Play(rules(rejection(), team_leads=leads))
    play.poll(night - 60, agent("12004", 2))
    play.silence(night - 30, night + 30)
    assert play.stay(morning - 1) == ["team-leads change 12004"]  # not silenced any more
    assert play.reason("12004") is Untold.QUIET
    assert play.stay(morning) == ["team-leads repeat 12004"]


# ---- the warning ----


def warnings(play: Play) -> list[tuple[str, list[str]]]:
    return [
        (notice.conversation.receiver, [member.key.entity for member in notice.roster])
        for notice in play.notices
        if notice.ending
    ]


def test_people_hear_ten_minutes_before_its_end_what_it_holds_still() -> None:
    play = Play(rejection(BOTH))
    play.silence(0, 60)
    play.poll(5, agent("1", 2), agent("2", 3))
    play.stay(49.9)
    assert warnings(play) == []
    play.stay(50)
    assert warnings(play) == [("team-leads", ["2", "1"]), ("on-call", ["2", "1"])]
    play.stay(59)
    assert len(warnings(play)) == 2


def test_nobody_is_warned_where_it_holds_nothing() -> None:
    play = Play(rejection())
    play.silence(0, 60)
    play.poll(5, agent("1", 0))
    play.stay(60)
    assert warnings(play) == []


def test_nobody_is_warned_of_the_end_of_a_short_one() -> None:
    play = Play(rejection())
    play.silence(0, 10)
    play.poll(5, agent("1", 2))
    play.stay(10)
    assert warnings(play) == []


def test_nobody_is_woken_by_a_warning() -> None:
    head = HEAD + 'quiet = "10:30-12:00"'
    play = Play(rules(rejection(f"{BOTH}\n{WORSE}"), head=head))
    play.silence(0, 60)
    play.poll(5, agent("1", 2))
    play.stay(50)
    assert [receiver for receiver, _ in warnings(play)] == ["team-leads"]


def test_critical_ones_are_worth_a_warning_at_night() -> None:
    head = HEAD + 'quiet = "10:30-12:00"'
    play = Play(rules(rejection(f"{BOTH}\n{WORSE}"), head=head))
    play.silence(0, 60)
    play.poll(5, agent("1", 6))
    play.stay(50)
    assert [receiver for receiver, _ in warnings(play)] == ["team-leads", "on-call"]


def test_a_receiver_that_is_gone_is_not_warned() -> None:
    play = Play(rejection(BOTH))
    play.poll(0, agent("1", 2))
    play.silence(1, 61)
    play.reload(2, rules(rejection('to = ["on-call"]'), team_leads=""))
    play.stay(51)
    assert [receiver for receiver, _ in warnings(play)] == ["on-call"]
