"""Stand at the door: who asks, by which name we are called, and what they may do.

Nothing behind it is reached otherwise, and every answer leaves with the headers set here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from math import ceil
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notifier.web.headers import HEADERS, STRICT
from notifier.web.limit import Attempts
from notifier.web.problem import problem
from notifier.web.visitor import Access, Role, Visitor

PROBES = ("/healthz", "/readyz")
PUBLIC = ("/login", "/static/")
PROGRAMS = ("/api/", "/openapi.json", "/metrics", "/live")
HARMLESS = (
    "/login",
    "/logout",
    "/preview",
    "/what-if",
    "/replay",
)  # ends of paths that change nothing
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LARGEST = 256 * 1024  # bytes of a request: a rules file to replay is the largest
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request came from.

    Attributes:
        address: Of the client, or what one of our proxies says of it.
        host: The name that we are called by, without its port.
        secure: The client speaks https, or never leaves its own machine.
    """

    address: str
    host: str
    https: bool

    @property
    def secure(self) -> bool:
        return self.https or self.host in LOCAL


@dataclass(frozen=True)
class Gate:
    """An ASGI application before another one.

    Attributes:
        names: Host names that are ours; None: any, for we are not on loopback.
        clock: The wall clock, for sessions.
    """

    app: ASGIApp
    access: Access
    names: frozenset[str] | None
    attempts: Attempts
    clock: Callable[[], datetime]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let through."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        caller = self._caller(scope, headers)
        visitor = self._visitor(headers, scope, caller)
        refusal = self._refusal(scope, headers, caller, visitor)
        scope.setdefault("state", {}).update(
            caller=caller, visitor=visitor, access=self.access,
            still=lambda: self._visitor(headers, scope, caller) == visitor,
        )  # fmt: skip
        decorated = _decorated(send, caller)
        if refusal is not None:
            if _length(headers) <= LARGEST:
                await _taken(receive)
            await refusal(scope, receive, decorated)
        else:
            await Bounded(self.app)(_as_get(scope), receive, decorated)

    # ---- who ----

    def _caller(self, scope: Scope, headers: Headers) -> Caller:
        address = scope["client"][0] if scope.get("client") else ""
        https = scope["scheme"] == "https"
        if self.access.trusts(address):
            https = (headers.getlist("x-forwarded-proto") or [scope["scheme"]])[-1] == "https"
            # Some proxies add a line of their own behind those that the client sent.
            told = ",".join(headers.getlist("x-forwarded-for")) or address
            address = told.rpartition(",")[2].strip()
        return Caller(address, _host(headers.get("host", "")), https)

    def _visitor(self, headers: Headers, scope: Scope, caller: Caller) -> Visitor | None:
        access = self.access
        if access.open:
            return Visitor(Role.OPERATOR)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            role = access.by_token(token.strip())
            return Visitor(role, how="token") if role else None
        client = scope["client"][0] if scope.get("client") else ""
        users = headers.getlist(access.user_header) if access.user_header else []
        user = users[0].strip() if len(users) == 1 else ""  # of several, one may be the client's
        if user and access.trusts(client):
            return access.by_proxy(user)
        return (
            access.by_session(cookie_of(headers, caller), self.clock()) if access.tokens else None
        )

    # ---- may they ----

    def _refusal(
        self, scope: Scope, headers: Headers, caller: Caller, visitor: Visitor | None
    ) -> Response | None:
        path, method = scope["path"], scope["method"]
        if path in PROBES:
            return None
        if _length(headers) > LARGEST:
            return _too_large(path)
        if self.names is not None and caller.host not in self.names:
            return _said(
                path, 421, "call it by localhost, or list this name in NOTIFIER_WEB__NAMES"
            )
        if visitor is None and not path.startswith(PUBLIC):
            return self._stranger(scope, headers, caller)
        if _unreadable(path, headers):
            return problem(415, "a body is sent as Content-Type: application/json")
        if method in SAFE or (visitor is not None and visitor.how == "token"):
            return _for_role(path, method, visitor)
        if _foreign(headers, caller):
            return _said(path, 403, "this came from another site; open the page itself")
        return _for_role(path, method, visitor)

    def _stranger(self, scope: Scope, headers: Headers, caller: Caller) -> Response:
        path = scope["path"]
        if headers.get("authorization"):
            if (wait := self.attempts.wait(caller.address)) > 0:
                return _later(wait)
            self.attempts.failed(caller.address)
        if path.startswith(PROGRAMS) or not self.access.tokens or scope["method"] not in SAFE:
            return problem(401, "a token is needed: Authorization: Bearer ...", _CHALLENGE)
        query = scope["query_string"].decode("latin-1")
        wanted = path + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)


