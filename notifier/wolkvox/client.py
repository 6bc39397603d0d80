"""Ask wolkvox one thing at a time: one GET, bounded in time and size by ourselves.

The same hosts serve write operations: only what the catalogue allows is ever asked. A redirect is
not followed, for the token would go along. The library is imported with the first question: a
start need not wait for it.
"""

from __future__ import annotations

import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakValueDictionary

from notifier.core.payload.answer import Answer
from notifier.core.payload.endpoint import Endpoint
from notifier.core.payload.readonly import refusal
from notifier.errors import FetchError, Trouble

if TYPE_CHECKING:
    import urllib3

WHOLE = 60.0  # seconds for a whole answer: the vendor's own limit
CONNECT = 10.0  # seconds for a connection
BIGGEST = 256 * 1024 * 1024  # bytes of a decoded answer: the vendor's own limit
PIECE = 1024 * 1024  # bytes read at once
DATES = "%Y%m%d%H%M%S"  # the vendor's YYYYmmddHHiiss

Window: TypeAlias = tuple[datetime, datetime]

_TOKEN = re.compile(r"[\x21-\x7e]+")
_NUMBERED = re.compile(r"https://wv([0-9]{4})\.wolkvox\.com")
_LOOPBACK = re.compile(r"https?://(localhost|127(\.[0-9]+){3}|\[::1\])(:[0-9]+)?(/|$)")
_SAYS = {
    Trouble.NETWORK: "wolkvox cannot be reached; check the network and `server`; the caller's IP "
    "address may have to be registered in wolkvox Manager",
    Trouble.TIMEOUT: f"no whole answer came within {WHOLE:.0f} s",
    Trouble.TLS: "the connection is not trusted: its certificate could not be verified",
    Trouble.BUSY: "other requests of this token have lasted too long",
    Trouble.TOO_LARGE: f"the answer is larger than {BIGGEST // 1024 // 1024} MB",
    Trouble.TOKEN: "the token holds characters that cannot be sent; copy it again",
    Trouble.REQUEST: "this endpoint is not on the list of those that only read",
}


class _Turn:
    """One request in flight per token within this process, also over several clients."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


_turns: WeakValueDictionary[bytes, _Turn] = WeakValueDictionary()
_turns_guard = threading.Lock()


def _turn(token: str) -> _Turn:
    key = sha256(token.encode()).digest()
    with _turns_guard:
        found = _turns.get(key)
        if found is None:
            found = _turns[key] = _Turn()
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
        """*server* is an address without ``/api/v2``; *whole* and *biggest* are for tests.

        ``turn`` is entered round each request: other processes wait there, calls are counted.
        """
        self.turn: Callable[[], AbstractContextManager[None]] = nullcontext
        self._server = server
        self._token = token.strip()
        self._turn = _turn(self._token)
        self._seconds = seconds
        self._whole = whole
        self._biggest = biggest

    def __repr__(self) -> str:
        return f"Client({self._server!r})"

    def fetch(
        self, endpoint: Endpoint, params: Mapping[str, str], window: Window | None = None
    ) -> Answer:
        """Return the answer, whatever its status. Waits, not for ever, for others of the token.

        window: For dated endpoints, in the operation's own time.

        Raises:
            FetchError: none came. Its text holds neither address nor token nor body.
        """
        if refusal(endpoint.family, endpoint.api):
            raise _failed(Trouble.REQUEST)
        if not _TOKEN.fullmatch(self._token):
            raise _failed(Trouble.TOKEN)
        query = {**params, **_dates(window), "api": endpoint.api}
        address = f"{self._server}/api/v2/{endpoint.family}.php"
        with self._alone(), self.turn(), _said():
            return self._get(address, query)

    @property
    def number(self) -> int:
        """32 bits that stand for the token: they tell nothing of it."""
        return int.from_bytes(sha256(self._token.encode()).digest()[:4], "big")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A request lasts no longer than the wait, but several may wait."""
        if not self._turn.lock.acquire(timeout=self._whole):
            raise _failed(Trouble.BUSY)
        try:
            yield
        finally:
            self._turn.lock.release()

    def _get(self, address: str, query: Mapping[str, str]) -> Answer:
        from notifier.wire import Deadline, a_session

        deadline = Deadline(self._seconds, self._seconds() + self._whole)
        local = _LOOPBACK.match(self._server) is not None
        with (
            a_session(deadline, direct=local) as session,
            session.get(
                address,
                params=query,
                headers=self._headers(),
                stream=True,
                allow_redirects=False,
                timeout=(min(CONNECT, self._whole), self._whole),
            ) as response,
        ):
            headers = {name.lower(): value for name, value in response.headers.items()}
            body = b"".join(self._pieces(response.raw, headers.get("content-encoding", "")))
            return Answer(response.status_code, body, headers)

    def _headers(self) -> dict[str, str]:
        """No connection is kept: polls are further apart than the server would keep it."""
        numbered = _NUMBERED.match(self._server)
        return {
            "wolkvox-token": self._token,
            "accept": "application/json",
            "accept-encoding": "gzip",
            "connection": "close",
        } | ({"wolkvox_server": numbered[1]} if numbered else {})

    def _pieces(self, raw: urllib3.BaseHTTPResponse, encoding: str) -> Iterator[bytes]:
        """Read and unfold piece by piece: a bomb gets no further than the limit."""
        unfold = zlib.decompressobj(wbits=47) if encoding in ("gzip", "deflate") else None
        left = self._biggest
        while piece := raw.read1(PIECE, decode_content=False):
            if unfold is not None:
                piece = unfold.decompress(piece, left + 1)
            left -= len(piece)
            if left < 0:
                raise _failed(Trouble.TOO_LARGE)
            yield piece
        if unfold is not None and not unfold.eof:
            raise _failed(Trouble.NETWORK)


@contextmanager
def _said() -> Iterator[None]:
    """Turn what the libraries raise into a kind: their texts hold the address."""
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (RequestException, HTTPError, OSError, ValueError, zlib.error) as error:
        raise _failed(_trouble(error)) from None


def _failed(trouble: Trouble) -> FetchError:
    return FetchError(trouble, _SAYS[trouble])


def _dates(window: Window | None) -> dict[str, str]:
    if window is None:
        return {}
    return {"date_ini": window[0].strftime(DATES), "date_end": window[1].strftime(DATES)}


def _trouble(error: BaseException) -> Trouble:
    import requests
    from urllib3 import exceptions

    if isinstance(error, requests.exceptions.SSLError | exceptions.SSLError):
        return Trouble.TLS
    if isinstance(error, requests.Timeout | exceptions.TimeoutError | TimeoutError):
        return Trouble.TIMEOUT
    return Trouble.NETWORK
