"""Draw numbers that depend on nothing but their names, so that runs repeat."""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_WHOLE = 2**64


def draw(*names: object) -> float:
    """Return a number from 0 up to but not including 1, the same for the same names."""
    digest = blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / _WHOLE


def between(low: float, high: float, *names: object) -> float:
    """Return a number from *low* to *high*."""
    return low + (high - low) * draw(*names)


def one_of(choices: Sequence[T], *names: object) -> T:
    """Return one of *choices*."""
    return choices[int(draw(*names) * len(choices))]


def stream(*names: object) -> random.Random:
    """Return a source of many draws, for where one draw by name each would be slow."""
    return random.Random("\x1f".join(map(str, names)))
