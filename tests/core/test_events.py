"""Every event is announced once in its life, after a silent first look."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.core.notice import Reason, Untold
from notifier.errors import ConfigError
from tests.builders import HITS, NEW_HIT, OPERATION, SKILLS, Play, hit, queue

BOTH = NEW_HIT.replace('["team-leads"]', '["team-leads", "on-call"]')


def test_what_is_there_at_the_first_look_is_no_news() -> None:
    play = Play(NEW_HIT)
    assert play.poll(0, hit("1"), hit("2"), source=HITS) == []
    assert play.reason("1", "new-hit") is Untold.BASELINE


def test_an_empty_first_look_counts() -> None:
    play = Play(NEW_HIT)
    assert play.poll(0, source=HITS) == []
    assert play.poll(5, hit("1"), source=HITS) == ["team-leads event 1"]


def test_a_failed_poll_is_no_first_look() -> None:
    play = Play(NEW_HIT)
    assert play.fail(0, source=HITS) == []
    assert play.poll(5, hit("1"), source=HITS) == []


def test_a_new_hit_is_celebrated_once_in_its_life() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    assert play.poll(5, hit("1"), source=HITS) == ["team-leads event 1"]
    assert play.poll(10, hit("1"), hit("2"), source=HITS) == ["team-leads event 2"]
    assert play.reason("1", "new-hit") is Untold.KNOWN
    play.poll(15, source=HITS)
    assert play.poll(20, hit("1"), hit("2"), source=HITS) == []


def test_what_is_no_hit_is_no_news_until_it_is_one() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    assert play.poll(5, hit("1", "no"), hit("2", ""), source=HITS) == []
    assert play.poll(10, hit("1", "Sí"), hit("2", ""), source=HITS) == ["team-leads event 1"]


def test_those_of_one_poll_share_a_message_that_is_over_at_once() -> None:
    play = Play(BOTH)
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)
    leads, on_call = play.last.notices
    assert [event.key for event in leads.events] == ["1", "2"]
    assert leads.reasons == on_call.reasons == {Reason.EVENT}
    assert leads.conversation.id != on_call.conversation.id
    assert (leads.conversation.closed, leads.conversation.revision) == (True, 1)
    assert play.known.conversations == {}
    assert leads.give_up_at == play.last.at + timedelta(hours=24)


def test_a_rule_that_is_added_later_has_a_silent_first_look_of_its_own() -> None:
    second = NEW_HIT.replace("new-hit", "second")
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), source=HITS)
    play.reload(7, NEW_HIT, second)
    assert play.poll(10, hit("1"), source=HITS) == []
    assert play.reason("1", "second") is Untold.BASELINE
    heard = play.poll(15, hit("1"), hit("2"), source=HITS)
    assert heard == ["team-leads event 2", "team-leads event 2"]


def test_what_is_written_down_is_what_was_seen() -> None:
    play = Play(NEW_HIT)
    play.poll(0, hit("1"), source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)
    assert [(seen.event, at) for seen, at in play.last.seen] == [("2", play.last.at)]
    assert play.known.seen == {(OPERATION, "new-hit"): frozenset({"1", "2"})}


COUNTER = """
[[rule]]
id = "answered"
kind = "event"
on = "skills"
when = "delta(stat_answer) > 0"
to = ["team-leads"]
"""


def test_where_rows_are_no_events_each_poll_is_its_own() -> None:
    play = Play(COUNTER)
    play.poll(0, queue("7", stat_answer=10), source=SKILLS)
    first = play.poll(1, queue("7", stat_answer=12), source=SKILLS)
    second = play.poll(2, queue("7", stat_answer=13), source=SKILLS)
    assert [len(first), len(second), first == second] == [1, 1, False]
    assert play.poll(3, queue("7", stat_answer=13), source=SKILLS) == []


def test_a_counters_reset_is_no_event() -> None:
    play = Play(COUNTER)
    play.poll(0, queue("7", stat_answer=10), source=SKILLS)
    assert play.poll(1, queue("7", stat_answer=1), source=SKILLS) == []
    assert len(play.poll(2, queue("7", stat_answer=2), source=SKILLS)) == 1


def test_an_event_is_one_row_and_never_a_group() -> None:
    with pytest.raises(ConfigError, match="an event is one row, and has no `by`"):
        Play(NEW_HIT.replace("when =", 'by = "date"\nwhen ='))
