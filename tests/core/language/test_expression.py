from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.language.expression import Expression, ExpressionError, Vocabulary, Want, parse
from notifier.core.language.tree import duration, write
from notifier.core.payload.endpoint import Kind
from tests.core.language.language import GROUP, WORDS, conditions, group_conditions


def _error(text: str, words: Vocabulary = WORDS, want: Want = "condition") -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(text, words, want)
    return caught.value


def _refusal(text: str, words: Vocabulary) -> ExpressionError | None:
    try:
        parse(text, words, "any")
    except ExpressionError as error:
        return error
    return None


# ---- what is refused, where, and with what advice ----

SLIPS = [
    ("latency > 1 && wifi", 12, "write `and`"),
    ("wifi || poor", 5, "write `or`"),
    ("wifi & poor", 5, "write `and`"),
    ("latency = 1", 8, "write `==`"),
    ("latency === 1", 8, "write `==`"),
    ("latency := 1", 8, "write `==`"),
    ("!wifi", 0, "write `not`"),
    ("site <> 'x'", 5, "write `!=`"),
    ("site !== 'x'", 5, "write `!=`"),
    ("latency =< 1", 8, "write `<=`"),
    ("latency => 1", 8, "write `>=`"),
    ("latency ≥ 1", 8, "write `>=`"),
    ("latency ≤ 1", 8, "write `<=`"),
    ("site ≠ 'x'", 5, "write `!=`"),
    ("latency × 2 > 1", 8, "write `*`"),
    ("latency ÷ 2 > 1", 8, "write `/`"),
    ("site == “north”", 8, "write ' or \""),
    ("{{ latency > 1 }}", 0, "leave `{{` away"),
    ("latency ** 2 > 1", 8, "write a product"),
    ("latency == null", 11, "write `is None`"),
    ("wifi == true", 8, "write `True`"),
    ("wifi == FALSE", 8, "write `False`"),
    ("wifi AND poor", 5, "write `and`"),
    ("avg_over(latency, 15m) > 1", 18, "write '15m' for a duration inside a function"),
    ("latency > 5ms", 10, "write digits with a decimal point, as in 12.5"),
    ("latency > 1j", 10, "write digits with a decimal point, as in 12.5"),
    ("loss > 5%", 8, "percentages compare as percent: 5"),
    ("loss > 5 % and wifi", 9, "percentages compare as percent: 5"),
    ("site == 'north", 8, "close the quote"),
    ("site == 'a\\n'", 8, "close the quote"),
    ("site \\ 1", 5, "leave it away"),
    ("latency.value > 1", 7, "write the field's name alone"),
    ("latency ? 1", 8, "compare fields with == != < <= > >= in, joined by and, or"),
    ("latency\0 > 1", 7, "compare fields with == != < <= > >= in, joined by and, or"),
]


@pytest.mark.parametrize(("text", "column", "suggestion"), SLIPS)
def test_a_slip_from_another_language_is_named_at_its_place(
    text: str, column: int, suggestion: str
) -> None:
    error = _error(text)

    assert (error.column, error.suggestion) == (column, suggestion)


