"""What a failed poll leads to: for whom, for how long, and never a storm of questions."""

from __future__ import annotations

import dataclasses
from collections import Counter
from datetime import timedelta

import pytest

from notifier.core.facts.snapshot import take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.reactions import BUSY_EARLY, REACTIONS, early, resting
from notifier.core.judging.reading import Good
from notifier.core.payload.oddities import Oddities
from notifier.errors import Trouble
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import (
    BEGIN,
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

SOURCES = (LATENCY, SKILLS, HITS)
HOURLY = {
    Trouble.TOKEN: 4,  # two sources at once, and both an hour later
    Trouble.QUOTA: 1,
    Trouble.REQUEST: 3 * 2,
    Trouble.MAINTENANCE: 17,
    Trouble.BUSY: 3 * 34,
    Trouble.FORBIDDEN: 3 * 7,
    Trouble.TLS: 3 * 8,
    Trouble.REDIRECT: 3 * 8,
    Trouble.TOO_LARGE: 3 * 5,
}
"""Attempts in an hour by an operation with three sources that would be read every second."""
USUAL = 3 * 121


def attempts(trouble: Trouble, every: float = 1.0, hours: float = 1.0) -> int:
    """Ask three sources every so many seconds; each time that one may be, it fails."""
    play, asked = Play(rejection()), 0
    for step in range(int(hours * 3_600 / every) + 1):
        minute = step * every / 60
        for source in SOURCES:
            if resting(play.known.sources, source, clock(minute)) is None:
                play.fail(minute, trouble, source)
                asked += 1
    return asked


@pytest.mark.parametrize("trouble", Trouble)
def test_no_kind_of_failure_becomes_a_storm(trouble: Trouble) -> None:
    every = 1.0 if trouble in HOURLY else 10.0  # those of the usual kind are all alike

    assert attempts(trouble, every) <= HOURLY.get(trouble, USUAL)


def test_every_kind_has_its_reaction() -> None:
    assert set(REACTIONS) == set(Trouble)
    assert all(reaction.rest >= timedelta(seconds=15) for reaction in REACTIONS.values())


def test_over_a_day_a_dead_token_is_tried_twice_an_hour_at_most() -> None:
    assert attempts(Trouble.TOKEN, every=60, hours=24) <= 2 * 25


# ---- ahead of its turn ----


def busy_at(minutes: float, busy: float) -> list[float]:
    """The seconds at which a source of *every* 30 minutes asks while its token is in use."""
    play, turn, asked = Play(rejection()), 0.0, []
    at = 0.0
    while at < minutes * 60:
        asked.append(at)
        if at >= busy * 60:
            play.poll(at / 60, agent("12004"))
        else:
            play.fail(at / 60, Trouble.BUSY)
        wait = early(play.known.sources[LATENCY], clock(at / 60))
        turn = turn if at < turn else turn + 1_800
        at = turn if wait is None else at + wait.total_seconds()
    return asked


def test_a_token_in_use_elsewhere_costs_a_slow_source_seconds_not_its_turn() -> None:
    assert busy_at(minutes=60, busy=0.5) == [0, 15, 45, 1_800]


def test_early_tries_are_few() -> None:
    asked = busy_at(minutes=180, busy=180)

    assert asked == [0, 15, 45, 105, 225, 1_800, 3_600, 5_400, 7_200, 9_000]
    assert len(asked) == 180 // 30 + BUSY_EARLY


@pytest.mark.parametrize("trouble", [each for each in Trouble if each is not Trouble.BUSY])
def test_what_does_not_pass_in_seconds_waits_for_the_turn(trouble: Trouble) -> None:
    play = Play(rejection())
    play.fail(0, trouble)

    assert early(play.known.sources[LATENCY], clock(0)) is None


def test_a_rest_that_is_over_is_no_reason_to_ask_again_and_again() -> None:
    """What cannot be written down leaves the state as it was: it must not become a storm."""
    play = Play(rejection())
    play.fail(0, Trouble.BUSY)

    assert early(play.known.sources[LATENCY], clock(0.25)) is None


# ---- what is the whole operation's ----


def test_a_refused_token_stops_the_whole_operation_and_is_told_once() -> None:
    play = Play(rejection())

    heard = play.fail(0, Trouble.TOKEN) + play.fail(1, Trouble.TOKEN, SKILLS)

    assert heard == [f"on-call open {OPERATION}/latency"]
    for source in SOURCES:
        assert resting(play.known.sources, source, clock(2)) is Trouble.TOKEN
    assert resting(play.known.sources, HITS, clock(59)) is Trouble.TOKEN


def test_a_token_that_lacks_one_right_stops_that_source_only() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    play.poll(1, queue("7"), source=SKILLS)

    assert resting(play.known.sources, LATENCY, clock(2)) is Trouble.TOKEN
    assert resting(play.known.sources, SKILLS, clock(2)) is None
    assert play.poll(3, queue("7"), source=SKILLS) == []
    assert resting(play.known.sources, LATENCY, clock(4)) is Trouble.TOKEN


def test_a_new_token_ends_it_for_all_at_the_first_good_answer() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    play.fail(1, Trouble.TOKEN, SKILLS)

    heard = play.poll(61, queue("7"), source=SKILLS)

    assert heard == [f"on-call close {OPERATION}/latency"]
    assert [resting(play.known.sources, source, clock(61)) for source in SOURCES] == [None] * 3
    assert play.poll(62, agent("12004")) == []


def test_it_ends_for_those_who_told_nobody_too() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    play.fail(1, Trouble.TOKEN, SKILLS)

    assert play.poll(60, agent("12004")) == [f"on-call close {OPERATION}/latency"]
    assert play.known.sources[SKILLS].trouble is None


def test_a_spent_quota_is_told_once_and_nobody_asks_again_before_midnight() -> None:
    play = Play(rejection())

    assert play.fail(0, Trouble.QUOTA) == [f"on-call open {OPERATION}/latency"]
    for source in SOURCES:
        assert resting(play.known.sources, source, clock(14 * 60 - 1)) is Trouble.QUOTA
        assert resting(play.known.sources, source, clock(14 * 60)) is None
    assert str(play.incident(f"{OPERATION}/latency").fields["until"]).startswith("2026-01-06T00:00")
    assert play.fail(14 * 60, Trouble.QUOTA, SKILLS) == [], "one that knows of it tells"


def test_maintenance_of_the_server_rests_all_of_it() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.MAINTENANCE)

    assert resting(play.known.sources, SKILLS, clock(1)) is Trouble.MAINTENANCE
    assert resting(play.known.sources, SKILLS, clock(2)) is None


