"""Put the house together. Here hang the two clocks and the dice; everything else is handed them."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from notifier.channels.base import Channel
from notifier.core.compiled import Rulebook
from notifier.core.plan import Plan
from notifier.core.planning import plan
from notifier.core.rulefile import load
from notifier.cycle import Cycle
from notifier.deliver import Worker
from notifier.errors import ConfigError
from notifier.journal import Journal
from notifier.settings import Settings
from notifier.store import outbox
from notifier.store.database import Database, open_database
from notifier.web.metrics import Metrics
from notifier.wolkvox.endpoints import CATALOGUE
from notifier.wolkvox.reader import Reader

VERSION = "0.1.0"


def utc_now() -> datetime:
    """The wall clock, read nowhere else."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time and chance, as the house knows them.

    Attributes:
        now: Wall time, aware, UTC.
        monotonic: Seconds that are never set back.
        jitter: Draws from [0, 1).
        pace: How much faster than real time *now* runs: 1 but in the demo.
    """

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random
    pace: float = 1.0


def read_rules(path: Path, templates: Path | None = None) -> Rulebook:
    """Read and check a rules file.

    Raises:
        ConfigError: it cannot be read, or holds mistakes: all of them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no rules file {path}; copy rules.example.toml to it, "
            "or set NOTIFIER_RULES to yours"
        ) from None
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"the rules file {path} cannot be read: {reason}") from None
    return load(text, CATALOGUE, str(path))


def rules_path(file: Path | None) -> Path:
    """The rules file that was named, or that the environment names."""
    return file or Path(os.environ.get("NOTIFIER_RULES", "rules.toml"))