NONSENSE = [
    ("", 0, "the condition is empty"),
    ("  ", 0, "the condition is empty"),
    ("latency >", 9, "the condition ends too early"),
    ("wifi and ", 8, "the condition ends too early"),
    ("(latency > 1", 0, "this bracket is never closed"),
    ("latency > 1)", 11, "this bracket was never opened"),
    ("(latency > 1]", 12, "this bracket closes another kind"),
    ("  latencia > 1", 2, "there is no `latencia` here"),
    ("ñ > 1 and latencia > 1", 0, "there is no `ñ` here"),
    ("site == 'ñ' and latencia > 1", 16, "there is no `latencia` here"),
    ("telephone == '1'", 0, "`telephone` is customer data, which rules never see"),
    ("latency", 0, "`latency` (a number) is not true or false by itself"),
    ("site", 0, "`site` (a text) is not true or false by itself"),
    ("latency + 1", 0, "this (a number) is not true or false by itself"),
    ("not latency", 4, "`latency` (a number) is not true or false by itself"),
    ("wifi and latency", 9, "`latency` (a number) is not true or false by itself"),
    ("latency > 'x'", 10, "`latency` (a number) is compared with 'x' (a text)"),
    ("rise(calls, '5m') > 'x'", 20, "`rise(...)` (a number) is compared with 'x' (a text)"),
    ("site == 3", 8, "`site` (a text) is compared with 3 (a number)"),
    ("wifi == 1", 8, "`wifi` (true or false) is compared with 1 (a number)"),
    ("latency == site", 11, "`latency` (a number) is compared with `site` (a text)"),
    ("site > 'x'", 0, "`site` (a text) has no order"),
    ("wifi > poor", 0, "`wifi` (true or false) has no order"),
    ("(latency > 1) == (loss > 1)", 1, "a condition stands where a value is needed"),
    ("(latency > 1) == True", 1, "a condition stands where a value is needed"),
    ("(latency > 1) is None", 1, "a condition stands where a value is needed"),
    ("(latency > 1) in (True, False)", 1, "a condition stands where a value is needed"),
    ("site * 10 == 3", 0, "`site` (a text) stands where a number is needed"),
    ("latency + wifi > 1", 10, "`wifi` (true or false) stands where a number is needed"),
    ("-site == 'x'", 1, "`site` (a text) stands where a number is needed"),
    ("~latency > 1", 0, "`~` is not known here"),
    ("latency @ 2 > 1", 8, "`@` is not known here"),
    ("latency << 2 > 1", 0, "this operator is not known here"),
    ("latency / 0 > 1", 10, "this divides by zero, always"),
    ("latency % 0.0 > 1", 10, "this divides by zero, always"),
    ("latency // (1 - 1) > 1", 12, "this divides by zero, always"),
    ("latency > 1e999", 10, "this number is too large"),
    ("latency > 1" + "0" * 400, 10, "this number is too large"),
    ("latency > 1e300 * 1e300", 10, "this number is too large"),
    ("latency == None", 11, "nothing equals None"),
    ("None != site", 0, "nothing equals None"),
    ("None is None", 0, "None stands where a value is needed"),
    ("site is 'x'", 8, "`is` asks only for None"),
    ("site in 'north'", 8, "`in` wants a list of values"),
    ("site in ()", 8, "`in` wants a list of values"),
    ("site in ('a', site)", 14, "only constants can be listed after `in`"),
    ("site in ('a', 1)", 14, "`site` (a text) is compared with 1 (a number)"),
    ("latency > 0,5", 0, "a comma makes sense only in a list after `in` or inside a function"),
    ("latency[0] > 1", 0, "fields have no parts, so no [ ]"),
    ("wifi if poor else wifi", 0, "`if ... else` is not known here"),
    ("site == f'x'", 8, "a text has no letter before its quote"),
    ("site == b'x'", 8, "this is not a value of the language"),
    ("(yield)", 1, "this is not part of the language"),
    ("prev > 1", 0, "`prev` is a function"),
    ("avg_ovr(latency, '5m') > 1", 0, "there is no function `avg_ovr`"),
    ("(wifi)(1)", 1, "there is no function `wifi`"),
    ("prev(site)(1)", 0, "only the functions of the condition language can be called"),
    ("prev() == 1", 0, "`prev` takes 1 argument, not 0"),
    ("rise(calls) > 1", 0, "`rise` takes 2 arguments, not 1"),
    ("prev(latency + 1) > 1", 5, "this must be the name of a field"),
    ("prev(operation) == 'x'", 5, "this must be the name of a field"),
    ("delta(site) > 1", 6, "`site` is no number, and `delta` needs one"),
    ("avg_over(latency, 15) > 1", 18, "15 has no unit"),
    ("avg_over(latency, '15') > 1", 18, "'15' has no unit"),
    ("avg_over(latency, 'soon') > 1", 18, "this is not a duration"),
    ("avg_over(latency, b'5m') > 1", 18, "this is not a duration"),
    ("avg_over(latency, True) > 1", 18, "this is not a duration"),
    ("avg_over(latency, loss) > 1", 18, "this is not a duration"),
    ("avg_over(latency, '0m') > 1", 18, "a window of 0m is not between 1s and 35d"),
    ("avg_over(latency, '36d') > 1", 18, "a window of 36d is not between 1s and 35d"),
    ("spike(latency, loss, 1, '5m')", 15, "this must be a number, not something that varies"),
    ("hits_of(loss, '5m') > 1", 8, "`loss` is not a cumulative service level"),
    ("unlikely(1, 2, 80, 0.1)", 15, "the target of `unlikely` is 80, not between 0 and 1"),
    ("unlikely(1, 2, 0.8, 1)", 20, "alpha of `unlikely` is 1, not between 0 and 1"),
    ("count() > 1", 0, "`count` is about a group, and this is about one entity"),
    ("max(latency) > 1", 0, "`max` is about a group, and this is about one entity"),
    ("prev(count()) > 1", 5, "`count` is about a group, and this is about one entity"),
]