def test_another_operation_goes_on() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.QUOTA)

    assert resting(play.known.sources, SourceKey("lima", "latency"), clock(1)) is None


def test_what_was_found_before_somebody_lent_a_hand_does_not_count() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    play.fail(1, Trouble.TOKEN, SKILLS)

    for source in SOURCES:
        assert resting(play.known.sources, source, clock(10), since=clock(10)) is None
    play.fail(10, Trouble.TOKEN)
    play.fail(10, Trouble.TOKEN, SKILLS)
    assert resting(play.known.sources, HITS, clock(11), since=clock(10)) is Trouble.TOKEN


def test_a_rest_that_began_while_the_clock_was_ahead_ends_with_it() -> None:
    play = Play(rejection())
    play.fail(60 * 24 * 30, Trouble.TOKEN)

    assert resting(play.known.sources, LATENCY, clock(5)) is None


def test_a_wish_to_be_left_alone_is_kept_but_never_shorter_than_our_own_rest() -> None:
    play = Play(rejection())

    play.fail(0, Trouble.BUSY, after=timedelta(0))
    assert play.known.sources[LATENCY].retry_at == clock(0.25)
    play.fail(1, Trouble.SERVER, after=timedelta(minutes=5))
    assert play.known.sources[LATENCY].retry_at == clock(6)


