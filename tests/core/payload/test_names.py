"""Names of fields may be seen, names that are values may not, and values are never looked at."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.payload.names import MOST, UNNAMED, names_at, shown


@pytest.mark.parametrize("name", ["calls", "service_level_45seg", "avgWait", "q01", "by_abandon"])
def test_what_reads_like_a_field_is_shown(name: str) -> None:
    assert shown([name]) == (name,)


@pytest.mark.parametrize(
    "name",
    [
        "3001234567",
        "t_300_123_4567",
        "ana@example.com",
        "ANA",
        "Ana Maria",
        "ñ",
        "",
        "x" * 41,
        "a b",
    ],
)
def test_what_may_be_a_value_is_not(name: str) -> None:
    assert shown([name]) == (UNNAMED,)


def test_names_are_few_and_each_once() -> None:
    letters = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"]

    assert shown(letters * 9) == tuple(sorted(letters))[:MOST]


RECORDS = st.dictionaries(
    st.text(max_size=6),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=6,
    ),
)


@given(RECORDS, st.booleans())
def test_the_names_of_a_record_are_found_whatever_its_values_hold(
    record: dict[str, object], ascii_only: bool
) -> None:
    body = json.dumps(record, ensure_ascii=ascii_only).encode("utf-8", "replace")
    sent = msgspec.json.decode(body, type=dict[str, msgspec.Raw])

    found = names_at(b"[" + body + b', {"other": 1}]', 1)

    assert [json.loads(b'"' + name.encode() + b'"') for name in found] == list(record)[: len(found)]
    assert len(found) == len(sent)


def test_nothing_is_found_where_nothing_begins() -> None:
    assert names_at(b"{}", 2) == ()
    assert names_at(b'{"a": [1, {"b": 2', 0) == ("a",)
