"""What people ask for waits in the database, in order, until the bot has judged it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import text

from notifier.core.judging.request import Acknowledge, AddSilence, Request
from notifier.core.judging.silence import Silence
from notifier.store import memory, past, requests
from notifier.store.database import Database
from tests.edges.stores import NOON, Changes, after, database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]

SILENCE = Silence(
    id="a-silence",
    author="Ana\x00",
    comment="new switch",
    created_at=NOON,
    starts_at=NOON,
    ends_at=after(3600),
    rules=("loss",),
)
TAKEN = Acknowledge("an-incident", "Eva", after(60), sticky=True)


def ask(database: Database, name: str, seconds: float, request: Request) -> None:
    with database.transaction() as connection:
        requests.ask(connection, name, after(seconds), request)


def waiting(database: Database) -> list[requests.Waiting]:
    with database.reading() as connection:
        return requests.waiting(connection)


def test_requests_wait_in_the_order_in_which_they_were_made(database: Database) -> None:
    ask(database, "b", 2, TAKEN)
    ask(database, "a", 1, AddSilence(SILENCE))
    ask(database, "a", 3, TAKEN)  # the same once more
    found = [(each.id, each.at, each.request) for each in waiting(database)]
    assert found == [("a", after(1), AddSilence(SILENCE)), ("b", after(2), TAKEN)]


def test_what_was_judged_waits_no_more_and_has_an_answer(database: Database) -> None:
    ask(database, "a", 1, TAKEN)
    with database.transaction() as connection:
        assert requests.answer(connection, "a") is None
        requests.judged(connection, "a", after(2), "it is closed")
        assert requests.answer(connection, "a") == "it is closed"
    assert waiting(database) == []


def test_what_another_version_asked_for_can_be_refused(database: Database) -> None:
    ask(database, "a", 1, TAKEN)
    with database.transaction() as connection:
        connection.execute(text("""UPDATE request SET body = '{"type": "dance"}'"""))
    assert [each.request for each in waiting(database)] == [None]


def test_silences_come_back_until_they_are_over(database: Database) -> None:
    with database.transaction() as connection:
        memory.remember(connection, Changes(silences={SILENCE.id: SILENCE}))
        assert memory.recall(connection, NOON).silences == {SILENCE.id: SILENCE}
        over = replace(SILENCE, ended_at=after(60))
        memory.remember(connection, Changes(silences={SILENCE.id: over}))
        assert memory.recall(connection, NOON).silences == {}
        assert requests.silences(connection, NOON) == [over]
        assert requests.silences(connection, after(61)) == []


def test_silences_and_requests_are_forgotten_in_the_end(database: Database) -> None:
    over = replace(SILENCE, ended_at=after(60))
    ask(database, "waits", 1, TAKEN)
    ask(database, "judged", 1, TAKEN)
    with database.transaction() as connection:
        memory.remember(connection, Changes(silences={SILENCE.id: over}))
        requests.judged(connection, "judged", after(2), "")
        past.forget(connection, NOON + timedelta(days=1))
        assert requests.silences(connection, NOON) == []
        assert requests.answer(connection, "judged") is None
    assert [each.id for each in waiting(database)] == ["waits"]
