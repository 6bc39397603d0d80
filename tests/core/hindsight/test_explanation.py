"""What an explanation says of a poll: gates, timers, receivers, and how near it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.core.hindsight.explanation import SAYS, Explanation, explain, miss, retold
from notifier.core.hindsight.replay import Step, Turn, play
from notifier.core.judging.known import Known
from notifier.core.judging.notice import Reason, Untold
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Asked, Due, Good, Reload
from notifier.core.judging.request import AddSilence
from tests.builders import (
    HITS,
    LATENCY,
    NEW_HIT,
    OPERATION,
    SITE_LINK,
    TEAM_LEADS,
    Play,
    Record,
    agent,
    clock,
    hit,
    rejection,
    rules,
    silence,
    snapshot,
)

ANA = "12004"
RULE = "network-rejection"


def poll(minute: float, *rows: Record) -> Turn:
    return Turn(Good(LATENCY, snapshot(LATENCY, clock(minute), rows)))


def steps(plan: Plan, *turns: Turn) -> list[Step]:
    return [s for s in play(Known(), plan, turns) if isinstance(s.reading, Good)]


def explained(
    plan: Plan, *values: object, entity: str = ANA, rule: str = "network-rejection"
) -> Explanation:
    turns = [poll(5 * n, agent("12004-ANA", value)) for n, value in enumerate(values)]
    found = explain(steps(plan, *turns)[-1], plan.rules[OPERATION, rule], entity)
    assert found is not None
    return found


def gates(found: Explanation) -> list[str]:
    marks = {True: "+", False: "x", None: "-"}
    return [f"{marks[gate.passed]}{gate.name}" for gate in found.gates]


def timers(found: Explanation) -> dict[str, object]:
    return {t.name: t.left if t.at is None else (t.at - clock(0)) for t in found.timers}


def test_every_reason_has_a_sentence() -> None:
    assert set(SAYS) == {*Reason, *Untold}


def test_what_is_well_stopped_at_the_condition() -> None:
    found = explained(rules(rejection()), 0)

    assert (found.told, found.reason, found.result) == (False, "clear", "clear")
    assert gates(found) == ["+believed", "+there", "+known", "xbreach", "-lasting", "-receivers"]
    assert (found.before.phase, found.after.phase, found.receivers) == ("ok", "ok", ())


@pytest.mark.parametrize(
    ("value", "entity", "stopped"),
    [("", ANA, "xknown"), (0, "nobody", "xthere")],
)
def test_blanks_and_strangers_stop_before_it(value: object, entity: str, stopped: str) -> None:
    assert stopped in gates(explained(rules(rejection()), value, entity=entity))


def test_those_that_vanish_together_are_not_believed_gone() -> None:
    plan = rules(rejection())
    rows = [agent(f"{n}-A", 0) for n in range(4)]
    last = steps(plan, poll(0, *rows), poll(5))[-1]
    found = explain(last, plan.rules[OPERATION, RULE], "1")

    assert found is not None
    assert gates(found)[0] == "xbelieved"


def test_what_does_not_last_yet_says_how_long_it_has_to() -> None:
    found = explained(rules(rejection('for = "12m"')), 2, 2)

    assert gates(found)[-2:] == ["xlasting", "-receivers"]
    assert found.gates[-2].said == "seen for 5m of 12m, in 2 of 2 polls"
    assert timers(found) == {"for": timedelta(minutes=7)}
    assert (found.before.phase, found.after.samples) == ("pending", 2)


def test_so_many_of_the_last_polls_are_counted() -> None:
    found = explained(rules(rejection('of = "2/3"')), 2)

    assert found.gates[-2].said == "1 of the last 3 polls, 2 are needed"
    assert explained(rules(rejection('of = "2/3"')), 0).gates[-2].said.startswith("0 of")
    assert timers(found) == {}


def test_what_opens_passed_every_gate_and_reached_its_receivers() -> None:
    found = explained(rules(rejection('repeat = "2h"\nto = ["team-leads", "on-call"]')), 2)

    assert (found.told, found.reason) == (True, "open")
    assert all(gate.passed for gate in found.gates)
    assert [(h.receiver, h.told, h.reason) for h in found.receivers] == [
        ("team-leads", True, "open"),
        ("on-call", True, "open"),
    ]
    assert timers(found) == {"repeat": timedelta(hours=2)}


def test_what_people_know_is_unchanged_and_says_when_they_heard() -> None:
    found = explained(rules(rejection()), 2, 2)

    assert (found.told, found.reason, gates(found)[0]) == (False, "unchanged", "+open")
    assert found.receivers[0].last == clock(0)


def test_what_recovers_says_how_long_it_must_stay_clear() -> None:
    found = explained(rules(rejection('keep = "12m"')), 2, 0, 0)

    assert timers(found) == {"keep": timedelta(minutes=7)}
    assert found.after.phase == "recovering"


def test_what_closes_is_told_and_forgotten() -> None:
    found = explained(rules(rejection()), 2, 0)

    assert (found.told, found.reason, found.after.phase) == (True, "close", "ok")
    assert found.incident
    assert timers(found) == {}


def test_what_waits_for_company_or_for_the_morning_says_until_when() -> None:
    waits = explained(rules(rejection('group_wait = "7m"')), 2)
    quiet = rules(rejection(), team_leads=TEAM_LEADS + 'quiet = "09:30-10:40"\n')
    held = explained(quiet, 2)

    assert (waits.reason, timers(waits)) == ("waiting", {"group_wait": timedelta(minutes=7)})
    assert (held.reason, timers(held)) == ("quiet", {"quiet": timedelta(minutes=40)})


def test_what_another_incident_explains_stopped_there() -> None:
    plan = rules(rejection(), SITE_LINK)
    rows = [agent(f"1200{n}-A", 2, tx_ploss=5) for n in range(4, 7)]
    found = explain(steps(plan, poll(0, *rows))[-1], plan.rules[OPERATION, RULE], ANA)

    assert found is not None
    assert (found.reason, gates(found)[-3:]) == (
        "explained",
        ["xexplained", "-silence", "-receivers"],
    )


def test_a_receiver_that_is_gone_is_nobody() -> None:
    plan = rules(rejection('group_wait = "7m"'))
    (step,) = steps(plan, poll(0, agent("12004-ANA", 2)))
    rule = plan.rules[OPERATION, RULE]
    without = Step(step.known, step.reading, rules(NEW_HIT.replace("team-leads", "on-call"),
                   team_leads=""), step.decision)  # fmt: skip
    found = explain(without, rule, ANA)

    assert found is not None
    assert found.receivers[0].reason == "nobody"


def test_one_that_speaks_for_others_is_no_others_message() -> None:
    """The same receiver hears of another agent in this poll, and of this one nothing new."""
    plan = rules(rejection())
    first = poll(0, agent("12004-ANA", 2))
    second = poll(5, agent("12004-ANA", 2), agent("12005-LUIS", 2))
    found = explain(steps(plan, first, second)[-1], plan.rules[OPERATION, RULE], ANA)

    assert found is not None
    assert found.receivers[0].reason == "unchanged"


def test_an_event_is_announced_without_an_incident() -> None:
    plan = rules(NEW_HIT)
    turns = [Turn(Good(HITS, snapshot(HITS, clock(n), rows)))
             for n, rows in enumerate([[], [hit("a")]])]  # fmt: skip
    found = explain(steps(plan, *turns)[-1], plan.rules[OPERATION, "new-hit"], "a")

    assert found is not None
    assert (found.told, found.reason, found.incident) == (True, "event", "")


def test_what_is_no_poll_of_the_rule_explains_nothing() -> None:
    plan = rules(rejection())
    (step,) = play(Known(), plan, [Turn(Reload(clock(0)))])
    rule = plan.rules[OPERATION, RULE]

    assert explain(step, rule, ANA) is None
    assert miss(step, rule, ANA) is None


# ---- near misses ----


def gap(more: str, value: object) -> float | None:
    plan = rules(rejection(more))
    (step,) = steps(plan, poll(0, agent("12004-ANA", value)))
    found = miss(step, plan.rules[OPERATION, RULE], ANA)
    return None if found is None else found.gap


@pytest.mark.parametrize(
    ("more", "value", "expected"),
    [
        ("", 0.75, 0.25),
        ("", 2, None),  # it breached
        ("", "", None),
        ('when = "network_rejection < 50"', 60, 10),
        ("when = \"network_rejection > 1 and agent_status == 'away'\"", 3, None),  # nor one half
        ('when = "network_rejection > 1 or ploss > 1"\nvalue = "ploss"', 0, None),  # no one limit
    ],
)
def test_how_near_it_came_is_in_the_values_own_unit(
    more: str, value: object, expected: float | None
) -> None:
    assert gap(more, value) == expected


def test_what_a_silence_holds_back_stopped_there_and_says_until_when() -> None:
    held = Play(rejection())
    held.silence(0, 60)
    held.poll(1, agent("12004-ANA", 2))
    last = held.steps[-1]
    plan = held.plan
    step = Step(Known(silences=held.known.silences), last.reading, plan, last.decision)
    found = explain(step, plan.rules[OPERATION, RULE], ANA)

    assert found is not None
    assert found.reason == "silenced"
    assert gates(found)[-2:] == ["xsilence", "-receivers"]
    assert timers(found) == {"silence": timedelta(minutes=60)}


# ---- in so many words ----


def said(found: Explanation, name: str) -> str:
    return next(gate.said for gate in found.gates if gate.name == name)


def test_one_that_a_filter_leaves_out_is_not_called_absent() -> None:
    plan = rules(rejection("where = \"agent_status == 'away'\""))

    left_out, stranger = explained(plan, 2), explained(plan, 2, entity="nobody")

    assert gates(left_out)[:3] == ["+believed", "+there", "xwhere"]
    assert said(left_out, "where") == "`where` is false for it: the rule is not about it"
    assert gates(stranger)[:3] == ["+believed", "xthere", "-where"]
    assert said(stranger, "there") == "it is not in the data of this poll"


def test_what_need_not_last_says_that_and_not_a_span_of_nothing() -> None:
    assert said(explained(rules(rejection()), 2), "lasting") == "one poll is enough"


def test_a_cause_is_named_by_its_rule_and_entity() -> None:
    plan = rules(rejection(), SITE_LINK)
    rows = [agent(f"{n}-A", 2, tx_ploss=9) for n in range(4)]
    found = explain(steps(plan, poll(0, *rows))[-1], plan.rules[OPERATION, RULE], "1")

    assert found is not None
    assert found.reason == "explained"
    assert said(found, "explained").startswith("site-link 181.49.7.7 (")


def test_within_a_storm_a_message_is_said_to_be_the_storms() -> None:
    plan = rules(rejection('group = "entity"'), team_leads=f"{TEAM_LEADS}storm = 2\n")
    rows = [agent(f"{n}-A", 2) for n in range(4)]
    found = explain(steps(plan, poll(0, *rows))[-1], plan.rules[OPERATION, RULE], "1")

    assert found is not None
    [heard] = found.receivers
    assert (heard.reason, heard.how, heard.others) == ("open", "storm", 3)
    assert heard.said.endswith("in the one message of a storm, with 3 others")


def test_what_is_open_still_after_a_silence_is_not_called_a_reminder_only() -> None:
    plan = rules(rejection())
    asked = Turn(Asked(clock(1), AddSilence(silence(1, 10)), "a"))
    last = Turn(Due(clock(20)))
    turns = [poll(0, agent("12004-ANA", 2)), asked, poll(5, agent("12004-ANA", 2)), last]

    heard = retold(list(play(Known(), plan, turns))[-1], plan.rules[OPERATION, RULE], ANA)

    assert heard is not None
    assert heard.how == "still_open"
    assert heard.said.endswith("it is open still")