@pytest.mark.parametrize(("text", "column", "what"), NONSENSE)
def test_what_makes_no_sense_is_refused_at_load(text: str, column: int, what: str) -> None:
    error = _error(text)

    assert (error.text, error.column) == (what, column)


def test_two_values_without_anything_between_are_no_condition() -> None:
    error = _error("wifi poor")

    assert error.text == "this cannot be read as a condition"
    assert error.column in (0, 5)  # Python versions point at either


ONE = "is about one entity, and this rule is about groups"
PAST = "needs the past of one entity, and a group has none"
ONCE = "cannot stand inside prev, delta or changed of an aggregate"
GROUP_NONSENSE = [
    ("latency > 1", 0, "`latency` differs from row to row, and this rule is about groups"),
    ("prev(latency) > 1", 0, f"`prev` of a field {ONE}"),
    ("avg_over(count(), '5m') > 1", 0, f"`avg_over` {PAST}"),
    ("count(count() > 1) > 1", 6, "`count` stands inside another aggregate"),
    ("prev(count(delta(loss) > 1)) > 1", 11, f"`delta` {ONCE}"),
    ("count(wifi, poor) > 1", 0, "`count` takes 1 argument, not 2"),
    ("share() > 0.5", 0, "`share` takes 1 argument, not 0"),
    ("prev(count(), 1) > 1", 0, "`prev` takes 1 argument, not 2"),
    ("count(where=wifi) > 1", 11, "`=` does not compare"),
    ("share(latency) > 0.5", 6, "`latency` (a number) is not true or false by itself"),
    ("avg(site) > 0.5", 4, "`site` (a text) stands where a number is needed"),
    ("share(wifi) > 60", 14, "a share is 0 to 1, never 60"),
    ("60 <= share(wifi)", 0, "a share is 0 to 1, never 60"),
]


@pytest.mark.parametrize(("text", "column", "what"), GROUP_NONSENSE)
def test_what_makes_no_sense_of_a_group_is_refused_too(text: str, column: int, what: str) -> None:
    error = _error(text, GROUP)

    assert (error.text, error.column) == (what, column)


def test_arguments_go_by_place() -> None:
    assert _error("count(**wifi) > 1", GROUP).suggestion == "write a product"
    assert _error("prev(*latency) > 1").text == "this must be the name of a field"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("latncy > 1", "did you mean `latency`?"),
        ("Latency > 1", "did you mean `latency`?"),
        ("operacion == 'x'", "did you mean `operation`?"),
        ("avg_ovr(latency, '5m') > 1", "did you mean `avg_over`?"),
        ("prev > 1", "write prev(field)"),
        ("latency > '5'", "write the number without quotes"),
        ("site == 5", "write '5' in quotes"),
        ("wifi == 'yes'", "write True or False, or the name alone"),
        ("latency == site", ""),
        ("site == True", ""),
        ("latency > wifi", ""),
        ("loss", "compare it, as in ... > 1"),
        ("site", "compare it, as in == 'x'"),
        ("avg_over(latency, 15) > 1", "write a whole number and s, m, h or d, as in '15s'"),
        ("hits_of(loss, '5m') > 1", "the levels are level"),
        ("rise(calls) > 1", "write rise(field, '15m')"),
        ("max(latency) > 1", "give the rule `by`; of two numbers the greater is worse(a, b)"),
    ],
)
def test_the_error_says_what_to_do(text: str, suggestion: str) -> None:
    assert _error(text).suggestion == suggestion


def test_an_unknown_name_without_a_likeness_brings_the_list() -> None:
    words = Vocabulary({"latency": Kind.MS})

    assert str(_error("zzz > 1", words)) == "there is no `zzz` here; the names are latency"
    assert _error("zzz > 1", Vocabulary({})).suggestion == ""


