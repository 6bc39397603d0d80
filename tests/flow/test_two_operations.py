"""Several operations in one process: nothing of one ever reaches another's receivers.

Every value of an operation carries its mark: names, addresses, numbers. Random days of both are
judged, rendered and written as the live bot does; then everything that belongs to one is searched
for the marks of the other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from notifier.core.facts.snapshot import Snapshot, take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.known import Known
from notifier.core.judging.plan import SourcePlan
from notifier.core.judging.planning import plan
from notifier.core.payload.completion import rows_from_texts
from notifier.core.rules.rulefile import load
from notifier.core.telling.outgoing import Envelope
from notifier.cycle import Cycle
from notifier.errors import FetchError, Trouble
from notifier.journal import Journal
from notifier.render.envelopes import envelopes
from notifier.render.renderer import Renderer
from notifier.store import tables
from notifier.store.database import Database, open_database
from notifier.version import VERSION
from notifier.web.metrics import Metrics
from notifier.wolkvox.endpoints import CATALOGUE

BEGIN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
OPERATIONS = ("opnorth", "opsouth")
MARKS = {"opnorth": ("opnorth", "NORTHERN", "77.13", "7.25", "7,25", "8.25", "8,25"),
         "opsouth": ("opsouth", "SOUTHERN", "88.14", "3.75", "3,75", "4.75", "4,75")}  # fmt: skip
VALUES = {"opnorth": ("0", "7.25", "8.25"), "opsouth": ("0", "3.75", "4.75")}
OTHER = {"opnorth": "opsouth", "opsouth": "opnorth"}

OPERATION = """
[[operation]]
name = "{name}"
server = "{server}"
timezone = "{zone}"
holidays = "{country}"
sites = {{ "{ip}" = "Sede {mark}" }}
[[source]]
operation = "{name}"
endpoint = "latency"
[[source]]
operation = "{name}"
endpoint = "hits_last_hour"
[[source]]
operation = "{name}"
endpoint = "skills"
[[receiver]]
name = "{name}-leads"
slack = "#{name}"
operation = "{name}"
language = "{language}"
names = true
[[receiver]]
name = "{name}-mail"
email = ["{name}@example.com"]
operation = "{name}"
"""
HEAD = """
operators = ["opnorth-mail", "opsouth-mail", "both"]
"""
RULES = """[[receiver]]
name = "both"
slack = "#both"
names = true
[[rule]]
id = "rejection"
on = "latency.by_agent"
when = "network_rejection > 1 and other('latency.by_ip', total_agents) >= 1"
critical = "network_rejection > 4 and changed(network_rejection)"
group = "rule"
repeat = "10m"
to = ["opnorth-leads", "opsouth-leads", "opnorth-mail", "opsouth-mail", "both"]
summary = "{{ agent_name }} {{ ip }} {{ operation }}"
[[rule]]
id = "site"
on = "latency.by_agent"
by = "ip"
when = "count(network_rejection > 1) >= 2"
explains = ["rejection"]
to = ["opnorth-mail", "opsouth-mail", "both"]
[[rule]]
id = "queue"
on = "skills"
when = "calls_in_queue_now > 1"
for = "5m"
to = ["opnorth-leads", "opsouth-leads", "both"]
[[rule]]
id = "sale"
kind = "event"
on = "hits_last_hour"
when = "is_hit"
template = "celebration"
to = ["opnorth-leads", "opsouth-leads", "both"]
"""
PLACES = {
    "opnorth": {"name": "opnorth", "server": "0001", "zone": "America/Bogota", "country": "CO",
                "ip": "77.13.1.1", "mark": "NORTHERN", "language": "es"},
    "opsouth": {"name": "opsouth", "server": "0002", "zone": "America/Santiago", "country": "CL",
                "ip": "88.14.1.1", "mark": "SOUTHERN", "language": "pt"},
}  # fmt: skip
PARTS = (HEAD, *(OPERATION.format(**each) for each in PLACES.values()), RULES)
PLAN = plan(load("".join(PARTS), CATALOGUE))

FIRST = [(o, s, [0, 0, 0]) for s in ("latency", "hits_last_hour") for o in OPERATIONS]

rejections = st.lists(st.sampled_from([0, 1, 2, None]), min_size=3, max_size=3)
steps = st.tuples(
    st.sampled_from(OPERATIONS),
    st.sampled_from(["latency", "skills", "hits_last_hour"]),
    st.one_of(rejections, st.none(), st.just("failed")),
)


def _rows(operation: str, source: str, what: Sequence[int | None]) -> Mapping[str, list[Any]]:
    """The same numbers of agents, queues and calls in both operations; all else is marked."""
    place, mark = PLACES[operation], PLACES[operation]["mark"]
    values = [None if w is None else VALUES[operation][w] for w in what]
    if source == "latency":
        agents = [
            {"agent_id": f"{n}-{mark} {n}", "network_rejection": value, "ip": place["ip"]}
            for n, value in enumerate(values)
        ]
        return {"by_agent": agents, "by_ip": [{"ip": place["ip"], "total_agents": "3"}]}
    if source == "skills":
        return {"": [{"skill_id": str(n), "skill_name": f"{mark} {n}", "calls_in_queue_now": v}
                     for n, v in enumerate(values)]}  # fmt: skip
    return {"": [_hit(number, what[number]) for number in range(len(what))]}


def _hit(number: int, sold: int | None) -> Mapping[str, Any]:
    return {
        "conn_id": f"{number}.1234.176762520{number}.1",
        "type_interaction": "outbound",
        "hit": "yes" if sold else "no",
        "date": "2026-01-05 10:00:00",
    }


@dataclass
class Bot:
    """A cycle over a real database; what it reads is the test's."""

    database: Database
    now: datetime = BEGIN
    says: Any = None
    sent: list[Envelope] = field(default_factory=list)

    def __post_init__(self) -> None:
        renderer = Renderer()
        self.cycle = Cycle(
            plan=PLAN,
            known=Known(),
            read=self._read,
            render=lambda notice: envelopes(notice, renderer),
            write=Journal(self.database).write,
            clock=lambda: self.now,
            monotonic=lambda: self.now.timestamp(),
            metrics=Metrics(VERSION),
        )

    def _read(self, source: SourcePlan, now: datetime) -> Snapshot:
        if self.says == "failed":
            raise FetchError(Trouble.TOKEN, "no token")
        rows = _rows(source.key.operation, source.key.source, self.says or [])
        collections = {c.name: c for c in source.endpoint.collections}
        read = {
            name: rows_from_texts(collections[name], records, {"yes"})
            for name, records in rows.items()
        }
        return take(source.key, source.endpoint, read, now)

    def poll(self, operation: str, source: str, says: object) -> None:
        self.now += timedelta(minutes=5)
        self.says = says
        self.cycle.catch_up(self.now)
        outcome = self.cycle.poll(SourceKey(operation, source))
        self.sent += outcome.envelopes if outcome else ()


