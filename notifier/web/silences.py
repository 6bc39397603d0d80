"""Hold news back for a while, and say who has an incident: what people may change, as pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from notifier.core.standing.status import IncidentStatus
from notifier.errors import RequestError
from notifier.web.desk import SilenceAsked, Word
from notifier.web.reader import Asking, Reader, back

router = APIRouter(include_in_schema=False)
SPANS = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "8h": timedelta(hours=8),
    "24h": timedelta(days=1),
}
USUAL = "1h"
STATES = ("active", "planned", "ended")
Identity: TypeAlias = Annotated[str, Path(max_length=64)]


@dataclass(frozen=True, slots=True)
class Given:
    """The form as it was filled in, so that nobody types twice."""

    rule: str = ""
    entity: str = ""
    operation: str = ""
    span: str = USUAL
    comment: str = ""
    author: str = ""
    start: str = ""
    end: str = ""
    weekly: str = ""
    until_resolved: bool = False

    @property
    def more(self) -> bool:
        """Whether the seldom used part is needed."""
        return bool(self.start or self.end or self.weekly or self.until_resolved)


@router.get("/silences")
def silences(reader: Asking) -> Response:
    """Those in force, planned and ended."""
    found = reader.desk.silences()
    groups = [(state, [each for each in found if each.state == state]) for state in STATES]
    return reader.show("silences", live=True, groups=groups)


@router.get("/silences/new")
def new(reader: Asking, request: Request) -> Response:
    """A form, and what it would cover."""
    given = _given(dict(request.query_params), reader)
    return _form(reader, given)


@router.post("/silences")
async def silence(reader: Asking) -> Response:
    """Silence, or say what is wrong with the form."""
    given = _given(await reader.form(), reader)
    try:
        asked = _asked(given, reader)
        await run_in_threadpool(reader.desk.add_silence, asked, reader.how)
    except RequestError as error:
        return await run_in_threadpool(_form, reader, given, reader.told(error))
    return back("/silences", said="done")


@router.post("/silences/{silence}/end")
async def end(reader: Asking, silence: Identity) -> Response:
    """End it before its time."""
    await reader.form()
    await run_in_threadpool(reader.desk.end_silence, silence, reader.name, reader.how)
    return back("/silences", said="over")


@router.post("/incidents/{incident}/acknowledge")
async def acknowledge(reader: Asking, incident: Identity) -> Response:
    """Somebody has it."""
    given = await reader.form()
    word = Word(incident=incident, author=given.get("author") or reader.name)
    await run_in_threadpool(reader.desk.acknowledge, word, reader.how)
    return back(given.get("next", "/"))


@router.post("/incidents/{incident}/unacknowledge")
async def unacknowledge(reader: Asking, incident: Identity) -> Response:
    """Nobody has it after all."""
    given = await reader.form()
    await run_in_threadpool(reader.desk.unacknowledge, incident, reader.name, reader.how)
    return back(given.get("next", "/"))


# ---- the form ----


def _given(fields: dict[str, str], reader: Reader) -> Given:
    def text(name: str) -> str:
        return fields.get(name, "").strip()[:500]

    span = text("for")
    return Given(
        rule=text("rule"),
        entity=text("entity"),
        operation=text("operation"),
        span=span if span in SPANS else USUAL,
        comment=text("comment"),
        author=text("author") or reader.known_name,
        start=text("start"),
        end=text("end"),
        weekly=text("weekly"),
        until_resolved=bool(text("until_resolved")),
    )


def _form(reader: Reader, given: Given, wrong: str = "") -> Response:
    return reader.show(
        "silence",
        here="silences",
        status=422 if wrong else 200,
        given=given,
        wrong=wrong,
        spans=tuple(SPANS),
        covered=_covered(reader, given),
        rules=sorted({each.rule for each in reader.desk.rules()}),
    )


def _covered(reader: Reader, given: Given) -> list[IncidentStatus]:
    """What it would cover, with whatever is still missing filled in."""
    try:
        asked = _asked(Given(given.rule, given.entity, given.operation, comment="?"), reader, "?")
        return list(reader.desk.preview(asked))
    except RequestError:
        return []


def _asked(given: Given, reader: Reader, author: str = "") -> SilenceAsked:
    """What the form asks for. Times are those of the operation, or of the first one.

    Raises:
        RequestError: a time cannot be read.
    """
    zones = reader.desk.zones()
    zone = zones.get(given.operation) or next(iter(zones.values()), "UTC")
    return SilenceAsked(
        author=author or given.author,
        comment=given.comment,
        rule=_one(given.rule),
        entity=_one(given.entity),
        operation=_one(given.operation),
        start=_time(given.start, zone),
        end=_time(given.end, zone),
        span=SPANS[given.span],
        weekly=given.weekly,
        timezone=zone,
        end_on_resolve=given.until_resolved,
    )


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _time(text: str, zone: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError):
        wrong = f"`{text[:40]}` is not a time; write it as 2026-05-04T22:00"
        raise RequestError(wrong, "wrong.time") from None
