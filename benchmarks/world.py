"""Give a bot that is ready to poll: rules, settings and a database on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.far_side import FarSide, far_side
from benchmarks.rulefiles import rules
from notifier import logs
from notifier.app import opened
from notifier.bot import Bot
from notifier.core.facts.state import SourceKey
from notifier.settings import load_settings

LATENCY = SourceKey("bogota", "latency")


@dataclass(frozen=True, slots=True)
class World:
    """A bot and its far side."""

    bot: Bot
    far: FarSide
    variables: dict[str, str]

    def poll(self) -> None:
        """One poll, which must be a good one."""
        outcome = self.bot.cycle.poll(LATENCY)
        assert outcome
        assert not outcome.trouble, outcome.trouble

    def fires(self, count: int) -> None:
        """Check that so many incidents are open."""
        still = [each for each in self.bot.cycle.known.incidents.values() if each.open]
        assert len(still) == count, len(still)


@contextmanager
def folder(answers: Sequence[bytes]) -> Iterator[tuple[Path, list[Path]]]:
    """A folder that goes when it is left, and the answers as files in it."""
    with TemporaryDirectory(prefix="bench-") as name:
        paths = [Path(name, f"answer-{place}.json") for place in range(len(answers))]
        for path, answer in zip(paths, answers, strict=True):
            path.write_bytes(answer)
        yield Path(name), paths


def environment(home: Path, far: FarSide) -> dict[str, str]:
    """What the bot is told by its environment."""
    return {
        "NOTIFIER_RULES": str(home / "rules.toml"),
        "NOTIFIER_DATABASE_URL": f"sqlite:///{home / 'notifier.db'}",
        "NOTIFIER_TOKENS__BOGOTA": "77766b74",
        "NOTIFIER_SLACK__BOT_TOKEN": "xoxb-simulated",
        "NOTIFIER_SLACK__BASE_URL": far.slack,
        "NOTIFIER_WEB__PORT": "0",
    }


@contextmanager
def world(answers: Sequence[bytes], *chosen: dict[str, tuple[str, str]]) -> Iterator[World]:
    """A bot that meets these answers in turn, under the rules of *chosen*."""
    logs.configure(level="warning")
    with folder(answers) as (home, paths), far_side(paths) as far:
        (home / "rules.toml").write_text(rules(far.wolkvox, *chosen))
        settings = load_settings(environment(home, far), dotenv=None)
        with opened(settings) as bot:
            yield World(bot, far, environment(home, far))
