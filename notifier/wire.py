"""Bound every read of a connection by one deadline.

The libraries bound each read for itself: an answer that drips, even within its headers, would
hold a client for hours.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

BUFFER = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an answer must be whole, on the clock *seconds*."""

    seconds: Callable[[], float]
    until: float

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            TimeoutError: none.
        """
        left = self.until - self.seconds()
        if left <= 0:
            raise TimeoutError
        return left


def a_session(deadline: Deadline, *, direct: bool) -> requests.Session:
    """Return a session for one request: no cookies, no .netrc, no retries.

    direct: Not through the proxies of the environment.
    """
    session = requests.Session()
    session.trust_env = not direct
    session.auth = lambda request: request  # else a .netrc would be looked up
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(deadline)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, deadline: Deadline) -> None:
        self._pools = _pools(deadline)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(deadline: Deadline) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            self.sock = _Bounded(self.sock, deadline)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            self.sock = _Bounded(self.sock, deadline)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Bounded:
    """A socket whose file is read up to the deadline, all else as it was."""

    def __init__(self, sock: Any, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def makefile(self, mode: str) -> io.BufferedReader:
        raw = self._sock.makefile(mode, buffering=0)
        return io.BufferedReader(_Reads(self._sock, raw, self._deadline), BUFFER)


class _Reads(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: Deadline) -> None:
        self._sock = sock
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
