"""Give somebody a page: in their language, with what they may do, and with what they asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeAlias
from urllib.parse import parse_qs, urlencode

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from notifier.core.standing.change import Change
from notifier.errors import RequestError
from notifier.version import VERSION
from notifier.web.desk import Desk
from notifier.web.gate import Caller
from notifier.web.kept import Kept
from notifier.web.problem import ProblemError
from notifier.web.visitor import Access, Visitor

COOKIE = "language"
YEAR = 365 * 24 * 3600  # seconds
FRESH = 10  # seconds that a page may be kept: it says how long things last
FORM = "application/x-www-form-urlencoded"


class Pages(Protocol):
    """Fills in a page's template."""

    @property
    def languages(self) -> tuple[str, ...]: ...

    def say(self, language: str, key: str, /, **values: str) -> str:
        """One phrase of the pages."""
        ...

    def fill(
        self,
        name: str,
        language: str,
        now: datetime,
        zones: Mapping[str, str],
        /,
        **values: Any,
    ) -> str:
        """The whole page."""
        ...


@dataclass(frozen=True)
class Reader:
    """Who reads a page, and what it is made of.

    Attributes:
        visitor: None before they logged in.
    """

    request: Request
    desk: Desk
    pages: Pages
    visitor: Visitor | None
    caller: Caller
    access: Access
    kept: Kept

    @property
    def language(self) -> str:
        """What they chose, else what their browser asks for first, else English."""
        chosen = self.request.cookies.get(COOKIE, "")
        accepted = self.request.headers.get("accept-language", "")
        asked = [chosen, *(part.strip()[:2].lower() for part in accepted.split(","))]
        return next((each for each in asked if each in self.pages.languages), "en")

    @property
    def path(self) -> str:
        """Where they are, with what they asked for there."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    @property
    def known_name(self) -> str:
        """What they are called, if anybody said so."""
        return self.visitor.name if self.visitor else ""

    @property
    def name(self) -> str:
        """The same; somebody on this machine is called by that."""
        return self.known_name or "localhost"

    @property
    def how(self) -> str:
        """By what road they came."""
        return self.visitor.how if self.visitor else ""

    def say(self, key: str, /, **values: str) -> str:
        """One phrase in their language."""
        return self.pages.say(self.language, key, **values)

    def told(self, error: RequestError) -> str:
        """What is wrong, in their language where there is a phrase for it."""
        return self.say(error.key) if error.key else str(error)

    def show(
        self,
        template: str,
        /,
        *,
        here: str = "",
        status: int = 200,
        live: bool = False,
        **values: Any,
    ) -> Response:
        """The page of that template. *here*: its place in the navigation."""
        text = self._filled(template, here=here, live=live, **values)
        return HTMLResponse(text, status, headers={"content-language": self.language})

    def show_kept(self, template: str, values: Callable[[], dict[str, Any]]) -> Response:
        """A live page that depends on what is known and on the reader alone: made once for all."""
        desk, visitor = self.desk, self.visitor
        moment = int(desk.now().timestamp()) // FRESH
        key = (template, desk.version(), moment, self.language, self.path, visitor)
        text = self.kept.get(key, lambda: self._filled(template, here="", live=True, **values()))
        return HTMLResponse(text, headers={"content-language": self.language})

    def _filled(self, template: str, /, *, here: str, live: bool, **values: Any) -> str:
        given = {
            "here": here or template,
            "live": live,
            "version": self.desk.version() if live else "",
            "visitor": self.visitor,
            "operates": self.visitor is not None and self.visitor.operates,
            "changeable": True,
            "waits": False,
            "csrf": self.access.form_token(self.visitor) if self.visitor else "",
            "languages": self.pages.languages,
            "path": self.path,
            "build": VERSION,
            "said": self._said(),
            "wrong": "",
            "standing": self.desk.standing() if self.visitor else None,
            "operations": tuple(self.desk.zones()),
        }
        desk = self.desk
        return self.pages.fill(template, self.language, desk.now(), desk.zones(), **given | values)

    def _said(self) -> str:
        """What a form before this page did: a phrase's name, of two that there are."""
        said = self.request.query_params.get("said", "")
        return f"silences.{said}" if said in ("done", "over") else ""

    async def form(self) -> dict[str, str]:
        """The fields of a form of ours.

        Raises:
            ProblemError: it is not a form, or not one of ours.
        """
        found = await fields(self.request)
        given = found.pop("csrf", "")
        visitor = self.visitor
        if visitor is None or not self.access.is_form_token(given, visitor):
            raise ProblemError(403, self.say("error.stale"))
        return found

    def changed(self, what: str, about: str = "", detail: str = "", who: str = "") -> None:
        """Write down what they did."""
        visitor = self.visitor
        name = (visitor.name if visitor else "") or who
        how = visitor.how if visitor else "session"
        now = self.desk.now()
        self.desk.note(Change(at=now, who=name, how=how, what=what, about=about, detail=detail))


async def fields(request: Request) -> dict[str, str]:
    """The fields of a form; of one that is there several times, the last."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise ProblemError(415, f"a form is sent as {FORM}")
    try:
        parsed = parse_qs((await request.body()).decode(), max_num_fields=100)
    except ValueError:
        raise ProblemError(400, "the form cannot be read") from None
    return {name: values[-1].strip() for name, values in parsed.items()}


def back(to: str, **query: str) -> Response:
    """Send the browser to a page of ours, whatever it was told."""
    safe = to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
    joint = "&" if "?" in safe else "?"
    return RedirectResponse(f"{safe}{joint}{urlencode(query)}" if query else safe, 303)


def reader(request: Request) -> Reader:
    """Whoever asks."""
    state = request.state
    app = request.app.state
    return Reader(request, app.desk, app.pages, state.visitor, state.caller, state.access, app.kept)


Asking: TypeAlias = Annotated[Reader, Depends(reader)]
