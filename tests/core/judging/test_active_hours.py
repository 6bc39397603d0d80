"""Outside its hours a source is not asked: no alert comes of that, and none goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from notifier.core.facts.state import Phase
from tests.builders import HEAD, LATENCY, Play, agent, clock, rejection, rules

# BEGIN is 10:00 in Bogotá: the hours close after 60 minutes, and open again after 120.
LUNCH = HEAD.replace('"latency"\n', '"latency"\nactive = "06:00-11:00, 12:00-20:00"\n', 1)
NIGHT = 14 * 60  # minutes until midnight in Bogotá
MORNING = NIGHT + 6 * 60
Poll = Callable[..., list[str]]


def play(more: str = "", head: str = LUNCH) -> Play:
    return Play(rules(rejection(more), head=head))


def test_reminders_pause_from_the_last_moment_on_and_come_with_the_first_poll() -> None:
    bot = play('repeat = "10m"')
    bot.poll(55, agent("1", 2))

    closed = bot.wait(119)
    opened = bot.poll(120, agent("1", 2))

    assert closed == []
    assert opened == ["team-leads repeat 1"]


def test_what_is_open_at_the_end_is_the_same_incident_afterwards() -> None:
    bot = play()
    bot.poll(55, agent("1", 2))
    before = bot.incident("1").id

    assert bot.poll(120, agent("1", 3)) == ["team-leads change 1"]
    assert bot.poll(125, agent("1", 0)) == ["team-leads close 1"]
    assert bot.incident("1").id == before


def test_an_answer_a_little_after_the_end_is_told_still() -> None:
    bot = play()

    assert bot.poll(60.5, agent("1", 2)) == ["team-leads open 1"]


@pytest.mark.parametrize("keys", ['for = "5m"', 'of = "2/2"', "min_samples = 2"])
def test_nothing_opens_by_the_gap(keys: str) -> None:
    bot = play(keys + '\ngap_max = "2h"')
    bot.poll(58, agent("1", 2))

    assert bot.poll(121, agent("1", 2)) == []
    assert bot.poll(127, agent("1", 2)) == ["team-leads open 1"]


def test_nothing_closes_by_the_gap() -> None:
    bot = play('keep = "30m"\ngap_max = "2h"')
    bot.poll(50, agent("1", 2))
    bot.poll(55, agent("1", 0))

    assert bot.poll(121, agent("1", 0)) == []
    assert bot.known.instances[next(iter(bot.known.instances))].phase is Phase.RECOVERING
    assert [bot.poll(140, agent("1", 0)), bot.poll(152, agent("1", 0))] == [
        [],
        ["team-leads close 1"],
    ]


def test_who_has_not_come_yet_has_not_left() -> None:
    bot = play("missing_after = 2")
    bot.poll(50, agent("1", 2), agent("2"))
    bot.poll(55, agent("2"))

    first = bot.poll(121, agent("2"))
    second = bot.poll(126, agent("2"))

    assert [first, second] == [[], ["team-leads close 1"]]


def test_one_poll_without_an_entity_is_no_end_at_the_opening_even_where_one_is_enough() -> None:
    bot = play("missing_after = 1")
    bot.poll(55, agent("1", 2), agent("2"))

    assert bot.poll(121, agent("2")) == ["team-leads change 1"]  # an edit: it is held
    assert bot.poll(126, agent("2")) == ["team-leads close 1"]


def test_a_whole_weekend_is_no_day_of_absence() -> None:
    head = HEAD.replace(
        '"latency"\n', '"latency"\nactive = "Mon 06:00-11:00, Thu 06:00-20:00"\n', 1
    )
    bot = play('missing = "hold"', head)
    bot.poll(50, agent("1", 2), agent("2"), agent("3"))
    bot.poll(55, agent("2"), agent("3"))
    thursday = 3 * 24 * 60

    assert bot.poll(thursday, agent("2"), agent("3")) == []


def test_who_was_there_in_the_evening_is_not_missed_in_the_morning() -> None:
    bot = play('missing = "fire"\nmissing_after = 1')
    bot.poll(50, agent("1"), agent("2"), agent("3"))

    at_the_opening = bot.poll(121, agent("2"), agent("3"))
    later = bot.poll(126, agent("2"), agent("3"))
    missed = bot.poll(131, agent("3"))

    assert [at_the_opening, later, missed] == [[], [], ["team-leads open 2"]]


def test_who_began_to_be_missed_in_the_evening_is_forgotten_by_the_morning() -> None:
    bot = play('missing = "fire"\nmissing_after = 2')
    bot.poll(50, agent("1"), agent("2"), agent("3"))
    bot.poll(55, agent("2"), agent("3"))

    assert [bot.poll(m, agent("2"), agent("3")) for m in (121, 126, 131)] == [[], [], []]


def test_a_change_over_the_gap_is_no_change() -> None:
    fewer = """
[[rule]]
id = "agents-left"
on = "latency.by_agent"
by = []
when = "prev(count()) >= 2 and delta(count()) < 0"
to = "on-call"
"""
    bot = Play(rules(fewer, head=LUNCH))
    bot.poll(58, agent("1"), agent("2"))

    assert bot.poll(121, agent("1")) == []
    bot.poll(126, agent("1"), agent("2"))
    assert bot.poll(131, agent("1")) == ["on-call open all"]


def test_a_failed_poll_at_the_opening_leaves_the_gap_where_it_was() -> None:
    bot = play('for = "5m"\ngap_max = "3h"')
    bot.poll(55, agent("1", 2))
    bot.fail(121)

    assert bot.poll(126, agent("1", 2)) == []
    assert bot.poll(131, agent("1", 2)) == ["team-leads open 1"]


def test_a_source_without_hours_has_no_gap() -> None:
    bot = play('for = "60m"\ngap_max = "2h"', HEAD)
    bot.poll(55, agent("1", 2))

    assert bot.poll(120, agent("1", 2)) == ["team-leads open 1"]
    assert not bot.plan.sources[LATENCY].rested(None, clock(0))
    assert not bot.plan.sources[LATENCY].rested(clock(0), clock(9_000))


# In Chile clocks are set back at midnight before 5 April 2026, and forward before 6 September.
@pytest.mark.parametrize(
    ("evening", "opens"),
    [("2026-04-05 02:55", "2026-04-05 11:00"), ("2026-09-06 03:55", "2026-09-06 10:00")],
)
def test_a_night_on_which_clocks_are_set_opens_and_closes_nothing(evening: str, opens: str) -> None:
    """Hours from seven to midnight, in UTC: the night is nine hours long then, or six."""
    from datetime import UTC, datetime

    from tests.builders import BEGIN

    head = HEAD.replace("America/Bogota", "America/Santiago").replace(
        '"latency"\n', '"latency"\nactive = "07:00-24:00"\n', 1
    )

    def minute(text: str) -> float:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return (at - BEGIN) / timedelta(minutes=1)

    source = rules(head=head).sources[LATENCY]
    bot = play('for = "5m"\ngap_max = "1d"', head)
    bot.poll(minute(evening), agent("1", 2))
    first = minute(opens)

    assert not source.shifts.hold(clock(first - 1))
    assert source.shifts.hold(clock(first))
    assert bot.poll(first, agent("1", 2)) == []
    assert bot.poll(first + 5, agent("1", 2)) == ["team-leads open 1"]
