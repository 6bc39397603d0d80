from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from notifier.core.rules.places import Loc, Places

TEXT = """\
# a comment
top = "é" # and
dotted.key = [1, # one
  { inner = 'x', "quoted \\"key" = true }]

[table.sub]
a = 1
[[rule]]
id = "one"
[rule.summary]
es = "hola"
[[rule]]
id = "two"
[[rule.deep]]
n = 1
[[rule.deep]]
n = 2
"""


def test_values_are_found_wherever_toml_puts_them() -> None:
    places = Places(TEXT)

    assert places.value(("top",)) == (2, 7)
    assert places.value(("dotted", "key")) == (3, 14)
    assert places.value(("dotted", "key", 0)) == (3, 15)
    assert places.value(("dotted", "key", 1)) == (4, 3)
    assert places.value(("dotted", "key", 1, "inner")) == (4, 13)
    assert places.value(("dotted", "key", 1, 'quoted "key')) == (4, 35)
    assert places.value(("table", "sub", "a")) == (7, 5)
    assert places.value(("rule", 0, "id")) == (9, 6)
    assert places.value(("rule", 0, "summary", "es")) == (11, 6)
    assert places.value(("rule", 1, "id")) == (13, 6)
    assert places.value(("rule", 1, "deep", 1, "n")) == (17, 5)


def test_keys_are_found_where_they_are_written() -> None:
    places = Places(TEXT)

    assert places.key(("dotted", "key")) == (3, 8)
    assert places.key(("dotted", "key", 1, "inner")) == (4, 5)
    assert places.key(("rule", 0, "summary")) == (10, 7)
    assert places.key(("rule", 1, "id")) == (13, 1)


def test_what_is_missing_is_placed_at_its_table() -> None:
    places = Places(TEXT)

    assert places.value(("rule", 1, "when")) == (12, 1)
    assert places.key(("rule", 1, "when")) == (12, 1)
    assert places.value(("table", "sub", "b")) == (6, 1)
    assert places.value(("dotted", "key", 1, "outer")) == (4, 3)
    assert places.within(("rule", 1, "when"), 5) == (12, 1)
    assert places.value(("nothing",)) == (1, 1)


def test_a_text_of_several_lines_keeps_its_places() -> None:
    text = "a = \"\"\"\nab\n  é@ \\\n   c\"\"\"\nb = '''d\ne'''\n"
    value = tomllib.loads(text)["a"]
    places = Places(text)

    assert places.within(("a",), value.index("b")) == (2, 2)
    assert places.within(("a",), value.index("@")) == (3, 4)
    assert places.within(("a",), value.index("c")) == (4, 4)
    assert places.within(("b",), 2) == (6, 1)


def test_a_place_behind_the_end_is_the_end() -> None:
    assert Places('a = "xy"').within(("a",), 99) == (1, 8)


def test_a_place_within_what_is_no_text_is_its_begin() -> None:
    assert Places("a = [1]").within(("a",), 3) == (1, 5)


PIECES = st.sampled_from(
    [*"abé😀'", "\\n", "\\t", '\\"', "\\\\", "\\u00e9", "\\U0001F600", " "]
)  # fmt: skip


@given(st.lists(PIECES), st.integers(0, 3))
def test_a_character_is_found_whatever_escapes_stand_before_it(
    pieces: list[str], indent: int
) -> None:
    """Written so that the sought character is an @, which is found in the text itself."""
    line = f'{" " * indent}é = 1\nkey = "{"".join(pieces)}@"'
    line = line.replace("é", "e", 1)

    place = Places(line).within(("key",), tomllib.loads(line)["key"].index("@"))

    assert place == (2, line.splitlines()[1].index("@") + 1)


KEYS = st.sampled_from(["a", "b", "c-d"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(each)}" for key, each in value.items()) + "}"
    return str(value)


def leaves(loc: Loc, value: Any) -> list[tuple[Loc, int]]:
    if isinstance(value, int):
        return [(loc, value)]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [leaf for key, each in inner for leaf in leaves((*loc, key), each)]


@given(st.dictionaries(KEYS, VALUES))
def test_each_number_of_a_file_stands_where_it_is_said_to(data: dict[str, Any]) -> None:
    text = "".join(f"{key} = {written(value)}\n" for key, value in data.items())
    places, lines = Places(text), text.splitlines()

    for loc, number in leaves((), data):
        line, column = places.value(loc)
        assert lines[line - 1][column - 1] == str(number)
