from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from notifier.core.language.counters import Unknown
from notifier.core.language.history import USUAL_ENTITIES, History, Needs
from notifier.core.language.interpret import value
from notifier.core.payload.endpoint import Kind
from tests.core.language.language import EVERY, START, Agent, entity

MINUTE = 60.0
LATENCY = Needs({"latency": 30 * MINUTE})


def _kept(*polls: Mapping[str, Agent], needs: Needs = LATENCY) -> History:
    history = History()
    for place, rows in enumerate(polls):
        history = history.add(START + place * EVERY, rows, needs)
    return history


def _latencies(history: History, over: float, polls: int, key: str = "a") -> list[float]:
    return history.samples(key, "latency", over, START + polls * EVERY)


# ---- samples ----


def test_what_no_rule_asks_for_is_not_kept() -> None:
    history = _kept({"a": Agent(latency=1.0)}, {"a": Agent(latency=2.0)}, needs=Needs())

    assert (history.past, history.slots) == ((), {})
    assert history.previous("a") == Agent(latency=2.0)


def test_an_entity_that_was_not_there_has_no_previous_row() -> None:
    assert _kept({"a": Agent()}).previous("b") is None


def test_the_rows_of_the_last_snapshot_are_kept_and_not_copied() -> None:
    rows = {"a": Agent()}

    assert _kept(rows).rows is rows


def test_samples_are_the_earlier_values_within_the_window_oldest_first() -> None:
    history = _kept(*({"a": Agent(latency=float(n))} for n in range(5)))

    assert _latencies(history, 15 * MINUTE, 5) == [2.0, 3.0, 4.0]
    assert _latencies(history, 4 * MINUTE, 5) == []


def test_a_poll_some_seconds_late_still_reaches_the_window_s_first_value() -> None:
    history = _kept({"a": Agent(latency=1.0)})

    assert history.samples("a", "latency", 300, START + 302) == [1.0]
    assert history.samples("a", "latency", 300, START + 310) == []


def test_blanks_and_absences_are_no_samples() -> None:
    history = _kept({"a": Agent(latency=1.0)}, {"a": Agent()}, {}, {"a": Agent(latency=4.0)})

    assert _latencies(history, 30 * MINUTE, 4) == [1.0, 4.0]


def test_polls_of_the_same_entities_share_one_index() -> None:
    one, other = {"a": Agent(), "b": Agent()}, {"b": Agent(latency=2.0), "a": Agent(latency=1.0)}
    history = _kept(one, other, {"b": Agent(), "c": Agent()})

    first, second, third = history.past
    assert first.index is second.index
    assert third.index is not second.index
    assert _latencies(history, 30 * MINUTE, 3) == [1.0]  # in its own place, whatever the order


def test_samples_beyond_the_longest_window_are_forgotten() -> None:
    history = _kept(*({"a": Agent(latency=float(n))} for n in range(20)))

    assert len(history.past) == 7  # half an hour of five minutes, both ends included


def test_a_field_that_a_new_rule_asks_for_has_no_samples_before() -> None:
    history = _kept({"a": Agent(latency=1.0, loss=5.0)})
    history = history.add(
        START + EVERY, {"a": Agent(latency=2.0, loss=6.0)}, Needs({"loss": 900.0})
    )

    assert history.samples("a", "loss", 900, START + 2 * EVERY) == [6.0]


def test_a_clock_set_back_forgets_what_seems_to_lie_ahead() -> None:
    history = _kept({"a": Agent(latency=1.0)}, {"a": Agent(latency=2.0)})
    history = history.add(START + 100, {"a": Agent(latency=3.0)}, LATENCY)

    assert [sample.at for sample in history.past] == [START, START + 100]


# ---- counters ----


def _now(text: str, *rows: Agent | None) -> object:
    return value(*entity(text, *rows))


def _calls(*counts: float | None) -> list[Agent | None]:
    return [Agent(calls=count) for count in counts]


@pytest.mark.parametrize(
    ("counts", "delta"),
    [
        ([5.0, 8.0], 3.0),
        ([8.0, 5.0], None),  # a reset: unknown on this poll
        ([8.0, 5.0, 6.0], 1.0),  # counted from the new value on the next
        ([8.0, None, 9.0], None),
        ([8.0, None], None),
        ([8.0], None),  # a first sample has no delta
    ],
)
def test_a_counter_s_delta_is_unknown_where_it_was_reset(
    counts: list[float | None], delta: float | None
) -> None:
    assert _now("delta(calls)", *_calls(*counts)) == delta


