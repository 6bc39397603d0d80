from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.judging.notice import Untold
from notifier.core.language.counters import Unknown, decimals, fall, grown, within
from notifier.core.language.expression import parse
from notifier.core.language.history import History
from notifier.core.language.interpret import Scope, explain, value
from notifier.core.language.loop import needs_of
from tests.builders import HEAD, SKILLS, Play, Record, agent, queue, rules
from tests.core.language.language import EVERY, START, WORDS, Agent

# ---- resets and corrections ----


@pytest.mark.parametrize(
    ("before", "now", "new_day", "expected"),
    [
        ((40, 30, 5), (41, 31, 5), False, None),
        ((40, 30, 5), (40, 30, 5), True, None),  # midnight alone resets nothing
        ((40, 30, 5), (2, 1, 0), False, Unknown.RESET),  # at whatever hour
        ((40, 30, 5), (41, 29, 5), False, Unknown.CORRECTED),  # one alone
        ((40, 30, 5), (40, 30, 4), True, Unknown.RESET),  # at midnight it is none
        ((3, 0, 0), (0, 0, 0), False, Unknown.RESET),  # nothing is left: begun anew
        ((nan, 30, 5), (2, nan, 5), False, None),  # blanks cannot be compared
        ((nan, 30, 5), (2, 20, nan), False, Unknown.CORRECTED),
        ((), (), False, None),
    ],
)
def test_counters_that_fall_together_were_reset_and_one_alone_was_corrected(
    before: tuple[float, ...], now: tuple[float, ...], new_day: bool, expected: Unknown | None
) -> None:
    assert fall(before, now, new_day=new_day) is expected


# ---- the calls behind a percentage ----


@pytest.mark.parametrize(
    ("values", "places"),
    [([], 0), ([None, 80.0], 0), ([80.0, 66.7], 1), ([28.81, 0.0], 2), ([0.05], 2), ([1 / 3], 4)],
)
def test_percentages_show_their_decimals(values: list[float | None], places: int) -> None:
    assert decimals(values) == places


def _rounded(hits: int, calls: int, places: int, mode: str) -> float:
    exact = Decimal(100 * hits) / Decimal(calls)
    return float(exact.quantize(Decimal(1).scaleb(-places), rounding=mode))


counts = st.integers(1, 30_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
roundings = st.sampled_from([ROUND_HALF_UP, ROUND_HALF_EVEN])


@settings(max_examples=150, deadline=None)
@given(counts, st.integers(0, 2), roundings)
def test_a_rounded_percentage_gives_its_calls_back_or_says_that_it_cannot(
    calls: tuple[int, int], places: int, mode: str
) -> None:
    hits, count = calls
    found = within(_rounded(hits, count, places, mode), count, places)

    few = count < 10 ** (places + 2)
    assert found == hits if few else found in (hits, Unknown.COARSE)


@pytest.mark.parametrize(
    ("share", "count", "places", "expected"),
    [
        (55.0, 0.0, 0, 0),  # of no calls, none
        (nan, 0.0, 0, 0),
        (nan, 10.0, 0, Unknown.BLANK),
        (50.0, nan, 0, Unknown.BLANK),
        (120.0, 10.0, 0, Unknown.IMPLAUSIBLE),
        (-1.0, 10.0, 0, Unknown.IMPLAUSIBLE),
        (50.0, 10.5, 0, Unknown.IMPLAUSIBLE),
        (50.0, -10.0, 0, Unknown.IMPLAUSIBLE),
        (55.5, 10.0, 1, Unknown.IMPLAUSIBLE),  # no number of ten calls is that
        (80.0, 500.0, 0, Unknown.COARSE),
        (80.0, 500.0, 1, 400),
    ],
)
def test_the_edges_of_recovery(
    share: float, count: float, places: int, expected: int | Unknown
) -> None:
    assert within(share, count, places) == expected


def test_calls_that_contradict_each_other_are_no_growth() -> None:
    assert grown((80.0, 10.0), (50.0, 12.0), 0) is Unknown.IMPLAUSIBLE
    assert grown((80.0, 500.0), (80.0, 510.0), 0) is Unknown.COARSE
    assert grown((80.0, 10.0), (80.0, 510.0), 0) is Unknown.COARSE
    assert grown((80.0, 10.0), (79.23, 520.0), 2) == (404, 510.0)


# ---- a simulated day, as rules see it ----

QUESTIONS = {text: parse(text, WORDS, "any") for text in (
    "hits_of(level, '15m')", "calls_of(level, '15m')", "window(level, '15m')", "rise(calls, '15m')",
    "delta(calls)",
)}  # fmt: skip
NEEDS = needs_of(QUESTIONS.values())
calls_of_a_poll = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3))
what_happens = st.sampled_from(["", "", "", "", "", "reset", "failed", "gone", "blank"])


