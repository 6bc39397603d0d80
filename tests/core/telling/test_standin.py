"""Who is told when a receiver, or a whole kind of channel, takes nothing."""

from __future__ import annotations

from notifier.core.decide import decide
from notifier.core.facts.state import RECEIVER_RULE
from notifier.core.judging.notice import Notice
from notifier.core.judging.reading import Delivery
from notifier.core.telling.standin import stand_in
from tests.builders import HEAD, TEAM_LEADS, Play, agent, clock, rejection, rules

DEPUTY = """
[[receiver]]
name = "deputy"
email = "suplente@example.com"
language = "es"
"""
LEADS = TEAM_LEADS + 'fallback = "deputy"\n' + DEPUTY


def dead(play: Play, minute: float, kind: str, *, works: bool = False) -> list[str]:
    """A kind of channel takes nothing, or does again. Returns whom operators' messages go to."""
    at = clock(minute)
    decision = decide(play.known, Delivery(at, kind, "", works, "no"), play.plan, at)
    play.known = decision.known
    return [notice.conversation.receiver for notice in decision.notices]


def opening(play: Play) -> Notice:
    play.poll(0, agent("12004", 2))
    return play.steps[-1].decision.notices[0]


def test_the_same_is_said_to_whoever_stands_in_in_their_own_words() -> None:
    play = Play(rules(rejection(), team_leads=LEADS))
    told = opening(play)

    other = stand_in(told, play.plan)

    assert other is not None
    assert other.conversation.recipients == ("suplente@example.com",)
    assert (other.conversation.kind, other.conversation.language) == ("email", "es")
    assert (other.conversation.id, other.items) == (told.conversation.id, told.items)


def test_nobody_stands_in_where_nobody_is_named() -> None:
    play = Play(rejection())

    assert stand_in(opening(play), play.plan) is None


def test_whom_the_rule_tells_anyway_is_not_told_again_for_somebody_else() -> None:
    leads = TEAM_LEADS + 'fallback = "on-call"\n'
    play = Play(rules(rejection('to = ["team-leads", "on-call"]'), team_leads=leads))
    play.poll(0, agent("12004", 2))
    told = play.steps[-1].decision.notices

    assert sorted(each.conversation.receiver for each in told) == ["on-call", "team-leads"]
    assert [stand_in(each, play.plan) for each in told] == [None, None]


def test_a_dead_kind_of_channel_is_told_once_to_those_whom_another_reaches() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 0))

    assert dead(play, 1, "slack") == ["on-call"]
    assert dead(play, 2, "slack") == []
    assert dead(play, 3, "slack", works=True) == ["on-call"]


def test_operators_on_the_dead_kind_hear_of_it_only_by_their_stand_in() -> None:
    head = HEAD.replace('operators = ["on-call"]', 'operators = ["team-leads"]')
    heard = []
    for leads in (TEAM_LEADS, LEADS):
        play = Play(rules(rejection(), head=head, team_leads=leads))
        play.poll(0, agent("12004", 0))
        heard.append(dead(play, 1, "slack"))

    assert heard == [[], ["team-leads"]]


def test_a_reload_keeps_it_while_the_kind_is_in_use_and_tells_nobody_again() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 0))
    dead(play, 1, "slack")

    assert play.reload(2, rejection('repeat = "2h"')) == []
    assert [i.open for i in play.known.incidents.values() if i.key.rule == RECEIVER_RULE] == [True]


def test_whoever_an_edit_of_the_rules_names_hears_of_it() -> None:
    silent = HEAD.replace('operators = ["on-call"]', "operators = []")
    play = Play(rules(rejection(), head=silent))
    play.poll(0, agent("12004", 0))
    assert dead(play, 1, "slack") == []

    play.plan = rules(rejection())
    assert play.reload(2, rejection()) == ["on-call open bogota/slack/"]