def test_a_fall_of_any_counter_makes_the_others_deltas_unknown_too() -> None:
    rows = [Agent(calls=5.0, lost=3.0), Agent(calls=8.0, lost=2.0)]

    assert _now("delta(calls)", *rows) is None


def test_what_is_no_counter_may_fall() -> None:
    rows = [Agent(latency=5.0, calls=3.0), Agent(latency=2.0, calls=1.0)]

    assert _now("delta(latency)", *rows) == -3.0
    assert _now("rise(latency, '10m')", *rows) == -3.0


@pytest.mark.parametrize(
    ("counts", "rise"),
    [
        ([1.0, 4.0, 6.0], 5.0),
        ([100.0, 4.0, 6.0], 2.0),  # restarted after the reset
        ([100.0, None, 4.0, 6.0], 2.0),  # a reset behind a blank
        ([100.0, 120.0, 6.0], None),  # reset at this very poll
        ([100.0, None, 6.0], None),  # the same behind a blank
        ([6.0], None),
        ([6.0, None], None),
        ([None, 6.0], None),
    ],
)
def test_rise_is_the_growth_since_the_window_began_or_the_counter_did(
    counts: list[float | None], rise: float | None
) -> None:
    assert _now("rise(calls, '30m')", *_calls(*counts)) == rise


def test_a_poll_without_the_entity_leaves_no_gap_in_its_rise() -> None:
    assert _now("rise(calls, '30m')", Agent(calls=1.0), None, Agent(calls=4.0)) == 3.0


def test_a_reset_seen_in_another_counter_restarts_the_window() -> None:
    rows = [
        Agent(calls=5.0, lost=3.0),
        Agent(calls=6.0, lost=0.0),
        Agent(calls=9.0, lost=1.0),
    ]

    assert _now("rise(calls, '30m')", *rows) == 3.0


def _levels(*pairs: tuple[float | None, float | None]) -> list[Agent | None]:
    return [Agent(level=level, calls=calls) for level, calls in pairs]


@pytest.mark.parametrize(
    ("pairs", "hits", "share"),
    [
        ([(80.0, 500.0), (79.23, 520.0)], 12.0, 60.0),  # 400 of 500, then 412 of 520
        ([(None, 0.0), (50.0, 10.0)], 5.0, 50.0),  # a blank percentage of no calls is no riddle
        ([(80.0, 10.0), (80.0, 10.0)], 0.0, None),  # no calls in the window
        ([(80.0, 10.0), (None, None), (85.0, 20.0)], 9.0, 90.0),
        ([(80.0, 10.0), (50.0, 4.0)], None, None),  # a reset at this poll
        ([(80.0, 10.0), (None, None), (50.0, 4.0)], None, None),
        ([(80.0, 10.0), (50.0, 4.0), (50.0, 8.0)], 2.0, 50.0),  # restarted after it
        ([(80.0, 10.0)], None, None),
        ([(80.0, 10.0), (80.0, None)], None, None),  # the base is blank
        ([(80.0, 10.0), (None, 20.0)], None, None),
        ([(80.0, 490.0), (80.0, 500.0)], None, None),  # too many for whole percents
        ([(80.0, 500.0), (80.05, 501.0)], None, None),  # no whole number of 501 is 80.05 %
        ([(80.0, 20_000.0), (79.99, 20_010.0)], None, None),  # too many even for two decimals
        ([(80.0, 10.0), (20.0, 12.0)], None, None),  # fewer hits than before
        ([(0.0, 10.0), (100.0, 12.0)], None, None),  # more hits than calls
        ([(80.0, 10.0), (120.0, 12.0)], None, None),
    ],
)
def test_calls_within_a_level_are_recovered_from_the_cumulative_percentage(
    pairs: list[tuple[float | None, float | None]], hits: float | None, share: float | None
) -> None:
    rows = _levels(*pairs)

    assert _now("hits_of(level, '30m')", *rows) == hits
    assert _now("window(level, '30m')", *rows) == share


# ---- the same half hour of past weeks ----

BOGOTA = ZoneInfo("America/Bogota")
MONDAY_TEN = datetime(2026, 3, 2, 10, 5, tzinfo=BOGOTA)
WEEK = 7 * 86_400.0
USUAL = Needs(usual=frozenset({"latency"}))


