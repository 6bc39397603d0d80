from __future__ import annotations

import tomllib

import pytest

from notifier.core.facts.state import Closing, SourceKey
from notifier.core.judging.notice import Untold
from notifier.core.language.expression import ExpressionError, parse
from notifier.core.language.history import History
from notifier.core.language.interpret import Scope, explain, judge
from notifier.core.language.loop import LoopRule, compile_loop
from notifier.core.language.vocabulary import Vocabulary
from notifier.core.payload.completion import rows_from_texts
from notifier.core.rules.compiled import CompiledSource, vocabulary
from notifier.core.rules.rulebook import Operation, Source
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, OPERATION, Play, Record, rules

AGENT_3 = CATALOGUE["agent_3"]
(STATES,) = AGENT_3.collections
AUX = SourceKey(OPERATION, "agent_3")
SOURCE = """
[[source]]
endpoint = "agent_3"
window = "{}"
"""
OVER = """
[[rule]]
id = "over"
on = "agent_3"
when = "over > 5 * 60"
value = "time"
to = ["team-leads"]
"""
ALLOWED = '{ Break = "15m", almuerzo = "1h", "BAÑO" = "10m" }'


def _head(allowed: str = ALLOWED) -> str:
    return HEAD.replace('server = "0041"', f'server = "0041"\nallowances = {allowed}')


def _play(rule: str = OVER, window: str = "today", allowed: str = ALLOWED) -> Play:
    return Play(rules(SOURCE.format(window), rule, head=_head(allowed)))


def state(aux_state: str, time: str, agent_id: str = "12004") -> Record:
    """One row of ``agent_3``."""
    return {"agent_id": agent_id, "agent_name": "ANA", "aux_state": aux_state, "time": time}


# ---- states and what they may last ----


@pytest.mark.parametrize(
    ("said", "time", "over"),
    [
        ("Break", "00:15:00", False),
        ("Break", "00:20:01", True),
        ("BREAK", "00:20:01", True),
        ("  break ", "00:20:01", True),
        ("Baño", "00:15:01", True),
        ("bano", "00:15:01", True),
        ("ALMUERZO", "01:05:00", False),
        ("ALMUERZO", "01:05:01", True),
        ("Capacitación", "09:00:00", False),  # not listed: no limit
        (None, "09:00:00", None),
        ("Break", " ", None),
    ],
)
def test_states_are_known_by_any_spelling(said: str | None, time: str, over: bool | None) -> None:
    """And the fast path, which live rules take, says the same."""
    expression = parse("over > 5 * 60", _words())
    (row,) = rows_from_texts(STATES, [{"agent_id": "1", "aux_state": said, "time": time}])
    (found,) = compile_loop([LoopRule(None, expression)])([row], ["1"], History(), 0.0)

    assert judge(expression, Scope(row=row, key="1")) is over
    assert (found.breach, found.unsure) == ([0] if over else [], [0] if over is None else [])


def _words(allowed: str = ALLOWED) -> Vocabulary:
    operation = Operation.model_validate(
        {"name": "bogota", "server": "0041", "timezone": "America/Bogota",
         "allowances": tomllib.loads(f"a = {allowed}")["a"]}
    )  # fmt: skip
    source = Source.model_validate({"endpoint": "agent_3", "window": "today"})
    return vocabulary(STATES, CompiledSource(operation, source, AGENT_3), None)


def test_an_explanation_shows_the_allowance_or_that_there_is_none() -> None:
    rows = rows_from_texts(STATES, [state("Break", "00:20:00"), state("Reunión", "00:20:00")])
    expression = parse("time > allowance(aux_state)", _words())

    said = [str(explain(expression, Scope(row=row, key="1"))[0]) for row in rows]

    assert said == [
        "time (1200) > allowance(aux_state) (900) -> true",
        "time (1200) > allowance(aux_state) (no limit) -> false",
    ]


def test_an_allowance_is_about_the_name_of_a_state() -> None:
    with pytest.raises(ExpressionError, match="`time` is no text"):
        parse("time > allowance(time)", _words())
    with pytest.raises(ExpressionError, match="is compared with"):
        parse("allowance(aux_state) == 'Break'", _words())


def test_two_spellings_of_one_state_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="`Baño` and `BANO` are one state"):
        Operation.model_validate(
            {"name": "b", "server": "0041", "timezone": "UTC",
             "allowances": {"Baño": "10m", "BANO": "15m"}}
        )  # fmt: skip


def test_time_over_the_allowance_is_in_the_message_s_fields_unless_there_is_no_limit() -> None:
    play = _play(OVER.replace("over > 5 * 60", "time > 0"))
    play.poll(0, state("Break", "00:21:00"), state("Reunión", "00:21:00"), source=AUX)

    fields = [play.incident(f"12004/{name}").fields["over"] for name in ("Break", "Reunión")]
    assert fields == [360.0, None]


# ---- a day's sum ----


def test_a_new_day_is_neither_a_correction_nor_a_recovery() -> None:
    play = _play()
    midnight = 14 * 60  # minutes: the play begins at ten in the morning
    play.poll(midnight - 5, state("Break", "00:21:00"), source=AUX)

    (held,) = play.poll(midnight + 5, state("Break", "00:01:00"), source=AUX)
    assert (held, play.reason("12004/Break", "over")) == ("team-leads change 12004/Break", None)
    play.poll(midnight + 10, state("Break", "00:01:00"), source=AUX)
    assert play.incident("12004/Break").closing is Closing.NEW_DAY


def test_time_taken_back_within_the_day_is_a_correction_and_then_a_recovery() -> None:
    play = _play()
    play.poll(0, state("Break", "00:21:00"), source=AUX)
    play.poll(5, state("Break", "00:11:00"), source=AUX)
    assert play.incident("12004/Break").open
    play.poll(10, state("Break", "00:11:00"), source=AUX)

    assert play.incident("12004/Break").closing is Closing.RECOVERED


def test_a_window_that_slides_falls_as_it_likes() -> None:
    play = _play(window="1h")
    play.poll(0, state("Break", "00:21:00"), source=AUX)
    play.poll(5, state("Break", "00:11:00"), source=AUX)

    assert play.incident("12004/Break").closing is Closing.RECOVERED


def test_growth_of_a_day_s_sum_is_unknown_at_midnight() -> None:
    play = _play(OVER.replace("over > 5 * 60", "rise(time, '30m') < 10 and delta(time) < 10"))
    for minute in (825, 830, 835):
        play.poll(minute, state("Break", "00:20:00"), source=AUX)
    assert play.incident("12004/Break").open

    play.poll(845, state("Break", "00:00:30"), source=AUX)
    assert play.incident("12004/Break").held == "unknown"


@pytest.mark.parametrize("window", ["today", "1h"])
def test_a_poll_of_nobody_is_nobody_s_overrun(window: str) -> None:
    play = _play(window=window)
    play.poll(0, source=AUX)

    assert play.poll(5, state("Break", "00:05:00"), source=AUX) == []
    assert play.reason("12004/Break", "over") in (None, Untold.CLEAR)
