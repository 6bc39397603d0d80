from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from threading import Thread

import pytest
from sqlalchemy import text

from notifier.core.telling.outgoing import Envelope
from notifier.store import lanes, outbox, past
from notifier.store.database import Database
from notifier.store.outbox import Claimed
from tests.edges.stores import NOON, after, an_envelope, database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made


def post(database: Database, *envelopes: Envelope) -> None:
    with database.transaction() as connection:
        outbox.post(connection, envelopes)


def claim(
    database: Database, now: datetime = NOON, owner: str = "me", limit: int = 10
) -> list[Claimed]:
    with database.transaction() as connection:
        return outbox.claim(connection, now, owner, limit)


def ids(claimed: Sequence[Claimed]) -> list[str]:
    return [each.id for each in claimed]


def delivered(database: Database, message: str) -> bool:
    with database.transaction() as connection:
        return outbox.settle_delivered(connection, message, "C1:1.1", NOON)


def later(database: Database, message: str, due: datetime, *, counts_attempt: bool = True) -> None:
    with database.transaction() as connection:
        outbox.settle_later(connection, message, due, "500", counts_attempt=counts_attempt)


def state(database: Database, message: str) -> str:
    with database.reading() as connection:
        found = text("SELECT state FROM outbox WHERE id = :id")
        return str(connection.execute(found, {"id": message}).scalar())


def next_due(database: Database) -> datetime | None:
    with database.reading() as connection:
        return outbox.next_due(connection)


def test_a_posted_message_is_claimed_as_it_was_written_once(database: Database) -> None:
    envelope = an_envelope("a", droppable=True, form="edit", order=3)
    post(database, envelope)
    assert claim(database) == [Claimed(envelope, 1, None, 0, "")]
    assert claim(database, owner="other") == []


def test_a_decision_that_is_written_down_twice_is_sent_once(database: Database) -> None:
    post(database, an_envelope("a"))
    assert ids(claim(database)) == ["a"]
    delivered(database, "a")
    post(database, an_envelope("a"))
    assert claim(database) == []


def test_messages_of_one_conversation_go_one_after_the_other(database: Database) -> None:
    post(database, an_envelope("reply", order=1, form="reply"), an_envelope("open"))
    post(database, an_envelope("close", revision=2), an_envelope("elsewhere", recipient="C2"))
    assert ids(claim(database)) == ["open", "elsewhere"]
    assert claim(database) == []
    assert delivered(database, "open")
    assert ids(claim(database)) == ["reply"]
    assert delivered(database, "reply")
    assert ids(claim(database)) == ["close"]


def test_only_so_many_are_claimed_as_were_asked_for(database: Database) -> None:
    post(database, *[an_envelope(name, conversation=name, at=after(-1)) for name in "abc"])
    assert ids(claim(database, limit=2)) == ["a", "b"]
    assert ids(claim(database, limit=2)) == ["c"]


def test_a_message_that_waits_for_its_next_try_holds_those_behind_it(database: Database) -> None:
    post(database, an_envelope("open"), an_envelope("close", revision=2))
    claim(database)
    later(database, "open", after(30))
    assert claim(database, after(29)) == []
    assert next_due(database) == after(30)
    again = claim(database, after(30))
    assert [(each.id, each.attempt, each.error) for each in again] == [("open", 2, "500")]


def test_patience_that_the_far_side_asks_for_costs_no_attempt(database: Database) -> None:
    post(database, an_envelope("open"))
    claim(database)
    later(database, "open", after(30), counts_attempt=False)
    assert [each.attempt for each in claim(database, after(30))] == [1]


def test_a_message_that_failed_for_good_holds_nobody_up(database: Database) -> None:
    post(database, an_envelope("open"), an_envelope("close", revision=2))
    claim(database)
    with database.transaction() as connection:
        assert outbox.settle_failed(connection, "open", "channel_not_found\x00", NOON)
    assert ids(claim(database)) == ["close"]
    assert state(database, "open") == "failed"


def test_what_is_settled_stays_settled(database: Database) -> None:
    post(database, an_envelope("open"))
    claim(database)
    assert delivered(database, "open")
    assert not delivered(database, "open")
    later(database, "open", after(1))
    assert state(database, "open") == "delivered"
    assert next_due(database) is None


# ---- edits ----


def edit(
    name: str, revision: int, *, conversation: str = "talk", recipient: str = "C1"
) -> Envelope:
    return an_envelope(
        name,
        form="edit",
        droppable=True,
        revision=revision,
        conversation=conversation,
        recipient=recipient,
    )


def test_a_newer_edit_takes_the_place_of_one_that_waits(database: Database) -> None:
    post(database, an_envelope("open"), edit("first", 2), an_envelope("close", revision=3))
    post(database, edit("second", 4), edit("third", 5))
    post(database, edit("elsewhere", 4, recipient="C2"), edit("other", 4, conversation="other"))
    sent = []
    while claimed := claim(database):
        sent += ids(claimed)
        for each in claimed:
            delivered(database, each.id)
    assert sorted(sent) == sorted(["open", "elsewhere", "other", "close", "third"])
    assert [name for name in sent if name in ("open", "close", "third")] == [
        "open",
        "close",
        "third",
    ]
    assert state(database, "first") == state(database, "second") == "superseded"


def test_an_edit_on_its_way_is_not_replaced_but_gives_way_when_it_comes_back(
    database: Database,
) -> None:
    post(database, edit("first", 1))
    claim(database)
    post(database, edit("second", 2))
    assert state(database, "first") == "sending"
    later(database, "first", after(30))
    assert state(database, "first") == "superseded"
    assert ids(claim(database)) == ["second"]


