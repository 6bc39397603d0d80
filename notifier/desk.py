"""Take what people ask for - silences and acknowledgements - and put it before the running bot.

Nothing is decided here: a request waits in the database until the only writer judges it, within a
second or two where it runs, else at its next start. The commands, the page and Slack's buttons all
come here. What is listed shows the waiting requests as if they were judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from notifier.core.facts.state import Incident, digest
from notifier.core.judging.request import (
    Acknowledge,
    AddSilence,
    EndSilence,
    Request,
    Unacknowledge,
)
from notifier.core.judging.silence import Silence, check_hours, covers, in_force
from notifier.core.standing.change import Change
from notifier.errors import RequestError
from notifier.store import audit, requests
from notifier.store.database import Database
from notifier.store.memory import Remembered, recall

NAME = 80  # characters of an author
COMMENT = 500  # and of what they say
PATTERNS = 50  # matchers of one kind
LONGEST = timedelta(days=366)
FAR = timedelta(days=36_525)
ENDED = timedelta(days=7)  # how long an ended silence is listed
_Named = TypeVar("_Named")


@dataclass(frozen=True, slots=True)
class Listed:
    """A silence as people see it.

    Attributes:
        state: ``active``, ``planned`` (also between two weekly windows) or ``ended``.
        matches: Ids of the open incidents that it covers.
    """

    silence: Silence
    state: str
    matches: tuple[str, ...] = ()


# ---- silences ----


def new_silence(
    *,
    author: str,
    comment: str,
    now: datetime,
    ends_at: datetime,
    starts_at: datetime | None = None,
    rules: Sequence[str] = (),
    entities: Sequence[str] = (),
    operations: Sequence[str] = (),
    weekly: str = "",
    timezone: str = "UTC",
    until_resolved: bool = False,
    still_open: bool = True,
) -> Silence:
    """Return a silence that makes sense; nothing is asked for yet.

    Times are aware. See ``Silence`` for the rest.

    Raises:
        RequestError: it makes none, and why.
    """
    begins = max(starts_at or now, now)
    _check_span(begins, ends_at, now)
    _check_patterns(rules, entities, operations)
    _check_hours(weekly, timezone)
    who, why = named(author), _text(comment, COMMENT, "a comment says why: give one", "comment")
    parts = (who, why, now.isoformat(), begins.isoformat(), *rules, *entities, *operations)
    return Silence(
        id=digest("silence", *parts),
        author=who,
        comment=why,
        created_at=now,
        starts_at=begins,
        ends_at=ends_at,
        rules=tuple(rules),
        entities=tuple(entities),
        operations=tuple(operations),
        weekly=weekly,
        timezone=timezone,
        until_resolved=until_resolved,
        still_open=still_open,
    )


def end_of(begins: datetime, span: timedelta, now: datetime) -> datetime:
    """When a silence of that span ends; of one that begins too far away, any later time."""
    return min(begins, now + 2 * FAR) + min(span, 2 * LONGEST)


def named(author: str) -> str:
    """Return who asks, cleaned.

    Raises:
        RequestError: nobody does.
    """
    return _text(author, NAME, "an author says who it was: give a name")


def _text(given: str, longest: int, missing: str, what: str = "author") -> str:
    """The text, cleaned. *what*: is missing, for readers of the pages."""
    cleaned = " ".join("".join(c if c.isprintable() else " " for c in given).split())
    if not cleaned:
        raise RequestError(missing, f"wrong.{what}")
    if len(cleaned) > longest:
        text = f"`{cleaned[:20]}...` is longer than {longest} characters; shorten it"
        raise RequestError(text, "wrong.long")
    return cleaned


def _check_span(begins: datetime, ends: datetime, now: datetime) -> None:
    """Times far away cannot be counted with: a day more, or another zone, and there is no date."""
    if begins - now > FAR:
        raise RequestError("a silence begins within a century")
    if ends <= begins:
        raise RequestError("a silence must end after it begins, and in the future", "wrong.end")
    if ends - begins > LONGEST:
        text = "a silence is no longer than a year; take a rule out of the rules file"
        raise RequestError(text, "wrong.year")


def _check_patterns(*kinds: Sequence[str]) -> None:
    if not any(kinds):
        text = "say what to silence: a rule, an entity or an operation; `*` is all"
        raise RequestError(text, "wrong.nothing")
    for patterns in kinds:
        if len(patterns) > PATTERNS or not all(0 < len(each) <= COMMENT for each in patterns):
            raise RequestError(f"give at most {PATTERNS} names of one kind, and no empty one")


def _check_hours(weekly: str, timezone: str) -> None:
    try:
        check_hours(weekly, timezone)
    except ValueError as error:
        raise RequestError(str(error), "wrong.hours") from None


def add_silence(database: Database, silence: Silence, how: str = "command") -> str:
    """Ask for a silence that ``new_silence`` made. Returns its id.

    how: By what road whoever asks came; it is written down with who and when.

    Raises:
        StateError: the database cannot take it.
    """
    change = Change(
        at=silence.created_at, who=silence.author, how=how, what="silence", about=silence.id,
        detail=silence.comment,
    )  # fmt: skip
    _ask(database, silence.id, AddSilence(silence), change)
    return silence.id


def end_silence(
    database: Database, name: str, now: datetime, author: str = "", how: str = "command"
) -> Silence:
    """Ask for the end of the silence whose id begins with *name*. Returns it.

    how: As ``add_silence``.

    Raises:
        RequestError: there is no such silence, or there are several.
        StateError: the database cannot take it.
    """
    known = [each.silence for each in silences(database, now) if each.state != "ended"]
    found = _one(name, {each.id: each for each in known}, "silence", "`notifier silence list`")
    request = EndSilence(found.id, _text(author, NAME, "") if author else "")
    change = Change(at=now, who=request.author, how=how, what="end silence", about=found.id)
    _ask(database, digest("end", found.id, now.isoformat()), request, change)
    return found


def silences(database: Database, now: datetime) -> list[Listed]:
    """The silences that are in force, planned, or ended within a week, in this order.

    Raises:
        StateError: the database cannot be read.
    """
    with database.reading() as connection:
        known = {each.id: each for each in requests.silences(connection, now - ENDED)}
        for waiting in requests.waiting(connection):
            _foresee(known, waiting.request, now)
        incidents = [i for i in recall(connection, now).incidents.values() if i.open]
    found = [listed(each, incidents, now) for each in known.values()]
    order = ("active", "planned", "ended")
    return sorted(found, key=lambda each: (order.index(each.state), each.silence.ends_at))


def listed(silence: Silence, incidents: Iterable[Incident], now: datetime) -> Listed:
    """One silence as people see it, beside the incidents that are open."""
    if silence.over or silence.ends_at <= now:
        return Listed(silence, "ended")
    state = "active" if in_force(silence, now) else "planned"
    return Listed(silence, state, tuple(each.id for each in preview(silence, incidents)))


def preview(silence: Silence, incidents: Iterable[Incident]) -> list[Incident]:
    """The open ones of *incidents* that *silence* covers: what it would hold."""
    return [each for each in incidents if each.open and covers(silence, each.key)]


def _foresee(known: dict[str, Silence], request: Request | None, now: datetime) -> None:
    """Show a waiting request as if it were judged."""
    match request:
        case AddSilence(silence=silence):
            known[silence.id] = silence
        case EndSilence(silence=name, author=author) if name in known:
            known[name] = replace(known[name], ended_at=now, ended_by=author)
        case _:
            pass


# ---- acknowledgements ----


def acknowledge(
    database: Database,
    name: str,
    author: str,
    now: datetime,
    *,
    until: datetime | None = None,
    sticky: bool = False,
    how: str = "command",
) -> Incident:
    """Ask for an acknowledgement of the open incident whose id begins with *name*. Returns it.

    until: When that word expires; None: with the incident. sticky: It outlives a raised severity.
    how: As ``add_silence``.

    Raises:
        RequestError: there is no such open incident, or there are several.
        StateError: the database cannot take it.
    """
    who, found = named(author), _open_incident(database, name, now)
    if until is not None and until <= now:
        raise RequestError("an acknowledgement must end in the future")
    if until is not None and until - now > LONGEST:
        raise RequestError(
            "an acknowledgement ends within a year; without an end it ends by itself"
        )
    identity = digest("acknowledge", found.id, who, now.isoformat())
    change = Change(at=now, who=who, how=how, what="acknowledge", about=found.id)
    _ask(database, identity, Acknowledge(found.id, who, until, sticky), change)
    return found


def unacknowledge(
    database: Database, name: str, author: str, now: datetime, how: str = "command"
) -> Incident:
    """Ask for the end of the acknowledgement of the open incident whose id begins with *name*.

    how: As ``add_silence``.

    Raises:
        RequestError: there is no such open incident, or there are several.
        StateError: the database cannot take it.
    """
    who, found = named(author), _open_incident(database, name, now)
    change = Change(at=now, who=who, how=how, what="unacknowledge", about=found.id)
    _ask(database, digest("undo", found.id, now.isoformat()), Unacknowledge(found.id, who), change)
    return found


def _open_incident(database: Database, name: str, now: datetime) -> Incident:
    with database.reading() as connection:
        incidents = recall(connection, now).incidents.values()
    known = {each.id: each for each in incidents if each.open}
    return _one(name, known, "open incident", "`notifier alerts`")


# ---- both ----


def remembered(database: Database, now: datetime) -> Remembered:
    """What is remembered, with what waits to be judged as if it were.

    Raises:
        StateError: the database cannot be read.
    """
    with database.reading() as connection:
        known = recall(connection, now)
        waiting = requests.waiting(connection)
    for each in waiting:
        _foresee(known.silences, each.request, now)
        _foresee_word(known.incidents, each.request)
    return known


def _foresee_word(incidents: dict[str, Incident], request: Request | None) -> None:
    match request:
        case Acknowledge(incident=name, author=author) if name in incidents:
            incidents[name] = replace(incidents[name], acknowledged_by=author)
        case Unacknowledge(incident=name) if name in incidents:
            incidents[name] = replace(incidents[name], acknowledged_by="")
        case _:
            pass


def judged(database: Database, identity: str) -> str | None:
    """Why a request could not be done, or nothing where it was; None while it waits.

    Raises:
        StateError: the database cannot be read.
    """
    with database.reading() as connection:
        return requests.answer(connection, identity)


def _ask(database: Database, identity: str, request: Request, change: Change) -> None:
    """Put it before the bot, and write down who asked; both, or nothing."""
    with database.transaction() as connection:
        requests.ask(connection, identity, change.at, request)
        audit.note(connection, change)


def _one(name: str, known: Mapping[str, _Named], what: str, where: str) -> _Named:
    """The one that *name* is the id of, or the beginning of."""
    if name in known:
        return known[name]
    found = [each for each in known if name and each.startswith(name)]
    if not found:
        raise RequestError(f"there is no {what} `{name}`; {where} shows them", "wrong.gone")
    if len(found) > 1:
        raise RequestError(f"`{name}` is the beginning of {len(found)} ids; give more of it")
    return known[found[0]]
