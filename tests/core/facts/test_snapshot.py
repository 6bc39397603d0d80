"""Snapshots: every row by its key, none twice, none without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.facts.snapshot import SLASH, by_key, join_key, take
from notifier.core.facts.state import SourceKey
from notifier.core.payload.completion import rows_from_texts
from notifier.core.payload.oddities import Oddities
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HITS, NEW_HIT, Play

AT = datetime(2026, 8, 1, tzinfo=UTC)
LATENCY = CATALOGUE["latency"]


def keyed(
    endpoint: str, *records: Mapping[str, object], hit_values: tuple[str, ...] = ("yes",)
) -> Any:
    collection = CATALOGUE[endpoint].collections[0]
    return by_key(rows_from_texts(collection, records, hit_values), collection)


def test_rows_are_found_by_the_values_of_their_key() -> None:
    states, lost = keyed(
        "agent_3",
        {"agent_id": "12004-ANA", "aux_state": "Break", "time": "00:10:00"},
        {"agent_id": "12004-ANA", "aux_state": "Baño/WC", "time": "00:01:00"},
    )

    assert {key: row.time for key, row in states.items()} == {
        "12004/Break": 600,
        f"12004/Baño{SLASH}WC": 60,
    }
    assert lost == 0


def test_a_slash_within_a_single_key_is_no_slash() -> None:
    assert list(keyed("skills", {"skill_id": "a/b"})[0]) == [f"a{SLASH}b"]


def test_a_row_without_key_is_left_out_and_counted() -> None:
    assert keyed("skills", {"skill_id": ""}, {"skill_id": "7"}, {})[1] == 2


def test_a_row_that_adds_up_the_others_is_nobody() -> None:
    queues, lost = keyed(
        "skills",
        {"skill_id": "1", "skill_name": "Ventas", "calls_in_queue_now": "3"},
        {"skill_id": "9", "skill_name": "ALL", "calls_in_queue_now": "3"},
        {"skill_id": "TOTAL", "skill_name": "", "calls_in_queue_now": "3"},
    )
    agents, _ = keyed("latency", {"agent_id": "12004-TOTAL"}, {"agent_id": "12005-ANA"})
    sales, _ = keyed("hits_last_hour", {"conn_id": "total"})

    assert (list(queues), lost) == (["1"], 0)
    assert list(agents) == ["12005"]
    assert list(sales) == ["total"]


def test_a_hit_without_connection_is_known_by_its_moment() -> None:
    hits, lost = keyed(
        "hits_last_hour",
        {"conn_id": "a.b", "date": "20260801", "type_interaction": "inbound"},
        {"conn_id": "0", "date": "20260801", "type_interaction": "inbound"},
        {"conn_id": "-", "date": "", "type_interaction": "inbound"},
    )

    assert list(hits) == ["a.b", "20260801/inbound"]
    assert lost == 1


SECOND = {"date": "20260801", "type_interaction": "inbound"}


def test_hits_of_one_second_are_told_apart_whatever_their_order() -> None:
    sold, lost = SECOND | {"hit": "yes"}, SECOND | {"hit": "no"}
    told = [
        {key: row.is_hit for key, row in keyed("hits_last_hour", *rows)[0].items()}
        for rows in ((sold, lost, sold), (lost, sold, sold), (sold, sold, lost))
    ]

    first = "20260801/inbound"
    assert told == [{first: True, f"{first}/2": True, f"{first}/3": False}] * 3


def test_one_call_listed_twice_is_one_call() -> None:
    call = SECOND | {"conn_id": "a.b"}

    hits, lost = keyed("hits_last_hour", call | {"hit": "no"}, call | {"hit": "yes"}, SECOND, {})

    assert ({key: row.is_hit for key, row in hits.items()}, lost) == (
        {"a.b": True, "20260801/inbound": None},
        1,
    )


def test_two_sales_of_one_second_are_two_and_each_is_announced_once() -> None:
    sold, none = SECOND | {"conn_id": "0", "hit": "yes"}, SECOND | {"conn_id": "0", "hit": "no"}
    play = Play(NEW_HIT)
    play.poll(0, source=HITS)

    heard = [play.poll(5 * n, *rows, source=HITS) for n, rows in enumerate(
        ([none, sold], [sold, none], [sold, sold], [sold, sold], [sold]), start=1)]  # fmt: skip

    first = "20260801/inbound"
    assert heard == [[f"team-leads event {first}"], [], [f"team-leads event {first}/2"], [], []]


def test_a_duplicate_is_one_row_with_the_worst_of_both() -> None:
    agents, lost = keyed(
        "latency",
        {"agent_id": "12004-ANA", "latency_ms": "80", "tx_ploss": "3", "platform": "app"},
        {"agent_id": "12005", "latency_ms": "1"},
        {"agent_id": "12004-ANA", "latency_ms": "90", "tx_ploss": "1", "ip": "1.2.3.4"},
        {"agent_id": "12004", "latency_ms": "", "platform": "web"},
    )

    worst = agents["12004"]
    assert (worst.latency_ms, worst.tx_ploss, worst.platform, worst.ip) == (90, 3, "app", "1.2.3.4")
    assert (list(agents), lost) == (["12004", "12005"], 0)


def test_of_two_service_levels_the_lower_is_the_worse() -> None:
    skills, _ = keyed(
        "skills",
        {"skill_id": "7", "service_level_20seg": "80 %"},
        {"skill_id": "7", "service_level_20seg": "60 %"},
    )

    assert skills["7"].service_level_20seg == 60


@pytest.mark.parametrize("said", [("no", "yes"), ("yes", "no"), ("", "yes")])
def test_a_duplicate_does_not_hide_a_hit(said: tuple[str, str]) -> None:
    hits, _ = keyed(
        "hits_last_hour", {"conn_id": "a", "hit": said[0]}, {"conn_id": "a", "hit": said[1]}
    )

    assert hits["a"].is_hit is True


def test_what_the_answer_did_not_hold_is_not_in_the_snapshot() -> None:
    by_ip = LATENCY.collections[1]
    rows = rows_from_texts(by_ip, [{"ip": "1.2.3.4"}, {"ip": ""}])

    taken = take(
        SourceKey("bogota", "latency"),
        LATENCY,
        {"by_ip": rows},
        AT,
        Oddities(unreadable={"by_ip.maximum": 1}, dropped=2),
    )

    assert list(taken.collections) == ["by_ip"]
    assert list(taken.collections["by_ip"]) == ["1.2.3.4"]
    assert taken.at == AT
    assert taken.oddities == Oddities(unreadable={"by_ip.maximum": 1}, dropped=3)


@given(st.lists(st.tuples(st.text(), st.text()), max_size=6, unique=True))
def test_two_entities_never_share_a_key(values: list[tuple[str, str]]) -> None:
    plain = [pair for pair in values if SLASH not in "".join(pair)]

    assert len({join_key(pair) for pair in plain}) == len(plain)


def test_a_number_in_a_key_is_written_without_needless_digits() -> None:
    assert join_key([12004.0, 0.5, True]) == "12004/0.5/True"
