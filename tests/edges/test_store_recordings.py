from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.errors import StateError
from notifier.store import recordings
from notifier.store.database import Database
from notifier.store.recordings import Recording, pack, record, unpack
from tests.edges.stores import NOON, after, database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made


class Agent(msgspec.Struct):
    agent_id: str | None = None
    ploss: float | None = None
    is_hit: bool | None = None


class LaterAgent(msgspec.Struct):
    jitter: float | None = None
    ploss: float | None = None


class Queue(msgspec.Struct):
    waiting: float | None = None


ROWS = [Agent("12004", 2.5, True), Agent(None, None, None), Agent("ñ\x00😀", -0.0, False)]
scalars: Any = {
    "agent_id": st.none() | st.text(),
    "ploss": st.none() | st.floats(allow_nan=False),
    "is_hit": st.none() | st.booleans(),
}


@settings(max_examples=50)
@given(rows=st.lists(st.builds(Agent, **scalars)), queues=st.lists(st.builds(Queue)))
def test_rows_come_back_as_they_were_packed(rows: list[Agent], queues: list[Queue]) -> None:
    body = pack({"by_agent": rows, "by_ip": queues})
    types: dict[str, type[msgspec.Struct]] = {"by_agent": Agent, "by_ip": Queue}
    assert unpack(body, types) == {"by_agent": rows, "by_ip": queues}


def test_rows_of_another_version_keep_the_fields_that_both_know() -> None:
    body = pack({"by_agent": ROWS})
    found = unpack(body, {"by_agent": LaterAgent})["by_agent"]
    assert found == [LaterAgent(ploss=2.5), LaterAgent(), LaterAgent(ploss=-0.0)]
    assert unpack(body, {"by_agent": Queue}) == {"by_agent": [Queue()] * 3}
    assert unpack(body, {"by_site": Queue}) == {}


@pytest.mark.parametrize("body", [b"", b"photograph", pack({"by_agent": ROWS})[:-9]])
def test_a_damaged_recording_is_one_sentence(body: bytes) -> None:
    with pytest.raises(StateError, match="recorded snapshot cannot be read"):
        unpack(body, {"by_agent": Agent})


def test_what_repeats_packs_small() -> None:
    rows = [Agent(str(n), 2.5, False) for n in range(3_000)]
    assert len(pack({"by_agent": rows})) < 3_000 * 4


def test_readings_come_back_in_the_order_they_were_judged(database: Database) -> None:
    with database.transaction() as connection:
        record(connection, "bogota", "latency", after(0), "good", pack({"by_agent": ROWS}))
        record(connection, "bogota", "queues", after(30), "failed", b'{"trouble": "token"}')
        record(connection, "bogota", "latency", after(20), "reload")  # the clock was set back
        record(connection, "lima", "latency", after(10), "good", pack({}))
        record(connection, "bogota", "latency", after(60), "good", pack({}))
    with database.reading() as connection:
        found = list(recordings.recordings(connection, "bogota", None, NOON, after(60)))
        one = list(recordings.recordings(connection, "bogota", "queues", NOON, after(60)))
    assert [(r.kind, r.at) for r in found] == [
        ("good", after(0)),
        ("failed", after(30)),
        ("reload", after(20)),
    ]
    assert found[0].rows({"by_agent": Agent}) == {"by_agent": ROWS}
    assert [r.body for r in one] == [b'{"trouble": "token"}']


def test_the_latest_good_reading_is_found(database: Database) -> None:
    with database.transaction() as connection:
        assert recordings.latest(connection, "bogota", "latency") is None
        record(connection, "bogota", "latency", after(0), "good", pack({"by_agent": ROWS}))
        record(connection, "bogota", "latency", after(-9), "good", pack({}))  # clock set back
        record(connection, "bogota", "latency", after(2), "failed")
        record(connection, "bogota", "queues", after(3), "good", pack({}))
        newest = recordings.latest(connection, "bogota", "latency")
    assert newest is not None
    assert (newest.at, newest.kind) == (after(-9), "good")


def test_forgetting_keeps_the_last_good_reading_of_each_source(database: Database) -> None:
    with database.transaction() as connection:
        for second in range(4):
            record(connection, "bogota", "latency", after(second), "good", pack({}))
        record(connection, "bogota", "queues", after(0), "good", pack({}))
        record(connection, "bogota", "queues", after(1), "failed")
        assert recordings.forget(connection, after(100)) == 4
        left = list(recordings.recordings(connection, "bogota", None, NOON, after(100)))
    assert [(r.source, r.at) for r in left] == [("latency", after(3)), ("queues", after(0))]


def test_a_recording_does_not_show_its_body() -> None:
    shown = repr(Recording(1, "bogota", "latency", NOON, "good", b"Ana"))
    assert "Ana" not in shown


def test_the_reading_that_was_recorded_last_is_known_again(database: Database) -> None:
    """So that a commit whose answer was lost is not done twice."""
    first = ("bogota", "latency", NOON, "failed", b"once")
    with database.transaction() as connection:
        assert not recordings.is_newest(connection, *first)
        record(connection, *first)
        assert recordings.is_newest(connection, *first)
        assert not recordings.is_newest(connection, *first[:4], b"another")
        record(connection, "", "", NOON, "due")

        assert not recordings.is_newest(connection, *first)
        assert recordings.is_newest(connection, "", "", NOON, "due")
