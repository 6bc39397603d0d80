"""Say what the running bot noted of a source's answers: it was read all the same, and is odd.

No call is spent on it. The names of ``Note`` are keys of the public interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from notifier.core.facts.state import SourceState

BLIND = ("unreadable", "absent", "lacking", "full", "broken")
"""What may make rules blind, or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing that is odd.

    Attributes:
        what: Met in the last week: ``unreadable`` (values of a field), ``absent`` (a field),
            ``lacking`` (a list), ``aliased`` (a field under another name). In the last answer:
            ``undeclared`` (a new field, not read), ``broken`` (numbers that cannot be true
            together), ``dropped`` (records without a key), ``full`` (the vendor may have cut it
            off). Ever, of counters: ``resets``, ``corrections``.
        about: The field, list or relation.
        times: Answers in which it was met; of the last answer: how many rows.
        matters: Rules may be blind or wrong for it.
    """

    what: str
    about: str = ""
    times: int = 1
    first: datetime | None = None
    last: datetime | None = None
    matters: bool = False


def notes(state: SourceState) -> Iterator[Note]:
    """All that is noted of a source, what matters in front."""
    yield from sorted((*_lately(state), *_last(state), *_ever(state)), key=lambda n: not n.matters)


def _lately(state: SourceState) -> Iterator[Note]:
    for what in ("unreadable", "absent", "lacking", "aliased"):
        for name, met in getattr(state.met, what).items():
            yield Note(
                what=what, about=name, times=met.answers, first=met.first, last=met.last,
                matters=what in BLIND,
            )  # fmt: skip


def _last(state: SourceState) -> Iterator[Note]:
    odd = state.oddities
    for name, rows in odd.broken.items():
        yield Note(what="broken", about=name, times=rows, last=state.good_at, matters=True)
    if odd.full:
        yield Note(what="full", last=state.good_at, matters=True)
    if odd.dropped:
        yield Note(what="dropped", times=odd.dropped, last=state.good_at)
    for name in odd.undeclared:
        yield Note(what="undeclared", about=name, last=state.good_at)


def _ever(state: SourceState) -> Iterator[Note]:
    falls = state.falls
    if falls.resets:
        yield Note(what="resets", times=falls.resets, last=falls.reset_at)
    if falls.corrections:
        yield Note(what="corrections", times=falls.corrections, last=falls.corrected_at)
