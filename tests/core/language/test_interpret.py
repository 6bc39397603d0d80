from __future__ import annotations

from itertools import product
from math import inf

import pytest

from notifier.core.language.expression import parse
from notifier.core.language.interpret import Scope, Step, explain, judge, value
from notifier.core.language.ranges import Range, apply, average, compare, divide, jump, total
from tests.core.language.language import EVERY, GROUP, START, WORDS, Agent, entity, past


def _judged(text: str, *rows: Agent | None) -> bool | None:
    return judge(*entity(text, *rows))


def _explained(text: str, *rows: Agent | None) -> list[str]:
    return [str(step) for step in explain(*entity(text, *rows))]


def _group(*rows: Agent, before: list[Agent] | None = None) -> Scope:
    keyed = {str(place): row for place, row in enumerate(rows)}
    was = {str(place): row for place, row in enumerate(before)} if before is not None else None
    return Scope(row=rows[0] if rows else None, rows=keyed, before=was)


def _of_group(text: str, *rows: Agent, before: list[Agent] | None = None) -> bool | None:
    return judge(parse(text, GROUP), _group(*rows, before=before))


# ---- three values ----

FLAGS = (True, False, None)


@pytest.mark.parametrize(("one", "other"), list(product(FLAGS, FLAGS)))
def test_and_or_and_not_follow_kleene(one: bool | None, other: bool | None) -> None:
    row = Agent(wifi=one, loss=None if other is None else float(other))

    conjunction = False if False in (one, other) else None if None in (one, other) else True
    disjunction = True if True in (one, other) else None if None in (one, other) else False
    assert _judged("wifi and loss > 0", row) is conjunction
    assert _judged("wifi or loss > 0", row) is disjunction
    assert _judged("not (wifi and loss > 0)", row) is (
        None if conjunction is None else not conjunction
    )


@pytest.mark.parametrize(
    "text",
    [
        "latency > 1",
        "latency == 1",
        "latency != 1",
        "site == 'x'",
        "site != 'x'",
        "site in ('x', 'y')",
        "site not in ('x', 'y')",
        "not (latency > 1)",
        "latency * 0 == 0",
        "-latency < 0",
        "wifi",
        "not wifi",
        "wifi == False",
        "quality < 5",
        "worse(latency, 1) > 0",
        "loss / 0.5 > latency",
        "unlikely(latency, 5, 0.8, 0.01)",
        "delta(latency) > 0",
        "changed(site)",
        "spike(latency, 2, 0, '1h')",
        "drop(latency, 2, '1h')",
        "avg_over(latency, '1h') > 0",
        "rise(latency, '1h') > 0",
        "usual(latency) > 0",
        "window(level, '1h') > 0",
    ],
)
def test_a_blank_makes_every_comparison_unknown(text: str) -> None:
    assert _judged(text, Agent(loss=1.0), Agent(loss=1.0)) is None


def test_only_is_none_is_never_unknown() -> None:
    assert _judged("latency is None", Agent()) is True
    assert _judged("latency is not None", Agent()) is False
    assert _judged("latency / loss is None", Agent(latency=1.0, loss=0.0)) is True
    assert _judged("prev(latency) is None", Agent()) is True


def test_a_division_by_zero_is_unknown() -> None:
    row = Agent(latency=1.0, loss=0.0)

    assert [_judged(f"latency {sign} loss > 0", row) for sign in ("/", "%", "//")] == [None] * 3


def test_numbers_beyond_all_bounds_are_unknown_rather_than_wrong() -> None:
    row = Agent(latency=1e308, loss=1e308)

    assert _judged("(latency * 10 - loss * 10) > 1", row) is None
    assert _judged("not (latency * 10 - loss * 10 > 1)", row) is None
    assert value(*entity("latency * 10", row)) is None


def test_texts_compare_exactly() -> None:
    row = Agent(site="North")

    assert _judged("site == 'north'", row) is False
    assert _judged("site in ('North', 'South')", row) is True
    assert _judged("site not in ('North', 'South')", row) is False


def test_a_value_is_a_number_a_text_or_unknown() -> None:
    row = Agent(latency=2.0, site="north", wifi=True)

    assert value(*entity("latency * 2 + 1", row)) == 5.0
    assert value(*entity("site", row)) == "north"
    assert value(*entity("wifi", row)) is True
    assert value(*entity("loss", row)) is None


# ---- the past ----


def _latencies(*values: float | None) -> list[Agent | None]:
    return [Agent(latency=number) for number in values]


def test_windows_include_the_present_value() -> None:
    rows = _latencies(1.0, 2.0, 9.0)

    names = ("avg_over", "min_over", "max_over", "median_over")
    assert [value(*entity(f"{name}(latency, '1h')", *rows)) for name in names] == [4, 1, 9, 2]


def test_a_window_of_one_reading_is_unknown() -> None:
    assert value(*entity("avg_over(latency, '1h')", *_latencies(None, 9.0))) is None


