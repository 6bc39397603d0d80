"""Phrases, numbers, spans and times in three languages: data that must not drift apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.payload.endpoint import Kind
from notifier.errors import Trouble
from notifier.render.manner import Manner, locale_of, zone_of
from notifier.render.shipped import vocabularies
from notifier.render.trend import BLOCKS, direction, sparkline
from notifier.render.words import LANGUAGES, names_in, read_phrases
from tests.edges.notices import NOW

WORDS = vocabularies(None, lambda _: None)


def manner(locale: str, zone: str = "America/Bogota", *, public: bool = False) -> Manner:
    language = locale.partition("_")[0]
    return Manner(WORDS[language], locale_of(locale, language), zone_of(zone), public=public)


# ---- phrases ----


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_phrase_with_the_same_values(language: str) -> None:
    english, other = WORDS["en"].phrases, WORDS[language].phrases

    assert other.keys() == english.keys()
    assert {k: names_in(v) for k, v in other.items()} == {
        k: names_in(v) for k, v in english.items()
    }


def test_no_phrase_was_left_in_another_language() -> None:
    same = {
        key
        for key, phrase in WORDS["en"].phrases.items()
        if phrase == WORDS["es"].phrases[key] or phrase == WORDS["pt"].phrases[key]
    }

    alike = {"headline.entity", "headline.entity_without_value", "line.change", "closed_members",
             "headline.closed_group_without_value", "value.no", "kind.chat"}  # fmt: skip
    assert {key for key in same - alike if not key.startswith(("unit.", "date."))} == set()


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_of_a_source_has_words_of_its_own(trouble: Trouble) -> None:
    said = {WORDS[language].phrases[f"trouble.{trouble.value}"] for language in LANGUAGES}

    assert len(said) == len(LANGUAGES)


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("en", 1, "1 failed reading"),
        ("en", 2, "2 failed readings in a row"),
        ("es", 1, "1 lectura fallida"),
        ("es", 4, "4 lecturas fallidas seguidas"),
        ("pt", 1, "1 leitura com falha"),
        ("es", 1_000_000, "1000000 lecturas fallidas seguidas"),
    ],
)
def test_plurals_follow_the_language(language: str, count: int, said: str) -> None:
    assert WORDS[language].count("source.failures", count, n=str(count)) == said


@given(st.integers(min_value=0))
def test_a_seed_chooses_a_variant_always_the_same(seed: int) -> None:
    words = WORDS["es"]

    assert words.vary("cheer.one", seed, n="1", team="t") == words.vary(
        "cheer.one", seed, n="1", team="t"
    )


def test_a_value_cannot_name_another() -> None:
    assert (
        WORDS["en"].say("fact.rule", rule="{owner} {0.__class__}") == "rule {owner} {0.__class__}"
    )


@pytest.mark.parametrize("wrong", ["a = 1", "a = []", "a = [1]", "a = ", "a = true"])
def test_a_catalogue_holds_only_texts(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_phrases(wrong)


# ---- numbers ----


@pytest.mark.parametrize(
    ("locale", "kind", "value", "said"),
    [
        ("es_CO", Kind.NUMBER, 1234.5, "1.234,5"),
        ("es_MX", Kind.NUMBER, 1234.5, "1,234.5"),
        ("pt_BR", Kind.NUMBER, 1234.5, "1.234,5"),
        ("en_US", Kind.NUMBER, 1234.5, "1,234.5"),
        ("es_CO", Kind.PERCENT, 82.5, "82,5 %"),
        ("es_MX", Kind.PERCENT, 82.5, "82.5 %"),
        ("pt_BR", Kind.PERCENT, 82.5, "82,5%"),
        ("en_US", Kind.PERCENT, 82.5, "82.5%"),
        ("en_US", Kind.PERCENT, 0.25, "0.25%"),
        ("en_US", Kind.PERCENT, 33.333333, "33.3%"),
        ("es_CO", Kind.MS, 250.0, "250 ms"),
        ("es_CO", Kind.DURATION, 750.0, "12 min 30 s"),
        ("es_CO", Kind.SECONDS, 45.0, "45 s"),
        ("es_CO", Kind.COUNT, 12_000.0, "12.000"),
        ("es_CO", Kind.COUNTER, 0.0, "0"),
        ("es_CO", Kind.MONEY, 1_250_000.4, "$ 1.250.000"),
        ("en", Kind.MONEY, 1_250_000.4, "1,250,000"),
        ("es_CO", Kind.FLAG, True, "sí"),
        ("en", Kind.FLAG, False, "no"),
        ("pt_BR", Kind.NUMBER, None, "sem dado"),
        ("en", Kind.NUMBER, float("nan"), "no data"),
        ("en", Kind.NUMBER, 1e300, "1e+300"),
        ("en", Kind.SECONDS, 1e12, "1,000,000,000,000"),
        ("en", Kind.TEXT, "Break", "Break"),
    ],
)
def test_values_are_written_as_people_read_them(
    locale: str, kind: Kind, value: float | str | bool | None, said: str
) -> None:
    written = manner(locale).value(value, kind.value)

    assert written.replace("\xa0", " ") == said


def test_language_and_locale_and_zone_are_three_settings() -> None:
    mixed = Manner(WORDS["en"], locale_of("es_CO", "en"), zone_of("America/Bogota"))

    assert mixed.value(None, "") == "no data"
    assert mixed.number(1234.5) == "1.234,5"
    assert mixed.time(NOW, NOW) == "10:22"


@given(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from(Kind))
def test_any_number_can_be_written(value: float, kind: Kind) -> None:
    said = manner("es_CO").value(value, kind.value)

    assert 0 < len(said) < 40


# ---- spans and times ----


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (750, "12 min 30 s"),
        (3_600, "1 h"),
        (3_900, "1 h 5 min"),
        (3_601, "1 h"),
        (97_200, "1 d 3 h"),
        (-90, "-1 min 30 s"),
    ],
)
def test_spans_are_written_in_their_two_largest_units(seconds: int, said: str) -> None:
    assert manner("en").span(timedelta(seconds=seconds)) == said


@pytest.mark.parametrize(
    ("locale", "said"),
    [("es_CO", "03/05 22:30"), ("pt_BR", "03/05 22:30"), ("en_US", "3 May 22:30")],
)
def test_another_day_is_named_with_its_date(locale: str, said: str) -> None:
    yesterday = datetime(2026, 5, 4, 3, 30, tzinfo=UTC)

    assert manner(locale).time(yesterday, NOW) == said


def test_the_day_is_the_receivers_not_the_servers() -> None:
    evening, after_midnight_utc = NOW.replace(hour=23, minute=50), NOW + timedelta(hours=9)

    assert manner("es_CO").time(evening, after_midnight_utc) == "18:50"


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "\x00"])
def test_a_zone_that_nobody_knows_is_utc(name: str) -> None:
    assert zone_of(name) is UTC


@pytest.mark.parametrize("name", ["", "xx_YY", "not a locale"])
def test_a_locale_that_nobody_knows_is_the_languages(name: str) -> None:
    assert locale_of(name, "es").language == "es"


# ---- trend ----


@pytest.mark.parametrize(
    ("values", "threshold", "blocks", "word"),
    [
        ((), None, "", ""),
        ((3.0,), None, "", ""),
        ((0.0, 10.0), None, "▁█", "rising"),
        ((10.0, 0.0), None, "█▁", "falling"),
        ((5.0, 5.0, 5.0), 10.0, "▃▃▃", "steady"),
        ((95.0, 96.0, 95.0), None, "███", "steady"),
        ((0.0, 0.0), None, "▁▁", "steady"),
        ((-5.0, 5.0), None, "▁█", "rising"),
    ],
)
def test_the_scale_begins_at_zero_and_holds_the_threshold(
    values: tuple[float, ...], threshold: float | None, blocks: str, word: str
) -> None:
    assert (sparkline(values, threshold), direction(values, threshold)) == (blocks, word)


@given(st.lists(st.floats(-1e300, 1e300), max_size=40), st.none() | st.floats(-1e300, 1e300))
def test_any_values_can_be_drawn(values: list[float], threshold: float | None) -> None:
    drawn = sparkline(values, threshold)

    assert set(drawn) <= set(BLOCKS)
    assert len(drawn) == (min(len(values), 12) if len(values) > 1 else 0)
