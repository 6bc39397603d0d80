"""What nearly broke a promise: false news, news without end, ends without news."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from notifier.core.decide import decide
from notifier.core.judging.reading import Delivery
from notifier.errors import Trouble
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
    told,
)

MISSING = rejection('missing = "fire"')
ALL = tuple(agent(f"1200{n}-A") for n in range(4))


# ---- reminders ----


def test_nobody_is_reminded_while_nobody_looks() -> None:
    """Outside a source's hours, or with the machine asleep, nothing is known to be so still."""
    play = Play(rejection('repeat = "1h"'))
    play.poll(0, agent("12004-ANA", 2))

    assert play.wait(60 * 12) == []
    assert play.poll(60 * 12 + 1, agent("12004-ANA", 2)) == ["team-leads repeat 12004"]


def test_reminders_that_fell_due_while_the_bot_was_down_are_not_sent_at_the_start() -> None:
    play = Play(rejection('repeat = "1h"'))
    play.poll(0, agent("12004-ANA", 2))

    assert play.reload(60 * 3, rejection('repeat = "1h"')) == []
    assert play.poll(60 * 3 + 1, agent("12004-ANA", 0)) == ["team-leads close 12004"]


def test_people_are_reminded_while_a_source_fails() -> None:
    play = Play(rejection('repeat = "1h"'))
    play.poll(0, agent("12004-ANA", 2))
    for minute in range(5, 60, 5):
        play.fail(minute)

    assert play.wait(61) == ["team-leads repeat 12004"]


def test_nobody_is_told_at_a_start_what_was_so_before_a_long_pause() -> None:
    """Held for the quiet hours, it may be long over: the next look tells."""
    quiet = TEAM_LEADS + 'quiet = "09:30-12:00"\n'
    play = Play(rules(rejection(), team_leads=quiet))
    play.poll(0, agent("12004-ANA", 2))

    assert play.wait(60 * 3) == []
    assert play.poll(60 * 3 + 5, agent("12004-ANA", 0)) == []


def test_what_was_held_for_the_night_is_told_at_its_end_while_it_lasts() -> None:
    quiet = TEAM_LEADS + 'quiet = "09:30-12:00"\n'
    play = Play(rules(rejection(), team_leads=quiet))
    for minute in range(0, 120, 5):
        play.poll(minute, agent("12004-ANA", 2))

    assert play.poll(121, agent("12004-ANA", 2)) == ["team-leads open 12004"]


@pytest.mark.parametrize("group", ["entity", "rule"])
def test_an_end_that_quiet_hours_hold_is_told_with_what_is_back_in_its_message(group: str) -> None:
    """A mail's end waits for the morning; what is critical does not, and takes its place."""
    quiet = HEAD + 'quiet = "10:30-12:00"\n'
    rule = f'to = ["on-call"]\ngroup = "{group}"\ncritical = "network_rejection > 5"'
    play = Play(rules(rejection(rule), head=quiet))
    assert play.poll(0, agent("12004-ANA", 2)) == ["on-call open 12004"]
    assert play.poll(35, agent("12004-ANA", 0)) == []

    told_again = play.poll(40, agent("12004-ANA", 7))

    assert sorted(told_again) == ["on-call close 12004", "on-call open 12004"]
    assert [item.silent for item in play.notices[-1].items].count(True) == 1
    assert play.poll(45, agent("12004-ANA", 0)) == ["on-call close 12004"]
    assert play.wait(121) == []
    assert not play.known.conversations


# ---- the missing ----


def test_those_that_vanish_together_are_missed_when_they_stay_away() -> None:
    play = Play(MISSING)
    play.poll(0, *ALL)
    heard = [play.poll(5 * n, ALL[0]) for n in range(1, 6)]

    assert sorted(line for lines in heard for line in lines) == [
        "team-leads open 12001",
        "team-leads open 12002",
        "team-leads open 12003",
    ]


def test_one_that_left_behind_an_empty_answer_is_missed() -> None:
    play = Play(MISSING)
    play.poll(0, *ALL[:2])
    play.poll(5)
    heard = [play.poll(5 * n, ALL[0]) for n in range(2, 7)]

    assert [line for lines in heard for line in lines] == ["team-leads open 12001"]