def _weeks(*values: float | None, minutes: float = 0.0) -> History:
    """One poll each week at the same half hour, the present week not included."""
    history = History(zone=BOGOTA)
    first = MONDAY_TEN.timestamp() - len(values) * WEEK + minutes * MINUTE
    for place, latency in enumerate(values):
        history = history.add(first + place * WEEK, {"a": Agent(latency=latency)}, USUAL)
    return history


def _usual(history: History, key: str = "a", at: float = MONDAY_TEN.timestamp()) -> float | Unknown:
    return history.usual(key, "latency", at)


def test_usual_is_the_median_of_the_same_half_hour_of_past_weeks() -> None:
    assert _usual(_weeks(10.0, 90.0, 20.0)) == 20.0


def test_fewer_than_three_weeks_are_not_usual() -> None:
    assert _usual(_weeks(10.0, 20.0)) is Unknown.FEW_WEEKS
    assert _usual(_weeks(10.0, None, 20.0)) is Unknown.FEW_WEEKS
    assert _usual(_weeks(10.0, 20.0, 30.0), key="b") is Unknown.FEW_WEEKS


def test_another_half_hour_is_another_slot() -> None:
    assert _usual(_weeks(10.0, 20.0, 30.0, minutes=30)) is Unknown.FEW_WEEKS


def test_the_present_week_does_not_count_as_past() -> None:
    history = _weeks(10.0, 20.0).add(MONDAY_TEN.timestamp(), {"a": Agent(latency=30.0)}, USUAL)

    assert _usual(history) is Unknown.FEW_WEEKS


def test_at_most_six_weeks_are_remembered() -> None:
    history = _weeks(*[1_000.0] * 4, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0)

    assert _usual(history) == 35.0
    assert len(history.slots) == 7  # the one that goes at the next poll included


def test_of_several_polls_in_a_half_hour_the_mean_counts() -> None:
    history = _weeks(10.0, 20.0, 30.0)
    late = MONDAY_TEN.timestamp() - WEEK + 10 * MINUTE
    history = history.add(late, {"b": Agent(latency=5.0), "a": Agent(latency=50.0)}, USUAL)

    assert _usual(history) == 20.0
    assert _usual(history.add(late + 60, {"a": Agent(latency=-77.0)}, USUAL)) == 10.0  # 20, 1, 10


def test_half_hours_are_those_of_the_operation_s_clocks() -> None:
    history = _weeks(10.0, 20.0, 30.0)

    assert _usual(replace(history, zone=UTC)) is Unknown.FEW_WEEKS


def test_usual_is_not_kept_for_more_entities_than_fit() -> None:
    rows = {str(number): Agent(latency=1.0) for number in range(USUAL_ENTITIES + 1)}

    assert History().add(START, rows, USUAL).slots == {}


def test_slots_go_when_no_rule_asks_for_them_any_more() -> None:
    assert _weeks(10.0).add(START, {}, Needs()).slots == {}


# ---- usual growth ----

GROWTH = Needs(usual=frozenset({"calls"}))


def _grown(*weeks: tuple[float | None, float | None]) -> float | Unknown:
    """Each week the counter in the half hour before, and in this one."""
    history = History(zone=BOGOTA)
    first = MONDAY_TEN.timestamp() - len(weeks) * WEEK
    for place, (before, now) in enumerate(weeks):
        at = first + place * WEEK
        history = history.add(at - 30 * MINUTE, {"a": Agent(calls=before)}, GROWTH)
        history = history.add(at, {"a": Agent(calls=now)}, GROWTH)
    return history.usual_rise("a", "calls", MONDAY_TEN.timestamp())


def test_usual_growth_is_the_median_of_past_weeks() -> None:
    assert _grown((100.0, 110.0), (50.0, 90.0), (10.0, 30.0)) == 20.0


def test_a_week_with_a_reset_or_without_readings_shows_no_growth() -> None:
    assert _grown((100.0, 110.0), (50.0, 90.0), (100.0, 30.0)) is Unknown.FEW_WEEKS
    assert _grown((100.0, 110.0), (50.0, 90.0), (None, 30.0)) is Unknown.FEW_WEEKS
    assert _grown((100.0, 110.0), (50.0, 90.0), (30.0, None)) is Unknown.FEW_WEEKS


def test_usual_growth_is_asked_like_any_other_past() -> None:
    expression, scope = entity("usual_rise(calls)", Agent(calls=1.0), Agent(calls=2.0))

    assert (expression.usual, expression.kind) == (frozenset({"calls"}), Kind.COUNT)
    assert scope.history.slots
    assert value(expression, scope) is None