def test_a_source_that_asks_for_a_long_rest_is_told_of_at_once() -> None:
    play = Play(rejection())

    heard = play.fail(0, Trouble.SERVER, after=timedelta(minutes=10))

    assert heard == [f"on-call open {OPERATION}/latency"]


def test_a_rest_grows_with_failures_of_the_same_kind_only() -> None:
    play = Play(rejection())
    rests: list[float] = []
    for trouble in (Trouble.FORBIDDEN, Trouble.FORBIDDEN, Trouble.SERVER, Trouble.FORBIDDEN):
        play.fail(len(rests), trouble)
        retry_at = play.known.sources[LATENCY].retry_at
        assert retry_at is not None
        rests.append((retry_at - clock(len(rests))).total_seconds())

    assert rests == [60, 120, 30, 60]


# ---- a 404 ----


def not_found(play: Play, minute: float, source: SourceKey = LATENCY) -> list[str]:
    endpoint = CATALOGUE[source.source]
    rows: dict[str, list[object]] = {each.name: [] for each in endpoint.collections}
    at = clock(minute)
    taken = take(source, endpoint, rows, at, Oddities(not_found=True))  # type: ignore[arg-type]
    return play._read(Good(source, taken), at)


NOBODY = """
[[rule]]
id = "nobody"
on = "latency.by_agent"
by = []
when = "count() == 0"
to = ["team-leads"]
"""


def test_a_404_of_what_never_answered_is_one_notice_and_never_a_zero() -> None:
    play = Play(rejection(), NOBODY)

    heard = [not_found(play, minute) for minute in (0, 5, 10, 600)]

    assert heard == [[f"on-call open {OPERATION}/latency"], [], [], []]
    told = play.incident(f"{OPERATION}/latency")
    assert (told.fields["trouble"], told.severity.value) == ("unavailable", "warning")
    assert play.known.sources[LATENCY].good_at is None
    assert LATENCY not in play.known.snapshots
    assert play.known.instances == {}


def test_it_ends_with_the_first_answer() -> None:
    play = Play(rejection(), NOBODY)
    not_found(play, 0)

    heard = play.poll(5, agent("12004", 2))

    assert sorted(heard) == [f"on-call close {OPERATION}/latency", "team-leads open 12004"]


def test_once_it_answered_a_404_means_no_rows() -> None:
    play = Play(rejection("missing_after = 1"), NOBODY)
    play.poll(0, agent("12004", 2))

    heard = not_found(play, 5)

    assert heard == ["team-leads close 12004", "team-leads open all"]
    assert play.known.sources[LATENCY].oddities.not_found


def test_an_empty_list_is_an_answer_too() -> None:
    play = Play(rejection(), NOBODY)
    play.poll(0)

    assert not_found(play, 5) == []
    assert play.known.sources[LATENCY].notice == ""


def test_what_another_server_answered_says_nothing_of_this_one() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004"))
    play.reload(1, rules(rejection(), head=HEAD.replace('"0041"', '"0042"')))

    assert not_found(play, 5) == [f"on-call open {OPERATION}/latency"]


def test_a_source_that_an_older_version_read_has_answered() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004"))
    state = play.known.sources[LATENCY]
    from msgspec.structs import replace

    play.known.sources[LATENCY] = replace(state, answered="")  # type: ignore[index]

    assert not_found(play, 5) == []


def test_no_hits_by_404_are_a_silent_baseline_all_the_same() -> None:
    """Where an empty hour is a 404, the first sale after it is news."""
    play = Play(
        '[[rule]]\nid = "new"\nkind = "event"\non = "hits_last_hour"\nwhen = "is_hit"\n'
        'to = ["team-leads"]\n'
    )
    assert not_found(play, 0, HITS) == [f"on-call open {OPERATION}/hits_last_hour"]

    assert "team-leads event a.b.1.1" in play.poll(5, hit("a.b.1.1"), source=HITS)


