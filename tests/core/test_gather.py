from __future__ import annotations

import msgspec

from notifier.core.decode import Decoded
from notifier.core.endpoint import spread
from notifier.core.gather import gathered


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
    first = Decoded({"": [A], "x": []}, {".calls": 1}, 1, (".z",), not_found=True)
    second = Decoded({"": [B]}, {".calls": 2, ".y": 1}, 2, (".z", ".q"))

    whole = gathered([first, second])

    assert whole == Decoded(
        {"": [A, B], "x": []}, {".calls": 3, ".y": 1}, 3, (".z", ".q"), not_found=False
    )
