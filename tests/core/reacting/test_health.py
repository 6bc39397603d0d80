"""A source's own troubles: when people hear of them, and what they do to everything else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.core.facts.state import Closing, InstanceKey, Severity
from notifier.core.judging.notice import Untold
from notifier.errors import Trouble
from tests.builders import (
    HEAD,
    HITS,
    LATENCY,
    OPERATION,
    SKILLS,
    Play,
    agent,
    clock,
    hit,
    queue,
    rejection,
    rules,
)

SOURCE = f"{OPERATION}/latency"
OPEN = f"on-call open {SOURCE}"
OTHERS = {Trouble.TOKEN, Trouble.REQUEST, Trouble.QUOTA, Trouble.BUSY, Trouble.MAINTENANCE}
LASTING = sorted(set(Trouble) - OTHERS, key=lambda trouble: trouble.value)


@pytest.mark.parametrize("trouble", LASTING)
def test_three_failures_and_three_minutes_are_told(trouble: Trouble) -> None:
    play = Play(rejection())
    assert [play.fail(minute, trouble) for minute in (0, 1, 2)] == [[], [], []]
    assert play.fail(3, trouble) == [OPEN]
    assert play.fail(4, trouble) == []


def test_two_failures_are_not_told_however_long_they_last() -> None:
    play = Play(rejection())
    assert play.fail(0) + play.fail(30) == []
    assert play.fail(60) == [OPEN]


def test_a_good_poll_in_between_starts_the_count_anew() -> None:
    play = Play(rejection())
    assert play.fail(0) + play.fail(5) + play.poll(10) + play.fail(15) + play.fail(20) == []
    assert play.fail(25) == [OPEN]


@pytest.mark.parametrize("trouble", [Trouble.TOKEN, Trouble.REQUEST, Trouble.QUOTA])
def test_what_only_a_person_can_mend_is_told_at_once(trouble: Trouble) -> None:
    play = Play(rejection())
    assert play.fail(0, trouble) == [OPEN]


@pytest.mark.parametrize("trouble", [Trouble.TOKEN, Trouble.REQUEST])
def test_what_only_a_person_can_mend_is_tried_every_hour(trouble: Trouble) -> None:
    play = Play(rejection())
    play.fail(0, trouble)
    assert play.known.sources[LATENCY].retry_at == clock(60)
    play.fail(60, trouble)
    assert play.known.sources[LATENCY].retry_at == clock(120)


def test_a_spent_quota_rests_until_the_next_local_midnight() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.QUOTA)  # ten in the morning
    assert play.known.sources[LATENCY].retry_at == clock(14 * 60)


def test_or_until_the_hour_that_the_operation_says() -> None:
    head = HEAD.replace('"America/Bogota"', '"America/Bogota"\nquota_reset = "19:30"')
    play = Play(rules(rejection(), head=head))
    play.fail(0, Trouble.QUOTA)
    assert play.known.sources[LATENCY].retry_at == clock(9.5 * 60)


def test_or_as_long_as_the_far_side_says() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.QUOTA, after=timedelta(hours=7))
    assert play.known.sources[LATENCY].retry_at == clock(7 * 60)


def test_maintenance_is_told_of_only_when_it_lasts_and_as_what_it_is() -> None:
    play = Play(rejection())
    assert [play.fail(minute, Trouble.MAINTENANCE) for minute in (0, 2, 6, 29)] == [[]] * 4
    assert play.fail(30, Trouble.MAINTENANCE) == [OPEN]
    assert play.incident(SOURCE).severity is Severity.WARNING
    assert play.incident(SOURCE).fields["trouble"] == "maintenance"


def test_a_short_maintenance_ends_without_a_word() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2))
    assert play.fail(5, Trouble.MAINTENANCE) + play.fail(9, Trouble.MAINTENANCE) == []
    assert play.poll(15, agent("12004", 2)) == []
    assert len(play.known.instances) == 1


def test_simultaneous_use_is_told_only_after_ten_minutes() -> None:
    play = Play(rejection())
    assert [play.fail(minute, Trouble.BUSY) for minute in (0, 3, 6, 9)] == [[]] * 4
    assert play.fail(10, Trouble.BUSY) == [OPEN]


def test_the_first_good_poll_closes_it_and_judges_at_once() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    heard = play.poll(60, agent("12004", 2))
    assert sorted(heard) == [f"on-call close {SOURCE}", "team-leads open 12004"]
    assert play.incident(SOURCE).closing is Closing.RECOVERED
    state = play.known.sources[LATENCY]
    assert (state.failures, state.trouble, state.retry_at, state.incident) == (0, None, None, "")


def test_its_message_says_what_is_wrong_and_follows_it() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    assert play.incident(SOURCE).fields["trouble"] == "token"
    assert play.incident(SOURCE).severity is Severity.CRITICAL
    assert play.fail(60, Trouble.TOKEN) == []
    assert play.fail(120, Trouble.QUOTA) == [f"on-call change {SOURCE}"]
    assert play.incident(SOURCE).fields["trouble"] == "quota"
    assert play.fail(180, Trouble.QUOTA) == []


def test_a_source_down_holds_nothing_of_another_back() -> None:
    play = Play(rejection(), QUEUES)
    play.fail(0, Trouble.TOKEN)
    heard = play.poll(1, queue("7", calls_in_queue_now=11), source=SKILLS)
    assert heard == ["team-leads open 7"]


QUEUES = """
[[rule]]
id = "queue"
on = "skills"
when = "calls_in_queue_now > 10"
to = ["team-leads"]
"""


def test_open_messages_say_once_that_their_data_stand_still() -> None:
    play = Play(rejection(), QUEUES)
    play.poll(0, queue("7", calls_in_queue_now=11), source=SKILLS)
    play.poll(0, agent("12004", 2))
    heard = [play.fail(minute) for minute in (5, 10, 15, 20, 25)]
    assert heard == [[], [], ["team-leads change 12004", OPEN], [], []]
    assert play.incident("12004").held == "frozen"
    assert play.poll(30, agent("12004", 2))[0] == "team-leads change 12004"
    assert play.incident("12004").held == ""


def test_failed_polls_move_nothing_else() -> None:
    play = Play(rejection('for = "10m"\nkeep = "10m"'))
    play.poll(0, agent("12004", 2), agent("12005", 0))
    before = play.known.instances
    for minute in (5, 10, 15, 20):
        play.fail(minute)
    assert play.known.instances == before


def test_the_bots_own_troubles_go_to_nobody_where_there_are_no_operators() -> None:
    play = Play(rules(rejection(), head=HEAD.replace('operators = ["on-call"]', "")))
    assert play.fail(0, Trouble.TOKEN) == []
    assert play.reason(SOURCE, "source") is Untold.NOBODY


# ---- mass vanishing ----

FIVE = [agent(str(number), 2) for number in range(12001, 12006)]


def test_a_mass_vanishing_is_not_believed_until_a_second_snapshot_agrees() -> None:
    play = Play(rejection("missing_after = 1"))
    assert len(play.poll(0, *FIVE)) == 5
    heard = play.poll(5, FIVE[0])
    assert sorted(heard) == [f"team-leads change {number}" for number in range(12002, 12006)]
    assert {play.incident(str(number)).held for number in range(12002, 12006)} == {"unknown"}
    assert len(play.poll(10, FIVE[0])) == 4
    assert {play.incident(str(number)).closing for number in range(12002, 12006)} == {Closing.LEFT}


def test_back_in_the_second_snapshot_they_are_as_before() -> None:
    play = Play(rejection("missing_after = 1"))
    play.poll(0, *FIVE)
    play.poll(5)
    assert len(play.poll(10, *FIVE)) == 5  # edits: the data move again
    assert play.poll(15, *FIVE) == []
    assert len(play.known.instances) == 5


def test_half_of_them_may_leave_at_once() -> None:
    play = Play(rejection("missing_after = 1"))
    play.poll(0, *FIVE[:4])
    assert play.poll(5, *FIVE[:2]) == ["team-leads close 12003", "team-leads close 12004"]


def test_two_are_too_few_to_be_doubted() -> None:
    play = Play(rejection("missing_after = 1"))
    play.poll(0, *FIVE[:2])
    assert len(play.poll(5)) == 2


def test_a_group_that_lost_its_members_is_not_judged_on_the_rest() -> None:
    group = """
