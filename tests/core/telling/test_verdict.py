"""Each rule, entity and poll has one reason why people were told, or not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.facts.state import InstanceKey
from notifier.core.hindsight.replay import Step, Turn, play
from notifier.core.hindsight.scrutiny import entities, scrutinize, told_of, verdict, view_of
from notifier.core.judging.known import Known
from notifier.core.judging.notice import Reason, Untold
from notifier.core.judging.reading import Failed, Good, Reading
from notifier.errors import Trouble
from tests.builders import (
    HITS,
    LATENCY,
    NEW_HIT,
    OPERATION,
    SITE_LINK,
    SKILLS,
    TEAM_LEADS,
    agent,
    clock,
    hit,
    queue,
    rejection,
    rules,
    snapshot,
)

QUIET = TEAM_LEADS + 'quiet = "10:20-10:40"\n'
CONNECTED = "where = \"agent_status == 'connected'\""
RULES = rules(
    rejection('for = "6m"\nkeep = "6m"\nclear = "network_rejection < 1"\nrepeat = "15m"'),
    rejection(f'id = "now"\n{CONNECTED}\ngroup_wait = "7m"\nmissing = "fire"'),
    rejection('id = "seen"\nkind = "event"\nwhen = "network_rejection > 4"'),
    rejection('id = "leap"\nwhen = "delta(network_rejection) > 1"\nto = ["on-call"]'),
    SITE_LINK,
    NEW_HIT + 'to = ["team-leads", "on-call"]'.replace("to =", "labels = {}\n#"),
    """
    [[rule]]
    id = "queue"
    on = "skills"
    by = []
    when = "sum(calls_in_queue_now) > 5"
    to = ["team-leads"]
    """,
    team_leads=QUIET,
)

values = st.sampled_from([0, 1, 2, 6, "", "x"])
agents = st.lists(
    st.builds(
        lambda n, rejected, loss, status: agent(
            f"1200{n}-A", rejected, tx_ploss=loss, agent_status=status
        ),
        st.integers(1, 4),
        values,
        st.sampled_from([0, 5]),
        st.sampled_from(["connected", "away", ""]),
    ),
    max_size=5,
)
polls = st.one_of(
    st.tuples(st.just(LATENCY), agents),
    st.tuples(st.just(LATENCY), agents),
    st.tuples(st.just(HITS), st.lists(st.builds(hit, st.sampled_from("abc")), max_size=3)),
    st.tuples(st.just(SKILLS), st.lists(st.builds(queue, st.sampled_from("12")), max_size=2)),
    st.tuples(st.just(LATENCY), st.none()),
)


def turns(day: list[tuple[object, object]]) -> list[Turn]:
    found: list[Turn] = []
    for place, (source, rows) in enumerate(day):
        at = clock(5 * place)
        reading: Reading = (
            Failed(source, at, Trouble.TIMEOUT)  # type: ignore[arg-type]
            if rows is None
            else Good(source, snapshot(source, at, rows))  # type: ignore[arg-type]
        )
        found.append(Turn(reading))
    return found


@settings(max_examples=60, deadline=None)
@given(day=st.lists(polls, max_size=14))
def test_every_rule_entity_and_poll_has_exactly_one_reason(
    day: list[tuple[object, object]],
) -> None:
    for step in play(Known(), RULES, turns(day)):
        told_and_not(step)
        if isinstance(step.reading, Good):
            for rule in RULES.rules.values():
                if rule.source == step.reading.source:
                    for entity in entities(step, rule):
                        holds(step, rule.id, entity)


def told_and_not(step: Step) -> None:
    """No instance is in both lists: those that people heard of, and the reasons why not."""
    assert not [key for key in step.decision.reasons if told_of(step, key) is not None]


def holds(step: Step, rule_id: str, entity: str) -> None:
    """The one reason fits what was seen, and what was sent."""
    rule = RULES.rules[OPERATION, rule_id]
    view = view_of(step, rule)
    assert view is not None
    found = verdict(step, rule, entity)
    key = InstanceKey(OPERATION, rule_id, entity)
    after = step.decision.known.instances.get(key)
    if isinstance(found, Reason):
        return
    result = scrutinize(view, rule, entity).result
    if found is Untold.CLEAR:
        assert result.value == "clear"
    if found is Untold.PENDING:
        assert after is not None
        assert after.incident is None
    if found is Untold.UNCHANGED:
        assert step.known.told.get(after.incident if after and after.incident else "")


def test_what_is_well_was_looked_at_and_what_is_blank_is_not_well() -> None:
    day = [(LATENCY, [agent("1-A", 0), agent("2-B", ""), agent("3-C", 6)]), (LATENCY, [])]
    first, second = play(Known(), RULES, turns(day))  # type: ignore[arg-type]
    now = RULES.rules[OPERATION, "now"]

    assert [verdict(first, now, entity) for entity in "1234"] == [
        Untold.CLEAR,
        Untold.NULL,
        Untold.WAITING,
        Untold.MISSING,
    ]
    assert verdict(second, now, "1") is Untold.UNKNOWN, "all vanished together: not believed yet"


def test_a_poll_of_something_else_says_nothing_of_a_rule() -> None:
    (step,) = play(Known(), RULES, turns([(SKILLS, [])]))
    rule = RULES.rules[OPERATION, "now"]

    assert verdict(step, rule, "1") is Untold.UNKNOWN
    assert entities(step, rule) == []
    assert view_of(step, rule) is None


def test_an_answer_without_the_list_says_nothing_of_a_rule() -> None:
    reading = Good(LATENCY, snapshot(LATENCY, clock(0), {"by_pbx": []}))
    (step,) = play(Known(), RULES, [Turn(reading)])

    assert verdict(step, RULES.rules[OPERATION, "now"], "1") is Untold.UNKNOWN


def test_the_inputs_and_each_comparison_are_shown_with_their_values() -> None:
    (step,) = play(Known(), RULES, turns([(LATENCY, [agent("1-A", 2, tx_ploss=5)])]))
    rule = RULES.rules[OPERATION, "now"]
    view = view_of(step, rule)
    assert view is not None

    found = scrutinize(view, rule, "1")

    assert found.inputs == {"network_rejection": 2.0, "agent_status": "connected"}
    assert [(part.key, part.holds, *map(str, part.comparisons)) for part in found.parts] == [
        ("where", True, "agent_status ('connected') == 'connected' -> true"),
        ("when", True, "network_rejection (2) > 1 -> true"),
    ]
    assert scrutinize(view, rule, "nobody").inputs == {}


def test_of_a_group_the_rows_are_counted() -> None:
    rows = [agent(f"{n}-A", 0, tx_ploss=5) for n in range(3)]
    (step,) = play(Known(), RULES, turns([(LATENCY, rows)]))
    rule = RULES.rules[OPERATION, "site-link"]
    view = view_of(step, rule)
    assert view is not None

    found = scrutinize(view, rule, "181.49.7.7")

    assert found.inputs == {"rows": 3.0}
    assert str(found.parts[0].comparisons[1]) == "share(ploss >= 3) (1) >= 0.6 -> true"


def test_a_group_shows_the_conditions_that_are_about_the_whole_of_it() -> None:
    about = rules(rejection(), SITE_LINK + CONNECTED)
    rows = [agent(f"{n}-A", 0, tx_ploss=5) for n in range(3)]
    (step,) = play(Known(), about, turns([(LATENCY, rows)]))
    rule = about.rules[OPERATION, "site-link"]
    view = view_of(step, rule)
    assert view is not None

    assert [part.key for part in scrutinize(view, rule, "181.49.7.7").parts] == ["when"]


def test_a_counter_that_was_reset_is_the_reason() -> None:
    counted = rules(
        """
        [[rule]]
        id = "rush"
        on = "skills"
        when = "delta(stat_inbound) > 5"
        to = ["team-leads"]
        """
    )
    day = [(SKILLS, [queue("1", stat_inbound=n)]) for n in (40, 42, 2)]
    *_, last = play(Known(), counted, turns(day))  # type: ignore[arg-type]
    rule = counted.rules[OPERATION, "rush"]
    view = view_of(last, rule)
    assert view is not None

    assert verdict(last, rule, "1") is Untold.RESET
    assert scrutinize(view, rule, "1").result.value == "null"