class Day:
    """Integer calls as they are, and as the platform shows them: rounded, reset, with holes."""

    def __init__(self, places: int, mode: str) -> None:
        self.rounding = places, mode
        self.history = History(cadence=EVERY, stale=3 * EVERY)
        self.at = START
        self.shown = (0, 0, 0)  # in time, late, abandoned: since the reset
        self.seen = 0.0  # answered, as last shown
        self.true = (0, 0)  # in time, answered: since ever
        self.past: list[tuple[float, int, int]] = []

    def passes(self, calls: tuple[int, int, int], what: str) -> Agent | None:
        """Let five minutes pass; return the row that a good poll shows."""
        self.at += EVERY
        fast, late, lost = calls
        if what == "reset" and self.seen > fast + late:  # else nobody could see it
            self.shown = (0, 0, 0)
        self.shown = (self.shown[0] + fast, self.shown[1] + late, self.shown[2] + lost)
        self.true = (self.true[0] + fast, self.true[1] + fast + late)
        answered = self.shown[0] + self.shown[1]
        if what == "blank":
            return Agent()
        level = _rounded(self.shown[0], answered, *self.rounding) if answered else 0.0
        return Agent(calls=float(answered), lost=float(self.shown[2]), level=level)

    def ask(self, text: str, row: Agent) -> object:
        return value(QUESTIONS[text], Scope(row=row, key="a", at=self.at, history=self.history))

    def grown(self) -> list[tuple[int, int]]:
        """What truly came since each of the earlier polls of the window."""
        hits, calls = self.true
        return [(hits - h, calls - c) for at, h, c in self.past if self.at - at <= 905]

    def remember(self, row: Agent | None) -> None:
        self.history = self.history.add(self.at, {"a": row} if row else {}, NEEDS)
        if row and row.calls is not None:
            self.past.append((self.at, *self.true))
            self.seen = row.calls


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(calls_of_a_poll, what_happens), min_size=3, max_size=20),
       st.integers(0, 2), roundings)  # fmt: skip
def test_the_calls_of_a_window_are_recovered_exactly_or_unknown(
    polls: list[tuple[tuple[int, int, int], str]], places: int, mode: str
) -> None:
    """Whatever is reset, blank, gone or failed: never a wrong number."""
    day = Day(places, mode)
    for calls, what in polls:
        row = day.passes(calls, what)
        if what == "failed":
            continue
        if what != "gone" and row is not None:
            true = day.grown()
            hits, all_calls = (
                day.ask("hits_of(level, '15m')", row),
                day.ask("calls_of(level, '15m')", row),
            )
            assert hits is None or (hits, all_calls) in true
            share = day.ask("window(level, '15m')", row)
            assert share is None or share in [100 * h / c for h, c in true if c]
            rise = day.ask("rise(calls, '15m')", row)
            assert rise is None or rise in [c for _, c in true]
            delta = day.ask("delta(calls)", row)
            assert delta is None or delta == true[-1][1]
        day.remember(None if what == "gone" else row)


def test_a_quiet_day_without_holes_is_recovered_in_full() -> None:
    day = Day(2, ROUND_HALF_UP)
    for poll in range(40):
        row = day.passes((poll % 7, poll % 3, 1), "")
        assert row is not None
        if poll > 3:
            assert day.ask("hits_of(level, '15m')", row) == day.grown()[0][0]
        day.remember(row)


# ---- gaps ----


@pytest.mark.parametrize(
    ("minutes", "over", "expected"),
    [
        ([0, 5, 10, 15], "1h", 15.0),
        ([0, 5, 15], "1h", 15.0),  # one failed poll: two intervals
        ([0, 5, 10, 30], "1h", None),  # nobody knows when in these twenty minutes
        ([0, 10, 30, 35, 40], "1h", 10.0),  # counted anew since the gap
        ([0, 10, 30], "1d", 30.0),  # a day's total
        ([0, 10, 20, 30], "1h", 30.0),  # cron polls at a pace of its own
    ],
)
def test_growth_within_a_gap_is_smeared_and_counts_for_totals_only(
    minutes: list[int], over: str, expected: float | None
) -> None:
    expression = parse(f"rise(calls, '{over}')", WORDS, "any")
    history = History(cadence=EVERY)
    for minute in minutes[:-1]:
        row = {"a": Agent(calls=float(minute))}
        history = history.add(START + 60 * minute, row, needs_of([expression]))
    scope = Scope(Agent(calls=float(minutes[-1])), "a", START + 60 * minutes[-1], history)

    assert value(expression, scope) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(15, 3.0), (16, None)])
def test_what_is_older_than_stale_after_is_no_before(minutes: int, expected: object) -> None:
    expression = parse("delta(calls)", WORDS, "any")
    history = History(stale=900.0).add(START, {"a": Agent(calls=4.0)}, needs_of([expression]))
    scope = Scope(Agent(calls=7.0), "a", START + 60 * minutes, history)

    assert value(expression, scope) == expected
    if expected is None:
        assert [str(s) for s in explain(parse("delta(calls) > 1", WORDS), scope)] == [
            "delta(calls) (the reading before is too old: nobody knows when in between) > 1 "
            "-> unknown"
        ]


def test_agents_who_left_overnight_did_not_leave_all_at_once() -> None:
    play = Play(LEFT)
    play.poll(0, *(agent(f"{n}-A") for n in range(20)))

    assert play.poll(600, *(agent(f"{n}-A") for n in range(3))) == []
    play.poll(605, *(agent(f"{n}-A") for n in range(20)))
    assert play.poll(610, *(agent(f"{n}-A") for n in range(12))) == ["team-leads open all"]