[[rule]]
id = "crowd"
on = "latency.by_agent"
by = []
when = "count() < 3"
to = ["on-call"]
"""
    play = Play(group)
    play.poll(0, *FIVE)
    assert play.poll(5, FIVE[0]) == []
    assert play.reason("all", "crowd") is Untold.UNKNOWN
    assert play.poll(10, FIVE[0]) == ["on-call open all"]


def test_a_list_that_the_answer_did_not_hold_says_nothing_of_its_rows() -> None:
    play = Play(rejection("missing_after = 1"))
    play.poll(0, *FIVE)
    before = play.known.instances
    assert play.poll(5, by_ip=[]) == []
    assert play.known.instances == before


def test_after_it_a_mass_vanishing_is_doubted_all_the_same() -> None:
    play = Play(rejection("missing_after = 1"))
    play.poll(0, *FIVE)
    play.poll(5, by_ip=[])
    assert {line.split()[1] for line in play.poll(10, FIVE[0])} == {"change"}


def test_events_vanish_all_the_time() -> None:
    play = Play(rejection())
    play.poll(0, *(hit(str(number)) for number in range(5)), source=HITS)
    play.poll(5, source=HITS)
    assert play.known.sources[HITS].suspects == {}


def test_polls_are_numbered_so_that_a_jump_of_the_clock_leaves_a_hole() -> None:
    play = Play(rejection('for = "10m"'))
    play.poll(0, agent("12004", 2))
    play.poll(5, agent("12004", 2))
    assert play.poll(10, agent("12004", 2), gap=True) == []
    instance = play.known.instances[InstanceKey(OPERATION, "network-rejection", "12004")]
    assert (instance.observed, instance.seq) == (300.0, 4)
