"""Along a lane and across to whoever stands in, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notifier.core.telling.outgoing import Envelope
from notifier.store import lanes, memory, outbox, past
from notifier.store.database import Database
from tests.edges.stores import (
    NOON,
    Changes,
    a_conversation,
    after,
    an_envelope,
    database,
    database_url,
    postgresql,
)
from tests.edges.test_store_outbox import claim, delivered, edit, ids, post, state

__all__ = ["database", "database_url", "postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made

LANE = ("talk", "C1")


def stand_in(name: str, revision: int = 1) -> Envelope:
    """Return the message for whoever stands in for ``leads``."""
    told = an_envelope(name, recipient="boss@example.com", revision=revision)
    return replace(told, receiver="boss", kind="email", standby=True)


def release(database: Database, envelope: Envelope) -> bool:
    with database.transaction() as connection:
        return lanes.release(connection, envelope, after(60))


def ending(database: Database) -> str | None:
    with database.reading() as connection:
        return lanes.ending(connection, LANE)


def closing(name: str) -> Envelope:
    told = an_envelope(name, form="edit", revision=2)
    return replace(told, reason="close", payload='{"text": "over", "both": "Fired, cleared:"}')


def test_whoever_stands_in_is_told_only_when_it_must_be(database: Database) -> None:
    post(database, an_envelope("a"), stand_in("a2"))

    assert ids(claim(database, after(10))) == ["a"]
    assert release(database, an_envelope("a"))
    assert ids(claim(database, after(60))) == ["a2"]


def test_whoever_stood_in_hears_of_the_rest_and_nobody_else_does(database: Database) -> None:
    post(database, an_envelope("a"), stand_in("a2"))
    post(
        database,
        an_envelope("b", conversation="other"),
        replace(stand_in("b2"), conversation="other"),
    )
    release(database, an_envelope("a"))
    claim(database, after(60))
    delivered(database, "a2")

    post(database, an_envelope("c", revision=2), stand_in("c2", revision=2))
    post(
        database,
        an_envelope("d", conversation="other", revision=2),
        replace(stand_in("d2", revision=2), conversation="other"),
    )

    assert [state(database, name) for name in ("c2", "b2", "d2")] == [
        "queued",
        "standby",
        "standby",
    ]


def test_nobody_stands_in_for_whoever_stands_in(database: Database) -> None:
    post(database, an_envelope("a"), stand_in("a2"))
    release(database, an_envelope("a"))

    assert not release(database, replace(stand_in("a2"), standby=False))
    assert not release(database, an_envelope("unknown", conversation="none"))


def test_nobody_who_stands_in_begins_with_an_end(database: Database) -> None:
    end, its_end = an_envelope("b", revision=2), stand_in("b2", revision=2)
    post(database, an_envelope("a"), stand_in("a2"))
    claim(database)
    delivered(database, "a")
    post(database, replace(end, reason="close"), replace(its_end, reason="close"))

    assert not release(database, end)
    assert state(database, "b2") == "standby"


def test_who_may_have_heard_is_told_of_the_end(database: Database) -> None:
    post(database, an_envelope("a"), stand_in("a2"))
    release(database, an_envelope("a"))
    claim(database, after(60))
    with database.transaction() as connection:
        outbox.settle_failed(connection, "a", "lost", after(61), unsure=True)
        outbox.settle_failed(connection, "a2", "lost", after(61), unsure=True)
        assert lanes.heard(connection, LANE)
        assert not lanes.unheard(connection, LANE)

    post(database, replace(stand_in("b2", revision=2), reason="close"))

    assert state(database, "b2") == "queued"


def test_an_end_may_stand_for_what_nobody_heard_of(database: Database) -> None:
    post(database, an_envelope("a"))
    claim(database)
    post(database, closing("b"), an_envelope("c", form="reply", revision=2, order=1))
    found = ending(database)
    assert found == "b"

    with database.transaction() as connection:
        lanes.give_way(connection, LANE, found, after(60))
        alone = lanes.alone(connection, LANE)

    assert alone
    assert [state(database, name) for name in "abc"] == ["superseded", "queued", "superseded"]


def test_an_end_stands_alone_for_whoever_stood_in_late(database: Database) -> None:
    """The opening reached whoever it was for; the deputy was to hear only of what came after."""
    raised = an_envelope("b", revision=2)
    post(database, an_envelope("a"), stand_in("a2"))
    claim(database)
    delivered(database, "a")
    post(database, raised, stand_in("b2", revision=2))
    release(database, raised)
    end = replace(stand_in("c2", revision=3), reason="close", payload='{"both": "Fired:"}')
    post(database, end)
    lane = ("talk", "boss@example.com")

    with database.transaction() as connection:
        assert lanes.ending(connection, lane) == "c2"
        lanes.give_way(connection, lane, "c2", after(60))
        assert lanes.alone(connection, lane)
    assert state(database, "a2") == "standby"


def test_it_does_not_where_something_was_heard_or_may_have_been(database: Database) -> None:
    post(database, an_envelope("a"))
    claim(database)
    with database.transaction() as connection:
        outbox.settle_ambiguous(connection, "a", after(5), "lost")
    post(database, closing("b"))
    assert ending(database) is None

    delivered(database, "a")

    assert ending(database) is None
    with database.reading() as connection:
        assert lanes.heard(connection, LANE)
        assert not lanes.heard(connection, ("talk", "C2"))


def test_what_stood_by_is_forgotten_in_the_end(database: Database) -> None:
    post(database, an_envelope("a"), stand_in("a2"))
    claim(database)
    delivered(database, "a")

    with database.transaction() as connection:
        assert past.forget_messages(connection, after(60)) == 2
    assert after(60) > NOON


def test_what_goes_on_keeps_how_it_began_and_what_was_said_last(database: Database) -> None:
    post(database, an_envelope("a"))
    claim(database)
    with database.transaction() as connection:
        memory.remember(connection, Changes(conversations={"talk": a_conversation(name="talk")}))
        outbox.settle_failed(connection, "a", "no", NOON)
    assert unheard(database)

    with database.transaction() as connection:
        assert past.forget_messages(connection, after(60)) == 0
    assert unheard(database)

    for number, name in enumerate(("b", "c"), 2):
        post(database, edit(name, number))
        claim(database)
        delivered(database, name)
    with database.transaction() as connection:
        assert past.forget_messages(connection, after(60)) == 1
        ((envelope, _),) = lanes.living(connection, "slack").values()
        assert envelope.id == "c"
        over = Changes(conversations={"talk": a_conversation(name="talk", closed=True)})
        memory.remember(connection, over)
        assert past.forget_messages(connection, after(60)) == 2


def unheard(database: Database) -> bool:
    with database.reading() as connection:
        return lanes.unheard(connection, LANE)
