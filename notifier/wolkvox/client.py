"""Ask wolkvox one thing at a time: one GET, bounded in time and size by ourselves.

The same hosts serve write operations: only what the catalogue allows is ever asked. A redirect is
not followed, for the token would go along.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias
from weakref import WeakValueDictionary

import requests
import urllib3

from notifier.core.answer import Answer
from notifier.core.endpoint import Endpoint
from notifier.errors import FetchError, Trouble
from notifier.wolkvox.endpoints import ALLOWED

WHOLE = 60.0  # seconds for a whole answer: the vendor's own limit
CONNECT = 10.0  # seconds for a connection
BIGGEST = 256 * 1024 * 1024  # bytes of a decoded answer: the vendor's own limit
PIECE = 1024 * 1024  # bytes read at once
DATES = "%Y%m%d%H%M%S"  # the vendor's YYYYmmddHHiiss

Window: TypeAlias = tuple[datetime, datetime]

_SAYS = {
    Trouble.NETWORK: "wolkvox cannot be reached; check the network and `server`",
    Trouble.TIMEOUT: f"no whole answer came within {WHOLE:.0f} s",
    Trouble.TLS: "the connection is not trusted: its certificate could not be verified",
    Trouble.TOO_LARGE: f"the answer is larger than {BIGGEST // 1024 // 1024} MB",
}


class _Turn:
    """One request in flight per token, also over several clients."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_turns: WeakValueDictionary[str, _Turn] = WeakValueDictionary()
_turns_guard = threading.Lock()


def _turn(token: str) -> _Turn:
    with _turns_guard:
        found = _turns.get(token)
        if found is None:
            found = _turns[token] = _Turn()
        return found


class Client:
    """One operation's server and token."""

    def __init__(
        self,
        server: str,
        token: str,
        *,
        seconds: Callable[[], float] = time.monotonic,
        whole: float = WHOLE,
        biggest: int = BIGGEST,
    ) -> None:
        """*server* is an address without ``/api/v2``; *whole* and *biggest* are for tests."""
        self._server = server
        self._turn = _turn(token)
        self._seconds = seconds
        self._whole = whole
        self._biggest = biggest
        self._headers = {"wolkvox-token": token, "accept": "application/json"}
        self._session = _session()

    def __repr__(self) -> str:
        return f"Client({self._server!r})"

    def fetch(
        self, endpoint: Endpoint, params: Mapping[str, str], window: Window | None = None
    ) -> Answer:
        """Return the answer, whatever its status. Waits until no other request of the token runs.

        window: For dated endpoints, in the operation's own time.

        Raises:
            FetchError: none came. Its text holds neither address nor token nor body.
        """
        if (endpoint.family, endpoint.api) not in ALLOWED:
            raise FetchError(Trouble.REQUEST, f"`{endpoint.name}` is not a read-only endpoint")
        query = {"api": endpoint.api, **params, **_dates(window)}
        address = f"{self._server}/api/v2/{endpoint.family}.php"
        with self._turn.lock, self._said():
            return self._get(address, query)

    def _get(self, address: str, query: Mapping[str, str]) -> Answer:
        deadline = self._seconds() + self._whole
        with self._session.get(
            address,
            params=query,
            headers=self._headers,
            stream=True,
            allow_redirects=False,
            timeout=(min(CONNECT, self._whole), self._whole),
        ) as response:
            body = self._body(response, deadline)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, body, headers)

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        """Read in pieces: neither a slow drip nor a bomb gets further than the limits."""
        pieces, size = [], 0
        raw = response.raw
        while True:
            _limit(raw, deadline - self._seconds())
            piece = raw.read1(PIECE, decode_content=True)
            if not piece and raw.closed:
                break
            size += len(piece)
            if size > self._biggest:
                raise FetchError(Trouble.TOO_LARGE, _SAYS[Trouble.TOO_LARGE])
            if self._seconds() > deadline:
                raise FetchError(Trouble.TIMEOUT, _SAYS[Trouble.TIMEOUT])
            if not piece:
                break
            pieces.append(piece)
        return b"".join(pieces)

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn what the library raises into a kind; drop the connection, whose state is unknown."""
        try:
            yield
        except FetchError:
            self._fresh()
            raise
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            self._fresh()
            trouble = _trouble(error)
            raise FetchError(trouble, _SAYS[trouble]) from None

    def _fresh(self) -> None:
        self._session.close()
        self._session = _session()


def _session() -> requests.Session:
    """No retries of its own, no .netrc, no cookies carried along."""
    session = requests.Session()
    session.auth = lambda request: request  # else a .netrc would be looked up
    return session


def _dates(window: Window | None) -> dict[str, str]:
    if window is None:
        return {}
    return {"date_ini": window[0].strftime(DATES), "date_end": window[1].strftime(DATES)}


def _limit(raw: urllib3.BaseHTTPResponse, seconds: float) -> None:
    """Let the next read wait no longer than is left of the whole."""
    connection = getattr(raw, "connection", None) or getattr(raw, "_connection", None)
    sock = getattr(connection, "sock", None)
    if sock is not None:
        sock.settimeout(max(0.001, seconds))


def _trouble(error: BaseException) -> Trouble:
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return Trouble.TLS
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return Trouble.TIMEOUT
    return Trouble.NETWORK
