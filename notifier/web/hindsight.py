"""Let programs ask about the past: why people were told, and what other rules had told."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field
from pydantic.dataclasses import dataclass

from notifier.web import wishes
from notifier.web.api import Asked as AtDesk
from notifier.web.api import Identity
from notifier.web.api_changes import STRICT, By
from notifier.web.awaited import awaited, begun
from notifier.web.desk import Desk
from notifier.web.pages import DAYS
from notifier.web.problem import DOCUMENTED, ProblemError
from notifier.web.wishes import MOST_DAYS, Answered, Asked, Look, ReplayAsked, Replayed, Tried, Wish

router = APIRouter(prefix="/api/v1", responses=DOCUMENTED)
LONGEST_TEXT = 200_000  # characters of a rules file
LONGEST_WAIT = 600  # seconds
ACCEPTED = 202
ENDED = 503


@dataclass(frozen=True, config=STRICT)
class Trial:
    """Another condition for a rule, and how many days to look back."""

    when: Annotated[str, Field(min_length=1, max_length=1000)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = DAYS


@dataclass(frozen=True, config=STRICT)
class WantedReplay:
    """What to replay: the recordings of a time, by the rules in force or by others.

    Attributes:
        since, until: Default: a week, up to now; *days* is shorter to write than *since*.
        rules: The text of another rules file: what would people have been told otherwise?
        only: Ids of the rules that matter; nothing: all.
        limit: How many messages are shown; *edits*: those that disturb nobody among them.
        wait: Seconds to wait for the answer; what takes longer is fetched by its id.
    """

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = None
    rules: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    only: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)] = field(
        default_factory=list
    )
    limit: Annotated[int, Field(ge=0, le=2000)] = 200
    edits: bool = False
    wait: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = 60


@dataclass(frozen=True)
class Underway:
    """A replay that goes on. *share*: how much of it is done, 0 to 1; *days*: of how many."""

    id: str
    share: float
    days: float


LATER: dict[int | str, dict[str, Any]] = {
    ACCEPTED: {"model": Underway, "description": "It goes on; `Location` is where to ask again."}
}
Told: TypeAlias = Replayed | Underway
_Answer = TypeVar("_Answer", Answered, Tried)


@router.get("/explain", summary="Why people were told of an entity, or why not")
async def explain(
    request: Request,
    desk: AtDesk,
    rule: Annotated[str, Query(max_length=200)],
    entity: Annotated[str, Query(max_length=200)],
    operation: Annotated[str, Query(max_length=200)],
    at: Annotated[AwareDatetime | None, Query(description="Default: now.")] = None,
) -> Answered:
    """The day before *at*, poll by poll, and how it ended."""
    asked = Asked(rule=rule, entity=entity, operation=operation, at=at)
    return await _reached(request, desk, asked, Answered)


@router.post("/rules/{operation}/{rule}/what-if", summary="What another condition would have told")
async def what_if(request: Request, desk: AtDesk, operation: str, rule: str, trial: Trial) -> Tried:
    """Nothing is changed: recorded readings are judged again."""
    if not any((each.operation, each.rule) == (operation, rule) for each in desk.rules()):
        raise ProblemError(404, f"there is no rule {rule} in {operation}")
    wish = wishes.Trial(operation=operation, rule=rule, when=trial.when, days=trial.days)
    return await _reached(request, desk, wish, Tried)


@router.post("/replay", summary="What rules would have told in a time", responses=LATER)
async def replay(
    request: Request, response: Response, desk: AtDesk, by: By, wanted: WantedReplay
) -> Told:
    """One at a time, beside the bot; nothing is changed or sent. Operators may send rules."""
    if wanted.rules and not by.operates:
        raise ProblemError(403, "a viewer replays the rules in force; log in as an operator")
    if wanted.since is not None and wanted.days is not None:
        raise ProblemError(409, "give `since` or `days`, not both")
    name = await begun(desk, _asked(wanted, desk.now()))
    return _answer(response, await awaited(desk, name, wanted.wait, request))


@router.get("/replay/{replay}", summary="How far a replay is, or what came of it", responses=LATER)
async def replayed(response: Response, desk: AtDesk, replay: Identity) -> Told:
    """The last few are kept."""
    return _answer(response, await awaited(desk, replay, 0))


@router.delete("/replay/{replay}", status_code=204, summary="Call a replay off")
def call_off(desk: AtDesk, replay: Identity) -> None:
    """What was done of it is lost."""
    _replay(desk.looked(replay))
    desk.call_off(replay)


def _asked(wanted: WantedReplay, now: datetime) -> ReplayAsked:
    until = wanted.until
    since = wanted.since
    if wanted.days is not None:
        since = min(until or now, now) - wishes.DAY * wanted.days
    return ReplayAsked(
        since=since, until=until, rules=wanted.rules, only=tuple(wanted.only),
        limit=wanted.limit, edits=wanted.edits,
    )  # fmt: skip


def _answer(response: Response, look: Look | None) -> Told:
    found = _replay(look)
    if found.wrong:
        raise ProblemError(ENDED, found.wrong)
    if isinstance(found.answer, Replayed):
        return found.answer
    response.status_code = ACCEPTED
    response.headers["location"] = f"/api/v1/replay/{found.id}"
    return Underway(found.id, found.share, found.days)


def _replay(look: Look | None) -> Look:
    if look is None or not isinstance(look.wish, ReplayAsked):
        raise ProblemError(404, "there is no such replay, or it is not kept any more")
    return look


async def _reached(request: Request, desk: Desk, wish: Wish, kind: type[_Answer]) -> _Answer:
    """The whole answer, however long it takes: that is bounded by whoever looks back."""
    look = await awaited(desk, await begun(desk, wish), LONGEST_WAIT + 60, request)
    if look is None or not isinstance(look.answer, kind):
        raise ProblemError(ENDED, (look and look.wrong) or "it is not kept any more; ask again")
    return look.answer
