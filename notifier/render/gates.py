"""Say what holds news of an incident back, and who has it: silences, quiet hours, flapping."""

from __future__ import annotations

from datetime import datetime

from notifier.core.facts.state import Incident, Told
from notifier.core.judging.notice import Item, Reason
from notifier.render.clean import NAME
from notifier.render.manner import Manner


def silenced(incident: Incident, manner: Manner, now: datetime, key: str = "fact.silenced") -> str:
    """Who silenced it and until when; empty when nobody did."""
    if not incident.open or not incident.silence or incident.silenced_until is None:
        return ""
    until = manner.time(incident.silenced_until, now)
    return manner.words.say(key, who=manner.text(incident.silenced_by, NAME), time=until)


def taken(incident: Incident, manner: Manner) -> str:
    """Who has it; empty when nobody does."""
    if not incident.open or not incident.acknowledged_by:
        return ""
    return manner.words.say("fact.acknowledged", who=manner.text(incident.acknowledged_by, NAME))


def kept(item: Item, manner: Manner, now: datetime) -> str:
    """Who held it back until now; empty when nobody did."""
    if item.kept_by is None:
        return ""
    key = "kept.since" if item.reason is Reason.OPEN else "kept.over"
    if not item.kept_by:
        key += "_quiet"
    opened = manner.time(item.incident.opened_at, now)
    return manner.words.say(key, time=opened, who=manner.text(item.kept_by, NAME))


def turned(item: Item, manner: Manner, now: datetime) -> list[str]:
    """What changed of that since people last saw it, in a few words each."""
    incident, before, said = item.incident, item.before, list[str]()
    if before is None:
        return said
    if incident.acknowledged_by != before.acknowledged:
        key = "line.taken" if incident.acknowledged_by else "line.untaken"
        who = incident.acknowledged_by or before.acknowledged
        said.append(manner.words.say(key, who=manner.text(who, NAME)))
    if incident.silence != before.silence:
        shown = silenced(incident, manner, now, "line.silenced")
        over = manner.words.say("line.unsilenced") if item.kept_by is None else ""
        said += filter(None, (shown or over,))
    return said


def flapping(
    incident: Incident, manner: Manner, before: Told | None = None, key: str = "fact.flapping"
) -> str:
    """How often it opened lately, where that is too often; or that it does so no more."""
    if not incident.open or not incident.flapping:
        settled = incident.open and before is not None and before.flapping
        return manner.words.say("line.settled") if settled else ""
    return manner.words.say(key, n=manner.number(len(incident.opens)))
