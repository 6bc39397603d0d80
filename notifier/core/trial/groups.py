"""Make up messages about several: many that open at once, some that join, change and close."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from notifier.core.facts.state import Closing, Incident, Severity, incident_id
from notifier.core.judging.notice import Item, Notice, Reason

MANY = 12  # members of a group: more than a message lists
_NAMES = (
    *("ANA GÓMEZ", "LUIS PEÑA", "MARTA DÍAZ", "JOSÉ RUIZ", "EVA SOTO", "IVÁN CRUZ"),
    *("SARA LEÓN", "HUGO ROJAS", "PAULA VEGA", "RAÚL MORA", "INÉS PAZ", "DARÍO GIL"),
)
_MINUTE = timedelta(minutes=1)


def members(first: Notice) -> tuple[Incident, ...]:
    """Incidents of many entities, each a little less bad than the one before."""
    return tuple(_member(first, number) for number in range(MANY))


def _member(first: Notice, number: int) -> Incident:
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
    several = members(first)
    talk = structs.replace(first.conversation, members=tuple(each.id for each in several))
    items = tuple(Item(Reason.OPEN, each) for each in several)
    return replace(first, conversation=talk, items=items, roster=several, open=MANY, members=MANY)


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
        whole,
        conversation=talk,
        at=now,
        items=items,
        roster=(*whole.roster[2:], *over),
        open=MANY - 2,
    )


def _group_more(first: Notice) -> Notice:
    """One more joined them, and one became worse."""
    whole = _group(first)
    now = first.at + 15 * _MINUTE
    worst = structs.replace(whole.roster[0], severity=Severity.CRITICAL, seen_at=now)
    new = structs.replace(whole.roster[-1], opened_at=now, since=now, seen_at=now)
    talk = structs.replace(whole.conversation, revision=2)
    items = (Item(Reason.RAISED, worst, was=worst.value), Item(Reason.OPEN, new))
    return replace(whole, conversation=talk, at=now, items=items, roster=(worst, *whole.roster[1:]))


def _group_close(first: Notice) -> Notice:
    whole = _group(first)
    now = first.at + 30 * _MINUTE
    over = tuple(
        structs.replace(each, closed_at=now, closing=Closing.RECOVERED) for each in whole.roster
    )
    talk = structs.replace(whole.conversation, revision=3, closed=True)
    items = tuple(Item(Reason.CLOSE, each) for each in over)
    return replace(whole, conversation=talk, at=now, items=items, roster=over, open=0)


GROUPS: Mapping[str, Callable[[Notice], Notice]] = {
    "group": _group,
    "group-change": _group_change,
    "group-more": _group_more,
    "group-close": _group_close,
}
