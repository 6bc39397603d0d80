"""Tell the lives of incidents: who was told, who took it, how it rose and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from notifier.core.facts.state import Entry, Incident, InstanceKey, Phase
from notifier.store import lives, memory
from notifier.store.database import Database
from notifier.store.past import Suppression

CLOSED, OPEN, RECOVERING = "closed", "open", "recovering"
STATES = (OPEN, RECOVERING, CLOSED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which incidents are asked for: those open at any time from *since* to *until*.

    Attributes:
        rule, entity, operation: Exact texts, or globs as ``1200*``; empty for all.
        receiver: Only those that it was told of.
    """

    since: datetime
    until: datetime
    rule: str = ""
    entity: str = ""
    operation: str = ""
    receiver: str = ""
    severity: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an incident's life."""

    at: datetime
    what: str
    who: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One incident from its opening to its end.

    Attributes:
        state: ``open``, ``recovering`` or ``closed``.
        told: The receivers that were told of it.
    """

    incident: Incident
    state: str
    told: tuple[str, ...]
    timeline: tuple[Line, ...]


def history(database: Database, wanted: Wanted) -> list[Life]:
    """The lives of the incidents that are wanted, the latest first."""
    with database.reading() as connection:
        known = lives.incidents(connection, wanted.since, wanted.until)
        found = [incident for incident in known if _fits(incident, wanted)]
        ids = [incident.id for incident in found]
        told, entries = lives.told(connection, ids), lives.entries(connection, ids)
        earliest = min((incident.since for incident in found), default=wanted.since)
        rules = {incident.key[:2] for incident in found}
        untold = _by_key(lives.untold(connection, rules, earliest))
        phases = {i.incident: i.phase for i in memory.instances(connection) if i.incident}
    told_to = {name: tuple(sorted(each.receiver for each in by)) for name, by in told.items()}
    everything = (
        Life(
            incident,
            _state(incident, phases.get(incident.id)),
            told_to.get(incident.id, ()),
            tuple(_timeline(incident, entries.get(incident.id, ()), untold.get(incident.key, ()))),
        )
        for incident in found
    )
    return [life for life in everything if _wanted(life, wanted)]


def _fits(incident: Incident, wanted: Wanted) -> bool:
    key = incident.key
    pairs = (
        (wanted.rule, key.rule),
        (wanted.entity, key.entity),
        (wanted.operation, key.operation),
        (wanted.severity, incident.severity.value),
    )
    return all(not want or want == have or fnmatchcase(have, want) for want, have in pairs)


def _wanted(life: Life, wanted: Wanted) -> bool:
    heard = not wanted.receiver or wanted.receiver in life.told
    return heard and wanted.state in ("", life.state)


def _state(incident: Incident, phase: Phase | None) -> str:
    if not incident.open:
        return CLOSED
    return RECOVERING if phase is Phase.RECOVERING else OPEN


def _by_key(untold: Iterable[Suppression]) -> dict[InstanceKey, list[Suppression]]:
    found: dict[InstanceKey, list[Suppression]] = {}
    for each in untold:
        found.setdefault(each.key, []).append(each)
    return found


def _timeline(
    incident: Incident, entries: Iterable[Entry], untold: Iterable[Suppression]
) -> Iterator[Line]:
    """Its opening, what happened and why nobody was told, in order, and its end."""
    lines = [Line(each.at, each.what, each.who, each.detail) for each in entries]
    end = incident.closed_at
    lines += [
        Line(each.at, "untold", detail=each.reason)
        for each in untold
        if incident.opened_at <= each.at and (end is None or each.at <= end)
    ]
    yield Line(incident.opened_at, "opened")
    yield from sorted(lines, key=lambda line: line.at)
    if end is not None:
        yield Line(end, CLOSED, detail=incident.closing.value if incident.closing else "")
