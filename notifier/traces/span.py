"""Say what a stretch of work was, and hand it to whoever wants to see it.

A trace's id is made of the time of its reading and begins with the id in the log, so that a
delivery finds its trace, also after a restart, with nothing to carry along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notifier.core.facts.state import SourceKey, digest
from notifier.core.telling.outgoing import trace

STEPS = 50  # requests and answers of one poll that are shown

Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of work.

    Attributes:
        at: The time of the reading that it belongs to: the whole trace is known by it.
        facts: Names of the rules file, kinds and numbers; no value from the far side.
        failed: The kind of failure; empty where there was none.
        root: What the others of the trace are part of; there is one.
    """

    name: str
    at: datetime
    began: datetime
    ended: datetime
    facts: Facts = field(default_factory=dict)
    failed: str = ""
    root: bool = False

    @property
    def trace(self) -> str:
        """The 32 hexadecimal digits of the trace; the first ones are the log's ``trace``."""
        rest = digest("trace id", self.at.isoformat()) + digest("its end", self.at.isoformat())
        return trace(self.at) + rest[:24]

    @property
    def top(self) -> str:
        """The 16 digits of the trace's root."""
        return digest("root", self.at.isoformat())


@dataclass(slots=True)
class Traces:
    """Where work is shown: nowhere, unless there is a collector.

    Attributes:
        send: Takes a span, at once, whatever becomes of it.
        stop: Shows what waits, for a few seconds at most.
    """

    send: Callable[[Span], None] | None = None
    stop: Callable[[], None] = lambda: None
    _steps: dict[SourceKey, list[tuple[str, datetime, datetime]]] = field(default_factory=dict)

    def show(self, span: Span) -> None:
        """Show it."""
        if self.send is not None:
            self.send(span)

    def step(self, source: SourceKey, name: str, began: datetime, ended: datetime) -> None:
        """Keep what a poll did until its reading, and so its trace, is known."""
        steps = self._steps.setdefault(source, [])
        if self.send is not None and len(steps) < STEPS:
            steps.append((name, began, ended))

    def poll(self, source: SourceKey, poll: Span) -> None:
        """Show a poll and the steps of it."""
        for name, began, ended in self._steps.pop(source, ()):
            self.show(Span(name=name, at=poll.at, began=began, ended=ended, facts=poll.facts))
        self.show(poll)