@pytest.mark.parametrize(
    ("values", "spike"),
    [
        ([1.0, 1.0, 1.0, 4.0], True),
        ([1.0, 1.0, 2.0, 3.0], True),
        ([2.0, 2.0, 1.0, 3.0], False),
        ([0.0, 0.0, 0.0, 2.0], False),  # below the floor
        ([2.0], False),  # whatever the past was
        ([1.0, 1.0, 4.0], None),
        ([1.0, 1.0, 1.0, None], None),
    ],
)
def test_a_spike_is_above_its_floor_and_a_multiple_of_what_was_before(
    values: list[float | None], spike: bool | None
) -> None:
    assert _judged("spike(latency, 3, 3, '1h')", *_latencies(*values)) is spike


@pytest.mark.parametrize(
    ("values", "drop"),
    [
        ([10.0, 10.0, 10.0, 7.0], True),
        ([10.0, 10.0, 10.0, 8.0], False),
        ([10.0, 10.0, 1.0], None),
        ([10.0, 10.0, 10.0, None], None),
    ],
)
def test_a_drop_is_below_what_was_before(values: list[float | None], drop: bool | None) -> None:
    assert _judged("drop(latency, 3, '1h')", *_latencies(*values)) is drop


def test_what_changed_is_compared_with_the_last_good_snapshot() -> None:
    assert _judged("changed(site)", Agent(site="a"), Agent(site="b")) is True
    assert _judged("changed(site)", Agent(site="a"), Agent(site="a")) is False
    assert _judged("changed(site)", None, Agent(site="a")) is None
    assert _judged("changed(site)", Agent(), Agent(site="a")) is None
    assert _judged("prev(poor)", Agent(wifi=True), Agent()) is True


# ---- groups ----


def test_an_aggregate_is_known_where_no_blank_could_change_it() -> None:
    rows = [Agent(latency=9.0), Agent(latency=9.0), Agent()]

    assert _of_group("count(latency > 5) >= 2", *rows) is True
    assert _of_group("count(latency > 5) >= 3", *rows) is None
    assert _of_group("count(latency > 5) >= 4", *rows) is False
    assert _of_group("share(latency > 5) >= 0.6", *rows) is True
    assert _of_group("count(latency > 5) == 4", *rows) is False
    assert _of_group("count(latency > 5) != 4", *rows) is True
    assert _of_group("count(latency > 5) == 2", *rows) is None
    assert _of_group("count(latency > 5) in (4, 5)", *rows) is False
    assert _of_group("count(latency > 5) not in (4, 5)", *rows) is True
    assert _of_group("count(latency > 5) in (3, 4)", *rows) is None
    assert _of_group("max(latency) >= 9", *rows) is True
    assert _of_group("min(latency) > 9", *rows) is False
    assert _of_group("avg(latency) > 1", *rows) is None
    assert _of_group("sum(latency) > 1", *rows) is None
    assert _of_group("max(loss) > 1", *rows) is None
    assert _of_group("max(latency) is None", *rows) is True
    assert value(parse("max(latency)", GROUP, "any"), _group(*rows)) is None


def test_of_an_empty_group_only_the_count_is_known() -> None:
    assert _of_group("count() == 0 and sum(loss) == 0") is True
    assert _of_group("share(wifi) >= 0") is None
    assert _of_group("avg(loss) >= 0 or min(loss) >= 0 or max(loss) >= 0") is None


def test_a_group_is_compared_with_what_it_was() -> None:
    before = [Agent(latency=4.0), Agent(latency=8.0)]

    assert _of_group("prev(count()) - count() >= 1", Agent(), before=before) is True
    assert _of_group("delta(avg(latency)) == 3", Agent(latency=9.0), before=before) is True
    assert _of_group("changed(count())", Agent(), before=before) is True
    assert _of_group("changed(count())", Agent()) is None  # no snapshot before


def test_the_rows_of_a_group_may_each_look_back() -> None:
    history = past({"0": Agent(loss=1.0), "1": Agent(loss=1.0)}, about="delta(loss)")
    scope = Scope(
        at=START + EVERY, history=history, rows={"0": Agent(loss=9.0), "1": Agent(loss=1.0)}
    )

    assert judge(parse("count(delta(loss) > 1) == 1", GROUP), scope) is True


def test_a_group_names_the_field_it_goes_by() -> None:
    assert _of_group("site == 'north' and count() == 1", Agent(site="north")) is True


# ---- ranges ----


def test_what_is_reckoned_with_a_range_is_a_range() -> None:
    some = Range(1.0, 3.0)

    assert apply(lambda a, b: a - b, [some, some]) == Range(-2.0, 2.0)
    assert apply(lambda a: a * 0, [some]) == 0
    assert apply(lambda a: a > 0, [some]) is True
    assert apply(lambda a: a > 2, [some]) is None
    assert apply(lambda a: a * 0, [Range(1.0, inf)]) is None
    assert divide(6.0, some) == Range(2.0, 6.0)
    assert divide(6.0, Range(-1.0, 1.0)) is None
    assert jump(lambda a, b: a % b, some, 2.0) is None
    assert jump(lambda a, b: a % b, 5.0, some) is None
    assert jump(lambda a, b: a % b, 5.0, 3.0) == 2.0
    assert compare("<", some, Range(4.0, 5.0)) is True
    assert compare("==", Range(4.0, 5.0), some) is False
    assert compare("<", some, None) is None