def test_a_collection_without_service_levels_says_so() -> None:
    words = Vocabulary({"loss": Kind.PERCENT})

    assert _error("window(loss, '5m') > 1", words).suggestion == "this collection has none"


def test_a_duration_is_compared_as_seconds() -> None:
    words = Vocabulary({"paused": Kind.DURATION})

    assert _error("paused > '5m'", words).suggestion == "durations compare as seconds"


def test_a_field_may_be_called_like_a_foreign_word() -> None:
    words = Vocabulary({"null": Kind.COUNT, "AND": Kind.FLAG})

    assert parse("null > 1 and AND", words).names == {"null", "AND"}


def test_an_overlong_condition_is_refused() -> None:
    assert (
        _error("wifi or " * 300 + "wifi").text
        == "the condition has 2,404 characters, 2,000 at most"
    )


@pytest.mark.parametrize(
    "text",
    [
        "not " * 45 + "wifi",
        "-" * 1_500 + "latency > 1",
        "(" * 150 + "wifi" + ")" * 150,
        "(" * 250 + "wifi" + ")" * 250,
        "+".join(["latency"] * 60) + " > 1",
        "prev(" * 300 + ")" * 300,
    ],
)
def test_deep_nesting_is_refused_or_harmless(text: str) -> None:
    error = _refusal(text, WORDS)

    assert error is None or "nested" in error.text


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*"()[]{}'\"=<>!&|%*/+-.,:;\\ \n\t\0ñ“€0159",
             *("latency", "site", "wifi", "prev", "count", "and", "not", "in", "is", "None",
               "lambda", "for", "if", "else", "1e999", "'5m'", "f'{", "0x1", "__import__")]
        ),
        max_size=25,
    ).map("".join)
)  # fmt: skip
def test_whatever_is_typed_ends_in_an_expression_or_in_a_place_within_the_text(text: str) -> None:
    for words in (WORDS, GROUP):
        error = _refusal(text, words)
        assert error is None or (error.text and 0 <= error.column <= len(text))


# ---- formulas ----


def test_formulas_are_taken_apart() -> None:
    expression = parse("quality < 3.6", WORDS)

    assert expression.names == {"quality"}
    assert expression.attributes == {"latency", "loss"}


@pytest.mark.parametrize(
    ("formulas", "what"),
    [
        ({"bad": "quality", "quality": "bad + 1"}, "the formula of `bad` leads back to itself"),
        ({"bad": "latency >"}, "the formula of `bad`: the condition ends too early"),
        ({"bad": "latency > 1"}, "the formula of `bad` gives true or false"),
        ({"bad": "delta(latency)"}, "`delta` cannot stand inside"),
    ],
)
def test_a_formula_that_cannot_be_is_refused_where_it_is_used(
    formulas: dict[str, str], what: str
) -> None:
    error = _error("wifi and bad > 1", replace(WORDS, formulas=formulas))

    assert error.column == 9
    assert what in error.text


# ---- what an expression knows of itself ----


def test_a_condition_says_what_it_needs() -> None:
    expression = parse(
        "spike(bad, 2, 1, '30m') or window(level, '1h') < 80 or usual(loss) > 1 or prev(wifi)",
        WORDS,
    )

    assert expression.needs == {("bad", 1800), ("level", 3600), ("calls", 3600)}
    assert expression.usual == {"loss"}
    assert expression.previous
    assert expression.attributes == {"loss", "latency", "level", "calls", "lost", "wifi"}
    assert expression.names == {"bad", "level", "calls", "loss", "wifi"}


def test_a_plain_condition_needs_no_past() -> None:
    expression = parse("latency > 1", WORDS)

    assert (len(expression.needs), len(expression.usual)) == (0, 0)
    assert not expression.previous


def test_a_group_that_looks_back_needs_the_previous_snapshot() -> None:
    assert parse("prev(count()) > 1", GROUP).previous
    assert parse("changed(count())", GROUP).previous
    assert not parse("count() > 1", GROUP).previous


