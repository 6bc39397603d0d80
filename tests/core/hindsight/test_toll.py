"""What a replay told, counted: by rule and receiver, by day, at its worst, beside what was told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from notifier.core.hindsight.toll import Day, by_rule, days, tolls, worst
from tests import builders

BOGOTA = {"leads": ZoneInfo("America/Bogota")}
NIGHT = datetime(2026, 1, 6, 3, tzinfo=UTC)  # still Monday, ten in the evening in Bogotá
message = partial(builders.message, NIGHT)


EDIT = message(1, reason="change", loud=False)


def test_one_message_about_two_agents_is_noticed_once_and_opens_twice() -> None:
    [found] = tolls([message(), message(entity="12005"), EDIT])

    assert (found.operation, found.rule, found.receiver) == ("bogota", "loss", "leads")
    assert (found.noticed, found.open, found.change, found.was) == (1, 2, 1, None)


def test_operations_are_counted_apart_the_loudest_first() -> None:
    calm, loud = (
        message(operation="cali", conversation="c"),
        [message(), message(2, reason="close")],
    )

    found = tolls([calm, *loud])

    assert [(each.operation, each.noticed, each.close) for each in found] == [
        ("bogota", 2, 1),
        ("cali", 1, 0),
    ]


def test_beside_other_rules_stands_what_those_in_force_tell() -> None:
    kept, gone = message(), message(3, rule="jitter")

    found = tolls([kept], [kept, gone])

    assert [(each.rule, each.noticed, each.was) for each in found] == [
        ("loss", 1, 1),
        ("jitter", 0, 1),
    ]


def test_a_day_is_the_receivers_own() -> None:
    told = [message(), message(3), message(4, receiver="on-call"), EDIT]

    found = days(told, BOGOTA)

    assert found == [Day(day="2026-01-05", noticed=1), Day(day="2026-01-06", noticed=2)]


def test_a_day_on_which_only_one_of_two_rules_files_tells_something_is_there_all_the_same() -> None:
    assert days([], BOGOTA, [message()]) == [Day(day="2026-01-05", noticed=0, was=1)]


def test_each_receivers_worst_hour_shift_day_and_week_are_named() -> None:
    found = list(worst([message(), message(0.5), message(3)], BOGOTA))

    assert [(each.unit, each.noticed) for each in found] == [
        ("hour", 2),
        ("shift", 3),
        ("day", 2),
        ("week", 3),
    ]
    assert found[2].begin == datetime(2026, 1, 5, tzinfo=BOGOTA["leads"])


def test_a_rules_quiet_days_are_days_too() -> None:
    told = [message(), message(0, receiver="on-call", conversation="mail"), EDIT]

    [found] = by_rule(told, BOGOTA, NIGHT - timedelta(days=1), NIGHT + timedelta(days=1))

    assert (found.operation, found.rule, found.noticed) == ("bogota", "loss", 2)
    assert found.receivers == {"leads": 1, "on-call": 1}
    assert [(each.day[-2:], each.noticed) for each in found.days] == [
        ("04", 0),
        ("05", 1),
        ("06", 1),  # in UTC, where on-call's clock is
    ]


def test_rules_are_told_apart() -> None:
    found = by_rule([message(), message(rule="jitter")], BOGOTA, NIGHT, NIGHT)

    assert [(each.rule, each.noticed) for each in found] == [("loss", 1), ("jitter", 1)]