def test_an_older_edit_that_comes_late_replaces_nothing(database: Database) -> None:
    post(database, edit("newer", 5))
    post(database, edit("older", 4))
    assert state(database, "newer") == "queued"


# ---- unknown outcomes ----


def test_an_unknown_outcome_is_looked_after_before_it_is_sent_again(database: Database) -> None:
    post(database, an_envelope("open"), an_envelope("close", revision=2))
    claim(database, after(1))
    with database.transaction() as connection:
        assert outbox.settle_ambiguous(connection, "open", after(5), "timeout")
    assert claim(database, after(4)) == []
    (look,) = claim(database, after(5))
    assert (look.id, look.unsure_since, look.looks, look.attempt) == ("open", after(1), 0, 2)
    with database.transaction() as connection:
        outbox.settle_ambiguous(connection, "open", after(10), "not found", looked=True)
    (again,) = claim(database, after(10))
    assert (again.unsure_since, again.looks, again.attempt) == (after(1), 1, 2)
    later(database, "open", after(20))
    (known,) = claim(database, after(20))
    assert (known.unsure_since, known.looks, known.attempt) == (None, 0, 3)


def test_what_a_dead_process_was_sending_is_of_unknown_outcome_at_once(database: Database) -> None:
    post(database, an_envelope("mine", conversation="m"), an_envelope("orphan", conversation="o"))
    claim(database, after(1), owner="dead", limit=1)
    claim(database, after(2), owner="me", limit=1)
    with database.transaction() as connection:
        assert outbox.adopt_orphans(connection, "me") == 1
        assert outbox.adopt_orphans(connection, "me") == 0
    (orphan,) = claim(database, after(2))
    assert (orphan.id, orphan.unsure_since) == ("mine", after(1))


def test_who_was_taken_for_dead_may_still_say_that_it_was_delivered(database: Database) -> None:
    post(database, an_envelope("open"))
    claim(database, owner="slow")
    with database.transaction() as connection:
        outbox.adopt_orphans(connection, "me")
    assert delivered(database, "open")
    assert claim(database, after(60)) == []


# ---- patience, addresses, numbers ----


def test_nothing_for_a_recipient_that_asked_for_patience_falls_due(database: Database) -> None:
    post(
        database,
        an_envelope("a", conversation="a"),
        an_envelope("b", conversation="b"),
        an_envelope("c", conversation="c", recipient="C2"),
    )
    with database.transaction() as connection:
        outbox.postpone(connection, "C1", "slack", after(30))
    assert ids(claim(database)) == ["c"]
    assert ids(claim(database, after(30))) == ["a", "b"]


def test_where_a_message_lives_is_remembered(database: Database) -> None:
    with database.transaction() as connection:
        assert outbox.reference(connection, "talk", "C1") is None
        outbox.remember_reference(connection, "talk", "C1", "C1:1.1")
        outbox.remember_reference(connection, "talk", "C2", "C2:1.1")
        outbox.remember_reference(connection, "talk", "C1", "C1:2.2")
        assert outbox.reference(connection, "talk", "C1") == "C1:2.2"
        assert outbox.reference(connection, "talk", "C2") == "C2:1.1"


def test_the_backlog_is_counted_and_what_was_settled_is_forgotten(database: Database) -> None:
    with database.reading() as connection:
        assert outbox.waiting(connection) == {}
        assert outbox.oldest(connection) is None
    post(database, an_envelope("a"), an_envelope("b", conversation="b", at=after(-5)), edit("c", 2))
    claim(database, limit=1)
    with database.transaction() as connection:
        assert outbox.waiting(connection) == {"slack": 3}
        assert outbox.oldest(connection) == after(-5)
        assert outbox.settle_delivered(connection, "b", "C1:1.1", NOON)
        assert outbox.oldest(connection) == NOON
        assert outbox.waiting(connection) == {"slack": 2}
        assert past.forget_messages(connection, NOON) == 0
        assert past.forget_messages(connection, after(1)) == 1
        assert outbox.waiting(connection) == {"slack": 2}


def test_an_address_is_not_shown_with_what_is_said(database: Database) -> None:
    post(database, an_envelope("a"))
    (claimed,) = claim(database)
    assert "ploss" not in repr(claimed)


# ---- many hands ----


def test_many_hands_never_take_the_same_message_nor_pass_one_another(database: Database) -> None:
    lanes = [f"talk{n}" for n in range(6)]
    names = {lane: [f"{lane}-{n}" for n in range(5)] for lane in lanes}
    for lane in lanes:
        post(
            database,
            *[an_envelope(each, conversation=lane, order=n) for n, each in enumerate(names[lane])],
        )
    sent: list[tuple[str, str]] = []
    trouble: list[BaseException] = []

    def work(owner: str) -> None:
        try:
            while next_due(database) or len(sent) < 30:
                for each in claim(database, owner=owner, limit=2):
                    sent.append((each.envelope.conversation, each.id))
                    delivered(database, each.id)
        except BaseException as error:  # noqa: BLE001
            trouble.append(error)

    hands = [Thread(target=work, args=(f"hand{n}",)) for n in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert trouble == []
    assert {lane: [name for at, name in sent if at == lane] for lane in lanes} == names


def test_whom_no_opening_reached_has_heard_of_nothing(database: Database) -> None:
    post(database, an_envelope("open"), an_envelope("close", revision=2))
    claim(database, limit=1)
    with database.transaction() as connection:
        assert not lanes.unheard(connection, ("talk", "C1"))
        outbox.settle_failed(connection, "open", "no", NOON)
        assert lanes.unheard(connection, ("talk", "C1"))
        assert not lanes.unheard(connection, ("talk", "C2"))