def test_sums_beyond_all_bounds_are_unknown() -> None:
    assert (total([inf, -inf]), average([inf, -inf])) == (None, None)


# ---- explaining ----


def test_each_comparison_is_explained_with_its_values() -> None:
    row = Agent(latency=2.0, site="north", wifi=False)

    assert _explained("latency > 1 and (site == 'south' or not wifi) and loss < 3", row) == [
        "latency (2) > 1 -> true",
        "site ('north') == 'south' -> false",
        "not wifi (false) -> true",
        "loss (blank) < 3 -> unknown",
    ]


def test_a_step_is_a_text_and_a_result() -> None:
    assert explain(*entity("latency > 1.5", Agent(latency=1.23456))) == [
        Step("latency (1.235) > 1.5", False)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not (wifi or latency > 1)", ["wifi (blank) -> unknown", "latency (2) > 1 -> true"]),
        ("operation == 'bogota'", ["operation ('bogota') == 'bogota' -> true"]),
        ("latency * (half + 1) > 1", ["latency (2) * 1.5 > 1 -> true"]),
        ("(latency + half) * half > 1", ["(latency (2) + half (0.5)) * half (0.5) > 1 -> true"]),
        ("-(latency + 1) < 3", ["-(latency (2) + 1) < 3 -> true"]),
        ("latency - (1 - loss) < 3", ["latency (2) - (1 - loss (blank)) < 3 -> unknown"]),
        ("bad > 1", ["bad (blank) > 1 -> unknown"]),
        ("site not in ('a', 'b')", ["site (blank) not in ('a', 'b') -> unknown"]),
        ("latency is not None", ["latency (2) is not None -> true"]),
        ("latency * 1e308 > 1", ["latency (2) * 1e+308 > 1 -> true"]),
        ("worse(latency, 7) > 1", ["worse(latency, 7) (7) > 1 -> true"]),
        ("worse(latency * 1e308, 7) > 1", ["worse(latency * 1e+308, 7) (anything) > 1 -> true"]),
        ("prev(latency) > 1", ["prev(latency) (not in the last good snapshot) > 1 -> unknown"]),
        (
            "rise(latency, '90s') > 1",
            ["rise(latency, '90s') (fewer than 2 readings) > 1 -> unknown"],
        ),
        (
            "spike(latency, 2, 1, '1h')",
            ["spike(latency, 2, 1, '1h') (fewer than 3 earlier readings) -> unknown"],
        ),
        ("usual(latency) > 1", ["usual(latency) (fewer than 3 past weeks) > 1 -> unknown"]),
    ],
)
def test_explanations_name_values_and_what_is_lacking(text: str, expected: list[str]) -> None:
    assert _explained(text, Agent(latency=2.0)) == expected


TOO_MANY = "the percentage is rounded too coarsely to tell so many calls apart"


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(80.0, 10.0), (80.0, 10.0)], "no calls"),
        ([(80.0, 10.0), (50.0, 4.0)], "a counter was corrected"),
        ([(80.0, 10.0), (None, 0.0)], "the counters were reset"),
        ([(80.0, 10.0), (80.0, 500.0)], TOO_MANY),
        ([(80.0, 10.0), (20.0, 12.0)], "the percentage and the calls contradict each other"),
        ([(80.0, 10.0), (None, 12.0)], "blank"),
        ([(80.0, 10.0), (80.0, 20.0)], "80"),
    ],
)
def test_a_service_level_window_says_why_it_is_unknown(
    rows: list[tuple[float | None, float | None]], why: str
) -> None:
    agents = [Agent(level=level, calls=calls) for level, calls in rows]

    assert _explained("window(level, '1h') < 1", *agents)[0].startswith(
        f"window(level, '1h') ({why}) < 1"
    )


def test_a_group_is_explained_with_its_bounds() -> None:
    rows = [Agent(latency=9.0), Agent()]
    expression = parse("count(latency > 5) >= 1 and max(latency) < 9 and prev(count()) > 1", GROUP)

    assert [str(step) for step in explain(expression, _group(*rows, before=rows))] == [
        "count(latency > 5) (1 to 2, as some are blank) >= 1 -> true",
        "max(latency) (9 to anything, as some are blank) < 9 -> false",
        "prev(count()) (2) > 1 -> true",
    ]


def test_a_long_text_is_cut_in_explanations() -> None:
    assert _explained("site == 'x'", Agent(site="y" * 500)) == [
        f"site ('{'y' * 60}…') == 'x' -> false"
    ]


def test_a_rule_without_rows_has_an_empty_scope() -> None:
    assert judge(parse("operation == 'bogota'", WORDS), Scope()) is True
