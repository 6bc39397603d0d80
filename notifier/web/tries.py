"""Show people what is looked up in the past, and how far that is while it goes on.

A link or a form begins it, and leads to a page that names it and asks again until the answer is
there: a second click finds the first one under way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from notifier.core.standing.status import IncidentStatus
from notifier.errors import BusyError, RequestError
from notifier.web.awaited import awaited, begun
from notifier.web.pages import DAYS, incident_page, rule_page, story_of
from notifier.web.reader import Asking, Reader
from notifier.web.wishes import MOST_DAYS, Asked, Look, Trial

router = APIRouter(include_in_schema=False)
PATIENCE = 2.0  # seconds: what is quicker than that never shows how far it is
SEE_OTHER = 303
Name = Annotated[str, Query(max_length=64)]


@router.get("/incidents/{incident}")
async def incident(
    reader: Asking, incident: str, explain: bool = False, at: Name = "", look: Name = ""
) -> Response:
    """One incident's life; with *explain* why each poll up to *at* told people of it, or not."""
    if not explain:
        found = await _looked(reader, look)
        return await run_in_threadpool(incident_page, reader, incident, found)
    status = (await run_in_threadpool(story_of, reader, incident)).incident
    asked = Asked(
        rule=status.rule, entity=status.entity, operation=status.operation,
        at=_moment(at) or _end(status),
    )  # fmt: skip
    try:
        name = await begun(reader.desk, asked)
    except RequestError as error:
        return await run_in_threadpool(incident_page, reader, incident, None, _said(reader, error))
    return _to(f"/incidents/{status.incident}", name, "why")


@router.get("/rules/{operation}/{rule}")
async def rule(reader: Asking, operation: str, rule: str, look: Name = "") -> Response:
    """One rule, and what came of it."""
    found = await _looked(reader, look)
    return await run_in_threadpool(rule_page, reader, operation, rule, found)


@router.post("/rules/{operation}/{rule}/what-if")
async def what_if(reader: Asking, operation: str, rule: str) -> Response:
    """Begin to try another condition."""
    given = await reader.form()
    days = given.get("days", "")
    wanted = int(days) if days.isdecimal() and 1 <= int(days) <= MOST_DAYS else DAYS
    trial = Trial(operation=operation, rule=rule, when=given.get("when", "")[:1000], days=wanted)
    try:
        name = await begun(reader.desk, trial)
    except RequestError as error:
        return await run_in_threadpool(
            rule_page, reader, operation, rule, Look(id="", wish=trial, wrong=_said(reader, error))
        )
    return _to(f"/rules/{quote(operation, safe='')}/{quote(rule, safe='')}", name, "tried")


def _end(status: IncidentStatus) -> datetime | None:
    """When its end was decided: with `keep` that is later than the end itself; None: it is open."""
    return max(status.closed_at, status.seen_at or status.closed_at) if status.closed_at else None


def _moment(text: str) -> datetime | None:
    """A time as our own links say it; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _said(reader: Reader, error: RequestError) -> str:
    return reader.say("look.busy") if isinstance(error, BusyError) else str(error)


async def _looked(reader: Reader, look: str) -> Look | None:
    return await awaited(reader.desk, look, PATIENCE) if look else None


def _to(page: str, look: str, part: str) -> Response:
    """Send the browser to the page that shows it; *part* is where on it."""
    return RedirectResponse(f"{page}?look={look}#{part}", SEE_OTHER)
