"""What opens all the time has one message until it settles; what is soon back stays in its own."""

from __future__ import annotations

import pytest

from notifier.core.judging.notice import Reason, Untold
from tests.builders import HEAD, TEAM_LEADS, Play, Record, agent, rejection, rules

BOTH = 'to = ["team-leads", "on-call"]'
WORSE = 'critical = "network_rejection > 5"'
FLAPS = [f"team-leads {reason} 12004" for reason in ("open", "close")]


def flap(play: Play, times: int, begin: float = 0, value: float = 2) -> list[str]:
    """Open and close so many times, every eight minutes; ends with a close."""
    heard: list[str] = []
    for number in range(times):
        heard += play.poll(begin + 8 * number, agent("12004", value))
        heard += play.poll(begin + 8 * number + 4, agent("12004", 0))
    return heard


def flapping(*more: str) -> Play:
    """It opened four times in half an hour, closed again at minute 28, and nobody heard of that."""
    play = Play(rejection("\n".join(more)))
    flap(play, 4)
    return play


# ---- flapping ----


def test_the_fourth_open_in_half_an_hour_is_the_last_for_now() -> None:
    play = Play(rejection())
    assert flap(play, 4) == [*FLAPS * 3, "team-leads open 12004"]
    assert play.reason("12004") is Untold.FLAPPING
    fourth = play.notices[-1].items[0].incident
    assert (fourth.flapping, len(fourth.opens)) == (True, 4)


def test_what_opens_again_is_an_edit_that_nobody_notices() -> None:
    play = flapping()
    talk = play.notices[-1].conversation
    heard = play.poll(32, agent("12004", 3))
    assert sorted(heard) == ["team-leads close 12004", "team-leads open 12004"]
    notice = play.notices[-1]
    assert notice.conversation.id == talk.id
    assert all(item.silent for item in notice.items)
    assert (notice.members, notice.open) == (1, 1)
    assert play.poll(36, agent("12004", 0)) == []


def test_once_it_has_settled_well_its_close_is_told_once() -> None:
    play = flapping()
    play.poll(32, agent("12004", 3))
    play.poll(36, agent("12004", 0))
    assert play.stay(65.9) == []
    assert play.stay(66) == ["team-leads close 12004"]
    assert [item.silent for item in play.notices[-1].items] == [False]
    assert (play.known.conversations, play.stay(200)) == ({}, [])


def test_once_it_has_settled_badly_that_is_said_once() -> None:
    play = flapping()
    play.poll(32, agent("12004", 3))
    assert play.stay(61.9) == []
    assert play.stay(62) == ["team-leads repeat 12004"]
    (item,) = play.notices[-1].items
    assert (item.incident.flapping, item.before and item.before.flapping) == (False, True)
    assert play.stay(200) == []
    assert play.poll(205, agent("12004", 0)) == ["team-leads close 12004"]


def test_after_half_an_hour_of_calm_it_is_news_again() -> None:
    play = flapping()
    assert play.stay(58) == ["team-leads close 12004"]
    assert play.poll(60, agent("12004", 2)) == ["team-leads open 12004"]
    assert len({notice.conversation.id for notice in play.notices}) == 5


def test_it_goes_on_while_it_changes_however_slowly() -> None:
    play = flapping()
    for minute in (50, 75, 100):
        assert len(play.poll(minute, agent("12004", 2))) == 2
        assert play.poll(minute + 2, agent("12004", 0)) == []
    assert all(item.silent for item in play.notices[-1].items)


def test_worse_than_before_is_noticed_all_the_same() -> None:
    play = flapping(WORSE)
    play.poll(32, agent("12004", 6))
    silent = {item.reason: item.silent for item in play.notices[-1].items}
    assert silent == {Reason.CLOSE: True, Reason.OPEN: False}


def test_a_rule_may_tell_of_each() -> None:
    play = Play(rejection("flapping = false"))
    assert flap(play, 6) == FLAPS * 6


def test_other_entities_are_told_as_ever() -> None:
    play = flapping()
    assert play.poll(32, agent("12004", 0), agent("12005", 2)) == ["team-leads open 12005"]


def test_each_receiver_has_one_message_of_it() -> None:
    play = Play(rejection(BOTH))
    flap(play, 6)
    play.stay(80)
    closes = [n for n in play.notices if any(not i.silent for i in n.items)]
    kinds = [n.conversation.kind for n in closes]
    assert kinds.count("slack") == kinds.count("email") == 3 * 2 + 2


def test_under_a_silence_its_message_goes_on_unnoticed() -> None:
    play = flapping()
    play.silence(30, 62)
    play.poll(32, agent("12004", 3))
    assert all(item.silent for item in play.notices[-1].items)
    assert play.stay(62) == ["team-leads repeat 12004"]
    assert [item.kept_by for item in play.notices[-1].items] == ["ana"]


def test_of_what_was_never_told_nothing_goes_on() -> None:
    play = Play(rejection())
    play.silence(0, 31)
    assert flap(play, 4) == []
    assert play.poll(32, agent("12004", 2)) == ["team-leads open 12004"]
    assert play.poll(36, agent("12004", 0)) == []
    assert play.stay(66) == ["team-leads close 12004"]


def test_a_rule_that_is_gone_closes_it_at_once() -> None:
    play = flapping()
    assert play.reload(29) == ["team-leads close 12004"]


def test_an_edited_rule_that_wants_each_told_closes_it_at_once() -> None:
    play = flapping()
    assert play.reload(29, rejection("flapping = false")) == ["team-leads close 12004"]


# ---- back soon ----

SOON = 'reopen_within = "10m"'


