"""Show people what is open, what it was told of, and how everything does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from notifier.core.standing.rule_status import ReviewState, RuleStatus
from notifier.core.standing.status import IncidentStatus, Wanted
from notifier.web import cursor as cursors
from notifier.web.desk import Desk, Story
from notifier.web.problem import ProblemError
from notifier.web.reader import COOKIE, YEAR, Asking, Reader, back
from notifier.web.wishes import Asked, Look, Trial, Wish

router = APIRouter(include_in_schema=False)
PENDING = 50  # shown of what is pending: a bad morning has thousands
DAYS = 7  # that a rule is tried on, unless somebody wants others
PAGE = 50  # incidents or changes of a page
QUEUE = 25  # messages shown
Text = Annotated[str, Query(max_length=200)]
Cursor = Annotated[str | None, Query(max_length=400)]


@router.get("/")
def overview(reader: Asking) -> Response:
    """What is open, by operation, worst first."""
    return reader.show_kept("overview", lambda: _open(reader.desk))


def _open(desk: Desk) -> dict[str, Any]:
    listed = desk.listed()
    still = [each for each in listed if each.incident]
    return {
        "total": len(still),
        "counts": Counter(each.severity for each in still),
        "groups": list(by_operation(still).items()),
        "number_of": Counter(each.operation for each in still),
        "pending": [each for each in listed if not each.incident][:PENDING],
        "sources": len(desk.source_keys()),
        "unwell": desk.unwell(),
        "deaf": [each for each in desk.receivers() if each.state != "well" and each.waiting],
    }


Group: TypeAlias = list[tuple[IncidentStatus, list[IncidentStatus]]]


def by_operation(listed: Sequence[IncidentStatus]) -> dict[str, Group]:
    """The incidents of each operation, the worst first; beside each, those that it explains."""
    there = {each.incident for each in listed}
    explained: dict[str | None, list[IncidentStatus]] = {}
    for each in listed:
        if each.explained_by in there:
            explained.setdefault(each.explained_by, []).append(each)
    groups: dict[str, Group] = {}
    for each in listed:
        if each.explained_by not in there:
            groups.setdefault(each.operation, []).append((each, explained.get(each.incident, [])))
    return groups


def incident_page(
    reader: Reader, incident: str, look: Look | None = None, wrong: str = ""
) -> Response:
    """One incident's life, and what was looked up of it; *wrong*: why nothing can be."""
    story = story_of(reader, incident)
    status = story.incident
    own = look if look is not None and _about(look.wish, status) else None
    return reader.show(
        "incident",
        here="overview",
        live=status.state != "closed" and own is None,
        waits=own is not None and own.working,
        story=story,
        linked=any(each.rule == status.rule for each in reader.desk.rules()),
        look=own,
        unsaid=wrong,
    )


def story_of(reader: Reader, incident: str) -> Story:
    """Its story. Raises ProblemError where there is none."""
    story = reader.desk.story(incident)
    if story is None:
        raise ProblemError(404, reader.say("incident.gone"))
    return story


def _about(wish: Wish, status: IncidentStatus) -> bool:
    return isinstance(wish, Asked) and (wish.operation, wish.rule, wish.entity) == (
        status.operation, status.rule, status.entity,
    )  # fmt: skip


@router.get("/history")
def history(
    reader: Asking, operation: Text = "", rule: Text = "", cursor: Cursor = None
) -> Response:
    """What opened, the newest first."""
    wanted = Wanted(operation=operation, rule=rule, after=cursors.moment(cursor))
    found = reader.desk.incidents(wanted, PAGE + 1)
    older = ""
    if len(found) > PAGE:
        last = found[PAGE - 1]
        place = cursors.of_moment(last.opened_at or last.since, last.incident or "")
        older = urlencode({"operation": operation, "rule": rule, "cursor": place})
    return reader.show(
        "history",
        items=found[:PAGE],
        older=older,
        operation=operation,
        rule=rule,
        rules=sorted({each.rule for each in reader.desk.rules()} | {rule} - {""}),
    )


@router.get("/sources")
def sources(reader: Asking) -> Response:
    """What is read, and how fresh it is."""
    return reader.show("sources", live=True, items=reader.desk.sources())


@router.get("/rules")
def rules(reader: Asking) -> Response:
    """What is watched."""
    reader.desk.mind_rules()
    items = reader.desk.rules()
    return reader.show("rules", live=True, waits=any(map(_worked_out, items)), items=items)


def _worked_out(status: RuleStatus) -> bool:
    """Whether something about a rule is being worked out just now."""
    review = status.review
    return status.tests is None or (review is not None and review.state is ReviewState.WORKING)


def rule_page(reader: Reader, operation: str, rule: str, look: Look | None = None) -> Response:
    """One rule, and what somebody tries with it."""
    reader.desk.mind_rules()
    found = [e for e in reader.desk.rules() if (e.operation, e.rule) == (operation, rule)]
    if not found:
        raise ProblemError(404, reader.say("rules.gone"))
    wish = look.wish if look is not None else None
    own = (
        wish
        if isinstance(wish, Trial) and (wish.operation, wish.rule) == (operation, rule)
        else None
    )
    tried = look if own is not None else None
    begun = tried is None or bool(tried.id)
    return reader.show(
        "rule",
        here="rules",
        status=200 if begun else 422,
        rule=found[0],
        when=own.when if own is not None else found[0].when,
        days=own.days if own is not None else DAYS,
        look=tried,
        waits=(tried is not None and tried.working) or _worked_out(found[0]),
        wrong="" if begun or tried is None else tried.wrong,
    )


@router.get("/receivers")
def receivers(reader: Asking) -> Response:
    """Who is told, and how deliveries go."""
    queue = reader.desk.deliveries(receiver="", state="", before=None, limit=QUEUE)
    return reader.show("receivers", live=True, items=reader.desk.receivers(), queue=queue)


@router.get("/hits")
def hits(reader: Asking) -> Response:
    """What was announced today."""
    return reader.show("hits", live=True, items=reader.desk.hits())


@router.get("/changes")
def changes(reader: Asking, cursor: Cursor = None) -> Response:
    """Who did what here."""
    found = reader.desk.changes(before=cursors.number(cursor), limit=PAGE + 1)
    more = len(found) > PAGE
    older = urlencode({"cursor": cursors.of_number(found[PAGE - 1][0])}) if more else ""
    return reader.show("changes", items=[each for _, each in found[:PAGE]], older=older)


@router.get("/language/{language}")
def language(reader: Asking, language: str, next: Text = "/") -> Response:  # noqa: A002
    """Show the pages in that language from now on."""
    answer = back(next)
    if language in reader.pages.languages:
        answer.set_cookie(
            COOKIE, language, max_age=YEAR, samesite="lax", httponly=True,
            secure=reader.caller.https,
        )  # fmt: skip
    return answer
