"""Let people in: a token becomes a session, for a week, in a cookie that no script can read."""

from __future__ import annotations

from math import ceil
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from notifier.web.gate import cookie_name, cookie_of
from notifier.web.limit import Attempts
from notifier.web.reader import Asking, Reader, back, fields
from notifier.web.visitor import LONGEST_NAME, SESSION, Visitor

router = APIRouter(include_in_schema=False)


@router.get("/login")
def form(
    reader: Asking,
    next: Annotated[str, Query(max_length=1000)] = "/",  # noqa: A002
) -> Response:
    """Ask for a name and a token."""
    if reader.visitor is not None:
        return back(next)
    wrong = "" if reader.caller.secure else reader.say("login.https")
    return reader.show("login", next=next, name="", wrong=wrong)


@router.post("/login")
async def login(reader: Asking, request: Request) -> Response:
    """Take a token for a session."""
    attempts: Attempts = request.app.state.attempts
    given = await fields(request)
    if not reader.caller.secure:
        return _again(reader, given, reader.say("login.https"), 403)
    if (wait := attempts.wait(reader.caller.address)) > 0:
        seconds = str(ceil(wait))
        answer = _again(reader, given, reader.say("login.wait", seconds=seconds), 429)
        answer.headers["retry-after"] = seconds
        return answer
    role = reader.access.by_token(given.get("token", ""))
    if role is None:
        attempts.failed(reader.caller.address)
        return _again(reader, given, reader.say("login.wrong"), 401)
    visitor = Visitor(role, given.get("name", "")[:LONGEST_NAME], "session")
    await run_in_threadpool(reader.changed, "log in", who=visitor.name, detail=role.value)
    answer = back(given.get("next", "/"))
    answer.set_cookie(
        cookie_name(reader.caller),
        reader.access.session(visitor, reader.desk.now()),
        max_age=int(SESSION.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=reader.caller.https,
    )
    return answer


def _again(reader: Reader, given: dict[str, str], wrong: str, status: int) -> Response:
    return reader.show(
        "login", status=status, next=given.get("next", "/"), name=given.get("name", ""), wrong=wrong
    )


@router.post("/logout")
async def logout(reader: Asking) -> Response:
    """End the session, also where its cookie was copied to."""
    await reader.form()
    cookie = cookie_of(reader.request.headers, reader.caller)
    reader.access.end_session(cookie, reader.desk.now())
    await run_in_threadpool(reader.changed, "log out")
    answer = back("/login")
    answer.delete_cookie(
        cookie_name(reader.caller), httponly=True, samesite="lax", secure=reader.caller.https
    )
    return answer
