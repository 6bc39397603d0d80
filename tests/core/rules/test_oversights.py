"""What a rules file may say but hardly means: each is a warning in its place, and none is a guess."""
# ruff: noqa: E501  # a slip and its sentence are one line

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.language.expression import parse
from notifier.core.language.history import History
from notifier.core.language.interpret import Scope, judge
from notifier.core.language.loop import needs_of
from notifier.core.language.tree import And
from notifier.core.rules.regions import possible, regions
from notifier.core.rules.rulefile import load
from notifier.wolkvox.endpoints import CATALOGUE
from tests.core.language.language import EVERY, START, WORDS, Agent, conditions

HEAD = """\
operators = ["leads"]
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
[[source]]
endpoint = "latency"
[[source]]
endpoint = "skills"
[[receiver]]
name = "leads"
slack = "#leads"
[[rule]]
id = "queue"
on = "skills"
when = "calls_in_queue_now > 3"
to = ["leads"]
"""

LATENCY = """\
[[source]]
endpoint = "latency"
"""


def warned(text: str) -> list[str]:
    """The warnings about a file without errors: line, column and sentence."""
    found = load(text, CATALOGUE, "rules.toml").warnings
    return [str(problem).removeprefix("rules.toml:") for problem in found]


def of_rule(*keys: str, on: str = "latency.by_agent") -> list[str]:
    """The warnings about one rule, in a file with another one."""
    head = HEAD if on.startswith("latency") else HEAD.replace(LATENCY, "")
    rule = ["[[rule]]", 'id = "r"', f'on = "{on}"', 'to = "leads"', *keys]
    return warned(head + "\n".join(rule) + "\n")


def of_condition(when: str, *keys: str, on: str = "latency.by_agent") -> list[str]:
    return [line.partition("warning: ")[2] for line in of_rule(f'when = "{when}"', *keys, on=on)]


# ---- never and always ----

NEVER = "this can never be true: nobody will ever hear of this rule"


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("ploss > 3 and ploss < 2", [NEVER]),
        ("not (ploss <= 3 or ploss >= 2)", [NEVER]),
        ("ploss == 1 and ploss != 1", [NEVER]),
        ("changed(version) and not changed(version)", [NEVER]),
        ("ploss < 0", ["`ploss < 0` is never true: `ploss` is 0 or more", NEVER]),
        ("0 > ploss", ["`0 > ploss` is never true: `ploss` is 0 or more", NEVER]),
        ("mos > 5", ["`mos > 5` is never true: `mos` is 1 to 4.5", NEVER]),
        ("mos < 5", ["`mos < 5` is always true: `mos` is 1 to 4.5"]),
        ("max_over(ploss, '1h') < 0", ["`max_over(ploss, '1h') < 0` is never true: `max_over(ploss, '1h')` is 0 or more", NEVER]),
        ("delta(latency_ms) < 0", []),
        ("ploss > 3 or ploss < 2", []),
        ("ploss + 1 < 0 and agent_status == 'connected'", []),
        ("3 > 2 and ploss > 3", []),
    ],
)  # fmt: skip
def test_a_condition_that_is_never_or_always_true_is_told(when: str, says: list[str]) -> None:
    assert of_condition(when) == says


def test_a_share_is_0_to_1() -> None:
    says = of_condition("share(ploss >= 3) >= 0", 'by = "ip"')

    assert says == ["`share(ploss >= 3) >= 0` is always true: `share(ploss >= 3)` is 0 to 1"]


def test_a_percentage_is_0_to_100() -> None:
    says = of_condition("stat_inbound >= 20 and service_level_20seg < 0.8", on="skills")

    assert says == ["percentages compare as percent: 0.8 is 0.8 %; is 80 meant?"]


def test_where_rules_out_what_when_asks_for() -> None:
    assert of_condition("ploss > 3", 'where = "ploss < 2"') == [NEVER]


def test_where_chooses_other_rows_than_a_group_is_judged_by() -> None:
    assert of_condition("max(ploss) > 3", 'by = "ip"', 'where = "ploss < 4"') == []