LEFT = """
[[rule]]
id = "left"
on = "latency.by_agent"
by = []
when = "prev(count()) >= 8 and delta(count()) / prev(count()) <= -0.3"
to = ["team-leads"]
"""


# ---- the poll of a reset raises nothing and clears nothing ----

LOW = """
[[rule]]
id = "low"
on = "skills"
when = "service_level_20seg < 80"
to = ["team-leads"]
"""
LOST = """
[[rule]]
id = "lost"
on = "skills"
by = []
when = "sum(stat_abandon) > 20"
to = ["team-leads"]
"""


def _counted(inbound: int, answered: int, lost: int, level: str) -> Record:
    counts = {"stat_inbound": inbound, "stat_answer": answered, "stat_abandon": lost}
    return queue("3001", service_level_20seg=level, **counts)


def test_a_reset_raises_no_alarm_about_the_empty_day() -> None:
    play = Play(LOW)
    play.poll(0, _counted(40, 30, 10, "90 %"), source=SKILLS)

    assert play.poll(1, _counted(0, 0, 0, "0 %"), source=SKILLS) == []
    assert play.reason("3001", "low") is Untold.RESET
    assert play.poll(2, _counted(2, 2, 0, "50 %"), source=SKILLS) == ["team-leads open 3001"]


@pytest.mark.parametrize("rule", [LOW, LOST])
def test_a_correction_closes_nothing_on_its_poll(rule: str) -> None:
    play = Play(rule)
    play.poll(0, _counted(90, 60, 30, "70 %"), source=SKILLS)

    (heard,) = play.poll(1, _counted(90, 60, 3, "85 %"), source=SKILLS)
    assert heard.startswith("team-leads change")  # that it is not known now
    assert play.poll(2, _counted(90, 60, 3, "85 %"), source=SKILLS)[0].startswith(
        "team-leads close"
    )


def test_a_queue_s_depth_is_judged_on_the_poll_of_a_reset_too() -> None:
    play = Play(LOW.replace("service_level_20seg < 80", "calls_in_queue_now > 5"))
    play.poll(0, _counted(40, 30, 10, "90 %"), source=SKILLS)
    row = {**_counted(0, 0, 0, "0 %"), "calls_in_queue_now": 9}

    assert play.poll(1, row, source=SKILLS) == ["team-leads open 3001"]


# ---- what service levels are shares of ----

OF = """
[[rule]]
id = "of"
on = "skills"
when = "calls_of(service_level_20seg, '15m') >= 0 and calls_of(by_abandon, '15m') >= 0"
value = "{}"
to = ["team-leads"]
"""


@pytest.mark.parametrize("base", ["answered", "inbound", "answered+abandoned"])
def test_the_denominator_of_service_levels_is_a_setting(base: str) -> None:
    head = HEAD.replace('server = "0041"', f'server = "0041"\nlevel_base = "{base}"')
    play = Play(rules(OF.format("hits_of(service_level_20seg, '15m')"), head=head))
    first = {**_counted(10, 5, 3, _level(2, base, (10, 5, 3))), "by_abandon": "30 %"}
    then = {**_counted(20, 14, 3, _level(7, base, (20, 14, 3))), "by_abandon": "15 %"}
    play.poll(0, first, source=SKILLS)
    play.poll(1, then, source=SKILLS)

    assert play.incident("3001").value == 5.0


def _level(hits: int, base: str, counts: tuple[int, int, int]) -> str:
    inbound, answered, lost = counts
    of = {"answered": answered, "inbound": inbound, "answered+abandoned": answered + lost}[base]
    return f"{100 * hits / of:.2f} %"


def test_the_decimals_of_percentages_may_be_told() -> None:
    head = HEAD.replace('server = "0041"', 'server = "0041"\npercent_decimals = 2')
    first, then = _counted(500, 500, 0, "80 %"), _counted(510, 510, 0, "80 %")
    question = OF.format("hits_of(service_level_20seg, '15m')").replace(
        " and calls_of(by_abandon, '15m') >= 0", "")  # fmt: skip
    seen, told = Play(question), Play(rules(question, head=head))
    for play in (seen, told):
        play.poll(0, first, source=SKILLS)
        play.poll(1, then, source=SKILLS)

    assert not seen.known.incidents  # whole percents: 400 of 500 may be 398
    assert told.incident("3001").value == 8.0


def test_the_decimals_that_one_queue_shows_hold_for_the_others() -> None:
    question = OF.format("hits_of(service_level_20seg, '15m')").replace(
        " and calls_of(by_abandon, '15m') >= 0", "")  # fmt: skip
    play = Play(question)
    other = queue("3002", stat_answer=7, stat_inbound=7, service_level_20seg="14.29 %")
    play.poll(0, _counted(500, 500, 0, "80 %"), source=SKILLS)
    play.poll(1, _counted(510, 510, 0, "80 %"), other, source=SKILLS)

    assert play.incident("3001").value == 8.0
