"""A receiver moves, or a rule gets another name: nobody is left behind, nothing said twice."""

from __future__ import annotations

import dataclasses

import pytest

from notifier.core.decide import decide
from notifier.core.judging.reading import Reload
from notifier.core.telling.standin import stand_in
from tests.builders import (
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

MOVED = TEAM_LEADS.replace("#operaciones", "#turno")
QUIET = 'quiet = "09:30-12:00"\n'
DEPUTY = '[[receiver]]\nname = "deputy"\nemail = "suplente@example.com"\nlanguage = "es"\n'
SHIFT = '[[digest]]\nname = "shift"\nat = "12:00"\nto = ["team-leads"]\n'


def heard(play: Play) -> list[tuple[str, str, str]]:
    """Where each thing was said: channel, reason, entity."""
    return [
        (notice.conversation.recipients[0], item.reason.value, item.incident.key.entity)
        for notice in play.notices
        for item in notice.items
    ]


# ---- a receiver ----


def test_what_is_new_is_told_where_the_receiver_is_found_now() -> None:
    grouped = rejection('group = "rule"')
    play = Play(grouped)
    play.poll(0, agent("1", 2))
    play.reload(1, rules(grouped, team_leads=MOVED))
    play.poll(5, agent("1", 0), agent("2", 2))
    play.poll(10, agent("2", 0))

    assert heard(play) == [
        ("#operaciones", "open", "1"),
        ("#operaciones", "close", "1"),
        ("#turno", "open", "2"),
        ("#turno", "close", "2"),
    ]


@pytest.mark.parametrize(
    ("more", "times"), [('reopen_within = "30m"', 1), ("", 4)], ids=["back soon", "flapping"]
)
def test_what_is_back_is_told_where_the_receiver_is_found_now(more: str, times: int) -> None:
    play = Play(rejection(more))
    for minute in range(0, 4 * times, 4):
        play.poll(minute, agent("1", 2))
        play.poll(minute + 2, agent("1", 0))
    play.reload(18, rules(rejection(more), team_leads=MOVED))
    play.poll(19, agent("1", 2))
    play.poll(20, agent("1", 0))
    play.wait(90)

    said = heard(play)
    assert ("#turno", "open", "1") in said
    assert [where for where, _, _ in said].count("#turno") == 2
    for channel in ("#operaciones", "#turno"):
        reasons = [reason for where, reason, _ in said if where == channel]
        assert reasons.count("open") == reasons.count("close")


@pytest.mark.parametrize("where", ['slack = "#turno"', 'email = ["turno@example.com"]'])
def test_what_was_held_is_told_where_the_receiver_is_found_then(where: str) -> None:
    play = Play(rules(NEW_HIT, team_leads=TEAM_LEADS + QUIET))
    play.poll(0, source=HITS)
    play.poll(5, hit("a"), source=HITS)
    elsewhere = TEAM_LEADS.replace('slack = "#operaciones"', where) + QUIET
    play.reload(6, rules(NEW_HIT, team_leads=elsewhere))

    assert play.wait(130) == ["team-leads event a"]
    (notice,) = play.notices
    assert where.startswith(notice.conversation.kind)
    assert notice.conversation.recipients[0] in where


@pytest.mark.parametrize("left", ["the deputy", "the receiver"])
def test_who_may_have_stood_in_is_told_of_the_end_whatever_the_rules_say_then(left: str) -> None:
    play = Play(rules(rejection(), team_leads=TEAM_LEADS + 'fallback = "deputy"\n' + DEPUTY))
    play.poll(0, agent("1", 2))
    if left == "the deputy":
        play.reload(1, rejection())
    else:
        play.reload(1, rules(rejection('to = ["on-call"]'), team_leads=DEPUTY))
    play.poll(5, agent("1", 0))

    end = play.notices[-1]
    other = stand_in(end, play.plan)
    assert end.items[0].reason.value == "close"
    assert other is not None
    assert (other.conversation.receiver, other.conversation.language) == ("deputy", "es")
    assert other.conversation.recipients == ("suplente@example.com",)


# ---- a rule ----


def renamed(rule: str, old: str) -> str:
    return rule.replace(f'id = "{old}"', f'id = "other"\nwas = "{old}"')


def test_a_silence_of_a_rule_holds_whatever_the_rule_is_called() -> None:
    play = Play(rejection())
    play.poll(0, agent("1", 2))
    play.silence(1, 100)
    play.silence(1, 100, id="of-another", rules=("loss",))

    assert play.reload(2, rejection('id = "other"\nwas = "network-rejection"')) == []
    assert play.poll(5, agent("1", 2), agent("2", 2)) == []
    assert [s.rules for s in play.known.silences.values()] == [("other",), ("loss",)]


def test_what_a_renamed_rule_announced_is_no_news_to_a_digest() -> None:
    play = Play(rules(NEW_HIT, SHIFT))
    play.poll(0, hit("z"), source=HITS)
    play.poll(5, hit("a"), hit("b"), source=HITS)
    play.reload(10, rules(renamed(NEW_HIT, "new-hit"), SHIFT))
    play.poll(15, hit("a"), hit("c"), source=HITS)
    play.wait(120)

    (told,) = [notice.report for notice in play.notices if notice.report]
    assert {rule: counts.events for rule, counts in told.rules.items()} == {"other": 3}


def test_a_digest_adds_up_what_a_rule_did_under_both_its_names() -> None:
    play = Play(rules(rejection(), SHIFT))
    play.poll(0, agent("1", 2))
    play.reload(10, rules(rejection('id = "other"\nwas = "network-rejection"'), SHIFT))
    play.poll(15, agent("1", 0), agent("2", 2))
    play.wait(120)

    (told,) = [notice.report for notice in play.notices if notice.report]
    assert {rule: (c.fired, c.ended) for rule, c in told.rules.items()} == {"other": (2, 1)}


def test_what_ended_under_another_name_is_known_by_the_new_one_only() -> None:
    play = Play(rejection('reopen_within = "30m"'))
    play.poll(0, agent("1", 2))
    play.poll(1, agent("1", 0))
    play.reload(2, rejection('id = "other"\nwas = "network-rejection"\nreopen_within = "30m"'))

    assert [key.rule for key in play.known.ended] == ["other"]


def test_a_digest_keeps_what_other_rules_did() -> None:
    play = Play(rules(rejection(), NEW_HIT, SHIFT))
    play.poll(0, agent("1", 2))
    play.reload(10, rules(rejection(), renamed(NEW_HIT, "new-hit"), SHIFT))
    play.wait(120)

    (told,) = [notice.report for notice in play.notices if notice.report]
    assert list(told.rules) == ["network-rejection"]


def test_an_edited_rule_takes_no_sale_back_that_it_told_before() -> None:
    """Nothing became of the sale: only the rule asks for more."""
    cheers = NEW_HIT + 'template = "celebration"\n'
    choosy = cheers.replace('"is_hit"', "\"is_hit and conn_id != 'a'\"")
    play = Play(rules(cheers))
    play.poll(0, source=HITS)
    play.poll(5, hit("a"), hit("b"), source=HITS)
    play.reload(6, rules(choosy))

    play.poll(10, hit("a"), hit("b"), source=HITS)
    (score,) = play.known.scores.values()
    assert len(play.notices) == 1
    assert score.days == {"2026-01-05": 2}

    assert play.poll(15, hit("a"), hit("b"), hit("c"), source=HITS) == ["team-leads event c"]
    play.poll(20, hit("a"), hit("b", "no"), hit("c", "no"), source=HITS)
    (score,) = play.known.scores.values()
    assert score.days == {"2026-01-05": 2}
    assert [[e.key for e in notice.taken_back] for notice in play.notices[2:]] == [["c"]]


# ---- the bot itself ----


def test_a_restart_right_after_a_digest_does_not_tell_it_again() -> None:
    """What is recalled may be older than the last timer: nothing notes when that was looked at."""
    play = Play(rules(rejection(), SHIFT))
    play.poll(118, agent("1", 0))
    play.wait(120)
    assert [n.report is not None for n in play.notices] == [True]

    play.known = dataclasses.replace(play.known, at=clock(118))
    start = decide(play.known, Reload(clock(121), start=True), play.plan, clock(121))

    assert start.notices == ()


def test_what_a_message_shows_no_more_is_forgotten_at_once() -> None:
    play = Play(rules(rejection('reopen_within = "30m"\ngroup_wait = "2m"')))
    play.poll(0, agent("1", 2))
    play.poll(5, agent("1", 0))
    play.poll(10, agent("1", 2))
    play.wait(13)

    assert [incident.open for incident in play.known.incidents.values()] == [True]
