"""Tell an incident's life as one sequence: what became of it, who was told, and who did what.

The timeline was written as things happened; beside it stand the messages, and how they went, and
what people did that the bot has not judged yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifier.core.facts.state import Entry, Incident, Told
from notifier.core.reacting.timeline import What
from notifier.core.standing.change import Change
from notifier.core.standing.receiver_status import Delivery
from notifier.store import audit, lives, look, past
from notifier.store.database import Database
from notifier.store.past import Suppression
from notifier.web.desk import Step

MESSAGES = 200  # of one incident that are shown
SUPERSEDED, DELIVERED = "superseded", "delivered"
WORST = ("failed", "ambiguous", "sending", "queued", DELIVERED)  # of several messages that one
ENDS = {  # an entry without a name: it ended
    What.ACKNOWLEDGED.value: "unacknowledged",
    What.SILENCED.value: "unsilenced",
    What.EXPLAINED.value: "unexplained",
}
WORDS = {"acknowledge": "acknowledged", "unacknowledge": "unacknowledged"}


@dataclass(frozen=True, slots=True)
class Biography:
    """What is written down of one incident."""

    incident: Incident
    told: Mapping[str, Told]
    steps: tuple[Step, ...]
    deliveries: tuple[Delivery, ...]


def biography(database: Database, identity: str, now: datetime) -> Biography | None:
    """All of one incident; None where there is none of that id."""
    with database.reading() as connection:
        found = look.incident(connection, identity)
        if found is None:
            return None
        told = look.told(connection, [identity]).get(identity, {})
        talks = [each.conversation for each in told.values()]
        sent = look.messages(connection, conversations=talks, limit=MESSAGES)
        entries = lives.entries(connection, [identity]).get(identity, [])
        untold = past.suppressions(connection, *found.key[:2], found.since)
        changes = audit.changes_of(connection, identity)
    steps = [
        *_own_steps(found, entries),
        *_lived(entries, sent),
        *_untold(found, untold, now),
    ]
    steps += _waiting(changes, steps)
    return Biography(found, told, _in_order(steps), tuple(sent))


def _in_order(steps: Iterable[Step]) -> tuple[Step, ...]:
    """By time; of one moment as it came about."""
    return tuple(sorted(steps, key=lambda step: (step.at, _PLACE.get(step.what, 0))))


_PLACE = {"seen": -2, "opened": -1, "told": 2, "not told": 2, "closed": 1}


def _own_steps(incident: Incident, entries: Iterable[Entry]) -> Iterator[Step]:
    """How severe it was at first is known where that never changed."""
    rose = any(each.what == What.SEVERITY.value for each in entries)
    yield Step(at=incident.since, what="seen")
    severity = "" if rose else incident.severity.value
    yield Step(at=incident.opened_at, what="opened", detail=severity)
    if incident.closed_at is not None and incident.closing is not None:
        yield Step(at=incident.closed_at, what="closed", detail=incident.closing.value)


# ---- as it was written down ----


def _lived(entries: Sequence[Entry], sent: Sequence[Delivery]) -> Iterator[Step]:
    if not any(each.what == What.TOLD.value for each in entries):  # it is older than timelines
        yield from (_sent(each.queued_at, each.receiver, [each]) for each in sent if _shown(each))
    for each in entries:
        if each.what == What.TOLD.value:
            own = [one for one in sent if (one.queued_at, one.receiver) == (each.at, each.who)]
            yield _sent(each.at, each.who, own, each.detail)
        else:
            yield _turn(each)


def _turn(entry: Entry) -> Step:
    over = not entry.who and not entry.detail
    what = ENDS.get(entry.what, entry.what) if over else entry.what
    return Step(at=entry.at, what=what, who=entry.who, detail=entry.detail)


def _shown(sent: Delivery) -> bool:
    return sent.state != SUPERSEDED and sent.reason != "change"


def _sent(at: datetime, who: str, sent: Sequence[Delivery], reason: str = "") -> Step:
    """One word to one receiver: it may be several messages."""
    forms = dict.fromkeys(each.form for each in sent if each.form != "edit" or len(sent) == 1)
    states = {each.state for each in sent if each.state != SUPERSEDED} or {
        each.state for each in sent
    }
    state = next((each for each in WORST if each in states), SUPERSEDED if states else "")
    words = (reason or (sent[0].reason if sent else ""), *forms, state)
    return Step(at=at, what="told", who=who, detail=";".join(filter(None, words)))


def _untold(incident: Incident, found: Iterable[Suppression], now: datetime) -> Iterator[Step]:
    until = incident.closed_at or now
    for each in found:
        if each.key == incident.key and each.at <= until:
            yield Step(at=each.at, what="not told", detail=each.reason)


def _waiting(changes: Sequence[Change], steps: Sequence[Step]) -> list[Step]:
    """What people did that no step tells: the bot has not judged it yet, or had nothing to do."""
    told = [(step.what, step.at) for step in steps]
    return [
        Step(at=each.at, what="changed", who=each.who, detail=each.what)
        for each in changes
        if not any(what == WORDS.get(each.what) and at >= each.at for what, at in told)
    ]
