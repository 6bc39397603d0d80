"""Whenever the bot dies, what it recalls at its next start is what it knew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from notifier.core.facts.state import SourceKey
from notifier.journal import Journal
from notifier.store import memory
from notifier.store.database import open_database
from tests.builders import HEAD, OPERATION, TEAM_LEADS, Play, agent, clock, rejection, rules

RULE = rejection(
    'to = ["team-leads", "on-call"]\ncritical = "network_rejection > 5"\nrepeat = "20m"\n'
    'reopen_within = "10m"\ngroup = "entity"'
)
PLAN = rules(RULE, head=HEAD + 'quiet = "11:00-12:00"', team_leads=TEAM_LEADS + "storm = 2")


def flapping(play: Play) -> None:
    for minute in range(0, 40, 4):
        play.poll(minute, agent("1", 2 if minute % 8 == 0 else 0), agent("2", 2))
    play.stay(75)


def silenced(play: Play) -> None:
    play.poll(0, agent("1", 2))
    play.silence(1, 30)
    play.poll(5, agent("1", 6), agent("2", 2))
    play.silence(6, 500, id="later", weekly="Mon 11:30-12:30", timezone="America/Bogota")
    play.poll(10, agent("1", 0), agent("2", 2))
    play.stay(30)
    play.end_silence(100, "later")
    play.stay(130)


def taken(play: Play) -> None:
    play.poll(0, agent("1", 2), agent("2", 2))
    play.acknowledge(1, "1", until=15)
    play.acknowledge(2, "2", sticky=True)
    play.stay(50)
    play.poll(51, agent("1", 6), agent("2", 0))
    play.unacknowledge(52, "1")
    play.poll(55, agent("1", 6), agent("2", 3))


def stormy(play: Play) -> None:
    play.poll(0, *(agent(str(n), 2) for n in range(5)))
    play.poll(0.5, *(agent(str(n), 2) for n in range(7)))
    play.poll(5, *(agent(str(n), 0) for n in range(7)))
    play.poll(9, agent("1", 2))
    play.stay(40)


@pytest.mark.parametrize("life", [flapping, silenced, taken, stormy])
def test_what_is_recalled_is_what_was_known(tmp_path: Path, life: Callable[[Play], None]) -> None:
    play = Play(PLAN)
    life(play)
    database = open_database(f"sqlite:///{tmp_path / 'notifier.db'}")
    for step in play.steps:
        with database.transaction() as connection:
            memory.remember(connection, step.decision)
            found = memory.recall(connection, step.at)
        known = step.decision.known
        assert found.instances == known.instances
        assert found.incidents == known.incidents
        assert found.told == known.told
        assert found.conversations == known.conversations
        assert found.silences == known.silences
        assert found.ended == known.ended
    database.close()
    assert len(play.steps) > 5


def test_a_sale_that_a_long_window_lists_still_is_told_once_whatever_is_restarted(
    tmp_path: Path,
) -> None:
    """Fourteen days are asked for: what was told eight days ago is in the answer still."""
    head = HEAD + '[[source]]\nendpoint = "cdr_1"\nwindow = "14d"\n'
    rule = '[[rule]]\nid = "long"\nkind = "event"\non = "cdr_1"\nwhen = "time_min > 9"\n'
    plan = rules(rule + 'to = ["team-leads"]\n', head=head)
    cdr, rows = SourceKey(OPERATION, "cdr_1"), [{"conn_id": "1.2", "time_min": 10}]
    play = Play(plan)
    play.poll(0, source=cdr)
    assert play.poll(5, *rows, source=cdr) == ["team-leads event 1.2"]
    with closing(open_database(f"sqlite:///{tmp_path / 'notifier.db'}")) as database:
        journal, week = Journal(database), timedelta(days=8) / timedelta(minutes=1)
        for step in play.steps:
            journal.write(step.decision, step.reading, ())
        journal.tidy(clock(week), timedelta(days=7))
        play.known = journal.recall(plan, clock(week))

    assert play.poll(week + 5, *rows, source=cdr) == []