def test_one_that_the_rule_was_never_about_is_not_missed() -> None:
    play = Play(rejection('missing = "fire"\nwhere = "agent_status == \'connected\'"'))
    away = agent("12005-LUIS", agent_status="disconnected")

    assert [play.poll(5 * n, agent("12004-ANA"), away) for n in range(6)] == [[]] * 6


def test_one_that_the_rule_is_about_no_longer_is_missed() -> None:
    play = Play(rejection('missing = "fire"\nwhere = "agent_status == \'connected\'"'))
    play.poll(0, agent("12004-ANA"), agent("12005-LUIS"))
    away = agent("12005-LUIS", agent_status="disconnected")
    heard = [play.poll(5 * n, agent("12004-ANA"), away) for n in range(1, 6)]

    assert [line for lines in heard for line in lines] == ["team-leads open 12005"]


# ---- reloads ----


def test_an_alert_that_becomes_an_event_closes_what_it_opened() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004-ANA", 2))

    assert play.reload(1, rejection('kind = "event"')) == ["team-leads close 12004"]


def test_a_rule_renamed_to_another_ones_id_leaves_no_incident_open_for_ever() -> None:
    other = rejection('id = "other"\nwhen = "network_rejection > 2"')
    play = Play(rejection(), other)
    play.poll(0, agent("12004-ANA", 3))
    play.reload(1, rejection('id = "other"\nwas = "network-rejection"'))
    play.poll(5, agent("12004-ANA", 0))

    assert [i for i in play.known.incidents.values() if i.open] == []
    closes = [line for n in play.notices for line in [i.reason.value for i in n.items]]
    assert closes.count("close") == 2


def test_an_open_incident_that_nobody_heard_of_goes_to_whom_the_rules_name_now() -> None:
    renamed = HEAD + TEAM_LEADS.replace("team-leads", "leads")
    play = Play(rejection('group_wait = "2m"'))
    play.poll(0, agent("12004-ANA", 2))
    now = rules(rejection('group_wait = "2m"\nto = ["leads"]'), head=renamed, team_leads="")
    play.reload(1, now)

    assert play.wait(3) == ["leads open 12004"]


def test_a_receiver_that_no_longer_hears_an_operation_hears_nothing_new_of_it() -> None:
    two = HEAD + '[[operation]]\nname = "lima"\nserver = "0042"\ntimezone = "America/Lima"\n'
    two = two.replace('endpoint = "', 'operation = "bogota"\nendpoint = "')
    head = two + '[[receiver]]\nname = "boss"\nemail = ["boss@example.com"]\n'
    quiet = TEAM_LEADS + 'quiet = "09:30-10:30"\n'
    both = rejection('operation = "bogota"\nto = ["team-leads", "boss"]')
    play = Play(rules(both, head=head, team_leads=quiet))
    assert play.poll(29, agent("12004-ANA", 2)) == ["boss open 12004"]
    boss = rejection('operation = "bogota"\nto = ["boss"]')
    play.reload(30, rules(boss, head=head, team_leads=quiet + 'operation = "lima"\n'))

    assert play.poll(31, agent("12004-ANA", 2)) == []


# ---- what is forgotten ----


def test_a_member_that_is_forgotten_costs_its_conversation_nothing() -> None:
    """A message may live longer than the history of its first members is kept."""
    play = Play(rejection('group = "rule"'))
    play.poll(0, agent("12004-ANA", 2), agent("12005-LUIS", 2))
    play.poll(5, agent("12004-ANA", 0), agent("12005-LUIS", 2))
    kept = {key: i for key, i in play.known.incidents.items() if i.open}
    told = {key: by for key, by in play.known.told.items() if key in kept}
    play.known = dataclasses.replace(play.known, incidents=kept, told=told)

    assert play.poll(10, agent("12004-ANA", 0), agent("12005-LUIS", 0)) == [
        "team-leads close 12005"
    ]
    assert not play.known.conversations


# ---- clocks ----


def test_a_clock_that_was_ahead_for_a_while_stops_no_timer() -> None:
    play = Play(rejection('group_wait = "2m"'))
    play.poll(60 * 24 * 365, agent("12005-LUIS", 2))
    play.poll(0, agent("12004-ANA", 2), agent("12005-LUIS", 2))

    assert play.wait(3) == ["team-leads open 12004"]


