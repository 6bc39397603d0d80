"""Every event is announced once in its life, after a silent first look."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier.core.announcing.occurred import occurred
from notifier.core.judging.notice import Reason, Untold
from notifier.errors import ConfigError
from tests.builders import HITS, NEW_HIT, OPERATION, SKILLS, Play, Record, hit, queue, rules

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


def test_those_of_one_poll_share_a_message() -> None:
    play = Play(BOTH)
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)
    leads, on_call = play.last.notices
    assert [event.key for event in leads.events] == ["1", "2"]
    assert leads.reasons == on_call.reasons == {Reason.EVENT}
    assert leads.conversation.id != on_call.conversation.id
    assert leads.conversation.revision == 1
    kept = play.known.conversations  # a mail cannot be corrected; a message can, for a day
    assert list(kept) == [leads.conversation.id]
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


# ---- a hit that is taken back ----


def _shown(play: Play) -> tuple[list[str], list[str]]:
    """What the last message says is so, and is not so any more."""
    notice = play.last.notices[-1]
    return [e.key for e in notice.events], [e.key for e in notice.taken_back]


def test_a_hit_taken_back_is_corrected_in_the_message_that_told_it() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)
    told = play.last.notices[0].conversation

    assert play.poll(10, hit("1", "no"), hit("2"), source=HITS) == ["team-leads event 2"]
    (notice,) = play.last.notices
    assert _shown(play) == (["2"], ["1"])
    assert (notice.conversation.id, notice.conversation.revision) == (told.id, 2)
    assert notice.reasons == {Reason.CHANGE}  # it notifies nobody
    assert play.poll(15, hit("1", "no"), hit("2"), source=HITS) == []


def test_a_hit_that_is_one_again_is_put_right_and_never_announced_anew() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), source=HITS)
    play.poll(10, hit("1", "no"), source=HITS)
    assert _shown(play) == ([], ["1"])

    play.poll(15, hit("1"), source=HITS)
    assert _shown(play) == (["1"], [])
    assert [n.conversation.revision for n in play.notices] == [1, 2, 3]


@pytest.mark.parametrize("row", [hit("1", " "), hit("2")])
def test_what_is_blank_or_listed_no_more_is_not_taken_back(row: Record) -> None:
    play = Play(NEW_HIT)
    play.poll(0, hit("2"), source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)

    assert play.poll(10, row, source=HITS) == []
    assert play.fail(15, source=HITS) == []


def test_what_was_there_at_the_first_look_is_nobody_s_correction() -> None:
    play = Play(NEW_HIT)
    play.poll(0, hit("1"), source=HITS)

    assert play.poll(5, hit("1", "no"), source=HITS) == []


def test_a_mail_is_not_corrected() -> None:
    play = Play(NEW_HIT.replace("team-leads", "on-call"))
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), source=HITS)

    assert play.poll(10, hit("1", "no"), source=HITS) == []
    assert not play.known.conversations


def test_after_a_day_an_announcement_is_history() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), source=HITS)
    play.poll(24 * 60, hit("1"), source=HITS)
    assert len(play.known.conversations) == 1

    play.poll(24 * 60 + 5, hit("1", "no"), source=HITS)
    assert not play.known.conversations


def test_a_correction_survives_the_receiver_s_end_without_a_message() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), source=HITS)
    play.reload(6, NEW_HIT.replace("team-leads", "on-call"), "")
    play.plan = dataclasses.replace(play.plan, reaches={
        key: reach for key, reach in play.plan.reaches.items() if key[1] != "team-leads"
    })  # fmt: skip

    assert play.poll(10, hit("1", "no"), source=HITS) == []


QUIET_LEADS = """
[[receiver]]
name = "team-leads"
slack = "#operaciones"
quiet = "10:00-10:30"
"""


def test_a_hit_taken_back_in_quiet_hours_is_never_told() -> None:
    play = Play(rules(NEW_HIT, team_leads=QUIET_LEADS))
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)
    play.poll(10, hit("1", "no"), hit("2"), source=HITS)

    assert play.wait(30) == ["team-leads event 2"]
    assert _shown(play) == (["2"], [])
    assert play.poll(35, hit("1", "no"), hit("2", "no"), source=HITS) == []
    assert _shown(play) == ([], ["2"])


def test_when_all_of_a_quiet_night_was_taken_back_nobody_hears_of_it() -> None:
    play = Play(rules(NEW_HIT, team_leads=QUIET_LEADS))
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), source=HITS)
    play.poll(10, hit("1", "no"), source=HITS)

    assert play.wait(30) == []
    assert not play.known.conversations


# ---- after an outage ----

TEN = "12004.1234.1767625200.11"  # its epoch: ten in the morning in Bogotá


@pytest.mark.parametrize(
    ("minutes", "key", "belated"),
    [
        (40, TEN, True),  # nobody looked for forty minutes, and it is as old
        (40, "12004.1234.1767627300.11", False),  # of 10:35
        (25, TEN, False),  # nobody missed anything
        (40, "odd", True),  # by its date
    ],
)
def test_a_hit_that_an_outage_made_old_is_no_news_to_cheer_at(
    minutes: int, key: str, belated: bool
) -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.poll(minutes, hit(key), source=HITS)

    assert play.last.notices[0].belated is belated


def test_a_long_call_that_becomes_a_hit_is_news() -> None:
    play = Play(NEW_HIT)
    for minute in range(0, 50, 5):
        play.poll(minute, hit(TEN, "no"), source=HITS)
    play.poll(50, hit(TEN), source=HITS)

    assert not play.last.notices[0].belated


@pytest.mark.parametrize(
    ("key", "date", "expected"),
    [
        (TEN, None, "15:00"),
        ("1234.5678.0123.1767625200.11", None, "15:00"),  # begun by a diagram
        ("0", "20260105100500", "15:05"),
        ("0", "2026-01-05 10:05:00", "15:05"),
        ("0", "2026-13-05 10:05:00", None),
        ("0", "yesterday", None),
        ("17676.25200", None, None),
    ],
)
def test_when_an_event_happened_is_read_from_its_id_or_its_date(
    key: str, date: str | None, expected: str | None
) -> None:
    found = occurred(key, {"date": date}, ZoneInfo("America/Bogota"))

    assert (f"{found:%H:%M}" if found else None) == expected