@pytest.mark.parametrize(
    ("text", "left", "threshold", "kind"),
    [
        ("latency > 150", "latency", 150.0, Kind.MS),
        ("150 < latency", "latency", 150.0, Kind.MS),
        ("5 <= loss < 8", "loss", 5.0, Kind.PERCENT),
        ("wifi and loss > 1", "loss", 1.0, Kind.PERCENT),
        ("operation == 'bogota' and loss > 1", "loss", 1.0, Kind.PERCENT),
        ("not (loss > 1 or latency > 2)", "loss", 1.0, Kind.PERCENT),
        ("latency > loss", "latency", None, Kind.MS),
        ("site in ('a', 'b')", "site", None, Kind.TEXT),
        ("changed(site)", "site", None, Kind.TEXT),
        ("spike(bad, 2, 1, '30m')", "bad", None, Kind.PERCENT),
        (
            "unlikely(hits_of(level, '30m'), 5, 0.8, 0.01)",
            "hits_of(level, '30m')",
            None,
            Kind.COUNT,
        ),
        ("window(level, '30m') < 80", "window(level, '30m')", 80.0, Kind.PERCENT),
        ("delta(calls) > 3", "delta(calls)", 3.0, Kind.COUNT),
        ("latency * half > 3", "latency * half", 3.0, Kind.MS),
        ("half * latency > 3", "half * latency", 3.0, Kind.MS),
        ("1 / latency > 3", "1 / latency", 3.0, Kind.NUMBER),
        ("latency + prev(latency) > 3", "latency + prev(latency)", 3.0, Kind.MS),
        ("latency - loss > 3", "latency - loss", 3.0, Kind.NUMBER),
        ("latency / prev(latency) > 3", "latency / prev(latency)", 3.0, Kind.NUMBER),
        ("-latency < -3", "-latency", -3.0, Kind.MS),
        ("+latency > +3", "latency", 3.0, Kind.MS),
        ("worse(latency, loss) > 3", "worse(latency, loss)", 3.0, Kind.MS),
        ("quality < 3.6", "quality", 3.6, Kind.NUMBER),
    ],
)
def test_messages_show_what_the_first_comparison_is_about(
    text: str, left: str, threshold: float | None, kind: Kind
) -> None:
    expression = parse(text, WORDS)

    assert expression.left is not None
    assert (expression.left.text, expression.left.kind) == (left, kind)
    assert (expression.threshold, expression.left.threshold) == (threshold, threshold)


@pytest.mark.parametrize("text", ["wifi", "wifi or poor", "latency is None"])
def test_without_a_comparison_there_is_nothing_to_show(text: str) -> None:
    assert parse(text, WORDS).left is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("count()", Kind.COUNT),
        ("share(wifi)", Kind.NUMBER),
        ("avg(latency)", Kind.MS),
        ("sum(calls)", Kind.COUNT),
        ("delta(avg(latency))", Kind.MS),
    ],
)
def test_aggregates_have_units(text: str, kind: Kind) -> None:
    assert parse(text, GROUP, "number").kind is kind


def test_a_value_may_be_anything_and_a_number_must_be_one() -> None:
    assert parse("site", WORDS, "any").kind is Kind.TEXT
    assert parse("latency", WORDS, "number").kind is Kind.MS
    assert "a number is needed" in _error("site", want="number").text


def test_a_condition_may_span_lines() -> None:
    assert parse("latency > 1\n  and wifi", WORDS).names == {"latency", "wifi"}


def test_a_group_may_name_the_fields_it_goes_by() -> None:
    assert parse("site == 'north' and count() > 1", GROUP).names == {"site"}


def test_a_group_reads_the_fields_inside_its_aggregates() -> None:
    assert parse("share(bad > 1) > 0.5", GROUP).attributes == {"latency", "loss"}


# ---- writing it out again ----


def _same(text: str, words: Vocabulary) -> tuple[Expression, Expression]:
    expression = parse(text, words, "any")
    return expression, parse(write(expression.tree), words, "any")


@settings(max_examples=100, deadline=None)
@given(conditions)
def test_a_condition_written_out_means_the_same(text: str) -> None:
    expression, again = _same(text, WORDS)

    assert again.tree == expression.tree


@settings(max_examples=50, deadline=None)
@given(group_conditions)
def test_a_group_condition_written_out_means_the_same(text: str) -> None:
    expression, again = _same(text, GROUP)

    assert again.tree == expression.tree


@pytest.mark.parametrize(
    ("seconds", "text"), [(90, "90s"), (300, "5m"), (7200, "2h"), (86_400, "1d"), (5_400, "90m")]
)
def test_durations_are_written_as_people_write_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text
