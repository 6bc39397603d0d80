from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.expression import parse
from notifier.core.history import History
from notifier.core.interpret import Scope, judge
from notifier.core.loop import Found, LoopRule, compile_loop, needs_of
from tests.core import reference
from tests.core.language import (
    EVERY,
    GROUP,
    START,
    WORDS,
    Agent,
    conditions,
    group_conditions,
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
