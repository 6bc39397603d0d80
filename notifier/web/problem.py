"""Answer what went wrong as RFC 9457 has it: ``application/problem+json``, one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from notifier.errors import ConfigError

MOST = 100  # mistakes of one file that are listed
PROBLEM_TYPE = "application/problem+json"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong, in one sentence.",
        "content": {PROBLEM_TYPE: {"schema": SCHEMA}},
    }
}


@dataclass
class ProblemError(Exception):
    """Ends a request with a sentence.

    Attributes:
        detail: What is wrong; what to do.
    """

    status: int
    detail: str
    headers: Mapping[str, str] | None = None


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer itself."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers, media_type=PROBLEM_TYPE)


def invalid(error: RequestValidationError) -> Response:
    """What is wrong with a request, each part by its place; the values are not repeated."""
    errors = [
        {"at": "/".join(map(str, each["loc"])), "detail": each["msg"]} for each in error.errors()
    ]
    return problem(422, f"{sentence(error)}; see /openapi.json", errors=errors)


def mistakes(error: ConfigError) -> Response:
    """The mistakes of a rules file that was sent along, as `notifier check` says them."""
    errors = [
        {"line": each.line, "column": each.column, "level": each.level, "detail": each.text}
        for each in error.problems[:MOST]
    ]
    wrong = [each for each in error.problems if each.level == "error"] or error.problems
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return problem(409, f"{wrong[0]}{more}", errors=errors)


def sentence(error: RequestValidationError) -> str:
    """The first thing that is wrong."""
    first = next(iter(error.errors()), None)
    return f"{'/'.join(map(str, first['loc']))}: {first['msg']}" if first else "it cannot be read"


def wants_json(request: Request) -> bool:
    """Whether a program asks rather than a browser."""
    path = request.url.path
    return path.startswith("/api/") or path in ("/openapi.json", "/metrics", "/live")
