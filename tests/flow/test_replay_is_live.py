"""A replay is the live run again: the same decisions, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import msgspec
import pytest

from notifier.bot import Bot
from notifier.core.hindsight.replay import play
from notifier.core.judging.known import Decision
from notifier.core.judging.reading import Due, Reading, Reload
from notifier.core.judging.request import Acknowledge, AddSilence, Request
from notifier.core.judging.silence import Silence
from notifier.hindsight.recorded import Recorded
from notifier.rules import read_rules
from notifier.simulator.faults import Fault, Wrong
from notifier.store.database import open_database
from tests.flow.stage import RULES, Stage, staged

GROUPED = """
[[rule]]
id = "lasting"
on = "latency.by_agent"
when = "avg_over(network_rejection, '10m') > 1.5"
clear = "network_rejection <= 0.5"
for = "3m"
keep = "2m"
repeat = "20m"
group_wait = "90s"
to = ["leads", "on-call"]

[[rule]]
id = "site"
on = "latency.by_agent"
by = "ip"
when = "share(network_rejection > 1) > 0.6"
explains = ["rejection"]
severity = "critical"
to = ["on-call"]
"""
QUIET = 'slack = "#operaciones"\nquiet = "10:20-10:50"'
DAY = RULES.replace('slack = "#operaciones"', QUIET) + GROUPED
OTHER = DAY.replace('network_rejection > 1"', 'network_rejection > 2"').replace("3m", "5m")


def shown(decision: Decision) -> bytes:
    """All of a decision but what is known afterwards."""
    parts = [
        decision.at,
        sorted(decision.sources.items()),
        sorted(decision.instances.items()),
        sorted(decision.incidents.items()),
        sorted(decision.told.items()),
        sorted(decision.conversations.items()),
        decision.seen,
        decision.suppressed,
        decision.timeline,
        decision.notices,
        sorted((key, why.value) for key, why in decision.reasons.items()),
    ]
    return msgspec.json.encode(parts, enc_hook=repr)


def matters(reading: Reading, decision: Decision) -> bool:
    """Not timers that change nothing; nor what a bot decides before it can be watched."""
    if isinstance(reading, Due):
        return bool(decision.notices or decision.incidents)
    return not (isinstance(reading, Reload) and reading.start)


class Watched:
    """A stage whose bots have their decisions written down."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.until = stage.now
        self.live: list[tuple[str, bytes]] = []

    @contextmanager
    def bot(self) -> Iterator[Bot]:
        with self.stage.bot() as bot:
            write = bot.cycle.write

            def watch(decision: Decision, reading: Reading, envelopes: object) -> None:
                write(decision, reading, envelopes)  # type: ignore[arg-type]
                if matters(reading, decision):
                    self.live.append((type(reading).__name__, shown(decision)))

            bot.cycle.write = watch
            yield bot
            self.until = self.stage.now  # later timers fell due while nobody was there

    def replayed(self) -> list[tuple[str, bytes]]:
        database = open_database(self.stage.environment()["NOTIFIER_DATABASE_URL"], prepare=False)
        try:
            recorded = Recorded(database, read_rules(self.stage.rules))
            start = recorded.start(self.until - timedelta(days=2))
            steps = play(start.known, recorded.rules, recorded.turns(start, self.until))
            return [
                (type(s.reading).__name__, shown(s.decision))
                for s in steps
                if matters(s.reading, s.decision)
            ]
        finally:
            database.close()


def ask(bot: Bot, dice: Random, stage: Stage, place: int) -> None:
    """Somebody silences an agent for a while, or takes an incident."""
    still = [each.id for each in bot.cycle.known.incidents.values() if each.open]
    request: Request
    if still and dice.random() < 0.5:
        request = Acknowledge(dice.choice(still), "ana")
    else:
        request = AddSilence(
            Silence(
                id=f"s{place}",
                author="ana",
                comment="they know",
                created_at=stage.now,
                starts_at=stage.now,
                ends_at=stage.now + timedelta(minutes=dice.randrange(3, 30)),
                entities=(f"1200{dice.randrange(6)}",),
            )
        )
    bot.cycle.ask(f"r{place}", stage.now, request)


def live_through(watched: Watched, polls: int, seed: int) -> None:
    """Polls, failures, a receiver that breaks, reloads and restarts, as the dice will have it."""
    dice, stage = Random(seed), watched.stage
    text = stage.rules.read_text()
    other = text.replace('network_rejection > 1"', 'network_rejection > 2"')
    while polls > 0:
        with watched.bot() as bot:
            for _ in range(dice.randrange(8, 30)):
                polls -= 1
                stage.agents({f"1200{n}-A": str(dice.choice([0, 0.4, 2, 3, 7])) for n in range(6)})
                stage.hits(*(f"c{dice.randrange(40)}" for _ in range(3)))
                stage.wolkvox.fault = dice.choice([None] * 6 + [Fault(Wrong.STATUS, status=500)])
                bot.poll_once()
                bot.deliver_due()
                stage.wait(seconds=dice.choice([20, 60, 60, 61, 240]))
                bot.cycle.catch_up(stage.now)
                if dice.random() < 0.15:
                    ask(bot, dice, stage, polls)
                if dice.random() < 0.05:
                    stage.rules.write_text(dice.choice([text, other]))
                    bot.reload()
        stage.wait(seconds=dice.choice([1, 90, 1800]))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_replay_decides_what_was_decided_live(tmp_path: Path, seed: int) -> None:
    with staged(tmp_path, DAY) as stage:
        watched = Watched(stage)
        live_through(watched, 65 * seed, seed)
        replayed = watched.replayed()

    assert len(watched.live) > 130
    for live, again in zip(watched.live, replayed, strict=False):
        assert again == live
    assert len(replayed) == len(watched.live)