def _owned(database: Database) -> Iterator[tuple[str, str, str]]:
    """Every stored row that belongs to an operation: which, in what table, and all it says."""
    talks: dict[str, str] = {}
    with database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            for row in connection.execute(text(f'SELECT * FROM "{table.name}"')).mappings():
                said = " ".join(_plain(value) for value in row.values())
                if table.name == "conversation":
                    talks[row["id"]] = row["operation"]
                if row.get("operation"):
                    yield row["operation"], table.name, said
        for row in connection.execute(text("SELECT * FROM outbox")).mappings():
            yield talks[row["conversation"]], "outbox", " ".join(map(_plain, row.values()))


def _plain(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return zstandard.ZstdDecompressor().decompress(value).decode("latin-1")
    except zstandard.ZstdError:
        return value.decode("latin-1")


def _foreign(operation: str, said: str) -> list[str]:
    return [mark for mark in MARKS[OTHER[operation]] if mark in said]


def live_through(days: Sequence[tuple[str, str, Any]]) -> None:
    """Let both operations' days pass, and search all that was written, sent and logged."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = open_database(f"sqlite:///{Path(folder) / 'state.db'}")
        stack.callback(database.close)
        logged = stack.enter_context(structlog.testing.capture_logs())
        bot = Bot(database)
        for operation, source, says in (*FIRST, *days):
            bot.poll(operation, source, says)
        for operation, table, said in _owned(database):
            assert not _foreign(operation, said), (table, said)
    _nothing_crossed(bot, logged)


def _nothing_crossed(bot: Bot, logged: Sequence[Mapping[str, Any]]) -> None:
    for envelope in bot.sent:
        for operation in OPERATIONS:
            if envelope.receiver.startswith(operation):
                assert operation in envelope.recipient
                assert not _foreign(operation, f"{envelope} {envelope.payload}")
    for line in logged:
        assert not _foreign(line["operation"], str(line))
    for key, incident in bot.cycle.known.incidents.items():
        assert not _foreign(incident.key.operation, f"{key} {incident}")
    for state in bot.cycle.known.sources.values():
        assert not _foreign(state.key.operation, str(state))


@settings(max_examples=12, deadline=None)
@given(st.lists(steps, min_size=6, max_size=16))
def test_nothing_of_an_operation_reaches_another_s_receivers(days: list[Any]) -> None:
    live_through(days)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(st.lists(steps, min_size=20, max_size=80))
def test_nothing_of_an_operation_reaches_another_s_receivers_for_long(days: list[Any]) -> None:
    live_through(days)


def test_both_operations_are_told_of_their_own(tmp_path: Path) -> None:
    """The search above finds nothing for want of crossing, not for want of messages."""
    database = open_database(f"sqlite:///{tmp_path / 'state.db'}")
    bot = Bot(database)
    for _ in range(3):
        for operation in OPERATIONS:
            bot.poll(operation, "latency", [2, 1, 0])
            bot.poll(operation, "skills", [2, 0, 0])
            bot.poll(operation, "hits_last_hour", [0, 0, 0])
    for operation in OPERATIONS:
        bot.poll(operation, "hits_last_hour", [1, 1, 0])
        bot.poll(operation, "skills", "failed")
    database.close()

    heard = {envelope.receiver: "" for envelope in bot.sent}
    for envelope in bot.sent:
        heard[envelope.receiver] += envelope.payload
    for operation in OPERATIONS:
        leads, mail = heard[f"{operation}-leads"], heard[f"{operation}-mail"]
        assert all(mark in mail for mark in (operation, PLACES[operation]["mark"]))
        assert PLACES[operation]["mark"] in leads
    assert all(PLACES[operation]["mark"] in heard["both"] for operation in OPERATIONS)
