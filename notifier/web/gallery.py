"""Show every message as its reader sees it: each in a frame of its own, without any power."""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from notifier.web.problem import ProblemError
from notifier.web.reader import Asking

router = APIRouter(include_in_schema=False)
KINDS = ("slack", "email")
POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@router.get("/gallery")
def gallery(
    reader: Asking,
    language: Annotated[str, Query(alias="in", max_length=2)] = "",
) -> Response:
    """All of them, in one language."""
    chosen = language if language in reader.pages.languages else reader.language
    return reader.show("gallery", chosen=chosen, samples=reader.desk.samples(), kinds=KINDS)


@router.get("/gallery/{language}/{kind}/{name}")
def sample(reader: Asking, language: str, kind: str, name: str) -> Response:
    """One message, for its frame."""
    known = language in reader.pages.languages
    page = reader.desk.sample(name, language, kind) if known else None
    if page is None:
        raise ProblemError(404, "there is no such message")
    if not page:
        page = f"<p>{escape(reader.pages.say(language, 'gallery.none'))}</p>"
    return HTMLResponse(page, headers={"content-security-policy": POLICY})
