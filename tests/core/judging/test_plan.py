"""The plan of a rules file, and when quiet hours end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.facts.state import SourceKey
from notifier.core.judging.plan import Reach, muted_until
from notifier.core.rules.hours import Quiet
from tests.builders import OPERATION, clock, rejection, rules

ZONES = ("UTC", "America/Bogota", "America/New_York", "Europe/Madrid", "Asia/Kathmandu")
DAY = 24 * 60


def reach(begin: int, end: int, zone: str) -> Reach:
    return Reach("leads", "slack", ("#x",), timezone=zone, quiet=Quiet("", begin, end))


def quiet(reach: Reach, at: datetime) -> bool:
    assert reach.quiet is not None
    return reach.quiet.contains(at.astimezone(ZoneInfo(reach.timezone)))


hours = st.tuples(st.integers(0, DAY - 1), st.integers(0, DAY - 1)).filter(lambda h: h[0] != h[1])
moments = st.integers(0, 365 * DAY).map(clock)


@given(hours, st.sampled_from(ZONES), moments)
def test_quiet_hours_end_when_they_say(hours: tuple[int, int], zone: str, now: datetime) -> None:
    receiver = reach(*hours, zone)
    end = muted_until(receiver, now)
    assert (end is not None) is quiet(receiver, now)
    if end is not None:
        assert now < end <= now + timedelta(hours=25)
        assert not quiet(receiver, end) or _repeated(end, zone)


def _repeated(at: datetime, zone: str) -> bool:
    """Whether a clock set back shows this hour twice: then it is quiet twice."""
    local = at.astimezone(ZoneInfo(zone))
    return local.utcoffset() != (local - timedelta(hours=3)).utcoffset() or bool(local.fold)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-01-05T21:59", None),
        ("2026-01-05T22:00", "2026-01-06T07:00"),
        ("2026-01-06T06:59", "2026-01-06T07:00"),
        ("2026-01-06T07:00", None),
    ],
)
def test_from_ten_in_the_evening_to_seven(now: str, end: str | None) -> None:
    found = muted_until(reach(22 * 60, 7 * 60, "UTC"), datetime.fromisoformat(f"{now}+00:00"))
    assert found == (datetime.fromisoformat(f"{end}+00:00") if end else None)


def test_without_quiet_hours_nothing_is_held_back() -> None:
    assert muted_until(Reach("leads", "slack", ("#x",)), datetime(2026, 1, 5, tzinfo=UTC)) is None


def test_a_rule_is_found_by_operation_and_id() -> None:
    plan = rules(rejection())
    assert plan.rule(OPERATION, "network-rejection") is not None
    assert plan.rule("lima", "network-rejection") is None


@pytest.mark.parametrize(
    ("more", "shape"),
    [
        ("", "by_agent:*"),
        ('by = ["ip", "version"]\nwhen = "count() > 1"', "by_agent:ip,version"),
        ('by = []\nwhen = "count() > 1"', "by_agent:"),
    ],
)
def test_a_shape_tells_what_the_entities_are(more: str, shape: str) -> None:
    rule = rules(rejection(more)).rule(OPERATION, "network-rejection")
    assert rule is not None
    assert rule.shape == shape


def test_texts_that_mean_a_sale_are_compared_without_case_and_accents() -> None:
    head = '[[operation]]\nname = "bogota"\nserver = "0041"\ntimezone = "America/Bogota"\n'
    head += 'hit_values = ["Venta Sí"]\n[[source]]\nendpoint = "hits_last_hour"\n'
    plan = rules(head=head)
    assert plan.sources[SourceKey(OPERATION, "hits_last_hour")].hit_values == {"venta si"}


@pytest.mark.parametrize(
    ("when", "side"),
    [
        ("network_rejection > 1", ">"),
        ("network_rejection < 1", "<"),
        ("1 < network_rejection", ">"),
        ("1 >= network_rejection", "<"),
        ("not (latency_ms <= 5)", ">"),
        ("not (latency_ms > 5 or jitter > 9)", "<"),
        ("not (agent_status in ('lost', 'off'))", ">"),
        ("drop(latency_ms, 5, '30m')", "<"),
        ("unlikely(latency_ms, 100, 0.8, 0.01)", "<"),
        ("agent_status in ('lost', 'off')", ">"),
    ],
)
def test_a_condition_tells_on_which_side_things_are_bad(when: str, side: str) -> None:
    rule = rules(rejection(f'when = "{when}"')).rule(OPERATION, "network-rejection")
    assert rule is not None
    assert rule.direction == side
