"""Make up one notice of every kind, so that people can see each message before they get it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from msgspec import structs

from notifier.core.facts.state import Closing, Severity, Told, incident_id
from notifier.core.judging.notice import Item, Notice, Reason
from notifier.core.judging.plan import Reach, RulePlan
from notifier.core.payload.endpoint import Collection
from notifier.core.trial.cheers import cheers
from notifier.core.trial.groups import GROUPS, members
from notifier.core.trial.occasions import occasions
from notifier.core.trial.sample import specimens
from notifier.core.trial.troubles import troubles

_MINUTE = timedelta(minutes=1)

Change = Callable[[Notice], Notice]
NOTHING: Mapping[str, Any] = {}


def gallery(
    rule: RulePlan, collection: Collection, reach: Reach, now: datetime
) -> dict[str, Notice]:
    """Every message that *rule* can cause for *reach*, by the name of its case.

    now: When the rule fires; later messages of the conversation are later.
    """
    first, *rest = specimens(rule, collection, reach, now)
    if rule.event:
        (unknown,) = rest
        return cheers(first, celebrates=rule.celebrates) | {"unknown-event": unknown}
    unknown = rest[1]
    return {name: change(first) for name, change in _CASES.items()} | {"unknown": unknown}


def beside(
    rule: RulePlan, collection: Collection, rules: Sequence[str], reach: Reach, now: datetime
) -> dict[str, Notice]:
    """What else *reach* may hear: of no single rule, and of the bot's own troubles.

    rules: Ids of all the rules of the operation.
    """
    first = next(specimens(rule, collection, reach, now))
    told = occasions(first, members(first), rules, reach)
    return told | troubles(rule, reach, now)


# ---- one incident ----


def _edited(
    reason: Reason,
    minutes: int,
    *,
    before: Mapping[str, Any] = NOTHING,
    kept_by: str | None = None,
    **fields: Any,
) -> Change:
    """A later message of the same conversation, the incident changed in some fields.

    before: What people believed of it, where that differs from what it was at first.
    """

    def change(first: Notice) -> Notice:
        was = first.roster[0]
        now = first.at + minutes * _MINUTE
        incident = structs.replace(was, seen_at=now, **fields)
        believed = structs.replace(_believed(first), **before)
        item = Item(reason, incident, was=was.value, before=believed, kept_by=kept_by)
        return _next(first, now, item)

    return change


def _next(first: Notice, now: datetime, item: Item) -> Notice:
    """The next message of its conversation, about one incident."""
    talk = structs.replace(first.conversation, revision=first.conversation.revision + 1)
    return replace(
        first,
        conversation=talk,
        at=now,
        items=(item,),
        roster=(item.incident,),
        open=int(item.incident.open),
    )


def _believed(first: Notice) -> Told:
    """What people believe of an incident whose opening they were told."""
    incident, talk = first.roster[0], first.conversation
    return Told(
        incident=incident.id, receiver=talk.receiver, conversation=talk.id, at=first.at,
        severity=incident.severity, value=incident.value,
    )  # fmt: skip


def _kept(by: str) -> Change:
    """It opened while somebody, or quiet hours, held the news back, and is told now."""

    def change(first: Notice) -> Notice:
        now = first.at + 40 * _MINUTE
        return replace(first, at=now, items=(Item(Reason.OPEN, first.roster[0], kept_by=by),))

    return change


def _reopened(first: Notice) -> Notice:
    """It closed, and is back soon enough to go on in the same message."""
    over = _closed(Closing.RECOVERED)(first)
    was, now = over.roster[0], over.at + 4 * _MINUTE
    again = structs.replace(
        was, id=incident_id(was.key, now), opened_at=now, since=now, seen_at=now,
        closed_at=None, closing=None,
    )  # fmt: skip
    return _next(over, now, Item(Reason.OPEN, again, back=was))


def _silenced(first: Notice) -> Notice:
    until = first.at + 66 * _MINUTE
    return _edited(Reason.CHANGE, 6, silence=_SILENCE, silenced_by="Eva", silenced_until=until)(
        first
    )


def _flapping(first: Notice) -> Notice:
    opens = tuple(first.at + each for each in _OFTEN)
    return _edited(Reason.CHANGE, 20, flapping=True, opens=opens)(first)


def _drill(first: Notice) -> Notice:
    return replace(first, rule=replace(first.rule, drill=True))


def _worse(factor: float, reason: Reason, **fields: Any) -> Change:
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


_SILENCE = "5e1ec7ed00000001"
_OFTEN = tuple(_MINUTE * minutes for minutes in (0, 6, 13, 20))
_CASES: Mapping[str, Change] = {
    "open": lambda first: first,
    "change": _worse(1.2, Reason.CHANGE),
    "raised": _worse(2.0, Reason.RAISED, severity=Severity.CRITICAL),
    "repeat": _edited(Reason.REPEAT, 120),
    "acknowledged": _edited(Reason.CHANGE, 4, acknowledged_by="Ana"),
    "given-back": _edited(Reason.CHANGE, 9, before={"acknowledged": "Ana"}),
    "silenced": _silenced,
    "unsilenced": _edited(Reason.CHANGE, 50, before={"silence": _SILENCE}),
    "still-open": _edited(Reason.REPEAT, 64, kept_by="Eva"),
    "held": _kept("Eva"),
    "held-quiet": _kept(""),
    "frozen": _edited(Reason.CHANGE, 15, held="frozen"),
    "missing": _edited(Reason.CHANGE, 15, held="missing"),
    "flapping": _flapping,
    "settled": _edited(Reason.CHANGE, 55, before={"flapping": True}),
    "close": _closed(Closing.RECOVERED),
    "left": _closed(Closing.LEFT),
    "new-day": _closed(Closing.NEW_DAY),
    "rule-changed": _closed(Closing.RULE_CHANGED),
    "rule-removed": _closed(Closing.RULE_REMOVED),
    "reopened": _reopened,
    **GROUPS,
    "drill": _drill,
}
