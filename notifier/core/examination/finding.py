"""What an examination found: one sentence, how bad it is, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad it is. SKIPPED could not be looked at, for a reason that is given."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        group: What it belongs to: ``wolkvox bogota``, ``slack``, ``mail``, ...
        check: What was looked at, in a word or two; the same in every run.
        text: What was found. It holds no secret and nothing of a customer.
        fix: What to do; empty where there is nothing to do.
        calls: How many calls of wolkvox's quota it took.
    """

    group: str
    check: str
    level: Level
    text: str
    fix: str = ""
    calls: int = 0


def ok(group: str, check: str, text: str) -> Finding:
    return Finding(group, check, Level.OK, text)


def warn(group: str, check: str, text: str, fix: str) -> Finding:
    return Finding(group, check, Level.WARN, text, fix)


def fail(group: str, check: str, text: str, fix: str) -> Finding:
    return Finding(group, check, Level.FAIL, text, fix)


def skipped(group: str, check: str, why: str) -> Finding:
    return Finding(group, check, Level.SKIPPED, why)
