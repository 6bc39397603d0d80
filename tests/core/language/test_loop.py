from __future__ import annotations

from collections.abc import Mapping
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.language.expression import parse
from notifier.core.language.history import History
from notifier.core.language.interpret import Scope, judge
from notifier.core.language.loop import Found, LoopRule, compile_loop, needs_of
from tests.core.language import reference
from tests.core.language.language import (
    EVERY,
    GROUP,
    START,
    WORDS,
    Agent,
    conditions,
    group_conditions,
    past,
    polls,
    world,
)


def _rules(*texts: str, where: str = "") -> list[LoopRule]:
    about = parse(where, WORDS) if where else None
    return [LoopRule(about, parse(text, WORDS)) for text in texts]


def _found(rules: list[LoopRule], rows: Mapping[str, Agent], history: History) -> list[Found]:
    at = START + 3 * EVERY
    return compile_loop(rules)(list(rows.values()), list(rows), history, at)


def _verdict(found: Found, place: int) -> bool | None:
    if place in found.breach:
        return True
    return None if place in found.unsure else False


@settings(max_examples=100, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=3), st.lists(polls, min_size=3, max_size=3), polls)
def test_loop_interpreter_and_reference_agree(
    texts: list[str], before: list[Mapping[str, Agent]], now: Mapping[str, Agent]
) -> None:
    """Whatever the condition, the past and the blanks: three ways, one answer."""
    expressions = [parse(text, WORDS) for text in texts]
    needs = needs_of(expressions)
    history = History()
    for place, rows in enumerate(before):
        history = history.add(START + place * EVERY, rows, needs)

    found = _found([LoopRule(None, each) for each in expressions], now, history)

    for text, expression, each in zip(texts, expressions, found, strict=True):
        for place, (key, row) in enumerate(now.items()):
            scope = Scope(row=row, key=key, at=START + 3 * EVERY, history=history)
            expected = reference.judge(text, world(key, *before, now))
            assert (judge(expression, scope), _verdict(each, place)) == (expected, expected), text


@settings(max_examples=60, deadline=None)
@given(conditions, conditions, polls)
def test_a_row_outside_where_is_neither_found_nor_unsure(
    where: str, when: str, now: Mapping[str, Agent]
) -> None:
    found = _found(_rules(when, where=where), now, History())[0]

    for place, (key, row) in enumerate(now.items()):
        scope = Scope(row=row, key=key, at=START + 3 * EVERY)
        about = judge(parse(where, WORDS), scope)
        expected = judge(parse(when, WORDS), scope) if about else about
        assert _verdict(found, place) == expected


@settings(max_examples=100, deadline=None)
@given(group_conditions, polls, polls)
def test_a_group_is_unknown_only_where_its_blanks_could_make_a_difference(
    text: str, before: Mapping[str, Agent], now: Mapping[str, Agent]
) -> None:
    scope = Scope(rows=now, before=before)

    assert judge(parse(text, GROUP), scope) == reference.judge(text, world("", before, now))


# ---- the loop by itself ----

ROWS = {
    "a": Agent(latency=9.0, loss=1.0, wifi=True),
    "b": Agent(latency=1.0, loss=1.0, wifi=True),
    "c": Agent(loss=1.0, wifi=True),
    "d": Agent(latency=9.0, loss=0.0),
}


def test_each_rule_finds_its_breaches_and_its_unknowns() -> None:
    rules = _rules("latency > 5", "latency / loss > 5", "latency > 5 or loss > 0.5")

    found = _found(rules, ROWS, History())

    assert [(each.breach, each.unsure) for each in found] == [
        ([0, 3], [2]),
        ([0], [2, 3]),
        ([0, 1, 2, 3], []),
    ]


def test_where_narrows_what_a_rule_is_about() -> None:
    found = _found(_rules("latency > 5", where="wifi"), ROWS, History())

    assert found == [Found(breach=[0], unsure=[2, 3])]


def test_no_rules_find_nothing() -> None:
    assert _found([], ROWS, History()) == []


@pytest.mark.parametrize(
    ("text", "breach", "unsure"),
    [
        ("avg_over(latency, '30m') > 4", [0], [2, 3]),
        ("max_over(bad, '30m') > 4", [0], [2, 3]),
        ("spike(bad, 2, 3, '30m')", [], [0, 2, 3]),
        ("delta(latency) > 5", [0], [2, 3]),
        ("delta(bad) > 5", [0], [2, 3]),
        ("prev(bad) > 0.5", [0, 1], [2, 3]),
        ("changed(wifi)", [], [3]),
        ("usual(latency) > 1", [], [0, 1, 2, 3]),
        ("prev(latency) is None", [2, 3], []),
    ],
)
def test_the_loop_looks_back(text: str, breach: list[int], unsure: list[int]) -> None:
    before = {key: Agent(latency=1.0, loss=1.0, wifi=True) for key in "ab"}
    before["c"] = Agent(wifi=True)

    found = _found(_rules(text), ROWS, past({}, {}, before, about=text))

    assert found == [Found(breach, unsure)]


def test_a_window_of_immense_numbers_is_unknown() -> None:
    text = "avg_over(latency, '30m') > 1"
    history = past({"a": Agent(latency=inf)}, about=text)

    assert _found(_rules(text), {"a": Agent(latency=-inf)}, history) == [Found([], [0])]


def test_a_group_is_not_judged_row_by_row() -> None:
    with pytest.raises(TypeError):
        compile_loop([LoopRule(None, parse("count() > 1", GROUP))])


def test_a_hostile_text_stays_a_text() -> None:
    evil = "x' or __import__('os').abort() or '"
    rows = {"a": Agent(site=evil)}

    assert _found(_rules(f'site == "{evil}"'), rows, History()) == [Found([0], [])]


def test_what_several_rules_need_is_kept_for_the_longest_of_them() -> None:
    texts = ("avg_over(latency, '30m') > 1", "rise(calls, '1h') > 1", "min_over(latency, '2h') > 1")
    needs = needs_of([parse(text, WORDS) for text in (*texts, "usual(bad) > 1")])

    assert needs.spans == {"latency": 7_200, "calls": 3_600, "lost": 3_600}
    assert needs.usual == frozenset({"bad"})


def test_computed_fields_are_worked_out_for_the_history() -> None:
    history = past({"a": Agent(latency=1.0, loss=3.0), "b": Agent()}, about="avg_over(bad, '5m')")

    assert history.samples("a", "bad", 300, START + EVERY) == [3.0]
    assert history.samples("b", "bad", 300, START + EVERY) == []
