"""Make up notices: one that says it is a test, and specimens of what a rule would say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from notifier.core.facts.state import (
    Closing,
    Conversation,
    Incident,
    InstanceKey,
    Scalar,
    Severity,
    SourceKey,
    digest,
    incident_id,
)
from notifier.core.judging.notice import Event, Item, Notice, Reason, RuleText
from notifier.core.judging.plan import Reach, RulePlan
from notifier.core.payload.endpoint import Collection, Kind
from notifier.core.telling.composed import with_mention

TEST = RuleText(
    id="send-test",
    severity=Severity.INFO,
    summary={
        "en": "Test message: nothing is wrong",
        "es": "Mensaje de prueba: no pasa nada",
        "pt": "Mensagem de teste: está tudo bem",
    },
)


ORDINARY: Mapping[Kind, Scalar] = {
    Kind.COUNT: 12.0,
    Kind.COUNTER: 340.0,
    Kind.PERCENT: 4.2,
    Kind.MS: 180.0,
    Kind.SECONDS: 95.0,
    Kind.DURATION: 1_500.0,
    Kind.MONEY: 1_250_000.0,
    Kind.NUMBER: 3.4,
    Kind.TIME: "2026-01-05 10:00:00",
    Kind.FLAG: True,
    Kind.TEXT: "Ventas",
    Kind.WORD: "answer",
}
"""A value of each kind, as rows hold it."""
CALLED: Mapping[str, Scalar] = {
    "agent_id": "12004",
    "agent_name": "ANA GÓMEZ",
    "aux_state": "Break",
    "conn_id": "12004.0042.1767625200.1",
    "interval": "0_5_seg",
    "ip": "181.49.7.7",
    "skill_id": "3001",
    "type_interaction": "inbound",
    "user": "pbx-1",
}
"""What fields of these names hold in practice."""


_TREND = (0.2, 0.3, 0.25, 0.6, 0.8, 1.0)  # of the present value, oldest first


def marked_notice(reach: Reach, now: datetime) -> Notice:
    """One marked message for *reach*; each moment has its own: none is taken for another."""
    key = InstanceKey("test", TEST.id, reach.name)
    incident = Incident(
        id=incident_id(key, now),
        key=key,
        source=SourceKey("test", TEST.id),
        opened_at=now,
        since=now,
        seen_at=now,
        severity=Severity.INFO,
    )
    return opening(incident, TEST, reach, now)


def told_to(notice: Notice, kind: str, recipient: str, language: str, locale: str) -> Notice:
    """The same, were its receiver of that kind of channel and of that language."""
    talk = structs.replace(
        notice.conversation, kind=kind, recipients=(recipient,), language=language, locale=locale
    )
    return replace(notice, conversation=talk)


def specimens(
    rule: RulePlan, collection: Collection, reach: Reach, now: datetime
) -> Iterator[Notice]:
    """What a rule would say to *reach*: with ordinary values, and where each is unknown.

    An opening, then its end; of a rule for events, one event.
    """
    kinds = collection.kinds()
    ordinary = {name: CALLED.get(name, ORDINARY[kind]) for name, kind in kinds.items()}
    for values in (ordinary, dict.fromkeys(kinds)):
        incident = _incident(rule, values, now)
        talk = _talk(incident, reach, now)
        text = with_mention(rule.text, reach)
        if rule.event:
            yield _announced(talk, text, values, now)
        else:
            yield _first(talk, text, incident, now)
            yield _last(talk, text, incident, now)


def opening(incident: Incident, text: RuleText, reach: Reach, now: datetime) -> Notice:
    """The first message about one incident."""
    return _first(_talk(incident, reach, now), text, incident, now)


def _incident(rule: RulePlan, values: Mapping[str, Scalar], now: datetime) -> Incident:
    named = rule.by if rule.by is not None else tuple(values)[:1]
    entity = "/".join(str(values[name] or name) for name in named) or "all"
    key = InstanceKey(rule.operation, rule.id, entity)
    value = ORDINARY[Kind(rule.unit)] if any(values.values()) else None
    return Incident(
        id=incident_id(key, now),
        key=key,
        source=rule.source,
        opened_at=now,
        since=now - timedelta(minutes=10),
        seen_at=now,
        severity=rule.severity,
        value=value,
        worst=value,
        trend=tuple(value * share for share in _TREND) if isinstance(value, float) else (),
        unit=rule.unit,
        threshold=rule.threshold,
        direction=rule.direction,
        fields=dict(values) if rule.by is None else {name: values[name] for name in rule.by},
    )


def _talk(incident: Incident, reach: Reach, now: datetime) -> Conversation:
    operation, rule, entity = incident.key
    return Conversation(
        id=digest("conversation", *incident.key, reach.name, now.isoformat()),
        receiver=reach.name,
        operation=operation,
        rule=rule,
        group=entity,
        kind=reach.kind,
        recipients=reach.recipients,
        opened_at=now,
        incident=incident.id,
        members=(incident.id,),
        revision=1,
        language=reach.language,
        locale=reach.locale,
        timezone=reach.timezone,
    )


def _first(talk: Conversation, text: RuleText, incident: Incident, now: datetime) -> Notice:
    return Notice(
        conversation=talk,
        rule=text,
        at=now,
        items=(Item(Reason.OPEN, incident),),
        roster=(incident,),
        open=1,
        members=1,
        give_up_at=now + timedelta(hours=1),
    )


def _last(talk: Conversation, text: RuleText, incident: Incident, now: datetime) -> Notice:
    over = structs.replace(incident, closed_at=now, closing=Closing.RECOVERED)
    first = _first(structs.replace(talk, revision=2, closed=True), text, over, now)
    return replace(first, items=(Item(Reason.CLOSE, over),), open=0)


def _announced(
    talk: Conversation, text: RuleText, values: Mapping[str, Scalar], now: datetime
) -> Notice:
    event = Event(talk.group, values)
    later = now + timedelta(hours=1)
    return Notice(conversation=talk, rule=text, at=now, events=(event,), give_up_at=later)
