"""Several processes on one database: one request at a time, and one count of the day's calls."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifier.app import rehearsal
from notifier.clocks import Clocks
from notifier.core.facts.state import Budget, SourceKey
from notifier.core.judging.reading import Ration
from notifier.core.rules.budget import Quota
from notifier.errors import FetchError, Trouble
from notifier.purse import Purse
from notifier.store.database import open_database
from tests.flow.stage import Stage, staged
from tests.flow.test_run import PATIENCE, eventually, running

LATENCY = SourceKey("bogota", "latency")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as found:
        yield found


def dry_run(stage: Stage) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NOTIFIER_")}
    return subprocess.Popen(
        [sys.executable, "-m", "notifier", "poll", "--dry-run"],
        cwd=stage.folder,
        env={**environment, **stage.environment()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def counted(stage: Stage) -> int:
    with closing(sqlite3.connect(stage.folder / "state.db")) as connection:
        (value,) = connection.execute(
            "SELECT value FROM meta WHERE key = 'calls/bogota'"
        ).fetchone()
    return int(value.partition(" ")[2])


def test_a_daemon_and_two_dry_runs_ask_one_after_the_other(stage: Stage) -> None:
    stage.real = True
    stage.rules.write_text(stage.rules.read_text().replace('every = "1m"', 'every = "1s"'))
    stage.wolkvox.at_once, stage.wolkvox.delay = 9, 0.1
    with running(stage) as child:
        eventually(lambda: child.said("polled"))
        beside = [dry_run(stage), dry_run(stage)]
        codes = [process.wait(PATIENCE) for process in beside]
        child.end(signal.SIGTERM)

    assert codes == [0, 0]
    assert stage.wolkvox.peak == 1
    assert counted(stage) == len(stage.wolkvox.requests)


def test_what_is_beyond_our_share_is_not_asked_until_the_day_is_over(stage: Stage) -> None:
    rules = stage.rules.read_text().replace('"America/Bogota"', '"America/Bogota"\nlicenses = 1')
    stage.rules.write_text(rules.replace('every = "1m"', 'every = "1h"'))
    with closing(_emptied(stage)) as connection:
        connection.execute(
            "INSERT INTO meta VALUES ('calls/bogota', '2026-01-05T05:00:00.000000Z 799')"
        )
        connection.commit()
    with stage.bot() as bot:
        troubles = [outcome.trouble for outcome in bot.poll_once()]
        asked = len(stage.wolkvox.requests)
        bot.deliver_due()
        stage.wait(hours=14)  # 15:00 in UTC was ten in Bogotá: now it is another day there
        later = [outcome.trouble for outcome in bot.poll_once()]

    assert (troubles, asked) == (["", "quota"], 1)
    assert later == ["", ""]
    assert any("hits_last_hour" in subject for subject in stage.mailed())


def _emptied(stage: Stage) -> sqlite3.Connection:
    with stage.bot():
        return sqlite3.connect(stage.folder / "state.db")


def test_a_token_in_use_elsewhere_makes_a_poll_busy(stage: Stage) -> None:
    with stage.bot() as bot:
        client = bot.cycle.read.clients["bogota"]  # type: ignore[attr-defined]
        purse = client.turn.__self__
        purse.patience = 0.0
        elsewhere = open_database(stage.environment()["NOTIFIER_DATABASE_URL"])
        with elsewhere.turn(client.number, 0):
            outcome = bot.cycle.poll(LATENCY)
        elsewhere.close()

    assert outcome is not None
    assert outcome.trouble == "busy"
    assert stage.wolkvox.requests == []


def test_what_others_used_is_known_after_a_restart_and_in_a_dry_run(stage: Stage) -> None:
    """All but one call of the day went to other programs, as token_info said before."""
    rules = stage.rules.read_text().replace('"America/Bogota"', '"America/Bogota"\nlicenses = 1')
    stage.rules.write_text(rules.replace('every = "1m"', 'every = "1h"'))
    with stage.bot() as bot:
        budget = Budget(operation="bogota", day=stage.now - timedelta(hours=10), others=999)
        bot.cycle.pace(Ration(stage.now, budget))
    clocks = Clocks(stage.clock, lambda: 0.0, lambda: 0.0)
    with rehearsal(stage.settings(), clocks) as cycle:
        dry = [cycle.poll(key) for key in cycle.plan.sources]
    with stage.bot() as bot:
        wet = bot.poll_once()

    assert [outcome.trouble for outcome in dry if outcome] == ["", "quota"]
    assert {outcome.trouble for outcome in wet} == {"quota"}
    assert len(stage.wolkvox.requests) == 1


# ---- the purse itself ----


NOON = datetime(2026, 1, 5, 17, tzinfo=UTC)


def purse(database: object = None, licenses: int | None = 1) -> Purse:
    from zoneinfo import ZoneInfo

    quota = Quota(
        operation="bogota", zone=ZoneInfo("America/Bogota"), licenses=licenses, share=0.002
    )
    return Purse(quota, 7, lambda: NOON, database)  # type: ignore[arg-type]


def spend(purse: Purse) -> Trouble | None:
    try:
        with purse.turn():
            return None
    except FetchError as error:
        return error.kind


def test_without_a_database_the_calls_of_this_process_are_counted() -> None:
    alone = purse()

    assert [spend(alone) for _ in range(3)] == [None, None, Trouble.QUOTA]
    assert spend(purse(licenses=None)) is None
    with pytest.raises(FetchError) as refused, alone.turn():
        pass
    assert refused.value.after == timedelta(hours=12)  # until it is midnight in Bogotá


def test_a_call_that_could_not_be_written_down_is_counted_with_the_next(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    database = open_database(url, patience=0.01)
    first = purse(database)
    with closing(sqlite3.connect(tmp_path / "state.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        while_locked = spend(first)
        other.rollback()

    assert while_locked is None
    assert first.spent() == 1
    assert [spend(first), spend(first)] == [None, Trouble.QUOTA]
    assert purse(database).spent() == 2
    database.close()


def test_a_folder_where_nothing_can_be_written_stops_no_poll(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    database = open_database(f"sqlite:///{folder / 'state.db'}")
    folder.rename(tmp_path / "moved")

    assert spend(purse(database)) is None
    database.close()
