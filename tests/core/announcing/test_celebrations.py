"""Sales have a weight: the first of the day, a streak, the target, a record."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from notifier.core.announcing.events import HUSH
from notifier.core.facts.sales import Merit, Score, ScoreKey
from notifier.core.judging.notice import Notice, Untold
from notifier.errors import ConfigError
from tests.builders import (
    HITS,
    NEW_HIT,
    OPERATION,
    TEAM_LEADS,
    Play,
    Record,
    agent,
    clock,
    rejection,
    rules,
)

CHEER = NEW_HIT + 'template = "celebration"\n'
KEY = ScoreKey(OPERATION, "new-hit")
NIGHT = 14 * 60  # minutes from the beginning, 10:00 there, to midnight
DAY = 24 * 60
BATCH = CHEER + 'batch = "30m"\n'


def sold(minute: float, said: str = "yes", name: str = "") -> Record:
    """A call of that minute, known by it."""
    epoch = int(clock(minute).timestamp())
    return {"conn_id": f"12004.0042.{epoch}.{name or 1}", "hit": said, "date": ""}


def floor(*texts: str, leads: str = "") -> Play:
    """The rules with another receiver, after a silent first look on the day before."""
    play = Play(rules(*(texts or (CHEER,)), team_leads=TEAM_LEADS + leads))
    play.poll(-DAY, source=HITS)
    play.poll(-DAY + 5, sold(-DAY + 4), source=HITS)
    return play


def said(play: Play) -> list[tuple[str, int, int]]:
    """The merits of the last message."""
    return [(m.kind, m.count, m.share or m.of) for m in _last(play).merits]


def _last(play: Play) -> Notice:
    return play.notices[-1]


def score(play: Play) -> Score:
    return play.known.scores[KEY]


# ---- the first of the day ----


def test_the_first_sale_of_the_day_is_said_to_be_the_first() -> None:
    play = floor()
    play.poll(0, sold(-1), source=HITS)
    assert said(play) == [("first", 1, 0)]
    play.poll(5, sold(4), source=HITS)
    assert said(play) == []


def test_on_the_day_of_the_first_look_nobody_knows_which_was_the_first() -> None:
    play = Play(CHEER)
    play.poll(0, source=HITS)
    play.poll(5, sold(4), source=HITS)
    assert said(play) == []
    assert score(play).days == {"2026-01-05": 1}


def test_a_sale_before_midnight_is_of_the_day_before_wherever_the_bot_runs() -> None:
    play = floor()
    play.poll(NIGHT + 3, sold(NIGHT - 2), source=HITS)
    assert said(play) == []
    assert score(play).days == {"2026-01-04": 1, "2026-01-05": 1}
    play.poll(NIGHT + 8, sold(NIGHT + 5), source=HITS)
    assert said(play) == [("first", 1, 0)]
    assert score(play).days["2026-01-06"] == 1


def test_a_clock_that_is_ahead_sells_nothing_tomorrow() -> None:
    play = floor()
    play.poll(NIGHT - 5, sold(NIGHT + 5), source=HITS)
    assert score(play).days["2026-01-05"] == 1


def test_rules_without_cheers_count_nothing() -> None:
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)
    play.poll(5, sold(4), source=HITS)
    assert play.known.scores == {}
    assert said(play) == []


# ---- the target ----


def test_each_quarter_of_the_target_is_told_once_and_the_greatest_alone() -> None:
    play = floor(leads="target = 8\n")
    steps = [(0, 1), (120, 2), (240, 3), (360, 6), (480, 7), (600, 8), (720, 9)]
    heard: list[list[tuple[str, int, int]]] = []
    calls: list[Record] = []
    for minute, many in steps:
        calls += [sold(minute - 1, name=str(n)) for n in range(len(calls), many)]
        play.poll(minute, *calls, source=HITS)
        heard.append([each for each in said(play) if each[0] == "target"])
    assert heard == [
        [], [("target", 2, 25)], [], [("target", 6, 75)], [], [("target", 8, 100)], [],
    ]  # fmt: skip


def test_without_a_target_no_share_of_it_is_told() -> None:
    play = floor()
    play.poll(0, sold(-1), source=HITS)
    assert "target" not in [kind for kind, *_ in said(play)]


# ---- a streak ----


def test_three_within_an_hour_are_a_streak_which_is_told_until_it_is_broken() -> None:
    play = floor()
    play.poll(0, sold(-1), source=HITS)
    play.poll(20, sold(19), source=HITS)
    assert said(play) == []
    play.poll(40, sold(39), source=HITS)
    assert said(play) == [("streak", 3, 0)]
    play.poll(50, sold(49), source=HITS)
    assert said(play) == [], "the same streak goes on"
    for minute in (200, 210, 220):
        play.poll(minute, sold(minute - 1), source=HITS)
    assert said(play) == [("streak", 3, 0)]


# ---- a record ----


def test_the_best_of_the_days_that_are_remembered_is_told_once() -> None:
    play = floor()
    for day in range(5):
        play.poll(day * DAY, *(sold(day * DAY - 90 * n - 1) for n in range(2)), source=HITS)
    assert "record" not in [kind for kind, *_ in said(play)]
    today = 5 * DAY
    play.poll(today - 10, source=HITS)
    play.poll(today, sold(today - 1), sold(today - 95), source=HITS)
    assert said(play) == [("first", 2, 0)]
    play.poll(today + 200, sold(today + 199), source=HITS)
    assert said(play) == [("record", 3, 2)]
    play.poll(today + 400, sold(today + 399), source=HITS)
    assert said(play) == []


def test_so_many_days_are_remembered_and_no_more() -> None:
    play = floor()
    days = {f"2025-{month:02}-01": month for month in range(1, 13)}
    days |= {f"2025-{month:02}-02": month for month in range(1, 13)}
    days |= {f"2024-{month:02}-{day:02}": 99 for month in range(1, 13) for day in (1, 2, 3, 4)}
    known = {KEY: replace(score(play), days=days)}
    play.known = dataclasses.replace(play.known, scores=known)
    play.poll(0, sold(-1), source=HITS)
    assert len(score(play).days) == 60
    assert max(score(play).days) == "2026-01-05"


# ---- taken back ----


def test_a_sale_taken_back_is_none_of_the_total_and_its_merit_goes() -> None:
    play = floor(leads="target = 4\n")
    play.poll(0, sold(-1), source=HITS)
    assert said(play) == [("target", 1, 25), ("first", 1, 0)]
    play.poll(100, sold(99), source=HITS)
    assert said(play) == [("target", 2, 50)]
    play.poll(105, sold(99, "no"), sold(103), source=HITS)
    edit = play.last.notices[-1]
    assert (edit.corrects, edit.merits) == (True, ())
    assert score(play).days["2026-01-05"] == 2
    play.poll(110, sold(99), source=HITS)
    assert play.last.notices[0].merits == (Merit("target", 2, 2, of=4, share=50),)
    assert score(play).days["2026-01-05"] == 3


def told_by(play: Play, minute: float) -> Notice:
    """The message that told of the sale of that minute, as it stands."""
    key = str(sold(minute)["conn_id"])
    return next(
        n for n in reversed(play.notices) if key in {e.key for e in (*n.events, *n.taken_back)}
    )


def test_a_later_total_is_corrected_when_an_earlier_sale_is_taken_back() -> None:
    play = floor(leads="target = 4\n")
    play.poll(0, sold(-1), source=HITS)
    play.poll(20, sold(19), source=HITS)
    play.poll(30, sold(29), source=HITS)
    assert said(play) == [("target", 3, 75), ("streak", 3, 0)]

    play.poll(40, sold(-1, "no"), source=HITS)

    assert {n.events[0].key if n.events else "" for n in play.last.notices} == {
        "", *(str(sold(minute)["conn_id"]) for minute in (19, 29))
    }  # fmt: skip
    assert told_by(play, 19).merits == ()
    assert told_by(play, 29).merits == ()
    assert all(notice.corrects for notice in play.last.notices)
    play.poll(45, sold(-1), source=HITS)
    assert [(m.kind, m.count) for m in told_by(play, 29).merits] == [("target", 3), ("streak", 3)]


def test_a_total_does_not_change_by_what_it_never_counted() -> None:
    play = floor(leads="target = 8\n")
    play.poll(-700, sold(-701), source=HITS)
    play.poll(0, sold(-1), source=HITS)
    play.poll(100, sold(99), source=HITS)
    assert said(play) == [("target", 2, 25)]
    play.poll(110, sold(109), source=HITS)

    play.poll(115, sold(-701, "no"), sold(109, "no"), source=HITS)

    assert [notice.events for notice in play.last.notices] == [(), ()]
    assert [(m.kind, m.count) for m in told_by(play, 99).merits] == [("target", 2)]


def test_what_an_older_version_told_is_corrected_by_its_own_sales_alone() -> None:
    play = floor(leads="target = 4\n")
    play.poll(0, sold(-1), source=HITS)
    play.poll(20, sold(19), source=HITS)
    talks = {k: replace(t, told_at=None) for k, t in play.known.conversations.items()}
    play.known = dataclasses.replace(play.known, conversations=talks)

    play.poll(40, sold(-1, "no"), source=HITS)

    assert len(play.last.notices) == 1


def test_what_is_blank_or_listed_no_more_is_a_sale_still() -> None:
    play = floor()
    play.poll(0, sold(-1), source=HITS)
    play.poll(5, sold(-1, ""), source=HITS)
    play.poll(10, source=HITS)
    assert score(play).days["2026-01-05"] == 1


def test_a_mail_that_cannot_be_corrected_does_not_spoil_the_total() -> None:
    play = floor(CHEER.replace("team-leads", "on-call"))
    play.poll(0, sold(-1), source=HITS)
    play.poll(5, sold(-1, "no"), source=HITS)
    assert score(play).days["2026-01-05"] == 0
    play.poll(10, sold(9), source=HITS)
    assert said(play) == [("first", 1, 0)]


# ---- not while something critical is open ----

GRAVE = rejection('critical = "network_rejection > 5"')


def test_nobody_cheers_while_something_critical_is_open() -> None:
    play = floor(CHEER, GRAVE)
    play.poll(-9, agent("12004", 9))
    play.poll(-4, agent("12004", 9))
    assert play.incident("12004").severity.value == "critical"
    assert play.poll(0, sold(-1), source=HITS) == []
    assert play.reason(str(sold(-1)["conn_id"]), "new-hit") is Untold.SUBDUED
    assert play.poll(5, sold(-1), sold(3), source=HITS) == []
    before = len(play.notices)
    play.poll(6, agent("12004", 0))
    play.poll(11, agent("12004", 0))
    (cheers,) = [notice for notice in play.notices[before:] if notice.announces]
    assert len(cheers.events) == 2
    assert cheers.merits == (Merit("first", 2, 1),)


def test_what_is_critical_for_longer_than_a_shift_keeps_nobody_from_cheering() -> None:
    play = floor(CHEER, GRAVE)
    play.poll(-9, agent("12004", 9))
    play.poll(-4, agent("12004", 9))
    opened = play.incident("12004").opened_at
    assert play.poll(0, sold(-1), source=HITS) == []

    assert play.wait((opened + HUSH - clock(0)).total_seconds() / 60 - 1) == []
    play.wait((opened + HUSH - clock(0)).total_seconds() / 60)

    (cheers,) = play.last.notices
    assert (len(cheers.events), cheers.belated) == (1, False)
    assert len(play.poll(9 * 60, sold(9 * 60 - 1), source=HITS)) == 1


def test_a_shift_begins_with_what_is_critical_and_not_with_the_warning_before() -> None:
    play = floor(CHEER, GRAVE)
    for minute in range(-9, 8 * 60 + 20, 5):
        play.poll(minute, agent("12004", 3))
    for minute in range(8 * 60 + 21, 8 * 60 + 32, 5):
        play.poll(minute, agent("12004", 9))
    assert play.incident("12004").severity.value == "critical"

    assert play.poll(8 * 60 + 35, sold(8 * 60 + 34), source=HITS) == []


def test_what_was_sold_yesterday_is_told_in_sober_words_once_it_is_over() -> None:
    play = floor(CHEER, GRAVE)
    begun = NIGHT - 60
    play.poll(begun - 5, agent("12004", 9))
    play.poll(begun, agent("12004", 9))
    play.poll(begun + 5, sold(begun + 4), source=HITS)
    play.poll(NIGHT + 60, sold(NIGHT + 59), source=HITS)

    before = len(play.notices)
    for minute in (65, 70, 75):
        play.poll(NIGHT + minute, agent("12004", 0))

    (told,) = [notice for notice in play.notices[before:] if notice.announces]
    assert (len(told.events), told.belated, told.merits) == (2, True, ())


def test_a_warning_keeps_nobody_from_cheering() -> None:
    play = floor(BATCH, GRAVE)
    play.poll(-9, agent("12004", 3))
    play.poll(-4, agent("12004", 3))
    assert len(play.poll(0, sold(-1), source=HITS)) == 1
    assert play.poll(5, sold(4), source=HITS) == []
    play.wait(30)
    assert [len(notice.events) for notice in play.last.notices] == [1]


def test_news_that_are_no_celebration_are_told_meanwhile() -> None:
    play = floor(NEW_HIT, GRAVE)
    play.poll(-9, agent("12004", 9))
    play.poll(-4, agent("12004", 9))
    assert len(play.poll(0, sold(-1), source=HITS)) == 1


def test_what_is_critical_itself_waits_for_nothing() -> None:
    play = floor(BATCH + 'severity = "critical"\n', GRAVE)
    play.poll(-9, agent("12004", 9))
    play.poll(-4, agent("12004", 9))
    assert len(play.poll(0, sold(-1), source=HITS)) == 1
    assert len(play.poll(5, sold(4), source=HITS)) == 1


# ---- a batch ----


def test_above_a_rate_sales_share_a_message_with_their_number() -> None:
    play = floor(BATCH)
    assert len(play.poll(0, sold(-1), source=HITS)) == 1
    assert play.poll(10, sold(9), source=HITS) == []
    assert play.reason(str(sold(9)["conn_id"]), "new-hit") is Untold.WAITING
    assert play.wait(29) == []
    assert len(play.wait(30)) == 1
    assert len(_last(play).events) == 1
    assert len(play.poll(90, sold(89), source=HITS)) == 1, "below the rate it is instant"


def test_a_batch_across_midnight_is_no_old_news() -> None:
    play = floor(BATCH)
    play.poll(NIGHT - 15, sold(NIGHT - 16), source=HITS)
    play.poll(NIGHT - 5, sold(NIGHT - 6), source=HITS)
    play.wait(NIGHT + 15)
    (told,) = play.last.notices
    assert (len(told.events), told.belated) == (1, False)


def test_a_sale_that_deserves_a_message_takes_those_that_wait_with_it() -> None:
    play = floor(BATCH)
    play.poll(0, sold(-1), source=HITS)
    assert play.poll(10, sold(9), source=HITS) == []
    play.poll(20, sold(19), source=HITS)
    assert len(play.last.notices) == 1
    assert (len(_last(play).events), said(play)) == (2, [("streak", 3, 0)])


def test_a_batch_whose_rule_is_gone_is_told_all_the_same() -> None:
    play = floor(BATCH)
    play.poll(0, sold(-1), source=HITS)
    play.poll(10, sold(9), source=HITS)
    assert len(play.reload(12, rejection())) == 1


def test_a_batch_is_for_celebrations() -> None:
    with pytest.raises(ConfigError, match="`batch` is for celebrations"):
        rules(NEW_HIT + 'batch = "30m"\n')


# ---- what is remembered ----


def test_a_rule_that_celebrates_no_more_is_told_plainly() -> None:
    play = floor()
    play.reload(-2, NEW_HIT)
    play.poll(0, sold(-1), source=HITS)
    assert (len(_last(play).events), said(play)) == (1, [])


def test_a_rule_with_a_new_name_goes_on_counting() -> None:
    play = floor(CHEER, CHEER.replace("new-hit", "other"))
    play.poll(0, sold(-1), source=HITS)
    play.reload(
        2, CHEER.replace('"new-hit"', '"sales"\nwas = "new-hit"'), CHEER.replace("new-hit", "other")
    )
    play.poll(5, sold(4), source=HITS)
    assert play.known.scores[ScoreKey(OPERATION, "sales")].days["2026-01-05"] == 2


def test_what_is_late_is_counted_and_nobody_cheers_at_it() -> None:
    play = floor(leads="target = 1\n")
    play.poll(0, source=HITS)
    play.poll(200, sold(100), source=HITS)
    assert (_last(play).belated, said(play)) == (True, [])
    assert score(play).days["2026-01-05"] == 1


def test_old_sales_can_be_taken_back_no_more_and_take_no_room() -> None:
    play = floor()
    play.poll(10, sold(-1), source=HITS)
    assert len(score(play).sales) == 1, "that of the day before is old"
    assert score(play).sales[0].at == datetime(2026, 1, 5, 14, 59, tzinfo=UTC)
