"""Serve HTTP on 127.0.0.1 from threads, able to misbehave, and gone at once when told to stop."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

KEEP_ALIVE = 5.0  # seconds, as the real platform
_FLOOD = 256 * 1024  # bytes at once


class Exchange:
    """One request, and the ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes, stopping: threading.Event):
        self._handler = handler
        self.stopping = stopping
        parts = urlsplit(handler.path)
        self.method = handler.command
        self.path = parts.path
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.headers: Mapping[str, str] = {k.lower(): v for k, v in handler.headers.items()}
        self.body = body
        self.finishing: Callable[[], None] = lambda: None
        """Called before the last bytes leave: the client's next request may follow at once."""
        self.date: datetime | None = None
        """What the Date header says; None: the real time."""

    def reply(
        self, status: int, body: bytes, headers: Mapping[str, str], *, length: int | None = None
    ) -> None:
        """Send an answer; with *length*, announce that many bytes and close after the body."""
        self._head(status, headers, len(body) if length is None else length, length is not None)
        self._last(body)

    def drip(self, body: bytes, headers: Mapping[str, str], pause: float) -> None:
        """Send an answer a byte at a time."""
        self._head(200, headers, len(body), True)
        for index in range(len(body) - 1):
            self._handler.wfile.write(body[index : index + 1])
            self._handler.wfile.flush()
            if self.stopping.wait(pause):
                return
        self._last(body[-1:])

    def _head(self, status: int, headers: Mapping[str, str], length: int, close: bool) -> None:
        handler = self._handler
        stamp = None if self.date is None else self.date.timestamp()
        handler.send_response_only(status)
        handler.send_header("Server", handler.server_version)
        handler.send_header("Date", handler.date_time_string(stamp))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(length))
        if close:
            handler.send_header("Connection", "close")
        handler.end_headers()

    def _last(self, body: bytes) -> None:
        self.finishing()
        self._handler.wfile.write(body)
        self._handler.wfile.flush()

    def flood(self, headers: Mapping[str, str], most: int) -> None:
        """Send blanks until the client goes away, or *most* bytes, and announce no end."""
        self._head(200, headers, 10 * most, True)
        for _ in range(0, most, _FLOOD):
            if self.stopping.is_set():
                break
            self._handler.wfile.write(b" " * _FLOOD)
        self.drop()

    def hang(self, seconds: float) -> None:
        """Say nothing for a while, then close."""
        self.stopping.wait(seconds)
        self.drop()

    def drop(self) -> None:
        """Close the connection without a word."""
        self.finishing()
        self._handler.close_connection = True
        with contextlib.suppress(OSError):
            self._handler.connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Apache"
    sys_version = ""
    timeout = KEEP_ALIVE
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet; each request ends with a flush

    server: _Server

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        exchange = Exchange(self, self.rfile.read(length), self.server.stopping)
        try:
            self.server.owner.answer(exchange)
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the client went away first

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the terminal belongs to the demo."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, owner: Loopback):
        self.owner = owner
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that went away; anything else is a mistake of ours."""
        if self.stopping.is_set():
            return
        super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Let every open connection end, so that no thread waits on one."""
        with self._lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Loopback:
    """A server on 127.0.0.1 that runs while its ``with`` block does.

    Subclasses say in ``answer`` what to do with a request; it is called from many threads.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """The port bound to; the wished one before the start."""
        return self._server.server_address[1] if self._server else self._port

    @property
    def root(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Bind the port and serve. Raises OSError when the port is taken."""
        server = _Server(self._port, self)
        self._server = server
        self._thread = threading.Thread(
            target=server.serve_forever, args=(0.02,), name=type(self).__name__, daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """End all connections, hanging ones too, and free the port. Again does nothing."""
        if self._server is None or self._thread is None:
            return
        self._server.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._port, self._server = self.port, None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
