"""Diff: which entities came, went and changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notifier.core.payload.diff import Diff, compare, fields_changed
from notifier.core.payload.rows import Row, row_type
from notifier.wolkvox.endpoints import CATALOGUE

Skill = row_type(CATALOGUE["skills"].collections[0])


def a_skill(waiting: float | None = 0) -> Row:
    return Skill(skill_id="7", calls_in_queue_now=waiting)


ROWS = st.dictionaries(st.text("abc", min_size=1), st.builds(a_skill, st.none() | st.floats(0, 3)))


def test_who_came_who_went_and_who_changed() -> None:
    before = {"a": a_skill(1), "b": a_skill(1), "c": a_skill(1)}
    after = {"d": a_skill(1), "c": a_skill(2), "b": a_skill(1)}

    assert compare(before, after) == Diff(appeared=("d",), vanished=("a",), changed=("c",))


def test_among_the_same_entities_only_changes_are_told() -> None:
    assert compare({"a": a_skill(1), "b": a_skill(2)}, {"b": a_skill(None), "a": a_skill(1)}) == (
        Diff(changed=("b",))
    )


@given(ROWS)
def test_equal_snapshots_do_not_differ(rows: dict[str, Row]) -> None:
    shuffled = dict(reversed(rows.items()))

    assert compare(rows, shuffled) == Diff()


@given(ROWS, ROWS)
def test_every_entity_has_one_fate(before: dict[str, Row], after: dict[str, Row]) -> None:
    found = compare(before, after)

    assert set(found.appeared) == after.keys() - before.keys()
    assert set(found.vanished) == before.keys() - after.keys()
    both = before.keys() & after.keys()
    assert set(found.changed) == {key for key in both if before[key] != after[key]}
    assert bool(found.changed) == any(fields_changed(before[k], after[k]) for k in both)


def test_the_fields_that_changed_are_named() -> None:
    assert fields_changed(a_skill(1), a_skill(2)) == ("calls_in_queue_now",)
    assert fields_changed(a_skill(1), a_skill(1)) == ()
