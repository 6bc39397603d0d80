"""Notices to render: each as the core would make it, every part of it to be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from notifier.core.facts.state import (
    SOURCE_RULE,
    Closing,
    Conversation,
    Incident,
    InstanceKey,
    Scalar,
    Severity,
    SourceKey,
    incident_id,
)
from notifier.core.judging.notice import Event, Item, Notice, Reason, RuleText

NOW = datetime(2026, 5, 4, 15, 22, tzinfo=UTC)  # a Monday; 10:22 in Bogotá
SOURCE = SourceKey("bogota", "latency")
RULE = RuleText(
    id="network-rejection",
    severity=Severity.WARNING,
    owner="Redes",
    runbook="https://wiki.example.com/red?a=1|2",
    labels={"team": "noc"},
)


def incident(
    entity: str = "12004", name: str = "ANA", rule: str = "network-rejection", **more: Any
) -> Incident:
    """Return an open incident that began twelve minutes before NOW."""
    key = InstanceKey("bogota", rule, entity)
    since = NOW - timedelta(minutes=12)
    fields: dict[str, Scalar] = {
        "agent_id": entity,
        "agent_name": name,
        "ip": "181.49.7.7",
        "network_rejection": 6.5,
    }
    base = Incident(
        id=incident_id(key, since),
        key=key,
        source=SOURCE,
        opened_at=since,
        since=since,
        seen_at=NOW - timedelta(minutes=2),
        severity=Severity.WARNING,
        value=6.5,
        worst=6.5,
        unit="percent",
        threshold=1.0,
        fields=fields,
        trend=(0.2, 0.4, 1.5, 3.0, 6.5),
    )
    return replace(base, **more)


def closed(one: Incident, closing: Closing = Closing.RECOVERED, **more: Any) -> Incident:
    """Return it as it is after its end, 23 minutes from its beginning."""
    end = one.since + timedelta(minutes=23)
    changes: dict[str, Any] = {"closed_at": end, "closing": closing, "value": 0.2, "worst": 9.1}
    return replace(one, **{**changes, **more})


def trouble(kind: str = "timeout", **more: Any) -> Incident:
    """Return an incident about a source."""
    fields: dict[str, Scalar] = {
        "operation": "bogota",
        "source": "latency",
        "trouble": kind,
        "detail": "No whole answer within 60 s",
        "failures": 4.0,
    }
    base = incident("bogota/latency", rule=SOURCE_RULE)
    return replace(
        base,
        fields=fields,
        value=None,
        worst=None,
        threshold=None,
        trend=(),
        severity=Severity.CRITICAL,
        **more,
    )


def conversation(kind: str = "slack", **more: Any) -> Conversation:
    """Return a conversation of a receiver that reads English in Bogotá."""
    recipients = {"email": ("guardia@example.com",), "slack_webhook": ("floor",)}
    base = Conversation(
        id="c0ffee0000000001",
        receiver="team-leads",
        operation="bogota",
        rule="network-rejection",
        group="",
        kind=kind,
        recipients=recipients.get(kind, ("#operaciones",)),
        opened_at=NOW,
        incident="1ncident00000001",
        revision=1,
        timezone="America/Bogota",
    )
    return replace(base, **more)


def notice(
    *items: Item,
    talk: Conversation | None = None,
    rule: RuleText = RULE,
    roster: tuple[Incident, ...] | None = None,
    members: int | None = None,
    at: datetime = NOW,
) -> Notice:
    """Return a notice of these items; the roster is their incidents unless given."""
    shown = roster if roster is not None else tuple(item.incident for item in items)
    return Notice(
        conversation=talk or conversation(),
        rule=rule,
        at=at,
        items=items,
        roster=shown,
        open=sum(one.open for one in shown),
        members=members or len(shown),
        give_up_at=at + timedelta(hours=24),
    )


def opened(one: Incident | None = None, **more: Any) -> Notice:
    """Return the notice that opens a conversation about one incident."""
    return notice(Item(Reason.OPEN, one or incident()), **more)


def spanish(kind: str = "slack", locale: str = "es_CO", **more: Any) -> Conversation:
    """Return a conversation in Spanish."""
    return conversation(kind, language="es", locale=locale, **more)


def sales(
    count: int, talk: Conversation | None = None, fields: Mapping[str, Scalar] | None = None
) -> Notice:
    """Return a notice of new hits."""
    shown = fields or {"conn_id": "170000012345", "type_interaction": "voice", "hit": "yes"}
    rule = RuleText(id="new-hit", severity=Severity.INFO, template="celebration")
    return Notice(
        conversation=talk or conversation(rule="new-hit"),
        rule=rule,
        at=NOW,
        events=tuple(Event(f"1700000123{n:03}", shown) for n in range(count)),
        give_up_at=NOW + timedelta(hours=24),
    )
