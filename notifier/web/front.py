"""Answer the two probes at once, and build all the rest when somebody first asks for it.

The rest takes half a second to import: a start waits for nobody who does not look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from notifier import logs
from notifier.web.headers import HEADERS

log = logs.logger("web")

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
            await _probe(scope["method"], probe())(scope, receive, send)
            return
        try:
            rest = await run_in_threadpool(self._built) if self._rest is None else self._rest
            await rest(scope, receive, send)
        except Exception as error:
            log.error("internal error", kind=type(error).__name__, where=logs.place(error))
            raise  # the server answers 500, where nobody answered yet; its own log is mute

    def _built(self) -> Application:
        with self._lock:
            if self._rest is None:
                self._rest = self.build()
            return self._rest


def _probe(method: str, reasons: Sequence[str]) -> Response:
    if method not in ("GET", "HEAD"):
        return PlainTextResponse("it can only be asked\n", 405, {**HEADERS, "allow": "GET, HEAD"})
    if reasons:
        answer = {"status": "failing", "reasons": list(reasons)}
        return JSONResponse(answer, UNAVAILABLE, HEADERS)
    return JSONResponse({"status": "ok"}, headers=HEADERS)
