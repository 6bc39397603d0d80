"""Bind the port and answer it from a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from notifier import logs
from notifier.errors import StateError
from notifier.web.patience import MOST, PATIENCE, patient

GRACE = 2  # seconds that a stop waits for answers under way: live ones never end by themselves


class Server:
    """The application on a port, until stopped."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        leave: Callable[[], None] = lambda: None,
        patience: float = PATIENCE,
        most: int = MOST,
    ) -> None:
        """Bind at once, so that a taken port is a sentence at start.

        port: 0 takes a free one.
        leave: Called before it stops.
        patience, most: See ``patience``.

        Raises:
            StateError: the port is taken or may not be used.
        """
        self._socket = _bind(host, port)
        self._leave = leave
        logs.mute("uvicorn")
        config = uvicorn.Config(
            app,
            http=patient(patience, most),
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,  # whom to believe is the gate's to say
            server_header=False,
            timeout_graceful_shutdown=GRACE,
        )
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
        self._leave()
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
