"""Say how each incident stands, as the page, the API and the commands show it.

The names of ``IncidentStatus`` are keys of the public interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from notifier.core.facts import people
from notifier.core.facts.people import Aliases
from notifier.core.facts.state import Incident, Instance, InstanceKey, Phase, Scalar, Told
from notifier.core.judging.notice import Titles
from notifier.core.judging.silence import Silence, covering

STATES = {Phase.PENDING: "pending", Phase.OPEN: "open", Phase.RECOVERING: "recovering"}
CLOSED = "closed"
_NAMED = "_name"  # a field that names the entity for people


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentStatus:
    """One instance that is not well, or one that was not.

    Attributes:
        incident: None while it is pending: nothing opened yet.
        state: ``pending``, ``open``, ``recovering`` or ``closed``.
        title: What people call the rule in force, by language; ``""`` is any.
        name: The entity as people know it, where it has a name.
        since: When the breach was first seen.
        direction: On which side of the threshold things are bad, ``>`` or ``<``.
        trend: The last values, oldest first.
        held: Why its data are not moving: ``missing``, ``unknown``, ``frozen``.
        explained_by: The incident that explains it away.
        acknowledged_by: Who has it.
        silence: The silence that holds news of it; whose, and until when, beside it.
        receivers: Whom it concerns; *told*: who heard of it.
        untold: Why nobody was told, when that was last written down.
    """

    incident: str | None
    rule: str
    operation: str
    entity: str
    title: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    source: str = ""
    severity: str | None = None
    state: str
    since: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    closing: str | None = None
    seen_at: datetime | None = None
    value: Scalar = None
    worst: Scalar = None
    unit: str = "number"
    threshold: float | None = None
    direction: str = ">"
    trend: tuple[float, ...] = ()
    held: str = ""
    explained_by: str | None = None
    acknowledged_by: str | None = None
    silence: str | None = None
    silenced_by: str | None = None
    silenced_until: datetime | None = None
    receivers: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    untold: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which incidents. An empty text chooses nothing.

    Attributes:
        closed: None for both.
        after: Only those behind this one, by its time of opening and its id: the newest come first.
    """

    closed: bool | None = None
    operation: str = ""
    rule: str = ""
    entity: str = ""
    after: tuple[datetime, str] | None = None


class KnownLike(Protocol):
    """What is remembered, by whoever remembers it."""

    @property
    def incidents(self) -> Mapping[str, Incident]: ...
    @property
    def instances(self) -> Mapping[InstanceKey, Instance]: ...
    @property
    def told(self) -> Mapping[str, Mapping[str, Told]]: ...
    @property
    def silences(self) -> Mapping[str, Silence]: ...


def listed(
    known: KnownLike,
    now: datetime,
    aliases: Mapping[str, Aliases] | None = None,
    titles: Mapping[str, Titles] | None = None,
) -> Iterator[IncidentStatus]:
    """Every instance that is not OK, and every source in trouble: worst first, pending last.

    aliases: What the agents of each operation are called; *titles*: what its rules are.
    """
    living = {i.incident: i for i in known.instances.values() if i.incident}
    for incident in sorted((i for i in known.incidents.values() if i.open), key=_worst_first):
        told = known.told.get(incident.id, {})
        held = covering(known.silences.values(), incident.key, now)
        known_as = (aliases or {}).get(incident.key.operation)
        titled = (titles or {}).get(incident.key.operation)
        yield of_incident(incident, living.get(incident.id), told, held, known_as, titled)
    pending = (each for each in known.instances.values() if each.phase is Phase.PENDING)
    for each in sorted(pending, key=lambda i: i.key):
        yield of_pending(each, (titles or {}).get(each.key.operation))


def _worst_first(incident: Incident) -> tuple[int, datetime, InstanceKey]:
    return -incident.severity.rank, incident.opened_at, incident.key


def of_incident(
    incident: Incident,
    instance: Instance | None,
    told: Mapping[str, Told],
    held: tuple[Silence, datetime] | None = None,
    aliases: Aliases | None = None,
    titles: Titles | None = None,
) -> IncidentStatus:
    """How one incident stands.

    instance: The living one, which says whether it recovers.
    held: The silence that holds news of it, and until when.
    aliases: What the agents of its operation are called; *titles*: what its rules are.
    """
    silence, until = held or (None, None)
    return IncidentStatus(
        incident=incident.id,
        rule=incident.key.rule,
        operation=incident.key.operation,
        entity=incident.key.entity,
        title=(titles or {}).get(incident.key.rule, {}),
        name=_shown(incident, aliases or {}),
        source=incident.source.source,
        severity=incident.severity.value,
        state=_state(incident, instance),
        since=incident.since,
        opened_at=incident.opened_at,
        closed_at=incident.closed_at,
        closing=incident.closing.value if incident.closing else None,
        seen_at=incident.seen_at,
        value=incident.value,
        worst=incident.worst,
        unit=incident.unit,
        threshold=incident.threshold,
        direction=incident.direction,
        trend=incident.trend,
        held=incident.held if incident.open else "",
        explained_by=incident.explained_by or None,
        acknowledged_by=incident.acknowledged_by or None,
        silence=silence.id if silence else None,
        silenced_by=silence.author if silence else None,
        silenced_until=until,
        receivers=incident.receivers,
        told=tuple(sorted(told)),
        untold=incident.untold,
    )


def _shown(incident: Incident, aliases: Aliases) -> str:
    entity = incident.key.entity
    return people.called(entity, incident.fields, aliases) or called(
        people.renamed(incident.fields, aliases), entity
    )


def _state(incident: Incident, instance: Instance | None) -> str:
    if not incident.open:
        return CLOSED
    return STATES[instance.phase] if instance else STATES[Phase.OPEN]


def of_pending(instance: Instance, titles: Titles | None = None) -> IncidentStatus:
    """How an instance stands that breaches, but not for long enough yet."""
    return IncidentStatus(
        incident=None,
        rule=instance.key.rule,
        operation=instance.key.operation,
        entity=instance.key.entity,
        title=(titles or {}).get(instance.key.rule, {}),
        source=instance.source.source,
        state=STATES[instance.phase],
        since=instance.since,
        value=instance.trend[-1] if instance.trend else None,
        trend=instance.trend,
    )


def key_of(status: IncidentStatus) -> InstanceKey:
    """Which instance it is about."""
    return InstanceKey(status.operation, status.rule, status.entity)


def called(fields: Mapping[str, Scalar], entity: str) -> str:
    """The entity's name among its fields; of a group by address, its site's label."""
    for name, value in fields.items():
        if name.endswith(_NAMED) and isinstance(value, str):
            return value
    site = fields.get("site")
    return site if isinstance(site, str) and fields.get("ip") == entity else ""