def test_too_many_alternatives_are_not_looked_through() -> None:
    many = " and ".join(f"(ploss > {n} or jitter > {n})" for n in range(1, 9))

    assert of_condition(f"{many} and latency_ms < 0") == [
        "`latency_ms < 0` is never true: `latency_ms` is 0 or more",
        NEVER,
    ]


@given(conditions, st.data())
def test_what_is_called_impossible_is_never_true(text: str, data: st.DataObject) -> None:
    condition = parse(text, WORDS)
    values = st.none() | st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 50.0, 100.0])
    numbers = st.builds(
        Agent, st.none() | st.sampled_from(["north", "south"]), values, values, values, values,
        values, st.none() | st.booleans(),
    )  # fmt: skip
    rows = [data.draw(numbers) for _ in range(4)]
    history, needs = History(), needs_of([condition])
    for place, row in enumerate(rows[:-1]):
        history = history.add(START + place * EVERY, {"a": row}, needs)
    scope = Scope(row=rows[-1], key="a", at=START + 3 * EVERY, history=history)

    assert possible(condition.tree) or judge(condition, scope) is not True


def test_what_is_free_is_anywhere() -> None:
    assert regions(And(())) == [{}]


# ---- pace ----

DECLARED = """\
[[endpoint]]
name = "breaks"
family = "reports_manager"
api = "agent_9"
key = ["agent_id"]
fields = [{ name = "agent_id" }, { name = "breaks", kind = "count" }]
"""


def of_pace(endpoint: str, every: str, *keys: str) -> list[str]:
    source = ["[[source]]", f'endpoint = "{endpoint}"', f'every = "{every}"', *keys]
    head = HEAD.replace(LATENCY, "\n".join(source) + "\n")
    return [line for line in warned(head) if "no news" in line]


@pytest.mark.parametrize("every", ["10s", "1m", "150s"])
def test_a_report_that_is_asked_far_faster_than_it_is_made_is_a_waste_of_calls(every: str) -> None:
    says = '`agent_3` has no news within 5m; each poll is a call of the day: write "5m"'

    assert of_pace("agent_3", every, 'window = "today"') == [f"8:9: warning: {says}"]


@pytest.mark.parametrize(
    ("endpoint", "every", "keys"),
    [
        ("agent_3", "3m", ['window = "today"']),  # a little faster is nobody's mistake
        ("agent_3", "5m", ['window = "today"']),
        ("latency", "10s", []),  # it shows the present
        ("campaigns", "30s", []),
        ("cdr_calls", "1m", ['window = "1h"']),
    ],
)
def test_what_is_asked_at_a_sensible_pace_is_not(
    endpoint: str, every: str, keys: list[str]
) -> None:
    assert of_pace(endpoint, every, *keys) == []


def test_of_a_declared_report_no_pace_is_known() -> None:
    text = HEAD.replace(LATENCY, f'{DECLARED}[[source]]\nendpoint = "breaks"\nevery = "10s"\n')

    assert not any("no news" in line for line in warned(text))


# ---- clear and critical ----


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (('clear = "ploss < 0"',), ["`ploss < 0` is never true: `ploss` is 0 or more", "this can never be true: what opens will never close"]),
        (('clear = "ploss <= 4"',), ["some values satisfy `when` as well: for those it stays open"]),
        (('clear = "ploss <= 3"',), []),
        (('clear = "jitter <= 3"',), []),
        (('clear = "ploss < 1 and jitter < 30"',), []),
        (('critical = "ploss < 2"',), ["this is never true while `when` is: it raises nothing"]),
        (('critical = "ploss > 2"',), ['this is true whenever `when` is: write severity = "critical" instead']),
        (('critical = "ploss > 10"',), []),
    ],
)  # fmt: skip
def test_clear_and_critical_are_held_against_when(keys: tuple[str, ...], says: list[str]) -> None:
    assert of_condition("ploss > 3", *keys) == says


