"""How incidents, sources, rules and receivers stand, as the page, the API and commands show it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from notifier.core.facts.state import RECEIVER_RULE, Closing, Instance, InstanceKey, Phase, Severity
from notifier.core.hindsight.toll import Day, RuleToll
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan
from notifier.core.judging.planning import plan
from notifier.core.rules.rulefile import load
from notifier.core.standing.receiver_status import ReceiverStatus, Traffic, receivers
from notifier.core.standing.rule_status import (
    Fires,
    Review,
    ReviewState,
    RuleStatus,
    RuleTest,
    fires,
    reviewed,
    rules,
)
from notifier.core.standing.source_status import SourceStatus, sources, unwell
from notifier.core.standing.status import IncidentStatus, called, key_of, listed, of_incident
from notifier.errors import Trouble
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import (
    BEGIN,
    HEAD,
    LATENCY,
    NEW_HIT,
    OPERATION,
    TEAM_LEADS,
    Play,
    agent,
    clock,
    incident,
    rejection,
)

OFF = 'operation = "bogota"\nenabled = false\nwas = "older"\n'
LEADS = TEAM_LEADS + 'quiet = "22:00-07:00"\ntarget = 40\n'


def statuses(play: Play) -> list[IncidentStatus]:
    return list(listed(play.known, play.known.at or BEGIN))


def test_the_worst_comes_first_and_what_is_pending_last() -> None:
    play = Play(rejection('for = "10m"\ncritical = "network_rejection > 5"'))
    play.poll(0, agent("1-ANA", 2), agent("2-LUIS", 9))
    play.poll(10, agent("1-ANA", 3), agent("2-LUIS", 9), agent("3-EVA", 2))

    found = statuses(play)

    assert [(s.entity, s.state, s.severity, s.value) for s in found] == [
        ("2", "open", "critical", 9.0),
        ("1", "open", "warning", 3.0),
        ("3", "pending", None, 2.0),
    ]
    assert (found[0].name, found[0].told, found[0].threshold) == ("LUIS", ("team-leads",), 1.0)
    assert found[2].incident is None


def test_what_the_rules_in_force_are_called_stands_beside_their_ids() -> None:
    own = rejection('title = { es = "Red" }\nmin_samples = 2')
    play = Play(own)
    play.poll(0, agent("1-ANA", 2))
    play.poll(5, agent("1-ANA", 2), agent("2-LUIS", 9))

    found = list(listed(play.known, BEGIN, titles=play.plan.titles))
    (rule,) = ruled(play.known, own)

    assert [(s.state, s.title) for s in found] == [
        ("open", {"es": "Red"}),
        ("pending", {"es": "Red"}),
    ]
    assert [s.title for s in statuses(play)] == [{}, {}]
    assert rule.title == {"es": "Red"}


def test_what_is_clear_but_not_for_long_recovers() -> None:
    play = Play(rejection('keep = "10m"'))
    play.poll(0, agent("1-ANA", 2))
    play.poll(5, agent("1-ANA", 0))

    assert [s.state for s in statuses(play)] == ["recovering"]


def test_what_is_about_no_row_is_open_and_what_is_over_is_not_listed() -> None:
    open_one = incident(id="a", held="missing")
    over = incident(id="b", closed_at=BEGIN, closing=Closing.LEFT, held="missing")

    (only,) = listed(Known(incidents={"a": open_one, "b": over}), BEGIN)
    closed = of_incident(over, None, {})

    assert key_of(closed) == over.key
    assert (closed.state, closed.closing, closed.held) == ("closed", "left", "")

    assert (only.incident, only.state, only.held) == ("a", "open", "missing")


def test_an_instance_without_a_value_is_pending_too() -> None:
    key = InstanceKey(OPERATION, "offline", "1")
    instance = Instance(key=key, source=LATENCY, phase=Phase.PENDING, since=BEGIN, at=BEGIN, seq=1)

    (only,) = listed(Known(instances={key: instance}), BEGIN)

    assert (only.state, only.value) == ("pending", None)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"agent_id": "1", "agent_name": "ANA", "site": "Norte"}, "ANA"),
        ({"ip": "181.49.7.7", "site": "Norte"}, "Norte"),
        ({"ip": "10.0.0.1", "site": "Norte"}, ""),
        ({"ip": "181.49.7.7", "site": None}, ""),
        ({"skill_name": None}, ""),
    ],
)
def test_an_entity_is_called_as_people_know_it(fields: dict[str, str | None], name: str) -> None:
    assert called(fields, "181.49.7.7") == name


# ---- sources ----


def book_and_plan(*texts: str, head: str = HEAD, leads: str = TEAM_LEADS) -> tuple[object, Plan]:
    book = load("\n".join((head, leads, *texts)), CATALOGUE)
    return book, plan(book)


def sourced(known: Known, minute: float = 0, head: str = HEAD) -> SourceStatus:
    _, laid = book_and_plan(rejection(), head=head)
    day = {OPERATION: (40, 9_000)}
    first, *_ = sources(known, laid, {LATENCY: 7}, day, clock(minute))
    return first


def test_a_source_that_was_never_read_waits() -> None:
    status = sourced(Known())

    assert (status.state, status.good_at, status.entities) == ("waiting", None, 0)
    assert (status.calls, status.used, status.quota, status.every) == (7, 40, 9_000, 300.0)


def test_a_source_is_good_until_its_data_are_old() -> None:
    play = Play(rejection())
    play.poll(0, agent("1-ANA"), agent("2-LUIS"))

    assert [sourced(play.known, m).state for m in (0, 15, 16)] == ["good", "good", "stale"]
    assert sourced(play.known).entities == 2


def test_a_source_off_duty_is_neither_stale_nor_a_worry() -> None:
    play = Play(rejection())
    play.poll(0, agent("1-ANA"))
    hours = HEAD.replace('every = "5m"', 'every = "5m"\nactive = "Mon-Fri 10:00-10:30"', 1)
    _, laid = book_and_plan(rejection(), head=hours)

    def states(minute: float) -> tuple[str, list[str]]:
        found = unwell(play.known, laid, clock(minute))
        return sourced(play.known, minute, hours).state, [each.source for each in found]

    assert states(15) == ("good", [])
    assert states(29) == ("stale", ["latency"])
    assert states(31) == ("waiting", []), "its hours are over"
    assert states(24 * 60 - 30) == ("waiting", [])


def test_a_source_that_fails_says_how_and_whether_it_is_left_alone() -> None:
    play = Play(rejection())
    play.poll(0, agent("1-ANA"))
    play.fail(5, Trouble.QUOTA, after=timedelta(hours=1))

    resting, failing = sourced(play.known, 6), sourced(play.known, 66)

    assert (resting.state, resting.trouble, resting.failures) == ("resting", "quota", 1)
    assert (failing.state, failing.failing_since) == ("failing", clock(5))
    play.poll(70, agent("1-ANA"))
    assert (sourced(play.known, 70).trouble, sourced(play.known, 70).detail) == (None, "")


# ---- rules ----


def ruled(
    known: Known, *texts: str, fired: dict[tuple[str, str], Fires] | None = None
) -> list[RuleStatus]:
    book, laid = book_and_plan(*texts)
    tests = {"network-rejection": [RuleTest("as promised", passed=True)]}
    return list(rules(known, book, laid, fired or {}, tests))  # type: ignore[arg-type]


def test_a_rule_is_well_pending_or_open() -> None:
    play = Play(rejection('for = "10m"'))
    seen = []
    for minute in (0, 5, 10, 15):
        play.poll(minute, agent("1-ANA", 2 if minute else 0))
        seen += [(r.state, r.open, r.pending) for r in ruled(play.known, rejection('for = "10m"'))]

    assert seen == [("well", 0, 0), ("pending", 0, 1), ("pending", 0, 1), ("open", 1, 0)]


def test_a_rule_says_what_it_is_and_what_came_of_it() -> None:
    fired = {(OPERATION, "network-rejection"): Fires(5, 1, 2, BEGIN)}

    first, second = ruled(Known(), rejection('for = "10m"\nowner = "red"'), NEW_HIT, fired=fired)

    assert (first.source, first.kind, first.hold) == ("latency.by_agent", "state", 600.0)
    assert (first.when, first.threshold) == ("network_rejection > 1", 1.0)
    assert (first.fired, first.taken, first.short, first.last_at) == (5, 1, 2, BEGIN)
    assert [test.passed for test in first.tests or ()] == [True]
    assert (second.kind, second.source, second.fired) == ("event", "hits_last_hour", 0)


def test_a_rule_that_is_switched_off_is_listed_last() -> None:
    off = rejection('enabled = false\nid = "off"')

    found = ruled(Known(), off, rejection())

    assert [(r.rule, r.state, r.operation) for r in found] == [
        ("network-rejection", "well", OPERATION),
        ("off", "off", ""),
    ]


def test_fires_are_counted_by_what_became_of_them() -> None:
    soon = BEGIN + timedelta(minutes=9)
    base = incident(severity=Severity.WARNING)
    given = [
        replace(base, closed_at=soon),
        replace(base, closed_at=soon, acknowledged_by="Eva"),
        replace(base, closed_at=soon + timedelta(minutes=1)),
        replace(base, opened_at=soon),
    ]

    assert fires(given) == {(OPERATION, "network-rejection"): Fires(4, 1, 1, soon)}


# ---- receivers ----


def received(known: Known, **traffic: Traffic) -> list[ReceiverStatus]:
    book, laid = book_and_plan(rejection(), leads=LEADS)
    went = {name.replace("_", "-"): each for name, each in traffic.items()}
    return list(receivers(known, book, laid, went))  # type: ignore[arg-type]


def test_a_receiver_is_well_late_or_broken() -> None:
    trouble = incident(
        id="r",
        key=InstanceKey(OPERATION, RECEIVER_RULE, "bogota/on-call/guardia@example.com"),
        fields={"source": "on-call"},
    )
    known = Known(incidents={"r": trouble, "over": replace(trouble, closed_at=BEGIN)})

    on_call, leads = received(known, team_leads=Traffic(waiting=2, error="timeout"))

    assert (on_call.receiver, on_call.state) == ("on-call", "broken")
    assert (leads.receiver, leads.state, leads.waiting) == ("team-leads", "late", 2)
    assert (leads.quiet, leads.target, leads.kind) == ("22:00-07:00", 40, "slack")
    assert (on_call.quiet, on_call.addresses, on_call.operations) == (None, 1, (OPERATION,))


@pytest.mark.parametrize("traffic", [Traffic(), Traffic(waiting=1), Traffic(failed=1, error="no")])
def test_a_message_that_was_not_tried_yet_is_not_late(traffic: Traffic) -> None:
    assert received(Known(), team_leads=traffic)[1].state == "well"


# ---- what rules would have sent ----


TOLL = RuleToll(
    operation=OPERATION,
    rule="network-rejection",
    noticed=6,
    receivers={"leads": 6},
    days=(Day(day="2026-01-04", noticed=6), Day(day="2026-01-05", noticed=0)),
)
DONE = Review(
    state=ReviewState.DONE,
    at=BEGIN,
    since=BEGIN - timedelta(days=3),
    until=BEGIN,
    rules={(OPERATION, "network-rejection"): TOLL},
)


def test_a_rule_says_what_it_would_have_sent_and_one_that_is_silent_says_that() -> None:
    book, laid = book_and_plan(rejection(), NEW_HIT)

    found = rules(Known(), book, laid, {}, {}, DONE)  # type: ignore[arg-type]
    loud, silent = (each.review for each in found)

    assert loud is not None
    assert silent is not None
    assert (loud.noticed, loud.per_day, loud.receivers) == (6, 2.0, {"leads": 6})
    assert loud.days == TOLL.days
    assert (silent.noticed, silent.per_day, silent.days) == (0, 0.0, ())


@pytest.mark.parametrize("state", [ReviewState.NONE, ReviewState.WORKING, ReviewState.FAILED])
def test_what_is_not_worked_out_is_not_nothing(state: ReviewState) -> None:
    book, laid = book_and_plan(rejection())
    review = Review(state=state, share=0.5, why="the disk is gone")

    [status] = rules(Known(), book, laid, {}, None, review)  # type: ignore[arg-type]

    assert status.tests is None
    assert status.review is not None
    assert (status.review.state, status.review.noticed) == (state, None)
    assert (status.review.share, status.review.why) == (0.5, "the disk is gone")


def test_a_rule_that_is_switched_off_is_not_reviewed() -> None:
    book, laid = book_and_plan(rejection("enabled = false"), NEW_HIT)

    *_, off = rules(Known(), book, laid, {}, {}, DONE)  # type: ignore[arg-type]

    assert (off.state, off.review) == ("off", None)


def test_less_than_a_day_is_not_blown_up_to_more() -> None:
    review = reviewed(dataclasses.replace(DONE, since=BEGIN - timedelta(hours=1)), TOLL_OF)

    assert review.per_day == 6.0


TOLL_OF = (OPERATION, "network-rejection")
