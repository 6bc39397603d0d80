"""Values: blanks are unknown, what needs a guess is unknown and counted, the rest is read."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.payload.endpoint import Kind
from notifier.core.payload.values import (
    BIGGEST,
    BLANK,
    LONGEST,
    UNREADABLE,
    flag,
    number,
    reader,
    text,
)

NUMBERS = [kind for kind in Kind if kind.numeric]


@pytest.mark.parametrize("value", ["", " ", "   ", "-", "--", " - ", "null", "NULL", None])
@pytest.mark.parametrize("kind", Kind)
def test_a_blank_is_unknown_and_no_fault(value: object, kind: Kind) -> None:
    assert reader(kind)(value) == BLANK


@pytest.mark.parametrize("value", ["nan", "NaN", "-inf", "Infinity", "+INF", "1e999"])
@pytest.mark.parametrize("kind", NUMBERS)
def test_what_is_no_finite_number_counts_as_blank(value: str, kind: Kind) -> None:
    assert number(value, kind) == BLANK


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e305, 10**400])
def test_json_numbers_beyond_all_use_count_as_blank(value: float) -> None:
    assert number(value) == BLANK


@pytest.mark.parametrize(
    ("said", "kind", "means"),
    [
        ("2", Kind.COUNT, 2),
        (" 2 ", Kind.COUNT, 2),
        ("+2.5e1", Kind.NUMBER, 25),
        (".5", Kind.NUMBER, 0.5),
        ("5.", Kind.NUMBER, 5),
        ("-3", Kind.NUMBER, -3),
        (7, Kind.COUNTER, 7),
        (0.25, Kind.PERCENT, 0.25),
        ("34.64 %", Kind.PERCENT, 34.64),
        ("100.00%", Kind.PERCENT, 100),
        ("0 %", Kind.PERCENT, 0),
        ("9,336.00 %", Kind.PERCENT, 9336),
        ("1,015,233.33 %", Kind.PERCENT, 1015233.33),
        ("120 ms", Kind.MS, 120),
        ("1,234", Kind.COUNT, 1234),
        ("$ 1,250.50", Kind.MONEY, 1250.5),
        ("90 s", Kind.SECONDS, 90),
        ("00:55:47", Kind.DURATION, 3347),
        ("27:00:01", Kind.DURATION, 97201),
        ("00:00:09", Kind.SECONDS, 9),
        ("3347", Kind.DURATION, 3347),
        (3347, Kind.DURATION, 3347),
    ],
)
def test_a_number_is_read_by_what_its_field_means(said: object, kind: Kind, means: float) -> None:
    assert number(said, kind) == (means, True)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("12,5", Kind.PERCENT),
        ("1.234,5", Kind.PERCENT),
        ("1,234 %", Kind.PERCENT),  # 1.234 in half of the world
        ("12,34", Kind.COUNT),
        ("1,23,456.0", Kind.MONEY),
        ("12 %", Kind.COUNT),
        ("12 ms", Kind.PERCENT),
        ("1_000", Kind.COUNT),
        ("0x10", Kind.COUNT),
        ("٣", Kind.COUNT),
        ("twelve", Kind.NUMBER),
        ("%", Kind.PERCENT),
        ("9" * 100, Kind.COUNT),
        ("00:55:47", Kind.COUNT),
        ("55:47", Kind.DURATION),
        ("00:61:00", Kind.DURATION),
        ("-00:01:00", Kind.DURATION),
        (True, Kind.COUNT),
        ([1], Kind.COUNT),
        ({"a": 1}, Kind.COUNT),
    ],
)
def test_what_needs_a_guess_is_not_guessed(said: object, kind: Kind) -> None:
    assert number(said, kind) == UNREADABLE


@pytest.mark.parametrize("said", ["yes", "SÍ", "si", "Sim", "1", "true", "TRUE", 1, True])
def test_yes_is_yes_in_three_languages(said: object) -> None:
    assert flag(said) == (True, True)


@pytest.mark.parametrize("said", ["no", "NO", "não", "0", "false", 0, False])
def test_no_is_no_in_three_languages(said: object) -> None:
    assert flag(said) == (False, True)


@pytest.mark.parametrize("said", ["perhaps", "2", 2, [], {}])
def test_a_flag_that_says_neither_is_unreadable(said: object) -> None:
    assert flag(said) == UNREADABLE


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("  Ana  María ", "Ana  María"),
        ("a\nb\tc\x00d", "a b c d"),
        ("zero\u200bwidth", "zerowidth"),
        ("left\u202eright", "leftright"),
        ("half \ud800 pair", "half \ufffd pair"),
        ("no\u00a0break", "no break"),
        (12004, "12004"),
        (12004.0, "12004"),
        (0.5, "0.5"),
        (True, "1"),
        (False, "0"),
    ],
)
def test_a_text_is_kept_as_a_person_would_see_it(said: object, kept: str) -> None:
    assert text(said) == (kept, True)


@pytest.mark.parametrize("said", [[], {}, 10**600])
def test_what_is_no_text_at_all_is_unreadable(said: object) -> None:
    assert text(said) == UNREADABLE


@pytest.mark.parametrize("said", [math.nan, math.inf, "\n\t", "\u200b"])
def test_what_shows_nothing_is_a_blank(said: object) -> None:
    assert text(said) == BLANK


def test_an_absurdly_long_text_is_cut() -> None:
    assert text("x" * 10_000_000) == ("x" * LONGEST, True)
    assert text("\x01y" * 10_000_000)[0] == ("y " * LONGEST)[: LONGEST - 1]


@given(st.text() | st.floats() | st.integers() | st.booleans() | st.none())
def test_a_value_is_finite_clean_or_unknown_whatever_comes(value: object) -> None:
    for kind in Kind:
        said, readable = reader(kind)(value)
        assert readable or said is None
        if isinstance(said, str):
            assert said == said.strip()
            assert said
            assert said.isprintable()
            assert len(said) <= LONGEST
            assert text(said) == (said, True)
        elif isinstance(said, float):
            assert abs(said) <= BIGGEST


@given(st.from_regex(r"-?[0-9]{0,6}(\.[0-9]{0,6})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_the_slow_way_reads_what_the_fast_way_reads(said: str) -> None:
    try:
        fast = msgspec.convert(said, float, strict=False)
    except msgspec.ValidationError:
        return

    assert number(said) == ((fast, True) if abs(fast) <= BIGGEST else BLANK)
