"""Answer programs: what is open and why, what does how well, under ``/api/v1``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from fastapi import APIRouter, Depends, Path, Query, Request

from notifier.core.standing.change import Change
from notifier.core.standing.receiver_status import Delivery, ReceiverStatus
from notifier.core.standing.rule_status import RuleStatus
from notifier.core.standing.source_status import SourceStatus
from notifier.core.standing.status import IncidentStatus, Wanted
from notifier.web import cursor as cursors
from notifier.web.desk import Desk, Hits, Story
from notifier.web.problem import DOCUMENTED, ProblemError

MOST = 200  # items of a page
router = APIRouter(prefix="/api/v1", responses=DOCUMENTED)


def desk_of(request: Request) -> Desk:
    """What the application was given."""
    desk: Desk = request.app.state.desk
    return desk


Asked: TypeAlias = Annotated[Desk, Depends(desk_of)]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=MOST, description="Items of a page.")]
Cursor: TypeAlias = Annotated[
    str | None, Query(max_length=400, description="`next` of the page before.")
]
Text: TypeAlias = Annotated[str, Query(max_length=200)]
Identity: TypeAlias = Annotated[str, Path(max_length=64, pattern=r"^[0-9a-f]+$")]
State: TypeAlias = Literal["open", "pending", "closed", "all"]
DeliveryState: TypeAlias = Literal[
    "", "queued", "sending", "ambiguous", "delivered", "failed", "superseded"
]


@dataclass(frozen=True)
class IncidentPage:
    """Some incidents. *next*: the cursor of those behind them; null at the end."""

    items: Sequence[IncidentStatus]
    next: str | None = None


@dataclass(frozen=True)
class DeliveryPage:
    """Some messages."""

    items: Sequence[Delivery]
    next: str | None = None


@dataclass(frozen=True)
class ChangePage:
    """Some changes."""

    items: Sequence[Change]
    next: str | None = None


@router.get("/incidents", summary="Incidents, the newest first")
def incidents(
    desk: Asked,
    state: Annotated[State, Query(description="`open` counts those that recover.")] = "open",
    operation: Text = "",
    rule: Text = "",
    entity: Text = "",
    severity: Literal["", "info", "warning", "critical"] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> IncidentPage:
    """All filters hold at once. `pending` is what breaches but not for long enough yet."""
    wanted = Wanted(
        closed={"open": False, "closed": True}.get(state),
        operation=operation,
        rule=rule,
        entity=entity,
        after=cursors.moment(cursor),
    )
    if state == "pending":
        return IncidentPage(_pending(desk, wanted)[:limit])
    return _page(desk, wanted, severity, limit)


def _pending(desk: Desk, wanted: Wanted) -> list[IncidentStatus]:
    """Without pages: there are as many as entities, at most."""
    asked = [(name, getattr(wanted, name)) for name in ("operation", "rule", "entity")]
    return [
        each
        for each in desk.listed()
        if each.state == "pending" and all(not v or getattr(each, n) == v for n, v in asked)
    ]


def _page(desk: Desk, wanted: Wanted, severity: str, limit: int) -> IncidentPage:
    """Severities are chosen here: the database does not know them."""
    found: list[IncidentStatus] = []
    while True:
        batch = desk.incidents(wanted, MOST + 1)
        for each in batch[:MOST]:
            if severity in ("", each.severity):
                found.append(each)
            wanted = _behind(wanted, each)
            if len(found) == limit:
                more = len(batch) > MOST or each is not batch[-1]
                return IncidentPage(found, _cursor(each) if more else None)
        if len(batch) <= MOST:
            return IncidentPage(found)


def _behind(wanted: Wanted, last: IncidentStatus) -> Wanted:
    return Wanted(
        closed=wanted.closed,
        operation=wanted.operation,
        rule=wanted.rule,
        entity=wanted.entity,
        after=(last.opened_at or last.since, last.incident or ""),
    )


def _cursor(last: IncidentStatus) -> str:
    return cursors.of_moment(last.opened_at or last.since, last.incident or "")


@router.get("/incidents/{incident}", summary="One incident with its timeline")
def incident(desk: Asked, incident: Identity) -> Story:
    """What happened in its life, whom it was told, and what its numbers were."""
    story = desk.story(incident)
    if story is None:
        raise ProblemError(
            404, f"there is no incident {incident}; it may be older than `retention`"
        )
    return story


@router.get("/sources", summary="Sources: freshness, last error, quota used")
def sources(desk: Asked) -> Sequence[SourceStatus]:
    """In the order of the rules file."""
    return desk.sources()


@router.get("/rules", summary="Rules: state, fires of seven days, tests")
def rules(desk: Asked) -> Sequence[RuleStatus]:
    """In the order of the rules file, once per operation.

    `tests` is null while they run; `review` is what the rule would have sent in the last days.
    """
    desk.mind_rules()
    return desk.rules()


@router.get("/receivers", summary="Receivers: health and queue")
def receivers(desk: Asked) -> Sequence[ReceiverStatus]:
    """In the order of the rules file."""
    return desk.receivers()


@router.get("/deliveries", summary="Messages and how they went, the newest first")
def deliveries(
    desk: Asked,
    receiver: Text = "",
    state: DeliveryState = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DeliveryPage:
    """What a message says is not kept here."""
    before = cursors.number(cursor)
    found = desk.deliveries(receiver=receiver, state=state, before=before, limit=limit + 1)
    more = len(found) > limit
    return DeliveryPage(
        found[:limit], cursors.of_number(found[limit - 1].position) if more else None
    )


@router.get("/hits", summary="Events of the day against target")
def hits(desk: Asked) -> Sequence[Hits]:
    """Per operation and event rule, in the operation's own day."""
    return desk.hits()


@router.get("/changes", summary="Who changed what, the latest first")
def changes(desk: Asked, cursor: Cursor = None, limit: Limit = 50) -> ChangePage:
    """Acknowledgements, silences, log-ins: whatever a person did through page, API or command."""
    found = desk.changes(before=cursors.number(cursor), limit=limit + 1)
    items = [change for _, change in found[:limit]]
    more = len(found) > limit
    return ChangePage(items, cursors.of_number(found[limit - 1][0]) if more else None)
