"""Who is told what now, and in which conversation."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from notifier.core.facts.state import Severity
from notifier.core.judging.notice import ROSTER, Notice, Reason, Untold
from tests.builders import HEAD, TEAM_LEADS, Play, agent, clock, rejection, rules

BOTH = 'to = ["team-leads", "on-call"]'
# 10:00 in Bogotá is the beginning; nights begin twelve hours later.
NIGHT, MORNING = 12 * 60, 21 * 60
QUIET = 'quiet = "22:00-07:00"'
NIGHTS = {"head": HEAD + QUIET, "team_leads": TEAM_LEADS + QUIET}


def conversations(notices: list[Notice]) -> set[str]:
    return {notice.conversation.id for notice in notices}


# ---- grouping ----


def test_what_opens_in_one_poll_shares_a_message_and_what_comes_later_has_its_own() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2), agent("12005", 3))
    assert [notice.members for notice in play.notices] == [2]
    play.poll(5, agent("12004", 2), agent("12005", 3), agent("12006", 4))
    assert [notice.members for notice in play.notices] == [2, 1]
    assert len(conversations(play.notices)) == 2


def test_each_entity_may_have_a_message_of_its_own() -> None:
    play = Play(rejection('group = "entity"'))
    play.poll(0, agent("12004", 2), agent("12005", 3))
    assert [notice.members for notice in play.notices] == [1, 1]


def test_a_whole_rule_may_share_one_message() -> None:
    play = Play(rejection('group = "rule"'))
    play.poll(0, agent("12004", 2))
    play.poll(5, agent("12004", 2), agent("12005", 3))
    assert [notice.members for notice in play.notices] == [1, 2]
    assert len(conversations(play.notices)) == 1
    assert [notice.conversation.revision for notice in play.notices] == [1, 2]


def test_equal_fields_may_share_a_message() -> None:
    play = Play(rejection('group = ["ip"]'))
    play.poll(0, agent("1", 2, ip="10.0.0.1"), agent("2", 2, ip="10.0.0.1"), agent("3", 2, ip="x"))
    assert [notice.members for notice in play.notices] == [2, 1]
    assert [notice.conversation.group for notice in play.notices] == ["10.0.0.1", "x"]


def test_a_message_closes_with_its_last_member_and_is_then_forgotten() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2), agent("12005", 3))
    assert play.poll(5, agent("12004", 0), agent("12005", 3)) == ["team-leads close 12004"]
    assert (play.notices[-1].open, play.notices[-1].members) == (1, 2)
    assert not play.notices[-1].conversation.closed
    assert len(play.known.incidents) == 2  # the message still shows the closed one
    assert play.poll(10, agent("12004", 0), agent("12005", 0)) == ["team-leads close 12005"]
    assert play.notices[-1].conversation.closed
    assert (play.known.conversations, play.known.incidents, play.known.told) == ({}, {}, {})


def test_after_its_close_a_rules_message_begins_anew() -> None:
    play = Play(rejection('group = "rule"'))
    for minute, value in ((0, 2), (5, 0), (10, 2)):
        play.poll(minute, agent("12004", value))
    assert len(conversations(play.notices)) == 2


def test_back_in_a_message_that_lives_it_has_an_open_of_its_own() -> None:
    play = Play(rejection('group = "rule"'))
    steady = agent("12005", 2)
    assert len(play.poll(0, agent("12004", 2), steady)) == 2
    assert play.poll(5, agent("12004", 0), steady) == ["team-leads close 12004"]
    assert play.poll(10, agent("12004", 2), steady) == ["team-leads open 12004"]
    assert play.poll(15, agent("12004", 0), steady) == ["team-leads close 12004"]
    assert len(conversations(play.notices)) == 1


def test_the_worst_comes_first_and_the_closed_last() -> None:
    play = Play(rejection('critical = "tx_ploss > 5"\ngroup = "rule"'))
    play.poll(0, agent("1", 2), agent("2", 9), agent("3", 2, tx_ploss=9), agent("4", 3))
    assert [item.incident.key.entity for item in play.notices[-1].items] == ["3", "2", "4", "1"]
    play.poll(5, agent("1", 2), agent("2", 0), agent("3", 2, tx_ploss=9), agent("4", 3))
    assert [member.key.entity for member in play.notices[-1].roster] == ["3", "4", "1", "2"]


def test_low_is_worst_where_low_is_bad() -> None:
    play = Play(rejection('when = "network_rejection < 10"'))
    play.poll(0, agent("1", 5), agent("2", 3))
    assert [item.incident.key.entity for item in play.notices[-1].items] == ["2", "1"]


def test_what_has_no_number_is_in_the_order_of_its_names() -> None:
    play = Play(rejection("when = \"agent_status == 'lost'\""))
    play.poll(0, agent("2", agent_status="lost"), agent("1", agent_status="lost"))
    assert [item.incident.key.entity for item in play.notices[-1].items] == ["1", "2"]


def test_a_roster_has_an_end() -> None:
    play = Play(rejection())
    play.poll(0, *(agent(str(n), 2) for n in range(60)))
    (notice,) = play.notices
    assert (len(notice.roster), notice.members, notice.open) == (ROSTER, 60, 60)


def test_an_edit_tells_the_value_before() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    assert play.poll(5, agent("12004", 6)) == ["team-leads change 12004"]
    (item,) = play.notices[-1].items
    assert (item.was, item.incident.value, item.reason) == (2.0, 6.0, Reason.CHANGE)
    assert play.notices[-1].reasons == {Reason.CHANGE}


def test_an_equal_value_is_no_edit() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    assert play.poll(5, agent("12004", 2)) == []
    assert play.reason("12004") is Untold.UNCHANGED


def test_each_receiver_has_a_message_of_its_own_with_its_words() -> None:
    leads = TEAM_LEADS + 'language = "es"\nlocale = "es_CO"\ntimezone = "Europe/Madrid"\n'
    leads += 'mention = "here"\ngive_up = "2h"'
    play = Play(rules(rejection(BOTH), team_leads=leads))
    play.poll(0, agent("12004", 2))
    slack, mail = play.notices
    assert slack.conversation.kind == "slack"
    assert slack.conversation.recipients == ("#operaciones",)
    assert (slack.conversation.language, slack.conversation.locale) == ("es", "es_CO")
    assert (slack.conversation.timezone, slack.rule.mention) == ("Europe/Madrid", "here")
    assert slack.give_up_at == clock(120)
    assert (mail.conversation.kind, mail.conversation.timezone) == ("email", "America/Bogota")
    assert (mail.rule.mention, mail.give_up_at) == ("", clock(24 * 60))


# ---- waiting for company ----


def test_an_open_waits_for_company() -> None:
    play = Play(rejection('group_wait = "2m"'))
    assert play.poll(0, agent("12004", 2)) == []
    assert play.reason("12004") is Untold.WAITING
    assert play.wait(1.9) == []
    assert play.wait(2) == ["team-leads open 12004"]


@pytest.mark.parametrize("group", ["poll", "rule"])
def test_what_opened_meanwhile_goes_along(group: str) -> None:
    play = Play(rejection(f'group_wait = "2m"\ngroup = "{group}"'))
    play.poll(0, agent("12004", 2))
    play.poll(1, agent("12004", 2), agent("12005", 3))
    heard = play.wait(60)
    assert heard == ["team-leads open 12005", "team-leads open 12004"]
    assert [notice.members for notice in play.notices] == [2]


def test_what_belongs_to_another_message_waits_on() -> None:
    play = Play(rejection('group_wait = "2m"\ngroup = "entity"'))
    play.poll(0, agent("12004", 2))
    play.poll(1, agent("12004", 2), agent("12005", 3))
    assert play.wait(2) == ["team-leads open 12004"]
    assert play.wait(3) == ["team-leads open 12005"]


def test_who_waits_does_not_go_along_with_an_edit() -> None:
    play = Play(rejection('group_wait = "5m"\ngroup = "rule"'))
    play.poll(0, agent("12004", 2))
    assert play.wait(5) == ["team-leads open 12004"]
    heard = play.poll(6, agent("12004", 4), agent("12005", 3))
    assert heard == ["team-leads change 12004"]
    assert play.wait(11) == ["team-leads open 12005"]


def test_what_is_over_before_its_wait_nobody_hears_of() -> None:
    play = Play(rejection('group_wait = "10m"'))
    play.poll(0, agent("12004", 2))
    assert play.poll(5, agent("12004", 0)) == []
    assert play.reason("12004") is Untold.NEVER_TOLD
    assert [reason for _, reason, _ in play.last.suppressed] == ["never_told"]
    assert play.wait(60) == []


# ---- quiet hours ----


def test_quiet_hours_hold_an_open_back_until_they_end() -> None:
    play = Play(rules(rejection(BOTH), **NIGHTS))
    assert play.poll(NIGHT, agent("12004", 2)) == []
    assert play.reason("12004") is Untold.QUIET
    assert play.stay(MORNING - 1) == []
    heard = play.stay(MORNING)
    assert sorted(heard) == ["on-call open 12004", "team-leads open 12004"]


def test_critical_news_pass() -> None:
    play = Play(rules(rejection(f'{BOTH}\ncritical = "network_rejection > 5"'), **NIGHTS))
    play.poll(NIGHT, agent("12004", 2))
    heard = play.poll(NIGHT + 5, agent("12004", 6))
    assert sorted(heard) == ["on-call open 12004", "team-leads open 12004"]


def test_a_message_that_critical_news_began_takes_nothing_quiet_along() -> None:
    rule = rejection('group = "rule"\ngroup_wait = "5m"\ncritical = "network_rejection > 5"')
    play = Play(rules(rule, **NIGHTS))
    play.poll(NIGHT, agent("12004", 6))
    play.poll(NIGHT + 1, agent("12004", 6), agent("12005", 2))
    assert play.stay(NIGHT + 5) == ["team-leads open 12004"]
    assert play.stay(MORNING) == ["team-leads open 12005"]


def test_a_close_in_quiet_hours_is_an_edit_on_slack_and_waits_as_a_mail() -> None:
    play = Play(rules(rejection(BOTH), **NIGHTS))
    assert len(play.poll(NIGHT - 1, agent("12004", 2))) == 2
    assert play.poll(NIGHT, agent("12004", 0)) == ["team-leads close 12004"]
    assert [item.silent for item in play.notices[-1].items] == [True]
    assert play.wait(MORNING) == ["on-call close 12004"]
    assert [item.silent for item in play.notices[-1].items] == [False]


def test_a_close_in_quiet_hours_waits_where_it_would_be_a_new_message() -> None:
    hook = '[[receiver]]\nname = "team-leads"\nslack_webhook = "floor"\n' + QUIET
    play = Play(rules(rejection(), team_leads=hook))
    play.poll(NIGHT - 1, agent("12004", 2))
    assert play.poll(NIGHT, agent("12004", 0)) == []
    assert play.reason("12004") is Untold.QUIET
    assert play.wait(MORNING) == ["team-leads close 12004"]


def test_what_quiet_hours_held_says_so() -> None:
    play = Play(rules(rejection(BOTH), **NIGHTS))
    play.poll(NIGHT, agent("12004", 2))
    play.stay(MORNING)
    assert [item.kept_by for notice in play.last.notices for item in notice.items] == ["", ""]


def test_what_is_open_still_after_quiet_hours_is_said_once() -> None:
    play = Play(rules(rejection(), **NIGHTS))
    play.poll(NIGHT - 1, agent("12004", 2))
    assert play.stay(MORNING - 1) == []
    assert play.stay(MORNING) == ["team-leads repeat 12004"]
    assert [item.kept_by for item in play.notices[-1].items] == [""]
    assert play.stay(MORNING + 180) == []


def test_who_knows_that_nights_end_is_not_told_so() -> None:
    leads = TEAM_LEADS + QUIET + "\nstill_open = false"
    play = Play(rules(rejection(), team_leads=leads))
    play.poll(NIGHT - 1, agent("12004", 2))
    assert play.stay(MORNING + 180) == []


def test_a_bot_that_was_down_all_night_says_nothing_of_the_night() -> None:
    play = Play(rules(rejection(), team_leads=TEAM_LEADS))
    play.poll(NIGHT - 60, agent("12004", 2))
    play.plan = rules(rejection(), **NIGHTS)
    play.known = dataclasses.replace(play.known, at=clock(MORNING + 10))
    assert play.poll(MORNING + 11, agent("12004", 2)) == []


def test_what_began_and_ended_in_quiet_hours_nobody_hears_of() -> None:
    play = Play(rules(rejection(BOTH), **NIGHTS))
    play.poll(NIGHT, agent("12004", 2))
    play.poll(NIGHT + 5, agent("12004", 0))
    assert play.reason("12004") is Untold.NEVER_TOLD
    assert play.wait(MORNING + 60) == []


# ---- reminders, and worse ----


def test_it_is_repeated_while_nobody_took_it() -> None:
    play = Play(rejection('repeat = "2h"'))
    play.poll(0, agent("12004", 2))
    assert play.stay(119) == []
    assert play.stay(120) == ["team-leads repeat 12004"]
    assert play.stay(360) == ["team-leads repeat 12004"] * 2
    assert play.poll(365, agent("12004", 0)) == ["team-leads close 12004"]
    assert play.stay(900) == []


def test_an_edit_does_not_put_a_reminder_off() -> None:
    play = Play(rejection('repeat = "2h"'))
    play.poll(0, agent("12004", 2))
    assert play.poll(60, agent("12004", 3)) == ["team-leads change 12004"]
    assert play.stay(120) == ["team-leads repeat 12004"]


def test_who_took_it_is_not_reminded() -> None:
    play = Play(rejection('repeat = "2h"'))
    play.poll(0, agent("12004", 2))
    assert play.acknowledge(1, "12004") == ["team-leads change 12004"]
    assert play.wait(600) == []
    assert play.poll(601, agent("12004", 2)) == []


def test_reminders_rest_in_quiet_hours() -> None:
    play = Play(rules(rejection('repeat = "2h"'), **NIGHTS))
    play.poll(NIGHT - 60, agent("12004", 2))
    assert play.stay(MORNING - 1) == []
    assert play.stay(MORNING) == ["team-leads repeat 12004"]


def test_reminders_rest_while_the_source_is_not_polled() -> None:
    head = HEAD.replace('every = "5m"', 'every = "5m"\nactive = "07:00-21:00"', 1)
    play = Play(rules(rejection('repeat = "2h"\nseverity = "critical"'), head=head))
    evening, morning = 10.5 * 60, 21 * 60  # 20:30 and 07:00 in Bogotá
    play.poll(evening, agent("12004", 2))
    assert play.wait(morning - 1) == []
    assert play.poll(morning, agent("12004", 2)) == ["team-leads repeat 12004"]
    assert play.stay(morning + 120) == ["team-leads repeat 12004"]


def test_critical_ones_are_repeated_through_the_night() -> None:
    play = Play(rules(rejection('repeat = "2h"\nseverity = "critical"'), **NIGHTS))
    play.poll(NIGHT, agent("12004", 2))
    assert play.stay(NIGHT + 120) == ["team-leads repeat 12004"]


def test_a_raised_severity_notifies_once() -> None:
    play = Play(rejection('critical = "network_rejection > 5"\nrepeat = "2h"'))
    play.poll(0, agent("12004", 2))
    assert play.poll(60, agent("12004", 6)) == ["team-leads raised 12004"]
    assert play.poll(65, agent("12004", 6)) == []
    assert play.stay(179) == []
    assert play.stay(180) == ["team-leads repeat 12004"]


def test_a_raise_in_quiet_hours_disturbs() -> None:
    play = Play(rules(rejection('critical = "network_rejection > 5"'), **NIGHTS))
    play.poll(NIGHT - 1, agent("12004", 2))
    assert play.poll(NIGHT, agent("12004", 6)) == ["team-leads raised 12004"]


# ---- receivers that came and went ----


def test_an_incident_of_nobody_says_so() -> None:
    play = Play(rejection())
    play.plan = rules(rejection('to = ["on-call"]'))
    play.poll(0, agent("12004", 2))
    play.reload(1, rules(rejection(BOTH), team_leads=TEAM_LEADS))
    assert play.poll(5, agent("12004", 2)) == []  # it goes on where it opened


def test_a_close_finds_its_way_when_the_receiver_is_gone() -> None:
    play = Play(rejection('repeat = "2h"'))
    play.poll(0, agent("12004", 2))
    play.reload(1, rules(rejection('to = ["on-call"]'), team_leads=""))
    assert play.poll(5, agent("12004", 0)) == ["team-leads close 12004"]
    (notice,) = play.last.notices
    assert (notice.conversation.recipients, notice.give_up_at) == (
        ("#operaciones",),
        clock(5) + timedelta(hours=24),
    )


def test_who_is_gone_is_not_told_of_an_open() -> None:
    play = Play(rules(rejection(BOTH), team_leads=TEAM_LEADS + QUIET))
    assert play.poll(NIGHT, agent("12004", 2)) == ["on-call open 12004"]
    play.reload(NIGHT + 1, rules(rejection('to = ["on-call"]'), team_leads=""))
    assert play.stay(MORNING) == []
    assert play.poll(MORNING, agent("12004", 0)) == ["on-call close 12004"]


def test_a_message_of_a_rule_that_is_gone_has_words_still() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    assert play.reload(1) == ["team-leads close 12004"]
    (notice,) = play.last.notices
    assert (notice.rule.id, notice.rule.severity) == ("network-rejection", Severity.WARNING)
