from __future__ import annotations

import msgspec

from notifier.core.payload.decode import Decoded
from notifier.core.payload.endpoint import spread
from notifier.core.payload.gather import gathered
from notifier.core.payload.oddities import Oddities


class Named(msgspec.Struct):
    name: str


A, B = Named("a"), Named("b")


def test_a_list_of_ids_is_asked_for_one_by_one() -> None:
    assert spread({"skill_id": "3001,3002", "type": "all"}) == [
        {"skill_id": "3001", "type": "all"},
        {"skill_id": "3002", "type": "all"},
    ]
    assert spread({}) == [{}]


def test_one_answer_is_itself() -> None:
    alone = Decoded({"": [A]})

    assert gathered([alone]) is alone


def test_several_answers_are_one_and_what_none_of_them_holds_stays_unknown() -> None:
    first = Decoded(
        {"": [A], "x": []},
        Oddities(
            unreadable={".calls": 1},
            absent=(".z",),
            aliased={"a": "b"},
            undeclared=("new",),
            lacking=("y",),
            dropped=1,
            totals=1,
            not_found=True,
        ),
    )
    second = Decoded(
        {"": [B]},
        Oddities(
            unreadable={".calls": 2, ".y": 1},
            absent=(".z", ".q"),
            lacking=("x", "y"),
            dropped=2,
            full=True,
        ),
    )

    whole = gathered([first, second])

    assert whole.collections == {"": [A, B], "x": []}
    assert whole.oddities == Oddities(
        unreadable={".calls": 3, ".y": 1},
        absent=(".z", ".q"),
        aliased={"a": "b"},
        undeclared=("new",),
        lacking=("y",),
        dropped=3,
        totals=1,
        full=True,
    )
