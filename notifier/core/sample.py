"""Make up a notice that says of itself that it is a test."""

from __future__ import annotations

from datetime import datetime, timedelta

from notifier.core.notice import Item, Notice, Reason, RuleText
from notifier.core.plan import Reach
from notifier.core.state import (
    Conversation,
    Incident,
    InstanceKey,
    Severity,
    SourceKey,
    digest,
    incident_id,
)

TEST = RuleText(
    id="send-test",
    severity=Severity.INFO,
    summary={
        "en": "Test message: nothing is wrong",
        "es": "Mensaje de prueba: no pasa nada",
        "pt": "Mensagem de teste: está tudo bem",
    },
)


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
    conversation = Conversation(
        id=digest("conversation", *key, now.isoformat()),
        receiver=reach.name,
        operation=key.operation,
        rule=TEST.id,
        group=key.entity,
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
    return Notice(
        conversation=conversation,
        rule=TEST,
        at=now,
        items=(Item(Reason.OPEN, incident),),
        roster=(incident,),
        open=1,
        members=1,
        give_up_at=now + timedelta(hours=1),
    )