# ---- luck ----


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("by_abandon > 5", ["`by_abandon` of a few calls is luck; ask for a number, as in stat_inbound >= 20"]),
        ("window(service_level_20seg, '15m') < 80", ["`window(service_level_20seg, '15m')` of a few calls is luck; ask for a number, as in calls_of(service_level_20seg, '15m') >= 20"]),
        ("by_abandon > 5 and stat_inbound >= 20", []),
        ("by_abandon > 5 and rise(stat_inbound, '15m') >= 20", []),
        ("by_abandon > 5 and stat_answer + stat_abandon >= 20", []),
        ("window(service_level_20seg, '15m') < 80 and unlikely(hits_of(service_level_20seg, '15m'), 20, 0.8, 0.001)", []),
    ],
)  # fmt: skip
def test_a_percentage_wants_a_number_of_calls(when: str, says: list[str]) -> None:
    assert of_condition(when, on="skills") == says


def test_the_number_of_calls_may_be_in_where() -> None:
    assert of_condition("by_abandon > 5", 'where = "stat_inbound >= 20"', on="skills") == []


# ---- times ----


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (('for = "2m"',), ["`for` is shorter than the 5m between two polls: 5m is the least"]),
        (('keep = "90s"',), ["`keep` is shorter than the 5m between two polls: 5m is the least"]),
        (('for = "5m"', 'keep = "0s"'), []),
        (('gap_max = "1m"',), ["each poll, 5m after the other, is a gap: nothing adds up"]),
        (('repeat = "1m"',), ["reminders come faster than news, which come every 5m"]),
        (('repeat = "1h"', 'gap_max = "1h"'), []),
        (('clear = "avg_over(ploss, \'3m\') < 1"',), ["`avg_over(ploss, '3m')` needs 2 polls in its window; they come every 5m"]),
        (('value = "max_over(ploss, \'3m\')"',), ["`max_over(ploss, '3m')` needs 2 polls in its window; they come every 5m"]),
        (('clear = "avg_over(ploss, \'5m\') < 1"',), []),
        (('critical = "spike(ploss, 3, 9, \'10m\')"',), ["`spike(ploss, 3, 9, '10m')` needs 4 polls in its window; they come every 5m"]),
        (('critical = "changed(ploss) and ploss > 9"',), []),
    ],
)  # fmt: skip
def test_times_are_held_against_the_pace_of_the_polls(
    keys: tuple[str, ...], says: list[str]
) -> None:
    assert of_condition("ploss > 3", *keys) == says


# ---- twins and persons ----


def test_a_rule_that_says_the_same_as_another_is_told() -> None:
    says = of_rule('when = "calls_in_queue_now>3"', on="skills")

    assert says == ["20:8: warning: `queue` says the same to `leads`"]


def test_the_same_for_other_rows_is_no_twin() -> None:
    assert (
        of_rule('when = "calls_in_queue_now > 3"', "where = \"skill_id == '7'\"", on="skills") == []
    )


@pytest.mark.parametrize("text", ["llama al 300 123 45 67", "ana.gomez@example.com"])
def test_a_name_that_looks_like_a_person_is_told(text: str) -> None:
    says = of_rule('when = "ploss > 3"', f'labels = {{ team = "{text}" }}')

    assert says == [
        "23:19: warning: this looks like a person's number or address; names are kept"
    ]  # fmt: skip


def test_a_rule_of_two_operations_is_warned_of_once() -> None:
    two = (
        HEAD
        + """\
[[operation]]
name = "cali"
server = "0042"
timezone = "America/Bogota"
"""
    )
    text = two.replace('endpoint = "latency"', 'endpoint = "latency"\noperation = "bogota"')
    text = text.replace(
        'endpoint = "skills"',
        'endpoint = "skills"\noperation = "bogota"\n[[source]]\nendpoint = "skills"\noperation = "cali"',
    )
    text = text.replace("calls_in_queue_now > 3", "calls_in_queue_now < 0")

    assert sum("nobody will ever hear" in line for line in warned(text)) == 1