def test_what_is_soon_back_goes_on_in_its_message_and_is_noticed() -> None:
    play = Play(rejection(SOON))
    play.poll(0, agent("12004", 2))
    assert play.poll(5, agent("12004", 0)) == ["team-leads close 12004"]
    first = play.incident("12004")
    assert play.poll(10, agent("12004", 3)) == ["team-leads open 12004"]
    notice = play.notices[-1]
    (item,) = notice.items
    assert notice.conversation.id == play.notices[0].conversation.id
    assert (item.silent, item.back, notice.members) == (False, first, 1)
    assert item.incident.id != first.id
    assert play.poll(15, agent("12004", 0)) == ["team-leads close 12004"]


def test_what_is_back_later_has_a_message_of_its_own() -> None:
    play = Play(rejection(SOON))
    play.poll(0, agent("12004", 2))
    play.poll(5, agent("12004", 0))
    assert play.stay(15) == []
    assert play.known.conversations == {}
    play.poll(16, agent("12004", 2))
    assert play.notices[-1].conversation.revision == 1


@pytest.mark.parametrize("group", ["poll", "rule", "entity"])
def test_others_do_not_join_a_message_that_is_over(group: str) -> None:
    play = Play(rejection(f'{SOON}\ngroup = "{group}"'))
    play.poll(0, agent("1", 2))
    play.poll(5, agent("1", 0))
    play.poll(6, agent("1", 0), agent("2", 2))
    assert play.notices[-1].conversation.revision == 1
    play.poll(7, agent("1", 2), agent("2", 2))
    assert play.notices[-1].conversation.id == play.notices[0].conversation.id


def test_back_in_a_message_that_others_keep_alive_it_takes_its_old_place() -> None:
    play = Play(rejection('group = "rule"'))
    steady = agent("2", 2)
    play.poll(0, agent("1", 2), steady)
    play.poll(5, agent("1", 0), steady)
    play.poll(10, agent("1", 2), steady)
    assert (play.notices[-1].members, play.notices[-1].open) == (2, 2)


def test_whoever_has_it_for_good_has_it_when_it_is_soon_back() -> None:
    play = Play(rejection(SOON))
    for sticky in (False, True):
        play.poll(0, agent("12004", 2))
        play.acknowledge(1, "12004", sticky=sticky)
        play.poll(5, agent("12004", 0))
        play.poll(10, agent("12004", 3))
        assert play.incident("12004").acknowledged_by == ("ana" if sticky else "")
        play = Play(rejection(SOON))


# ---- storms ----

SINGLE = 'group = "entity"'


def crowd(count: int) -> list[Record]:
    return [agent(str(n), 2) for n in range(count)]


def test_more_new_messages_than_a_minute_bears_are_one_that_lists_all() -> None:
    play = Play(rejection(SINGLE))
    assert len(play.poll(0, *crowd(11))) == 11
    (digest,) = play.notices
    assert (digest.rule.id, digest.members, digest.open, len(digest.roster)) == (
        "storm",
        11,
        11,
        11,
    )


def test_as_many_as_it_bears_are_told_one_by_one() -> None:
    play = Play(rejection(SINGLE))
    play.poll(0, *crowd(10))
    assert [notice.members for notice in play.notices] == [1] * 10


def test_a_receiver_says_how_many_it_bears() -> None:
    play = Play(rules(rejection(SINGLE), team_leads=TEAM_LEADS + "storm = 2"))
    play.poll(0, *crowd(3))
    assert [notice.members for notice in play.notices] == [3]


def test_within_the_minute_later_ones_join_and_after_it_they_do_not() -> None:
    play = Play(rejection(SINGLE))
    play.poll(0, *crowd(11))
    play.poll(0.5, *crowd(12))
    assert [notice.members for notice in play.notices] == [11, 12]
    play.poll(1.1, *crowd(13))
    assert [notice.members for notice in play.notices] == [11, 12, 1]


def test_the_one_too_many_begins_the_digest() -> None:
    play = Play(rejection(SINGLE))
    play.poll(0, *crowd(10))
    play.poll(0.5, *crowd(11))
    assert play.notices[-1].rule.id == "storm"
    play.poll(0.6, *crowd(12))
    assert (play.notices[-1].rule.id, play.notices[-1].members) == ("storm", 2)


def test_each_member_of_a_digest_has_its_close() -> None:
    play = Play(rejection(SINGLE))
    play.poll(0, *crowd(11))
    assert play.poll(5, *crowd(11)[1:], agent("0", 0)) == ["team-leads close 0"]
    rest = [agent(str(n), 0) for n in range(11)]
    assert len(play.poll(10, *rest)) == 10
    assert play.notices[-1].conversation.closed


def test_what_shares_a_message_is_no_storm() -> None:
    play = Play(rejection())
    play.poll(0, *crowd(40))
    assert [(notice.rule.id, notice.members) for notice in play.notices] == [
        ("network-rejection", 40)
    ]


def test_the_bots_own_troubles_stand_by_themselves_in_a_storm() -> None:
    head = HEAD.replace('email = ["guardia@example.com"]', 'email = ["a@example.com"]\nstorm = 1')
    play = Play(rules(rejection('to = ["on-call"]\n' + SINGLE), head=head))
    for minute in (0, 2, 4):
        play.fail(minute)
    assert play.notices[-1].rule.id == "source"
    play.poll(5, *crowd(3))
    assert [notice.rule.id for notice in play.last.notices] == ["source", "storm"]


def test_a_rule_may_not_have_the_name_of_a_digest() -> None:
    with pytest.raises(Exception, match="storm"):
        Play(rejection('id = "storm"'))
