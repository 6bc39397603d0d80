"""Serve the few files that pages load."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

from notifier.web.problem import ProblemError

router = APIRouter(include_in_schema=False)
FILES = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
KEEP = "private, max-age=3600"


@router.get("/static/{name}")
def static(name: str) -> Response:
    """One of the files; a page asks for it with the version in its address."""
    if name not in FILES:
        raise ProblemError(404, "there is no such file")
    return Response(_content(name), headers={"content-type": FILES[name], "cache-control": KEEP})


@lru_cache
def _content(name: str) -> bytes:
    return (files("notifier.web") / "static" / name).read_bytes()
