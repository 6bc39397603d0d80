"""Read one source: ask its endpoint, read the answer, take the snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.facts.snapshot import Snapshot, take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.plan import SourcePlan
from notifier.core.payload.decode import Decoded, read
from notifier.core.payload.endpoint import spread
from notifier.core.payload.gather import gathered
from notifier.wolkvox.client import Client

Window = tuple[datetime, datetime]
Note = Callable[[SourceKey, str, datetime, datetime], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads any source of any operation with that operation's client.

    Attributes:
        note: Told of each step, and from when to when it lasted: ``ask`` and ``decode``.
    """

    clients: Mapping[str, Client]
    clock: Callable[[], datetime]
    note: Note = lambda *_: None

    def __call__(self, source: SourcePlan, now: datetime) -> Snapshot:
        """Return the snapshot; its time is when the answer, or the last of several, was there.

        Raises:
            PollError: there is none, and why.
        """
        when = window(source, now)
        decoded = gathered(self._read(source, params, when) for params in spread(source.params))
        rows, oddities = decoded.collections, decoded.oddities
        return take(source.key, source.endpoint, rows, self.clock(), oddities)

    def _read(self, source: SourcePlan, params: Mapping[str, str], when: Window | None) -> Decoded:
        with self._noted(source.key, "ask"):
            client = self.clients[source.key.operation]
            answer = client.fetch(source.endpoint, params, when)
        here = self.clock().astimezone(source.zone)
        with self._noted(source.key, "decode"):
            return read(answer, source.endpoint, source.hit_values, here=here)

    @contextmanager
    def _noted(self, key: SourceKey, step: str) -> Iterator[None]:
        began = self.clock()
        try:
            yield
        finally:
            self.note(key, step, began, self.clock())


def window(source: SourcePlan, now: datetime) -> Window | None:
    """The dates a dated endpoint is asked for, in the operation's own time."""
    if not source.endpoint.dated or source.window is None:
        return None
    local = now.astimezone(source.zone)
    if isinstance(source.window, timedelta):
        return local - source.window, local
    return local.replace(hour=0, minute=0, second=0, microsecond=0), local
