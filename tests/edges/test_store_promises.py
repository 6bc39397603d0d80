"""Nothing lost, nothing twice, nothing out of turn: whatever happens between claim and settle."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from notifier.store import outbox
from notifier.store.database import Database
from notifier.store.outbox import Claimed
from tests.edges.stores import NOON, an_envelope, database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made

LANES = ("north", "south")
steps = st.one_of(
    st.tuples(st.just("post"), st.sampled_from(LANES), st.sampled_from(["open", "edit", "close"])),
    st.tuples(st.just("claim"), st.integers(1, 3), st.none()),
    st.tuples(
        st.sampled_from(["arrives", "answer lost", "refused", "fails", "asked for patience"]),
        st.integers(0, 5),
        st.none(),
    ),
    st.tuples(st.just("crash"), st.none(), st.none()),
    st.tuples(st.just("crash after sending"), st.integers(0, 5), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 40), st.none()),
)


@dataclass
class World:
    """A sender with a far side that remembers what it was sent."""

    connection: Connection
    now: int = 0
    life: int = 0
    posted: dict[str, list[str]] = field(default_factory=lambda: {lane: [] for lane in LANES})
    droppable: set[str] = field(default_factory=set)
    arrived: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    hands: list[Claimed] = field(default_factory=list)

    @property
    def owner(self) -> str:
        return f"life {self.life}"

    def at(self, more: int = 0) -> timedelta:
        return timedelta(seconds=self.now + more)

    def step(self, what: str, how: object, kind: object) -> None:
        if what == "post":
            self.post(str(how), str(kind))
        elif what == "claim":
            self.claim(how if isinstance(how, int) else 1)
        elif what == "wait":
            self.now += how if isinstance(how, int) else 1
        elif what == "crash" or not self.hands:
            self.crash()
        else:
            self.settle(what, self.hands.pop(int(str(how)) % len(self.hands)))

    def post(self, lane: str, kind: str) -> None:
        name = f"{lane}-{len(self.posted[lane])}"
        self.posted[lane].append(name)
        if kind == "edit":
            self.droppable.add(name)
        envelope = an_envelope(
            name,
            conversation=lane,
            form="edit" if kind == "edit" else "post",
            revision=len(self.posted[lane]),
            droppable=kind == "edit",
            at=NOON + self.at(),
        )
        outbox.post(self.connection, [envelope])

    def claim(self, limit: int) -> None:
        claimed = outbox.claim(self.connection, NOON + self.at(), self.owner, limit)
        lanes = [each.envelope.conversation for each in [*claimed, *self.hands]]
        assert len(lanes) == len(set(lanes)), "one of a lane at a time"
        self.hands += claimed

    def crash(self) -> None:
        self.hands.clear()
        self.life += 1
        outbox.adopt_orphans(self.connection, self.owner)

    def settle(self, what: str, claimed: Claimed) -> None:
        """Look first where the outcome of an earlier attempt is unknown."""
        found = claimed.unsure_since is not None and claimed.id in self.arrived
        if found or what == "arrives":
            if not found:
                self.send(claimed)
            outbox.settle_delivered(self.connection, claimed.id, "ref", NOON + self.at())
        elif what == "answer lost":
            self.send(claimed)
            outbox.settle_ambiguous(self.connection, claimed.id, NOON + self.at(5), "timeout")
        elif what == "crash after sending":
            self.send(claimed)
            self.crash()
        elif what == "fails":
            self.failed.add(claimed.id)
            outbox.settle_failed(self.connection, claimed.id, "gone", NOON + self.at())
        else:
            costs = what == "refused"
            due = NOON + self.at(30)
            outbox.settle_later(self.connection, claimed.id, due, "429", counts_attempt=costs)

    def send(self, claimed: Claimed) -> None:
        assert claimed.id not in self.arrived, "nothing twice"
        self.arrived.append(claimed.id)

    def drain(self) -> None:
        self.crash()
        while (due := outbox.next_due(self.connection)) is not None:
            self.now = max(self.now, int((due - NOON).total_seconds()))
            self.claim(3)
            assert self.hands, "what is due can be claimed"
            while self.hands:
                self.settle("arrives", self.hands.pop())

    def promised(self) -> None:
        superseded = set(
            self.connection.execute(text("SELECT id FROM outbox WHERE state = 'superseded'"))
            .scalars()
            .all()
        )
        assert superseded <= self.droppable
        for lane, names in self.posted.items():
            due = [name for name in names if name not in superseded]
            came = [name for name in self.arrived if name.startswith(lane)]
            assert [name for name in due if name not in self.failed - set(came)] == came
            for name in superseded & set(names):
                newer = names[names.index(name) + 1 :]
                assert any(each in self.droppable for each in newer)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(steps, min_size=5, max_size=40))
def test_whatever_happens_each_message_arrives_once_and_in_its_turn(
    database: Database, story: list[tuple[str, object, object]]
) -> None:
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM outbox"))
        world = World(connection)
        for what, how, kind in story:
            world.step(what, how, kind)
        world.drain()
        world.promised()
