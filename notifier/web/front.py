"""Answer the two probes at once, and build all the rest when somebody first asks for it.

The rest takes half a second to import: a start waits for nobody who does not look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Application: TypeAlias = ASGIApp
Reasons: TypeAlias = Callable[[], Sequence[str]]
UNAVAILABLE = 503


@dataclass
class Front:
    """An ASGI application.

    Attributes:
        unhealthy, unready: Why it is not so, in a few words that name nobody; empty when all is
            well.
        build: Makes the rest, gate included.
        leave: Called before the end: what never ends by itself is to end now.
    """

    unhealthy: Reasons
    unready: Reasons
    build: Callable[[], Application]
    leave: Callable[[], None] = lambda: None
    _rest: Application | None = None
    _lock: Lock = field(default_factory=Lock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have it answered."""
        if scope["type"] != "http":
            return
        probe = {"/healthz": self.unhealthy, "/readyz": self.unready}.get(scope["path"])
        if probe is not None:
            await _probe(probe())(scope, receive, send)
            return
        rest = await run_in_threadpool(self._built) if self._rest is None else self._rest
        await rest(scope, receive, send)

    def _built(self) -> Application:
        with self._lock:
            if self._rest is None:
                self._rest = self.build()
            return self._rest


def _probe(reasons: Sequence[str]) -> Response:
    if reasons:
        return JSONResponse({"status": "failing", "reasons": list(reasons)}, UNAVAILABLE)
    return JSONResponse({"status": "ok"})
