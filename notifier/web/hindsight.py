"""Ask about the past: why people were told, and what another condition would have told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from pydantic.dataclasses import dataclass
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from notifier.errors import RequestError
from notifier.web.api import Asked as AtDesk
from notifier.web.desk import Answered, Asked, Tried
from notifier.web.pages import rule_page
from notifier.web.problem import DOCUMENTED, ProblemError
from notifier.web.reader import Asking

api = APIRouter(prefix="/api/v1", responses=DOCUMENTED)
router = APIRouter(include_in_schema=False)
DAYS = 7
MOST_DAYS = 35


@dataclass(frozen=True)
class Trial:
    """Another condition for a rule, and how many days to look back."""

    when: Annotated[str, Field(min_length=1, max_length=1000)]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = DAYS


@api.get("/explain", summary="Why people were told of an entity, or why not")
def explain(
    desk: AtDesk,
    rule: Annotated[str, Query(max_length=200)],
    entity: Annotated[str, Query(max_length=200)],
    operation: Annotated[str, Query(max_length=200)],
    at: Annotated[AwareDatetime | None, Query(description="Default: now.")] = None,
) -> Answered:
    """The day before *at*, poll by poll, and how it ended."""
    return desk.explain(Asked(rule=rule, entity=entity, operation=operation, at=at))


@api.post("/rules/{operation}/{rule}/what-if", summary="What another condition would have told")
def what_if(desk: AtDesk, operation: str, rule: str, trial: Trial) -> Tried:
    """Nothing is changed: recorded readings are judged again."""
    if not any((each.operation, each.rule) == (operation, rule) for each in desk.rules()):
        raise ProblemError(404, f"there is no rule {rule} in {operation}")
    return desk.what_if(operation, rule, trial.when, trial.days)


@router.post("/rules/{operation}/{rule}/what-if")
async def tried(reader: Asking, operation: str, rule: str) -> Response:
    """The rule's page, with what was tried."""
    given = await reader.form()
    days = given.get("days", "")
    wanted = int(days) if days.isdecimal() and 1 <= int(days) <= MOST_DAYS else DAYS
    when = given.get("when", "")[:1000]

    def show() -> Response:
        try:
            result = reader.desk.what_if(operation, rule, when, wanted)
        except RequestError as error:
            return rule_page(reader, operation, rule, when=when, days=wanted, wrong=str(error))
        return rule_page(reader, operation, rule, when=when, days=wanted, result=result)

    return await run_in_threadpool(show)
