"""Keep no connection for whoever sends or takes too slowly, and only so many at once.

Each connection is a file of this process, and so is the database: whoever opens thousands and says
nothing must not keep the bot from its work.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST = 400  # connections: twice as many as pages that listen
PATIENCE = 20.0  # seconds for a whole request to be there, or for an answer to be taken


@dataclass(slots=True)
class Fuse:
    """Ends something later, unless it is put out."""

    light_for: Callable[[], TimerHandle]
    _burning: TimerHandle | None = None

    @property
    def ends(self) -> float | None:
        """When it ends something, by the loop's clock; None where nothing ends."""
        return None if self._burning is None else self._burning.when()

    def light(self) -> None:
        """Count from now, where it does not count already."""
        self._burning = self._burning or self.light_for()

    def put_out(self) -> None:
        """Nothing ends."""
        if self._burning is not None:
            self._burning.cancel()
        self._burning = None


class Patient(H11Protocol):
    """One connection, as uvicorn speaks it, with an end to waiting."""

    patience: ClassVar[float] = PATIENCE
    most: ClassVar[int] = MOST
    asking: Fuse
    taking: Fuse

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Take it; where there are too many, whoever has asked nothing for longest gives way.

        So nobody who opens hundreds and says nothing keeps others out, or whoever looks whether
        the bot lives.
        """
        self.asking, self.taking = Fuse(self._end_later), Fuse(self._end_later)
        super().connection_made(transport)
        self.asking.light()
        known: set[Any] = {*self.connections}
        there = [each for each in known if not each.transport.is_closing()]
        if len(there) > self.most:
            silent = [(each.asking.ends, each.transport) for each in there if each.asking.ends]
            min(silent, key=lambda one: one[0])[1].abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        super().connection_lost(exc)
        self.asking.put_out()
        self.taking.put_out()

    def data_received(self, data: bytes) -> None:
        """See whether the request is whole now."""
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """Wait for another one."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The client takes nothing now."""
        super().pause_writing()
        self.taking.light()

    def resume_writing(self) -> None:
        """It does again."""
        super().resume_writing()
        self.taking.put_out()

    def timeout_keep_alive_handler(self) -> None:
        """Close what is idle, also where the last answer is not taken."""
        super().timeout_keep_alive_handler()
        self.taking.light()

    def _look(self) -> None:
        cycle: Any = self.cycle
        if cycle is not None and not cycle.response_complete and not cycle.more_body:
            self.asking.put_out()
        elif not self.transport.is_closing():
            self.asking.light()

    def _end_later(self) -> TimerHandle:
        return self.loop.call_later(self.patience, self.transport.abort)


def patient(patience: float, most: int) -> type[Patient]:
    """Connections of that patience, of which there are at most so many."""
    return type("Patient", (Patient,), {"patience": patience, "most": most})