def test_a_failure_in_between_is_told_as_what_it_is() -> None:
    play = Play(rejection())
    not_found(play, 0)

    assert play.fail(5, Trouble.TOKEN) == [f"on-call raised {OPERATION}/latency"]
    assert play.incident(f"{OPERATION}/latency").fields["trouble"] == "token"


# ---- data that vanish ----

FIVE = [agent(str(number), 2) for number in range(12001, 12006)]
SHIFT = HEAD.replace('endpoint = "latency"', 'endpoint = "latency"\nactive = "Mon-Sun 00:00-24:00"')
QUIET = [agent(str(number), 0) for number in range(12001, 12006)]


def shift() -> Play:
    return Play(rules(rejection(), head=SHIFT))


@pytest.mark.parametrize("gone", [lambda play, at: play.poll(at), not_found])
def test_agents_that_vanish_in_their_shift_are_a_notice_not_a_recovery(gone: object) -> None:
    play = shift()
    play.poll(0, *QUIET)

    heard = [gone(play, minute) for minute in (5, 10, 15, 20)]  # type: ignore[operator]

    assert heard == [[], [f"on-call open {OPERATION}/latency"], [], []]
    told = play.incident(f"{OPERATION}/latency")
    assert (told.fields["trouble"], told.severity.value) == ("vanished", "warning")
    assert play.poll(25, *QUIET) == [f"on-call close {OPERATION}/latency"]


def test_a_restart_between_the_two_answers_hides_no_notice() -> None:
    """A start recalls no rows from a 404."""
    play = shift()
    play.poll(0, *QUIET)
    not_found(play, 5)
    play.known = dataclasses.replace(play.known, histories={}, snapshots={})

    assert not_found(play, 10) == [f"on-call open {OPERATION}/latency"]
    assert play.poll(15, *QUIET) == [f"on-call close {OPERATION}/latency"]


def test_where_nobody_was_missed_a_restart_is_no_notice() -> None:
    play = shift()
    play.poll(0)
    not_found(play, 5)
    play.known = dataclasses.replace(play.known, histories={}, snapshots={})

    assert not_found(play, 10) == []


def test_what_was_open_then_ends_in_words_that_say_no_recovery() -> None:
    play = Play(rejection())
    play.poll(0, *FIVE)

    heard = Counter(line.split()[1] for minute in (5, 10, 15, 20) for line in play.poll(minute))

    assert (heard["open"], heard["close"]) == (1, 5)
    assert {play.incident(str(n)).closing.value for n in range(12001, 12006)} == {"left"}  # type: ignore[union-attr]


def test_without_a_declared_shift_and_without_alerts_they_went_home() -> None:
    play = Play(rejection())
    play.poll(0, *QUIET)

    assert [play.poll(minute) for minute in (5, 10, 15)] == [[]] * 3


def test_two_agents_are_too_few_to_be_missed_so() -> None:
    play = shift()
    play.poll(0, *QUIET[:2])

    assert [play.poll(minute) for minute in (5, 10, 15)] == [[]] * 3


def test_one_empty_answer_is_not_enough() -> None:
    play = shift()
    play.poll(0, *QUIET)
    play.poll(5)

    assert play.poll(10, *QUIET) == []


def test_a_list_that_the_answer_lacks_ends_no_notice() -> None:
    play = shift()
    play.poll(0, *QUIET)
    play.poll(5)
    play.poll(10)

    assert play.poll(15, by_ip=[]) == []
    assert play.known.sources[LATENCY].vanished == {"by_agent"}


def test_readings_are_numbered_through_strange_answers_as_well() -> None:
    play = Play(rejection())
    not_found(play, 0)
    play.poll(5, agent("12004"))

    assert play.known.sources[LATENCY].seq == 2
    assert play.known.sources[LATENCY].tried_at == BEGIN + timedelta(minutes=5)
