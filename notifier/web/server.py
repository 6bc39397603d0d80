"""Bind the port and answer it from a thread of its own."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from notifier.errors import StateError

Reasons: TypeAlias = Callable[[], Sequence[str]]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
UNAVAILABLE = 503


def application(
    *, unhealthy: Reasons, unready: Reasons, metrics: Callable[[], bytes], token: str = ""
) -> Starlette:
    """The pages as an ASGI application.

    unhealthy, unready: Why it is not so, in a few words that name nobody; empty when all is well.
    token: Asked of everything but the two probes, once it is set.
    """

    async def healthz(_: Request) -> Response:
        return _probe(unhealthy())

    async def readyz(_: Request) -> Response:
        return _probe(unready())

    async def numbers(request: Request) -> Response:
        if not _allowed(request, token):
            return PlainTextResponse("a token is needed\n", 401, {"www-authenticate": "Bearer"})
        try:
            # Beside the loop: a database that hangs must not keep the probes waiting.
            counted = await run_in_threadpool(metrics)
        except StateError:
            return PlainTextResponse("the database cannot be used\n", UNAVAILABLE)
        return Response(counted, media_type=METRICS_TYPE)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", numbers),
        ]
    )


def _probe(reasons: Sequence[str]) -> Response:
    if reasons:
        return JSONResponse({"status": "failing", "reasons": list(reasons)}, UNAVAILABLE)
    return JSONResponse({"status": "ok"})


def _allowed(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    return not token or secrets.compare_digest(given.encode(), token.encode())


class Server:
    """The application on a port, until stopped."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        """Bind at once, so that a taken port is a sentence at start.

        port: 0 takes a free one.

        Raises:
            StateError: the port is taken or may not be used.
        """
        self._socket = _bind(host, port)
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nothing more."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise StateError(
            f"cannot listen on {host}:{port} ({str(error.strerror).partition(' (')[0]}); "
            "stop what uses it or set NOTIFIER_WEB__PORT to another port"
        ) from error
