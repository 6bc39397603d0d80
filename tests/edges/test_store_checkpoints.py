from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest
from sqlalchemy import text

from notifier.core.judging.known import Known
from notifier.errors import StateError
from notifier.store import checkpoints, recordings
from notifier.store.checkpoints import Saved
from notifier.store.database import Database
from tests.builders import SITE_LINK, Play, agent, rejection
from tests.edges.stores import NOON, after, database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made


def known() -> Known:
    play = Play(rejection('keep = "9m"'), SITE_LINK)
    play.poll(0, *(agent(f"1200{n}-A", n) for n in range(4)))
    play.poll(5, *(agent(f"1200{n}-A", n - 1) for n in range(4)))
    return play.known


def test_all_that_is_known_is_kept_but_what_the_recordings_hold() -> None:
    kept = {field.name for field in fields(Known)} - {"snapshots", "histories"}

    assert kept <= set(Saved.__struct_fields__)


def test_what_was_known_comes_back(database: Database) -> None:
    before = known()
    with database.transaction() as connection:
        recordings.record(connection, "", "", NOON, "due")
        checkpoints.save(connection, NOON, before, "rules = 1")
    with database.reading() as connection:
        found = checkpoints.nearest(connection, after(1))
        assert checkpoints.last_at(connection) == NOON

    assert found is not None
    assert (found.recording, found.saved.rules) == (1, "rules = 1")
    again = found.saved.known()
    for name in ("sources", "instances", "incidents", "told", "conversations", "seen", "at"):
        assert getattr(again, name) == getattr(before, name), name


def test_the_nearest_one_before_is_found_and_old_ones_are_forgotten(database: Database) -> None:
    with database.transaction() as connection:
        for day in range(3):
            checkpoints.save(connection, NOON + timedelta(days=day), Known(), f"day {day}")
        checkpoints.forget(connection, NOON + timedelta(hours=1))
    with database.reading() as connection:
        found = checkpoints.nearest(connection, NOON + timedelta(days=1, hours=23))
        assert checkpoints.nearest(connection, NOON + timedelta(hours=2)) is None

    assert found is not None
    assert found.saved.rules == "day 1"


def test_a_damaged_one_is_one_sentence(database: Database) -> None:
    with database.transaction() as connection:
        checkpoints.save(connection, NOON, Known(), "")
        body = recordings.squeeze(b"a photograph")
        connection.execute(text("UPDATE checkpoint SET body = :body"), {"body": body})
    with database.reading() as connection, pytest.raises(StateError, match="checkpoint of 2026"):
        checkpoints.nearest(connection, after(1))
