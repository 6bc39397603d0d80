"""Make up one notice of every kind, so that people can see each message before they get it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from notifier.core.facts.sales import Merit
from notifier.core.facts.state import (
    SOURCE_RULE,
    Closing,
    Incident,
    InstanceKey,
    Scalar,
    Severity,
    incident_id,
)
from notifier.core.judging.notice import Event, Item, Notice, Reason
from notifier.core.judging.plan import Reach, RulePlan
from notifier.core.payload.endpoint import Collection
from notifier.core.telling.composed import OWN_TEXTS
from notifier.core.trial.sample import opening, specimens

MANY = 12  # members of a group: more than a message lists
_NAMES = (
    *("ANA GÓMEZ", "LUIS PEÑA", "MARTA DÍAZ", "JOSÉ RUIZ", "EVA SOTO", "IVÁN CRUZ"),
    *("SARA LEÓN", "HUGO ROJAS", "PAULA VEGA", "RAÚL MORA", "INÉS PAZ", "DARÍO GIL"),
)
_MINUTE = timedelta(minutes=1)

Change = Callable[[Notice], Notice]


def gallery(
    rule: RulePlan, collection: Collection, reach: Reach, now: datetime
) -> dict[str, Notice]:
    """Every message that *rule* can cause for *reach*, by the name of its case.

    now: When the rule fires; later messages of the conversation are later.
    """
    first, *rest = specimens(rule, collection, reach, now)
    if rule.event:
        (unknown,) = rest
        counts = {"event": 1, "events": 3, "digest": MANY}
        told = {name: _events(first, count) for name, count in counts.items()}
        merits = _merits(first) if rule.celebrates else {}
        return told | merits | {"unknown": unknown}
    unknown = rest[1]
    return {name: change(first) for name, change in _CASES.items()} | {"unknown": unknown}


def of_source(rule: RulePlan, reach: Reach, now: datetime) -> dict[str, Notice]:
    """What operators hear of a source that fails, and of its recovery."""
    operation, source = rule.source
    key = InstanceKey(operation, SOURCE_RULE, f"{operation}/{source}")
    fields: dict[str, Scalar] = {"operation": operation, "source": source, "trouble": "timeout"}
    incident = Incident(
        id=incident_id(key, now),
        key=key,
        source=rule.source,
        opened_at=now,
        since=now - 3 * _MINUTE,
        seen_at=now,
        severity=Severity.CRITICAL,
        fields=fields,
    )
    opened = opening(incident, OWN_TEXTS[SOURCE_RULE], reach, now)
    return {"source": opened, "source-close": _closed(Closing.RECOVERED)(opened)}


# ---- one incident ----


def _edited(reason: Reason, minutes: int, **fields: object) -> Change:
    """A later message of the same conversation, the incident changed in some fields."""

    def change(first: Notice) -> Notice:
        before = first.roster[0]
        now = first.at + minutes * _MINUTE
        incident = structs.replace(before, seen_at=now, **fields)
        talk = structs.replace(first.conversation, revision=first.conversation.revision + 1)
        item = Item(reason, incident, was=before.value)
        return replace(
            first,
            conversation=talk,
            at=now,
            items=(item,),
            roster=(incident,),
            open=int(incident.open),
        )

    return change


def _worse(factor: float, reason: Reason, **fields: object) -> Change:
    """The value is *factor* times what it was."""

    def change(first: Notice) -> Notice:
        value = first.roster[0].value
        moved = value * factor if isinstance(value, float) else value
        return _edited(reason, 5, value=moved, worst=moved, **fields)(first)

    return change


def _closed(closing: Closing) -> Change:
    def change(first: Notice) -> Notice:
        end, trend = first.at + 23 * _MINUTE, first.roster[0].trend
        if closing is Closing.RECOVERED:
            trend = (*trend, *trend[:1])  # the last value is a good one
        return _edited(Reason.CLOSE, 23, closed_at=end, closing=closing, trend=trend)(first)

    return change


# ---- several ----


def _members(first: Notice, count: int) -> tuple[Incident, ...]:
    return tuple(_member(first, number) for number in range(count))


def _member(first: Notice, number: int) -> Incident:
    """Another entity, a little less bad than the one before."""
    one = first.roster[0]
    key = one.key._replace(entity=f"{one.key.entity}-{number + 1}")
    value = one.value * (1 - number / 40) if isinstance(one.value, float) else one.value
    fields = {
        **one.fields,
        **({"agent_name": _NAMES[number]} if "agent_name" in one.fields else {}),
    }
    return structs.replace(
        one, id=incident_id(key, first.at), key=key, value=value, worst=value, fields=fields
    )


def _group(first: Notice) -> Notice:
    """Many that opened in one poll share a message."""
    members = _members(first, MANY)
    talk = structs.replace(first.conversation, members=tuple(each.id for each in members))
    items = tuple(Item(Reason.OPEN, each) for each in members)
    return replace(first, conversation=talk, items=items, roster=members, open=MANY, members=MANY)


def _group_change(first: Notice) -> Notice:
    """Two of them are over: what changed stands first, then who is left."""
    whole = _group(first)
    now = first.at + 10 * _MINUTE
    over = [
        structs.replace(each, closed_at=now, closing=Closing.RECOVERED) for each in whole.roster[:2]
    ]
    talk = structs.replace(whole.conversation, revision=2)
    items = tuple(Item(Reason.CLOSE, each) for each in over)
    return replace(
        whole, conversation=talk, at=now, items=items, roster=whole.roster[2:], open=MANY - 2
    )


def _group_close(first: Notice) -> Notice:
    whole = _group(first)
    now = first.at + 30 * _MINUTE
    over = tuple(
        structs.replace(each, closed_at=now, closing=Closing.RECOVERED) for each in whole.roster
    )
    talk = structs.replace(whole.conversation, revision=3, closed=True)
    items = tuple(Item(Reason.CLOSE, each) for each in over)
    return replace(whole, conversation=talk, at=now, items=items, roster=over, open=0)


def _events(first: Notice, count: int) -> Notice:
    one = first.events[0]
    return replace(first, events=tuple(Event(f"{one.key}-{n}", one.fields) for n in range(count)))


def _merits(first: Notice) -> dict[str, Notice]:
    """Sales that are more than a few more, and one that was taken back."""
    three = _events(first, 3)
    talk = structs.replace(first.conversation, revision=2)
    back = replace(three, conversation=talk, events=three.events[:2], taken_back=three.events[2:])
    return {kind: replace(first, merits=(merit,)) for kind, merit in _MERITS.items()} | {
        "taken-back": back
    }


_MERITS: Mapping[str, Merit] = {
    "first-sale": Merit("first", 1, 1),
    "streak": Merit("streak", 3, 3),
    "halfway": Merit("target", 20, 20, of=40, share=50),
    "target": Merit("target", 40, 40, of=40, share=100),
    "record": Merit("record", 53, 53, of=52),
}
_CASES: Mapping[str, Change] = {
    "open": lambda first: first,
    "change": _worse(1.2, Reason.CHANGE),
    "raised": _worse(2.0, Reason.RAISED, severity=Severity.CRITICAL),
    "repeat": _edited(Reason.REPEAT, 120),
    "acknowledged": _edited(Reason.CHANGE, 4, acknowledged_by="Ana"),
    "frozen": _edited(Reason.CHANGE, 15, held="frozen"),
    "close": _closed(Closing.RECOVERED),
    "left": _closed(Closing.LEFT),
    "group": _group,
    "group-change": _group_change,
    "group-close": _group_close,
}
