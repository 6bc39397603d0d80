"""What is worked out of data: what levels are shares of, how numbers are written."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from notifier.core.examination.definitions import Sample, base, bases, samples, styles
from notifier.core.payload.completion import rows_from_texts
from notifier.core.payload.rows import Row
from notifier.wolkvox.endpoints import CATALOGUE

SKILLS = CATALOGUE["skills"].collections[0]


def queues(*records: Mapping[str, object]) -> list[Row]:
    return list(rows_from_texts(SKILLS, [{"skill_id": "1", **each} for each in records], ()))


def day(share_of: str, seed: int = 1) -> list[Row]:
    """Queues whose levels are shares of these calls."""
    dice, found = Random(seed), []
    for number in range(4):
        answered, gone = dice.randint(40, 400), dice.randint(5, 30)
        counts = {"answered": answered, "inbound": answered + gone + 2,
                  "answered+abandoned": answered + gone}  # fmt: skip
        levels = sorted(dice.randint(5, answered - 1) for _ in range(3))
        shares = {
            f"service_level_{s}seg": f"{100 * k / counts[share_of]:.2f} %"
            for s, k in zip((10, 20, 30), levels, strict=True)
        }
        record = {"skill_id": str(number), "stat_inbound": counts["inbound"],
                  "stat_answer": answered, "stat_abandon": gone}  # fmt: skip
        found.append(record | shares)
    return queues(*found)


@pytest.mark.parametrize("share_of", ["answered", "inbound", "answered+abandoned"])
@pytest.mark.parametrize("seed", range(5))
def test_only_the_right_calls_make_whole_numbers(share_of: str, seed: int) -> None:
    assert base(list(samples(day(share_of, seed)))) == share_of


def test_what_tells_nothing_is_left_out() -> None:
    full = {"stat_inbound": 10, "stat_answer": 8, "stat_abandon": 2}

    assert not list(samples(queues(full | {"service_level_10seg": "0 %"})))
    assert not list(samples(queues(full | {"service_level_10seg": "100 %"})))
    assert not list(samples(queues(full | {"stat_abandon": 0, "service_level_10seg": "50 %"})))
    assert len(list(samples(queues(full | {"service_level_10seg": "50 %"})))) == 1


def test_few_or_undecided_samples_tell_nothing() -> None:
    sample = Sample(50.0, {"answered": 8, "inbound": 10, "answered+abandoned": 12})

    assert base([sample] * 5) is None
    assert base([sample] * 9) is None
    assert bases([]) == {}
    assert list(samples(queues({"service_level_20seg": "50"}))) == []


def test_numbers_are_told_apart_by_how_they_are_written() -> None:
    found = styles(
        ["1.5", "34.64 %", "9,336.00 %", "1,234", "12,5", "1.234,5", "7", "", "-", "x,1"]
    )

    assert found == {"dot": 2, "thousands": 2, "comma": 2}
