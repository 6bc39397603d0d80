"""Tell browsers, as server-sent events, that there is another version of what is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from notifier.web.desk import Desk
from notifier.web.listeners import Listeners
from notifier.web.problem import ProblemError

router = APIRouter(include_in_schema=False)
LOOK = 0.5  # seconds between two looks
SIGN = 15.0  # seconds after which a proxy might believe that nobody is there
MOST = 200  # browsers that listen at once
AGAIN = 2000  # milliseconds until a browser that lost us asks again


@router.get("/live")
async def live(request: Request) -> Response:
    """A stream that ends only with the connection, the session, or with us."""
    listeners: Listeners = request.app.state.listeners
    if listeners.number >= MOST:
        raise ProblemError(503, "too many pages are open; this one reloads itself")
    return StreamingResponse(
        _events(request.app.state.desk, listeners, request.state.still),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )


async def _events(
    desk: Desk, listeners: Listeners, still: Callable[[], bool]
) -> AsyncIterator[str]:
    """*still*: whether whoever listens would be let in now."""
    listeners.number += 1
    try:
        yield f"retry: {AGAIN}\n\n"
        shown, quiet = "", 0.0
        while not listeners.leaving and still():
            version, quiet = desk.version(), quiet + LOOK
            if version != shown:
                shown, quiet = version, 0.0
                yield f"event: version\ndata: {version}\n\n"
            elif quiet >= SIGN:
                quiet = 0.0
                yield ": still here\n\n"
            await asyncio.sleep(LOOK)
    finally:
        listeners.number -= 1
