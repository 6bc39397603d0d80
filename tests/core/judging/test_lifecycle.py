"""The lifecycle of an instance: its table, every short history, and random long ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.core.facts.state import Instance, InstanceKey, Phase, SourceKey
from notifier.core.judging.lifecycle import Moment, Policy, Result, Turn, start, step
from notifier.core.payload.endpoint import Missing

KEY = InstanceKey("bogota", "network-rejection", "12004")
SOURCE = SourceKey("bogota", "latency")
BEGIN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
MINUTE, HOUR = 60.0, 3600.0

BREACH, BAND, CLEAR = Result.BREACH, Result.BAND, Result.CLEAR
ABSENT, UNKNOWN, NULL = Result.ABSENT, Result.UNKNOWN, Result.NULL
QUIET, PENDING, OPEN, RECOVERING = Phase.QUIET, Phase.PENDING, Phase.OPEN, Phase.RECOVERING
OPENED, RECOVERED, LEFT = Turn.OPENED, Turn.RECOVERED, Turn.LEFT


class Poll(NamedTuple):
    """One poll: when, in seconds, and what it said; None for a failed one."""

    at: float
    result: Result | None
    empty: bool = False
    gap: bool = False


class State(NamedTuple):
    """What the world may see of an instance; ``phase`` None is OK."""

    phase: Phase | None
    turn: Turn | None = None


OK = State(None)


# ---- the code under test, told a whole history ----


@dataclass
class Play:
    """An instance and the number of the last poll, as the source counts them."""

    instance: Instance | None = None
    seq: int = 0
    turn: Turn | None = None

    def poll(self, poll: Poll, policy: Policy) -> Play:
        """Return the play after one poll more."""
        seq = self.seq + (2 if poll.gap else 1)
        if poll.result is None:
            return Play(self.instance, seq)
        moment = Moment(BEGIN + timedelta(seconds=poll.at), seq, poll.empty)
        before = self.instance or start(KEY, SOURCE, QUIET, moment)
        after, turn = step(before, poll.result, policy, moment)
        return Play(after, seq, turn)

    @property
    def state(self) -> State:
        phase = self.instance.phase if self.instance else None
        return State(None if phase is QUIET else phase, self.turn)


def played(history: Sequence[Poll], policy: Policy) -> Play:
    play = Play()
    for poll in history:
        play = play.poll(poll, policy)
    return play


# ---- the oracle: the semantics, read over the whole history at each poll ----


@dataclass(frozen=True)
class Oracle:
    """What should be, as of the last of some polls.

    begun: The number of the poll at which the phase began.
    """

    state: State = OK
    begun: int = -1

    def next(self, history: Sequence[Poll], policy: Policy) -> Oracle:
        """Judge the last poll of *history*; self is the truth before it."""
        now = len(history) - 1
        result = history[now].result
        phase = self.state.phase
        if result is None or (result is UNKNOWN):
            return Oracle(State(phase), self.begun)
        handled = {None: self.ok, PENDING: self.pending, OPEN: self.firing}
        return handled.get(phase, self.recovering)(history, policy, now, result)

    def stay(self) -> Oracle:
        return Oracle(State(self.state.phase), self.begun)

    def ok(self, history: Sequence[Poll], policy: Policy, now: int, result: Result) -> Oracle:
        if result is BREACH:
            if sufficient(history, now, now, policy):
                return Oracle(State(OPEN, OPENED), now)
            return Oracle(State(PENDING), now)
        if fires_as_missing(history, now, result, policy):
            return Oracle(State(OPEN, OPENED), now)
        return Oracle()

    def pending(self, history: Sequence[Poll], policy: Policy, now: int, result: Result) -> Oracle:
        if result is BREACH and sufficient(history, self.begun, now, policy):
            return Oracle(State(OPEN, OPENED), now)
        if result in (BAND, CLEAR):
            return self.stay() if lately(history, self.begun, now, policy) else Oracle()
        if result is ABSENT and policy.missing is Missing.FIRE:
            fires = fires_as_missing(history, now, result, policy)
            return Oracle(State(OPEN, OPENED), now) if fires else self.stay()
        if result is ABSENT and len(absences(history, now)) >= policy.missing_after:
            return Oracle()
        return self.stay()

    def firing(self, history: Sequence[Poll], policy: Policy, now: int, result: Result) -> Oracle:
        if result is CLEAR:
            if policy.keep == 0:
                return Oracle(State(None, RECOVERED))
            return Oracle(State(RECOVERING), now)
        return Oracle(State(None, LEFT)) if left(history, now, policy) else self.stay()

    def recovering(
        self, history: Sequence[Poll], policy: Policy, now: int, result: Result
    ) -> Oracle:
        if result in (BREACH, BAND):
            return Oracle(State(OPEN), now)
        if result is CLEAR and observed(history, self.begun, now, CLEAR, policy) >= policy.keep:
            return Oracle(State(None, RECOVERED))
        return Oracle(State(None, LEFT)) if left(history, now, policy) else self.stay()


def run(history: Sequence[Poll], begun: int, now: int, want: Result, gap_max: float) -> list[int]:
    """The polls that satisfied since the phase began, or since the last gap."""
    satisfied = [i for i in range(begun, now + 1) if history[i].result is want]
    torn = [
        place
        for place, (a, b) in enumerate(pairwise(satisfied), 1)
        if not 0 <= history[b].at - history[a].at <= gap_max
    ]
    return satisfied[torn[-1] :] if torn else satisfied


def observed(history: Sequence[Poll], begun: int, now: int, want: Result, policy: Policy) -> float:
    """The sum of spans between two adjacent polls that both satisfy."""
    satisfied = run(history, begun, now, want, policy.gap_max)
    adjacent = [(a, b) for a, b in pairwise(satisfied) if b == a + 1 and not history[b].gap]
    return sum(history[b].at - history[a].at for a, b in adjacent)


def sufficient(history: Sequence[Poll], begun: int, now: int, policy: Policy) -> bool:
    if policy.of is not None:
        return sum(judged_of(history, begun, now, policy)) >= policy.of[0]
    samples = len(run(history, begun, now, BREACH, policy.gap_max))
    long = observed(history, begun, now, BREACH, policy) >= policy.hold
    return long and samples >= policy.min_samples


def judged_of(history: Sequence[Poll], begun: int, now: int, policy: Policy) -> list[bool]:
    """The last polls that said breached or not, back to a gap."""
    assert policy.of is not None
    said = [i for i in range(begun, now + 1) if history[i].result in (BREACH, BAND, CLEAR)]
    torn = [
        place
        for place, (a, b) in enumerate(pairwise(said), 1)
        if not 0 <= history[b].at - history[a].at <= policy.gap_max
    ]
    lasting = said[torn[-1] :] if torn else said
    return [history[i].result is BREACH for i in lasting[-policy.of[1] :]]


def lately(history: Sequence[Poll], begun: int, now: int, policy: Policy) -> bool:
    return policy.of is not None and any(judged_of(history, begun, now, policy))


def absences(history: Sequence[Poll], now: int, *, rows_only: bool = False) -> list[int]:
    """The good polls without the entity, back to one with it."""
    found: list[int] = []
    for i in range(now, -1, -1):
        result = history[i].result
        if result is ABSENT:
            if not (rows_only and history[i].empty):
                found.insert(0, i)
        elif result not in (None, UNKNOWN):
            break
    return found


def fires_as_missing(history: Sequence[Poll], now: int, result: Result, policy: Policy) -> bool:
    """Only where it was asked for, and never from an empty list."""
    if result is not ABSENT or policy.missing is not Missing.FIRE or history[now].empty:
        return False
    return len(absences(history, now, rows_only=True)) >= policy.missing_after


def left(history: Sequence[Poll], now: int, policy: Policy) -> bool:
    gone = absences(history, now)
    if not gone:
        return False
    if history[now].at - history[gone[0]].at >= 24 * HOUR:
        return True
    return policy.missing is Missing.RESOLVE and len(gone) >= policy.missing_after


# ---- the table of the semantics, as it is written there ----

Cell = tuple[Phase | None, Turn | None]
TABLE: dict[tuple[Phase, Result], tuple[Cell, ...]] = {
    # without for and keep, with them
    (QUIET, BREACH): ((OPEN, OPENED), (PENDING, None)),
    (QUIET, BAND): ((None, None), (None, None)),
    (QUIET, CLEAR): ((None, None), (None, None)),
    (QUIET, ABSENT): ((None, None), (None, None)),
    (QUIET, UNKNOWN): ((None, None), (None, None)),
    (QUIET, NULL): ((None, None), (None, None)),
    (PENDING, BREACH): ((OPEN, OPENED), (PENDING, None)),
    (PENDING, BAND): ((None, None), (None, None)),
    (PENDING, CLEAR): ((None, None), (None, None)),
    (PENDING, ABSENT): ((PENDING, None), (PENDING, None)),
    (PENDING, UNKNOWN): ((PENDING, None), (PENDING, None)),
    (PENDING, NULL): ((PENDING, None), (PENDING, None)),
    (OPEN, BREACH): ((OPEN, None), (OPEN, None)),
    (OPEN, BAND): ((OPEN, None), (OPEN, None)),
    (OPEN, CLEAR): ((None, RECOVERED), (RECOVERING, None)),
    (OPEN, ABSENT): ((OPEN, None), (OPEN, None)),
    (OPEN, UNKNOWN): ((OPEN, None), (OPEN, None)),
    (OPEN, NULL): ((OPEN, None), (OPEN, None)),
    (RECOVERING, BREACH): ((OPEN, None), (OPEN, None)),
    (RECOVERING, BAND): ((OPEN, None), (OPEN, None)),
    (RECOVERING, CLEAR): ((None, RECOVERED), (RECOVERING, None)),
    (RECOVERING, ABSENT): ((RECOVERING, None), (RECOVERING, None)),
    (RECOVERING, UNKNOWN): ((RECOVERING, None), (RECOVERING, None)),
    (RECOVERING, NULL): ((RECOVERING, None), (RECOVERING, None)),
}


def instance(phase: Phase) -> Instance:
    incident = "an-incident" if phase in (OPEN, RECOVERING) else None
    return replace(start(KEY, SOURCE, phase, Moment(BEGIN, 1)), incident=incident)


def five_minutes_later(*, empty: bool = False) -> Moment:
    return Moment(BEGIN + timedelta(minutes=5), 2, empty)


def test_the_table_has_a_cell_for_every_phase_and_result() -> None:
    assert set(TABLE) == set(product(Phase, Result))


@pytest.mark.parametrize(("phase", "result"), TABLE)
@pytest.mark.parametrize("missing", Missing)
@pytest.mark.parametrize("slow", [False, True])
def test_the_table(phase: Phase, result: Result, missing: Missing, *, slow: bool) -> None:
    seconds = 600.0 if slow else 0.0
    policy = Policy(missing=missing, hold=seconds, keep=seconds)
    after, turn = step(instance(phase), result, policy, five_minutes_later())
    counting = phase is QUIET and result in (ABSENT, UNKNOWN) and missing is Missing.FIRE
    expected = (QUIET, None) if counting else TABLE[phase, result][slow]
    assert (after.phase if after else None, turn) == expected


FROZEN = [(PENDING, ABSENT), (PENDING, UNKNOWN), (PENDING, NULL)]
FROZEN += [(RECOVERING, ABSENT), (RECOVERING, UNKNOWN), (RECOVERING, NULL)]


@pytest.mark.parametrize(("phase", "result"), FROZEN)
def test_what_is_not_known_moves_no_timer(phase: Phase, result: Result) -> None:
    before = replace(instance(phase), observed=120.0, samples=2)
    after, _ = step(before, result, Policy(hold=600, keep=600), five_minutes_later())
    assert after is not None
    assert replace(after, absent=0, absent_since=None) == before


def test_a_breach_while_recovering_is_the_same_incident_once_more() -> None:
    after, turn = step(instance(RECOVERING), BREACH, Policy(keep=600), five_minutes_later())
    assert after is not None
    assert (after.incident, after.flaps, turn) == ("an-incident", 1, None)


def test_the_band_while_recovering_is_no_flap() -> None:
    after, _ = step(instance(RECOVERING), BAND, Policy(keep=600), five_minutes_later())
    assert after is not None
    assert (after.incident, after.flaps) == ("an-incident", 0)


# ---- every short history ----

WHENS = [Policy(), Policy(min_samples=2), Policy(hold=600, min_samples=2), Policy(of=(2, 3))]
POLICIES = [
    dataclasses.replace(when, keep=keep, missing=missing, missing_after=after)
    for when, keep, missing, after in product(WHENS, (0.0, 300.0), Missing, (1, 3))
]
BEGINNINGS: list[list[Result | None]] = [
    [],
    [BREACH, BREACH, BREACH],
    [BREACH, BREACH, BREACH, CLEAR],
]
SAID: list[tuple[Result | None, bool]] = [
    *((result, False) for result in Result),
    (ABSENT, True),
    (None, False),
]


@pytest.mark.parametrize("beginning", BEGINNINGS, ids=["ok", "open", "easing"])
@pytest.mark.parametrize("missing", Missing)
def test_every_three_polls_after_every_beginning(
    beginning: list[Result | None], missing: Missing
) -> None:
    for policy in (policy for policy in POLICIES if policy.missing is missing):
        history: list[Poll] = []
        play, oracle = Play(), Oracle()
        for result in beginning:
            history.append(Poll(len(history) * 300.0, result))
            play, oracle = play.poll(history[-1], policy), oracle.next(history, policy)
        differences = list(_differences(history, play, oracle, policy, 3))
        assert not differences, (policy, differences[0])


def _differences(
    history: list[Poll], play: Play, oracle: Oracle, policy: Policy, depth: int
) -> Iterator[tuple[list[Poll], State, State]]:
    if not depth:
        return
    for result, empty in SAID:
        longer = [*history, Poll(len(history) * 300.0, result, empty)]
        after, truth = play.poll(longer[-1], policy), oracle.next(longer, policy)
        if after.state != truth.state:
            yield longer, after.state, truth.state
        yield from _differences(longer, after, truth, policy, depth - 1)


# ---- long ones, with gaps, failures and clocks set back ----

spans = st.sampled_from([300.0] * 6 + [1.0, 60.0, 600.0, 601.0, 3600.0, 90_000.0, -30.0])
polls = st.lists(
    st.tuples(spans, st.sampled_from([*Result, None, BREACH, CLEAR]), st.booleans(), st.booleans()),
    min_size=1,
    max_size=25,
)


@given(polls, st.sampled_from(POLICIES))
def test_long_histories(
    said: list[tuple[float, Result | None, bool, bool]], policy: Policy
) -> None:
    history: list[Poll] = []
    at, play, oracle = 0.0, Play(), Oracle()
    for span, result, empty, gap in said:
        at += span
        history.append(Poll(at, result, empty and result is ABSENT, gap and span != 300.0))
        if _forgotten(history, policy, oracle):
            return
        play, oracle = play.poll(history[-1], policy), oracle.next(history, policy)
        assert play.state == oracle.state


def _forgotten(history: list[Poll], policy: Policy, oracle: Oracle) -> bool:
    """A day's absence of something that is not open is forgotten: another test's matter."""
    gone = absences(history, len(history) - 1)
    away = bool(gone) and history[-1].at - history[gone[0]].at >= 24 * HOUR
    return away and policy.missing is Missing.FIRE and oracle.state.phase in (None, PENDING)


@given(polls, st.sampled_from(POLICIES))
def test_it_opens_only_after_an_observed_breach_or_an_asked_for_absence(
    said: list[tuple[float, Result | None, bool, bool]], policy: Policy
) -> None:
    play, at, seen = Play(), 0.0, 0.0
    before: Result | None = None
    for span, result, empty, gap in said:
        at += span
        seen += max(span, 0.0) if result is before is BREACH and not gap else 0.0
        play, before = play.poll(Poll(at, result, empty, gap), policy), result
        if play.turn is OPENED and result is BREACH:
            assert seen >= policy.hold
        if play.turn is OPENED and result is not BREACH:
            assert (result, policy.missing, empty) == (ABSENT, Missing.FIRE, False)
        assert result not in (None, UNKNOWN, NULL) or play.turn is None


# ---- as a user would say it ----


def minutes(*said: tuple[float, Result | None]) -> list[Poll]:
    return [Poll(at * MINUTE, result) for at, result in said]


TEN = Policy(hold=600, min_samples=2)


def test_ten_minutes_of_breach_alert() -> None:
    history = minutes((0, BREACH), (5, BREACH), (10, BREACH))
    assert played(history[:2], TEN).state == State(PENDING)
    assert played(history, TEN).state == State(OPEN, OPENED)


def test_a_failed_poll_in_between_does_not_count() -> None:
    history = minutes((0, BREACH), (5, None), (10, BREACH), (15, BREACH), (20, BREACH))
    assert played(history[:4], TEN).state == State(PENDING)
    assert played(history, TEN).state == State(OPEN, OPENED)


@pytest.mark.parametrize("unseen", [ABSENT, UNKNOWN, NULL])
def test_a_span_that_touches_a_missing_value_does_not_count(unseen: Result) -> None:
    history = minutes((0, BREACH), (5, unseen), (10, BREACH), (15, BREACH), (20, BREACH))
    assert played(history[:4], TEN).state == State(PENDING)
    assert played(history, TEN).state == State(OPEN, OPENED)


def test_a_gap_starts_the_ten_minutes_anew() -> None:
    history = minutes((0, BREACH), (5, BREACH), (16, BREACH), (21, BREACH), (26, BREACH))
    assert played(history[:3], TEN).state == State(PENDING)
    instance = played(history[:3], TEN).instance
    assert instance is not None
    assert instance.since == BEGIN + timedelta(minutes=16)
    assert played(history[:4], TEN).state == State(PENDING)
    assert played(history, TEN).state == State(OPEN, OPENED)


def test_a_gap_as_long_as_allowed_is_none() -> None:
    assert played(minutes((0, BREACH), (10, BREACH)), TEN).state == State(OPEN, OPENED)


def test_a_clock_set_back_starts_the_ten_minutes_anew() -> None:
    history = minutes((0, BREACH), (5, BREACH), (-55, BREACH), (-50, BREACH), (-45, BREACH))
    assert played(history[:4], TEN).state == State(PENDING)
    assert played(history, TEN).state == State(OPEN, OPENED)


def test_a_jump_of_the_clock_is_not_observed_time() -> None:
    history = [*minutes((0, BREACH)), Poll(600.0, BREACH, gap=True)]
    assert played(history, TEN).state == State(PENDING)


def test_a_gap_does_not_close_an_open_incident() -> None:
    history = minutes((0, BREACH), (600, BREACH))
    assert played(history, Policy()).state == State(OPEN)


def test_a_gap_starts_the_recovery_anew() -> None:
    policy = Policy(keep=300)
    history = minutes((0, BREACH), (5, CLEAR), (60, CLEAR), (65, CLEAR))
    assert played(history[:3], policy).state == State(RECOVERING)
    assert played(history, policy).state == State(None, RECOVERED)


def test_two_of_three_polls_alert() -> None:
    policy = Policy(of=(2, 3))
    assert played(minutes((0, BREACH), (5, CLEAR), (10, BREACH)), policy).state.turn is OPENED
    thin = minutes((0, BREACH), (5, CLEAR), (10, CLEAR), (15, BREACH))
    assert played(thin, policy).state == State(PENDING)


def test_two_of_five_polls_alert_although_the_first_is_long_ago() -> None:
    history = minutes((0, BREACH), (5, CLEAR), (10, CLEAR), (15, CLEAR), (20, BREACH))
    assert played(history, Policy(of=(2, 5))).state == State(OPEN, OPENED)


def test_polls_before_a_gap_are_none_of_the_last_three() -> None:
    history = minutes((0, BREACH), (60, CLEAR), (65, BREACH))
    assert played(history, Policy(of=(2, 3))).state == State(PENDING)


def test_three_polls_without_it_close_it_as_left_and_never_as_recovered() -> None:
    history = minutes((0, BREACH), (5, ABSENT), (10, None), (15, ABSENT), (20, ABSENT))
    assert played(history[:4], Policy()).state == State(OPEN)
    assert played(history, Policy()).state == State(None, LEFT)


def test_back_after_two_polls_it_is_the_same_incident() -> None:
    history = minutes((0, BREACH), (5, ABSENT), (10, ABSENT), (15, BREACH), (20, ABSENT))
    assert played(history, Policy()).state == State(OPEN)


def test_a_blank_shows_that_it_is_there() -> None:
    history = minutes((0, BREACH), (5, ABSENT), (10, ABSENT), (15, NULL), (20, ABSENT))
    play = played(history, Policy())
    assert play.instance is not None
    assert (play.state, play.instance.absent) == (State(OPEN), 1)


def test_what_is_not_believed_does_not_show_that_it_is_there() -> None:
    history = minutes((0, BREACH), (5, ABSENT), (10, ABSENT), (15, UNKNOWN), (20, ABSENT))
    assert played(history, Policy()).state == State(None, LEFT)


def test_held_it_stays_open_for_a_day_and_then_it_left() -> None:
    policy = Policy(missing=Missing.HOLD)
    history = minutes((0, BREACH), *((60.0 * hour, ABSENT) for hour in range(1, 26)))
    assert played(history[:-1], policy).state == State(OPEN)
    assert played(history, policy).state == State(None, LEFT)


def test_easing_and_absent_it_left() -> None:
    history = minutes((0, BREACH), (5, CLEAR), (10, ABSENT), (15, ABSENT), (20, ABSENT))
    assert played(history[:4], Policy(keep=600)).state == State(RECOVERING)
    assert played(history, Policy(keep=600)).state == State(None, LEFT)


FIRE = Policy(missing=Missing.FIRE)


def test_an_absence_alerts_where_it_was_asked_for() -> None:
    history = minutes((0, CLEAR), (5, ABSENT), (10, ABSENT), (15, ABSENT))
    assert played(history[:3], FIRE).state == OK
    assert played(history, FIRE).state == State(OPEN, OPENED)
    assert played([*history, Poll(1200.0, CLEAR)], FIRE).state == State(None, RECOVERED)


def test_an_absence_alerts_also_when_a_breach_was_on_its_way() -> None:
    policy = Policy(missing=Missing.FIRE, hold=600)
    history = minutes((0, BREACH), (5, ABSENT), (10, ABSENT), (15, ABSENT))
    assert played(history[:3], policy).state == State(PENDING)
    assert played(history, policy).state == State(OPEN, OPENED)


@pytest.mark.parametrize("first", [CLEAR, BREACH])
def test_an_empty_list_alerts_nobody_of_an_absence(first: Result) -> None:
    policy = Policy(missing=Missing.FIRE, hold=600)
    history = [*minutes((0, first)), *(Poll(i * 300.0, ABSENT, empty=True) for i in range(1, 9))]
    assert played(history, policy).state.turn is None
    assert played(history, policy).state.phase is not OPEN


def test_an_absence_is_counted_through_an_empty_list_and_a_doubtful_one() -> None:
    history = [
        *minutes((0, CLEAR), (5, ABSENT), (10, UNKNOWN)),
        Poll(900.0, ABSENT, empty=True),
        *minutes((20, ABSENT), (25, ABSENT)),
    ]
    assert played(history[:-1], FIRE).state == OK
    assert played(history, FIRE).state == State(OPEN, OPENED)


def test_back_before_the_third_poll_nobody_hears_of_an_absence() -> None:
    history = minutes((0, CLEAR), (5, ABSENT), (10, ABSENT), (15, CLEAR), (20, ABSENT))
    assert played(history, FIRE).state == OK


@pytest.mark.parametrize("first", [CLEAR, BREACH])
def test_away_for_a_day_it_is_forgotten(first: Result) -> None:
    policy = Policy(missing=Missing.FIRE, missing_after=100, hold=600)
    history = minutes((0, first), (5, ABSENT), (5 + 24 * 60, ABSENT))
    assert played(history, policy).instance is None