_CHALLENGE = {"www-authenticate": "Bearer"}


def _later(wait: float) -> Response:
    seconds = str(ceil(wait))
    return problem(429, f"too many wrong tokens; wait {seconds} s", {"retry-after": seconds})


def _for_role(path: str, method: str, visitor: Visitor | None) -> Response | None:
    """A viewer changes nothing, whatever the route: those that do not change are listed."""
    if method in SAFE or path.endswith(HARMLESS) or (visitor and visitor.operates):
        return None
    return _said(path, 403, "a viewer changes nothing; log in as an operator")


def _said(path: str, status: int, detail: str) -> Response:
    if path.startswith(PROGRAMS):
        return problem(status, detail)
    return PlainTextResponse(f"{detail}\n", status)


def _foreign(headers: Headers, caller: Caller) -> bool:
    """Whether a browser says that another site's page sent this."""
    if (site := headers.get("sec-fetch-site")) is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).hostname != caller.host


def _host(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def _unreadable(path: str, headers: Headers) -> bool:
    """Whether a program sends something else than JSON."""
    sent = "transfer-encoding" in headers or _length(headers) > 0
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return path.startswith("/api/") and sent and kind != "application/json"


def _length(headers: Headers) -> int:
    said = headers.get("content-length", "")
    return int(said) if said.isdecimal() else 0


# ---- cookies ----


def cookie_name(caller: Caller) -> str:
    """A name that a browser takes over https only, and that no neighbour can set, where it can."""
    return "__Host-notifier" if caller.https else "notifier"


def cookie_of(headers: Headers, caller: Caller) -> str:
    """The session that a browser sent; empty where it sent none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(cookie_name(caller))
    except CookieError:
        return ""
    return found.value if found else ""


# ---- headers and sizes ----


def _decorated(send: Send, caller: Caller) -> Send:
    async def decorated(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if caller.https:
                headers["strict-transport-security"] = STRICT
        await send(message)

    return decorated


def _as_get(scope: Scope) -> Scope:
    """A HEAD is a GET of which the server leaves the body out; a stream would never end."""
    whole = scope["method"] == "HEAD" and scope["path"] != "/live"
    return {**scope, "method": "GET"} if whole else scope


async def _taken(receive: Receive) -> None:
    """Take what was sent along: a connection that ends with it unread may lose the answer."""
    left, more = LARGEST, True
    while more and left >= 0:
        message: MutableMapping[str, Any] = await receive()
        left -= len(message.get("body", b""))
        more = bool(message.get("more_body"))


@dataclass
class Bounded:
    """One request, whose body may not be too large, also where it does not say how large it is.

    Whoever reads it sees its sender gone; whatever they make of that, the answer is ours.
    """

    app: ASGIApp
    _left: int = LARGEST
    _begun: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have it answered."""

        async def bounded() -> Message:
            message: MutableMapping[str, Any] = await receive()
            self._left -= len(message.get("body", b""))
            return {"type": "http.disconnect"} if self._left < 0 else message

        async def sent(message: Message) -> None:
            if self._left >= 0 or self._begun:
                self._begun = True
                await send(message)

        await self.app(scope, bounded, sent)
        if self._left < 0 and not self._begun:
            await _too_large(scope["path"])(scope, receive, send)


def _too_large(path: str) -> Response:
    return _said(path, 413, f"a request has at most {LARGEST} bytes")


def names_of(host: str, more: Iterable[str]) -> frozenset[str]:
    """The names by which somebody on loopback may call us."""
    return LOCAL | {host.lower()} | {name.lower() for name in more}


__all__ = ["Caller", "Gate", "cookie_name", "cookie_of", "names_of"]
