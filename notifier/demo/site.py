"""Answer the browser: the page, what is new on it, and each mail on a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from threading import Lock

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from notifier.demo.channel import channel
from notifier.demo.inbox import inbox
from notifier.demo.markup import Html
from notifier.demo.page import MAIL_POLICY, POLICY, Strip, drawn, page
from notifier.demo.stage import CHANNEL, Stage
from notifier.simulator.mail import Mail
from notifier.simulator.slack_workspace import Message

FILES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_SAFE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(slots=True)
class Site:
    """The page over one stage.

    Attributes:
        strip: What happens now.
    """

    stage: Stage
    strip: Callable[[], Strip]
    _version: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.stage.slack.on_change(lambda *_: self._changed())
        self.stage.mail.on_change(lambda _: self._changed())

    def application(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/", self.whole),
            Route("/live", self.live),
            Route("/mail/{number:int}", self.mail),
            *(Route(f"/{name}", _file(name)) for name in FILES),
        ]
        return Starlette(routes=routes)

    async def whole(self, _: Request) -> Response:
        """The page."""
        version = self._version
        text = page(self.strip(), *self._columns(), CHANNEL, str(version))
        return HTMLResponse(text, headers={**_SAFE, "Content-Security-Policy": POLICY})

    async def live(self, request: Request) -> Response:
        """What the script puts into the page; the columns only when they are news to it."""
        version = str(self._version)
        answer = {"version": version, "strip": drawn(self.strip())}
        if request.query_params.get("known") != version:
            answer["channel"], answer["inbox"] = self._columns()
        return JSONResponse(answer, headers=_SAFE)

    async def mail(self, request: Request) -> Response:
        """One mail's HTML, without any power."""
        mails, number = self.stage.mail.messages, request.path_params["number"]
        if number >= len(mails):
            return Response("no such mail\n", 404, media_type="text/plain")
        headers = {**_SAFE, "Content-Security-Policy": MAIL_POLICY}
        return HTMLResponse(mails[number].page, headers=headers)

    def _columns(self) -> tuple[Html, Html]:
        slack, zone = self.stage.slack, self.stage.center.zone
        messages = slack.messages(CHANNEL)
        threads: dict[str, list[Message]] = {}
        for message in messages:
            if message.is_reply:
                threads.setdefault(message.thread_ts, []).append(message)
        mails: list[Mail] = self.stage.mail.messages
        return channel(messages, threads, zone), inbox(mails, zone)

    def _changed(self) -> None:
        with self._lock:
            self._version += 1


def _file(name: str) -> Callable[[Request], Response]:
    def answer(_: Request) -> Response:
        return Response(_content(name), headers={**_SAFE, "Content-Type": FILES[name]})

    return answer


@lru_cache
def _content(name: str) -> bytes:
    return (files("notifier.demo") / name).read_bytes()
