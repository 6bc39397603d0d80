"""Let programs silence and acknowledge: what may be changed, under ``/api/v1``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, ConfigDict, Field
from pydantic.dataclasses import dataclass

from notifier.core.standing.status import IncidentStatus
from notifier.web.api import Asked, Identity
from notifier.web.desk import SilenceAsked, SilenceStatus, Word
from notifier.web.problem import DOCUMENTED, ProblemError
from notifier.web.visitor import Visitor

router = APIRouter(prefix="/api/v1", responses=DOCUMENTED)
LONGEST = 366 * 24 * 3600  # seconds of a silence or a word: a year
Patterns: TypeAlias = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)
]
Author: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=80, pattern=r"\S", description="Who asks.")
]
Comment: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=500, pattern=r"\S", description="Why.")
]
Seconds: TypeAlias = Annotated[int, Field(ge=1, le=LONGEST)]
STRICT = ConfigDict(extra="forbid")  # a misspelt `entity` would silence a whole rule


def visitor_of(request: Request) -> Visitor:
    """Whom the gate let in."""
    visitor: Visitor = request.state.visitor
    return visitor


By: TypeAlias = Annotated[Visitor, Depends(visitor_of)]


@dataclass(frozen=True, config=STRICT)
class WantedSilence:
    """A silence to be. It covers what fits all of *rule*, *entity* and *operation* that are given.

    Attributes:
        for_seconds: How long from its start; or give *end*.
        weekly: The hours in which it is in force, as ``Mon-Fri 13:00-14:00``, in *timezone*.
    """

    author: Author
    comment: Comment
    rule: Patterns = field(default_factory=list)
    entity: Patterns = field(default_factory=list)
    operation: Patterns = field(default_factory=list)
    for_seconds: Seconds | None = None
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    weekly: Annotated[str, Field(max_length=200)] = ""
    timezone: Annotated[str, Field(max_length=80)] = "UTC"
    end_on_resolve: bool = False

    def asked(self) -> SilenceAsked:
        """The same for the desk."""
        return SilenceAsked(
            author=self.author,
            comment=self.comment,
            rule=tuple(self.rule),
            entity=tuple(self.entity),
            operation=tuple(self.operation),
            start=self.start,
            end=self.end,
            span=None if self.for_seconds is None else timedelta(seconds=self.for_seconds),
            weekly=self.weekly,
            timezone=self.timezone,
            end_on_resolve=self.end_on_resolve,
        )


@dataclass(frozen=True, config=STRICT)
class WantedWord:
    """Somebody has it, for good or until a time; a *sticky* word outlives a raised severity."""

    author: Author
    until: AwareDatetime | None = None
    sticky: bool = False


@dataclass(frozen=True, config=STRICT)
class Ending:
    """Who ends it."""

    author: Author


@router.get("/silences", summary="Silences: in force, planned, or ended within a week")
def silences(
    desk: Asked, state: Literal["", "active", "planned", "ended"] = ""
) -> Sequence[SilenceStatus]:
    """In this order, the one that ends first in front."""
    return [each for each in desk.silences() if state in ("", each.state)]


@router.post("/silences", status_code=201, summary="Silence")
def silence(desk: Asked, by: By, wanted: WantedSilence) -> SilenceStatus:
    """News of what it covers is held until it ends."""
    return desk.add_silence(wanted.asked(), by.how)


@router.post("/silences/preview", summary="What a silence would cover now")
def preview(desk: Asked, wanted: WantedSilence) -> Sequence[IncidentStatus]:
    """Nothing is changed."""
    return desk.preview(wanted.asked())


@router.post("/silences/{silence}/end", status_code=204, summary="End a silence")
def end(desk: Asked, by: By, silence: Identity, ending: Ending) -> None:
    """What is still open is told now."""
    _known(silence, [each.id for each in desk.silences() if each.state != "ended"], "silence")
    desk.end_silence(silence, ending.author, by.how)


@router.post("/incidents/{incident}/acknowledge", status_code=204, summary="Acknowledge")
def acknowledge(desk: Asked, by: By, incident: Identity, word: WantedWord) -> None:
    """Reminders stop."""
    _open(desk, incident)
    asked = Word(incident=incident, author=word.author, until=word.until, sticky=word.sticky)
    desk.acknowledge(asked, by.how)


@router.post(
    "/incidents/{incident}/unacknowledge", status_code=204, summary="Take an acknowledgement back"
)
def unacknowledge(desk: Asked, by: By, incident: Identity, ending: Ending) -> None:
    """Reminders go on."""
    _open(desk, incident)
    desk.unacknowledge(incident, ending.author, by.how)


def _open(desk: Asked, incident: str) -> None:
    _known(incident, [each.incident or "" for each in desk.listed()], "open incident")


def _known(identity: str, known: Sequence[str], what: str) -> None:
    """Whole ids only: what begins an id for people would be a guess of a program's."""
    if identity not in known:
        raise ProblemError(404, f"there is no {what} {identity}")
