"""Wait for what is looked up in the past, without keeping a thread from others that ask."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from notifier.web.desk import Desk
from notifier.web.wishes import Look, Wish

FIRST, LAST = 0.05, 1.0  # seconds between two looks at how far it is: ever longer ones
LONGER = 1.5  # times; hundreds may wait at once, and take turns with all others that ask


async def begun(desk: Desk, wish: Wish) -> str:
    """Have it looked up. Raises as ``Desk.look``."""
    return await run_in_threadpool(desk.look, wish)


async def awaited(
    desk: Desk, look: str, seconds: float, request: Request | None = None
) -> Look | None:
    """How far it is, as soon as it is done, after so many seconds at most; None: not known.

    request: Whoever asked; it ends when they are gone, and nobody else waits.
    """
    left, pause = seconds, FIRST
    found = await run_in_threadpool(desk.looked, look)
    while found is not None and found.working and left > 0:
        if request is not None and await request.is_disconnected():
            desk.leave(look)
            return found
        await asyncio.sleep(min(pause, left))
        left, pause = left - pause, min(pause * LONGER, LAST)
        found = await run_in_threadpool(desk.looked, look)
    return found
