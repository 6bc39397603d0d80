"""The simulated contact center: the same seed and time, the same answer, and counts that agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from notifier.simulator.center import Center
from notifier.simulator.faults import Wrong
from notifier.simulator.script import Kind, Scene, day_script, demo_script

TEN = datetime(2025, 11, 18, 15, 0, tzinfo=UTC)  # ten in the morning in Bogotá
DEMO = Center(7, TEN, demo_script(TEN))
DAY = Center(7, TEN, day_script(TEN))


def minute(number: float) -> datetime:
    return TEN + timedelta(minutes=number)


def agents(center: Center, now: datetime) -> dict[str, dict[str, str]]:
    return {row["agent_id"].partition("-")[0]: row for row in center.latency(now)[0]["by_agent"]}


def queue(center: Center, now: datetime, name: str) -> dict[str, str]:
    return next(row for row in center.skills(now) if row["skill_name"] == name)


def every_answer(center: Center, now: datetime) -> tuple[object, ...]:
    window = (now - timedelta(hours=1), now)
    return (
        center.latency(now),
        center.skills(now),
        center.hits(now),
        center.cdr_4(now, *window),
        center.agent_3(now, *window),
    )


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def test_the_same_seed_and_time_give_the_same_answers() -> None:
    again = Center(7, TEN, demo_script(TEN))

    assert every_answer(again, minute(4)) == every_answer(DEMO, minute(4))
    assert every_answer(Center(8, TEN, demo_script(TEN)), minute(4)) != every_answer(
        DEMO, minute(4)
    )


def test_every_value_is_a_text_and_a_few_are_blank() -> None:
    values = [v for m in range(20) for v in leaves(every_answer(DEMO, minute(m)))]

    assert {type(v) for v in values} == {str}
    assert "" in values


def test_forty_to_sixty_agents_are_listed_with_their_names_as_typed() -> None:
    listed = [row["agent_id"] for row in agents(DEMO, TEN).values()]

    assert 40 <= len(listed) <= 60
    assert "12001-ANA MARÍA LÓPEZ" in listed
    assert any("  " in name for name in listed)
    assert any("Ñ" in name for name in listed)


def test_the_table_by_ip_agrees_with_the_agents_behind_it() -> None:
    answer = DEMO.latency(minute(4))[0]
    behind = [r for r in answer["by_agent"] if r["ip"] == "203.0.113.20"]
    row = next(r for r in answer["by_ip"] if r["ip"] == "203.0.113.20")

    assert row["total_agents"] == str(len(behind))
    assert float(row["maximum"]) == max(float(r["latency_ms"]) for r in behind)


def test_rejection_rises_to_six_and_recovers() -> None:
    seen = [float(agents(DEMO, minute(m))["12004"]["network_rejection"]) for m in range(9)]

    assert seen[0] <= 0.5
    assert all(2 <= value <= 6 for value in seen[1:7])
    assert max(seen) == 6
    assert seen[7] <= 0.5


def test_a_cut_line_hits_everybody_at_the_site_and_nobody_else() -> None:
    rows = agents(DEMO, minute(4)).values()
    site = [r for r in rows if r["ip"] == "203.0.113.20"]
    others = [r for r in rows if r["ip"] != "203.0.113.20"]

    assert len(site) >= 10
    assert all(8 <= float(r["tx_ploss"]) <= 20 for r in site)
    assert all(float(r["tx_jitter"]) >= 60 and float(r["latency_ms"]) >= 300 for r in site)
    assert all(float(r["tx_ploss"] or 0) <= 1 for r in others)
    assert all(float(r["tx_ploss"] or 0) <= 1 for r in agents(DEMO, minute(9)).values())


def test_a_surge_keeps_twelve_waiting_for_five_minutes_and_costs_service_level() -> None:
    waiting = [
        int(queue(DEMO, minute(8.5 + half / 2), "Soporte Técnico")["calls_in_queue_now"])
        for half in range(9)
    ]
    before = queue(DEMO, minute(8), "Soporte Técnico")["service_level_20seg"]
    after = queue(DEMO, minute(13.5), "Soporte Técnico")["service_level_20seg"]

    assert min(waiting) >= 12
    assert float(after.split()[0]) < float(before.split()[0]) - 5
    assert int(queue(DEMO, minute(14), "Soporte Técnico")["calls_in_queue_now"]) <= 3


def test_sales_of_the_script_turn_from_no_to_yes_at_their_minute() -> None:
    def sold(now: datetime) -> set[str]:
        return {row["conn_id"] for row in DEMO.hits(now) if row["hit"] == "yes"}

    fresh = sold(minute(6.6)) - sold(minute(4.9))

    assert sorted(key.partition(".")[0] for key in fresh) == ["12001", "12011", "12011"]
    assert fresh <= {row["conn_id"] for row in DEMO.hits(minute(4.9)) + DEMO.hits(minute(6.6))}


def test_the_epoch_inside_a_conn_id_agrees_with_the_printed_local_date() -> None:
    row = DEMO.hits(minute(6))[0]
    epoch = int(row["conn_id"].split(".")[-2])

    local = datetime.fromtimestamp(epoch, DEMO.zone)
    assert row["date"] == local.strftime("%Y%m%d%H%M%S")


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_queue_counters_agree_at_every_hour(hour: int) -> None:
    now = datetime(2025, 11, 18, hour, 20, tzinfo=DAY.zone)

    for row in DAY.skills(now):
        came, taken, gone = (int(row[f"stat_{w}"]) for w in ("inbound", "answer", "abandon"))
        levels = [float(row[f"service_level_{s}seg"].split()[0]) for s in (10, 20, 30)]
        assert came == taken + gone + int(row["calls_in_queue_now"])
        assert levels == sorted(levels)
        for level in levels:
            hits = level * taken / 100
            assert abs(hits - round(hits)) < 0.0051 * taken / 100 + 1e-9
        share = float(row["by_abandon"].split()[0])
        assert share == pytest.approx(100 * gone / came if came else 0, abs=0.005)


def test_counters_start_again_at_local_midnight() -> None:
    last = datetime(2025, 11, 18, 23, 59, 30, tzinfo=DAY.zone)
    first = last + timedelta(minutes=1)

    before = queue(DAY, last, "Línea 24 Horas")
    after = queue(DAY, first, "Línea 24 Horas")

    assert int(after["stat_inbound"]) < 20 < int(before["stat_inbound"])
    assert int(after["calls_in_queue_now"]) >= 8  # a surge goes on across midnight


def test_the_durations_of_a_window_add_up() -> None:
    rows = DAY.cdr_4(TEN, TEN - timedelta(hours=1), TEN)

    assert rows is not None
    assert list(rows) == ["0_5_seg", "6_20_seg", "21_60_seg", "61_120_seg", "greater_than_121"]
    shares = [float(row["percentage"].split()[0]) for row in rows.values()]
    assert sum(shares) == pytest.approx(100, abs=0.05)
    assert DAY.cdr_4(TEN, TEN + timedelta(hours=1), TEN + timedelta(hours=2)) is None


def test_a_wave_of_short_calls_shows_in_the_shortest_interval() -> None:
    at = datetime(2025, 11, 18, 15, 50, tzinfo=DAY.zone)

    def share(now: datetime) -> float:
        rows = DAY.cdr_4(now, now - timedelta(minutes=30), now)
        assert rows is not None
        return float(rows["0_5_seg"]["percentage"].split()[0])

    assert share(at - timedelta(hours=1)) < 12
    assert share(at) > 25


def test_an_overrun_break_grows_poll_by_poll() -> None:
    def spent(now: datetime) -> str:
        rows = DAY.agent_3(now, datetime(2025, 11, 18, tzinfo=DAY.zone), now)
        return next(
            (r["time"] for r in rows if (r["agent_id"], r["aux_state"]) == ("12013", "Break")),
            "00:00:00",
        )

    at = datetime(2025, 11, 18, 10, 5, tzinfo=DAY.zone)
    times = [spent(at + timedelta(minutes=m)) for m in (0, 15, 30, 45)]

    assert times == sorted(times)
    assert times[-1] >= "00:45:00"


def test_who_works_in_the_evening_is_not_listed_in_the_morning() -> None:
    assert "12005" not in agents(DAY, TEN)
    assert "12005" in agents(DAY, TEN + timedelta(hours=6))


def test_a_cut_can_take_sessions_with_it() -> None:
    cut = datetime(2025, 11, 18, 16, 5, tzinfo=DAY.zone)

    def behind(now: datetime) -> int:
        return sum(r["ip"] == "203.0.113.10" for r in agents(DAY, now).values())

    assert behind(cut + timedelta(minutes=5)) < behind(cut - timedelta(minutes=5))


def test_bad_wifi_is_one_agents_trouble() -> None:
    at = datetime(2025, 11, 18, 14, 20, tzinfo=DAY.zone)
    rows = agents(DAY, at)

    assert rows["12047"]["connection_type"] == "Wifi"
    assert float(rows["12047"]["tx_ploss"]) >= 2
    assert [n for n, r in rows.items() if float(r["tx_jitter"] or 0) >= 30] == ["12047"]


def test_a_slow_queue_loses_its_service_level_without_a_surge() -> None:
    begin = datetime(2025, 11, 18, 11, 30, tzinfo=DAY.zone)
    before = queue(DAY, begin, "Facturación")
    after = queue(DAY, begin + timedelta(minutes=40), "Facturación")

    def level(row: dict[str, str]) -> float:
        return float(row["service_level_20seg"].split()[0])

    assert level(after) < level(before) - 5


def test_a_quiet_day_gives_no_reason_for_an_alert() -> None:
    center = Center(7, TEN)
    for hour in range(12):
        now = TEN + timedelta(hours=hour)
        for row in agents(center, now).values():
            assert float(row["network_rejection"]) <= 0.5
            assert max(float(row["tx_ploss"]), float(row["rx_ploss"] or 0)) <= 1
        for row in center.skills(now):
            assert int(row["calls_in_queue_now"]) < 5
            if int(row["stat_inbound"]) >= 100:
                assert float(row["service_level_20seg"].split()[0]) > 85
                assert float(row["by_abandon"].split()[0]) < 5


def test_a_pbx_out_of_service_says_so() -> None:
    at = datetime(2025, 11, 18, 19, 8, tzinfo=DAY.zone)
    rows = {r["user"]: r for r in DAY.latency(at)[0]["by_pbx"]}

    assert rows["pbx-internacional"]["status"] == "disconnected"
    assert rows["pbx-nacional"]["status"] == "connected"


def test_the_faults_of_a_scene_take_turns() -> None:
    wrongs = [fault.wrong for m in (12.5, 14, 16) for fault in DEMO.faults(minute(m))]

    assert wrongs == [Wrong.STATUS, Wrong.STATUS, Wrong.HANG]
    assert not DEMO.faults(minute(11.9))
    assert not DEMO.faults(minute(17))


def test_all_that_happens_to_people_is_in_the_day() -> None:
    odd = {Kind.SALE_BACK, Kind.COUNTER_RESET, Kind.CORRECTION, Kind.OTHERS}

    assert {scene.kind for scene in day_script(TEN)} == set(Kind) - odd


def test_counters_begin_anew_at_a_reset_and_who_waits_still_waits() -> None:
    scenes = (
        Scene(Kind.QUEUE_SURGE, minute(1), minute(9), "Ventas", 12),
        Scene(Kind.COUNTER_RESET, minute(5), minute(6)),
    )
    center = Center(7, TEN, scenes)
    queue = {m: center.skills(minute(m))[0] for m in (4, 6)}

    assert int(queue[4]["stat_inbound"]) > 300
    assert int(queue[6]["stat_inbound"]) < 60
    assert int(queue[6]["calls_in_queue_now"]) >= 12


def test_a_correction_lowers_one_counter_for_the_rest_of_the_day() -> None:
    scene = Scene(Kind.CORRECTION, minute(5), minute(6), "Ventas", 3, "stat_abandon")
    right, corrected = Center(7, TEN), Center(7, TEN, (scene,))

    def gone(center: Center, at: float) -> int:
        return int(center.skills(minute(at))[0]["stat_abandon"])

    assert [gone(right, m) - gone(corrected, m) for m in (4, 5, 60)] == [0, 3, 3]
    assert (
        right.skills(minute(60))[0]["stat_inbound"]
        == corrected.skills(minute(60))[0]["stat_inbound"]
    )


def test_a_sale_may_be_taken_back() -> None:
    scenes = (
        Scene(Kind.SALE, minute(2), minute(3), "12007", 1),
        Scene(Kind.SALE_BACK, minute(6), minute(7), "12007"),
    )
    center = Center(7, TEN, scenes)

    def sold(at: float) -> int:
        rows = (r for r in center.hits(minute(at)) if r["conn_id"].startswith("12007."))
        return sum(row["hit"] == "yes" for row in rows)

    assert [sold(m) - sold(1.99) for m in (2, 5.9, 6, 10)] == [1, 1, 0, 0]


def test_other_programs_spend_calls_as_time_goes_by() -> None:
    center = Center(7, TEN, (Scene(Kind.OTHERS, minute(0), minute(10), amount=500),))

    assert [center.others(minute(m)) for m in (-1, 0, 5, 10, 60)] == [0, 0, 250, 500, 500]
    assert center.others(TEN + timedelta(days=1)) == 0


def test_a_scene_about_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="nobody is called 'Cúcuta'"):
        Scene(Kind.ISP_CUT, TEN, minute(1), "Cúcuta")
    with pytest.raises(ValueError, match="ends after it begins"):
        Scene(Kind.SHORT_CALLS, TEN, TEN)
