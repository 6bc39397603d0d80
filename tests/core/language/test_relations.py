"""Numbers that cannot be true together are noted, and alert nobody."""

from __future__ import annotations

import pytest

from notifier.core.facts.snapshot import by_key
from notifier.core.language.relations import broken
from notifier.core.payload.completion import rows_from_texts
from notifier.core.payload.oddities import Falls
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import SKILLS, Play, Record, clock, queue, rules

DAY = {
    "skill_id": "1", "calls_in_queue_now": "2", "stat_inbound": "100", "stat_answer": "90",
    "stat_abandon": "8", "by_abandon": "8.00 %", "service_level_10seg": "50 %",
    "service_level_20seg": "80 %", "service_level_30seg": "95 %",
}  # fmt: skip
CALL = {"calls": "10", "minutes": "9", "cost": "100", "percentage": "50 %"}


def found(endpoint: str, *records: dict[str, str]) -> dict[str, int]:
    collection = CATALOGUE[endpoint].collections[0]
    return broken(collection, by_key(rows_from_texts(collection, records, ()), collection)[0])


def test_a_usual_day_holds() -> None:
    assert found("skills", DAY) == {}
    assert found("cdr_4", CALL | {"interval": "a"}, CALL | {"interval": "b"}) == {}


@pytest.mark.parametrize(
    ("odd", "relation"),
    [
        ({"service_level_10seg": "81 %"}, "levels_grow"),
        ({"service_level_30seg": "79.99 %"}, "levels_grow"),
        ({"calls_in_queue_now": "8"}, "calls_add_up"),
        ({"stat_inbound": "104", "calls_in_queue_now": "0", "by_abandon": "7.7"}, "calls_add_up"),
        ({"by_abandon": "9.5 %"}, "abandonment_is_a_share"),
        ({"by_abandon": "0 %"}, "abandonment_is_a_share"),
    ],
)
def test_what_cannot_be_is_named(odd: dict[str, str], relation: str) -> None:
    assert found("skills", DAY | odd, DAY | {"skill_id": "2"}) == {relation: 1}


def test_more_answered_than_came_is_two_relations() -> None:
    few = {"stat_inbound": "90", "stat_answer": "98", "by_abandon": "8.9 %"}

    assert found("skills", DAY | few) == {"answered_of_inbound": 1, "calls_add_up": 1}


@pytest.mark.parametrize(
    "fine",
    [
        {"calls_in_queue_now": "7"},  # five calls off: some ring, some were transferred
        {"by_abandon": "9 %"},
        {"service_level_20seg": "50 %"},
        {"service_level_20seg": ""},
        {"by_abandon": "", "calls_in_queue_now": "-"},
        dict.fromkeys(DAY.keys() - {"skill_id"}, "0"),
    ],
)
def test_what_lags_or_is_blank_is_not_odd(fine: dict[str, str]) -> None:
    assert found("skills", DAY | fine) == {}


@pytest.mark.parametrize(
    ("second", "names"),
    [
        ({"percentage": "51 %"}, {}),
        ({"percentage": "52 %"}, {"percentages_add_up": 1}),
        ({"percentage": "48.5 %"}, {"percentages_add_up": 1}),
        ({"percentage": " "}, {}),
        ({"cost": "-3"}, {"cost_is_not_negative": 1}),
    ],
)
def test_intervals_add_up_and_cost_something(second: dict[str, str], names: object) -> None:
    assert found("cdr_4", CALL | {"interval": "a"}, CALL | {"interval": "b"} | second) == names


def test_an_hour_without_calls_adds_up_to_nothing() -> None:
    assert found("cdr_4", {"interval": "a", "calls": "0", "percentage": "0 %", "cost": "0"}) == {}


def test_every_relation_of_the_catalogue_can_be_asked_and_has_a_name_of_its_own() -> None:
    for endpoint in CATALOGUE.values():
        for collection in endpoint.collections:
            names = [each.name for each in collection.relations]
            assert len(set(names)) == len(names)
            assert broken(collection, {}) == {}


# ---- what becomes of it ----


def day(**counts: object) -> Record:
    return queue("1", **{"stat_inbound": 100, "stat_answer": 90, "stat_abandon": 8} | counts)


def test_odd_numbers_are_kept_with_the_source_and_tell_nobody() -> None:
    play = Play(rules())
    play.poll(0, day(), source=SKILLS)
    play.poll(5, day(stat_inbound=500, stat_answer=502.5), source=SKILLS)

    assert play.notices == []
    assert play.known.sources[SKILLS].oddities.broken == {"answered_of_inbound": 1}


def test_resets_and_corrections_are_counted_with_their_last_time() -> None:
    play = Play(rules())
    play.poll(0, day(), source=SKILLS)
    play.poll(5, day(stat_inbound=1, stat_answer=1, stat_abandon=0), source=SKILLS)
    play.poll(10, day(), source=SKILLS)
    play.poll(15, day(stat_answer=85), source=SKILLS)
    play.poll(20, day(stat_answer=86), source=SKILLS)

    assert play.known.sources[SKILLS].falls == Falls(
        resets=1, reset_at=clock(5), corrections=1, corrected_at=clock(15)
    )