def test_what_opened_while_the_clock_was_ahead_waits_for_nothing() -> None:
    play = Play(rejection('group_wait = "2m"'))
    play.poll(60 * 24 * 365, agent("12005-LUIS", 2))

    assert play.poll(0, agent("12005-LUIS", 2)) == ["team-leads open 12005"]


# ---- sources ----


def test_a_source_that_asks_for_an_hour_s_rest_is_told_at_once() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004-ANA"))

    assert play.fail(5, Trouble.BUSY, after=timedelta(hours=1)) == ["on-call open bogota/latency"]


# ---- receivers ----


def delivery(
    play: Play, minute: float, *, works: bool, recipient: str = "#operaciones"
) -> list[str]:
    reading = Delivery(clock(minute), "team-leads", recipient, works, "channel_not_found")
    decision = decide(play.known, reading, play.plan, reading.at)
    play.known = decision.known
    return told(decision)


def test_operators_hear_once_of_a_receiver_that_takes_nothing_and_once_of_its_end() -> None:
    play = Play(rejection())

    assert delivery(play, 0, works=True) == []
    assert delivery(play, 1, works=False) == ["on-call open bogota/team-leads/#operaciones"]
    assert delivery(play, 2, works=False) == []
    assert delivery(play, 3, works=True, recipient="#other") == []
    assert delivery(play, 4, works=True) == ["on-call close bogota/team-leads/#operaciones"]


def test_a_dead_receiver_is_not_told_of_itself() -> None:
    play = Play(rules(rejection(), head=HEAD.replace('["on-call"]', '["team-leads", "on-call"]')))

    assert delivery(play, 0, works=False) == ["on-call open bogota/team-leads/#operaciones"]


def test_a_dead_receiver_that_leaves_the_file_is_no_trouble_any_more() -> None:
    play = Play(rejection())
    delivery(play, 0, works=False)
    other = rules(rejection('to = ["on-call"]'), team_leads="")

    assert play.reload(1, other) == ["on-call close bogota/team-leads/#operaciones"]


def test_operators_that_are_named_late_hear_of_a_dead_receiver() -> None:
    play = Play(rules(rejection(), head=HEAD.replace('["on-call"]', "[]")))

    assert delivery(play, 0, works=False) == []
    assert play.reload(1, rejection()) == ["on-call open bogota/team-leads/#operaciones"]


def test_a_receiver_that_nothing_knows_is_nobodys_trouble() -> None:
    play = Play(rules(rejection('to = ["on-call"]'), team_leads=""))

    assert delivery(play, 0, works=False) == []


# ---- events ----


def test_a_sale_in_quiet_hours_is_told_after_them() -> None:
    quiet = TEAM_LEADS + 'quiet = "09:30-12:00"\n'
    play = Play(rules(NEW_HIT, team_leads=quiet))
    play.poll(0, source=HITS)

    assert play.poll(5, hit("a"), source=HITS) == []
    assert play.poll(10, hit("a"), hit("b"), source=HITS) == []
    assert sorted(play.wait(121)) == ["team-leads event a", "team-leads event b"]
    assert len(play.last.notices) == 1


def test_what_was_held_for_a_receiver_that_is_gone_is_told_to_nobody() -> None:
    quiet = TEAM_LEADS + 'quiet = "09:30-12:00"\n'
    to_both = NEW_HIT.replace('["team-leads"]', '["team-leads", "on-call"]')
    play = Play(rules(to_both, team_leads=quiet))
    play.poll(0, source=HITS)
    play.poll(5, hit("a"), source=HITS)
    play.reload(10, rules(NEW_HIT.replace("team-leads", "on-call"), team_leads=""))

    assert play.wait(121) == []
    assert not play.known.conversations


# ---- clocks and operators ----


def test_a_reading_a_moment_before_the_last_one_sets_no_timer_back() -> None:
    play = Play(rejection('repeat = "10m"'))
    play.poll(1, agent("12004-ANA", 2))
    play.poll(0.9, source=HITS)

    assert play.known.at == clock(1)


def test_operators_that_are_named_late_hear_of_a_source_in_trouble() -> None:
    play = Play(rules(rejection(), head=HEAD.replace('["on-call"]', "[]")))
    play.fail(0, Trouble.TOKEN)

    assert play.reload(1, rules(rejection())) == ["on-call open bogota/latency"]
