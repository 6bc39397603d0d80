"""Recall and remember what is true and what people believe."""

# ruff: noqa: S608  # statements are put together from constants only

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import msgspec
from sqlalchemy import Connection, Row, bindparam, text

from notifier.core.facts.sales import Score, ScoreKey
from notifier.core.facts.state import (
    OWN_RULES,
    Budget,
    Conversation,
    Entry,
    Incident,
    Instance,
    InstanceKey,
    Seen,
    SourceKey,
    SourceState,
    Tally,
    TallyKey,
    Told,
    ToldKey,
)
from notifier.core.judging.flapping import WINDOW
from notifier.core.judging.silence import Silence
from notifier.errors import StateError
from notifier.store import tables
from notifier.store.tables import add, plain, stamp, write

EVENTS = timedelta(days=7)  # no source lists an event for so long, unless by its window
LISTED = timedelta(days=32)  # nor any for so long: wolkvox answers for 31 days at once
_BUDGET = "budget/"  # and the operation: the key of a note
_MANY = 500  # ids in one statement: both databases take far more
_Value = TypeVar("_Value")


class DecisionLike(Protocol):
    """What one decision changes. None for an instance: it is not remembered any more."""

    @property
    def sources(self) -> Mapping[SourceKey, SourceState]: ...
    @property
    def instances(self) -> Mapping[InstanceKey, Instance | None]: ...
    @property
    def incidents(self) -> Mapping[str, Incident]: ...
    @property
    def told(self) -> Mapping[ToldKey, Told]: ...
    @property
    def conversations(self) -> Mapping[str, Conversation]: ...
    @property
    def seen(self) -> Sequence[tuple[Seen, datetime]]: ...
    @property
    def suppressed(self) -> Sequence[tuple[InstanceKey, str, datetime]]: ...
    @property
    def budgets(self) -> Mapping[str, Budget]: ...
    @property
    def timeline(self) -> Sequence[Entry]: ...
    @property
    def silences(self) -> Mapping[str, Silence]: ...
    @property
    def tallies(self) -> Mapping[TallyKey, Tally]: ...
    @property
    def scores(self) -> Mapping[ScoreKey, Score]: ...


@dataclass(frozen=True, slots=True)
class Remembered:
    """Everything that a restart begins from.

    Attributes:
        incidents: The open ones; of the closed ones those whose close somebody is still owed, and
            those that an open conversation shows.
        told: Of these incidents: by incident, then receiver.
        conversations: The open ones.
        seen: By operation and rule: the events of the last days.
        silences: Those that are not over.
        ended: The last incident of each instance, where that closed lately or is shown still.
        tallies: What happened since each digest was last told.
        scores: The sales of each rule that celebrates.
    """

    sources: dict[SourceKey, SourceState] = field(default_factory=dict)
    instances: dict[InstanceKey, Instance] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    told: dict[str, dict[str, Told]] = field(default_factory=dict)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    seen: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    ended: dict[InstanceKey, Incident] = field(default_factory=dict)
    tallies: dict[TallyKey, Tally] = field(default_factory=dict)
    scores: dict[ScoreKey, Score] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)


# ---- recall ----


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python not look for garbage: there is none, and to look takes longer than to decode."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@_uncollected()
def recall(connection: Connection, now: datetime, events: timedelta = EVENTS) -> Remembered:
    """Everything that is remembered.

    events: How long ago events were seen that may be listed still.

    Raises:
        StateError: a stored value cannot be read.
    """
    conversations = _read(connection, Conversation, "conversation WHERE closed = 0")
    incidents = _read(connection, Incident, _OWED)
    told = _read(connection, Told, _BELIEVED)
    # Closed and told so, but still seen in a message that lives on.
    shown = {member for talk in conversations for member in talk.members}
    ended = sorted(shown - {incident.id for incident in incidents})
    incidents += _read(connection, Incident, "incident WHERE id IN :ids", ended)
    told += _read(connection, Told, "told WHERE incident IN :ids", ended)
    lately = _lately(connection, now)
    return Remembered(
        sources={state.key: state for state in _read(connection, SourceState, "source")},
        instances={known.key: known for known in _read(connection, Instance, "instance")},
        incidents={known.id: known for known in incidents},
        told=_by_incident(told),
        conversations={known.id: known for known in conversations},
        seen=_seen(connection, now - events),
        tallies={known.key: known for known in _read(connection, Tally, "tally")},
        scores={known.key: known for known in _read(connection, Score, "score")},
        silences={
            s.id: s for s in _read(connection, Silence, "silence WHERE over = 0 ORDER BY id")
        },
        ended=_last([i for i in (*incidents, *lately) if not i.open]),
        budgets=_budgets(connection),
    )


def _lately(connection: Connection, now: datetime) -> list[Incident]:
    statement = text("SELECT body FROM incident WHERE closed_at >= :since")
    rows = connection.execute(statement, {"since": stamp(now - WINDOW)}).all()
    return decoded(rows, Incident, "incident")


def _last(incidents: Iterable[Incident]) -> dict[InstanceKey, Incident]:
    own = (i for i in incidents if i.key.rule not in OWN_RULES)
    return {i.key: i for i in sorted(own, key=lambda i: (i.opened_at, i.id))}


_OWED = """
    incident WHERE closed_at IS NULL OR id IN (SELECT incident FROM told WHERE told.closed = 0)
    ORDER BY opened_at, id
"""
# In two parts, so that each has an index: years of closed ones are never read.
_BELIEVED = """
    told WHERE incident IN (SELECT owed.incident FROM told owed WHERE owed.closed = 0)
    UNION ALL SELECT body FROM told
    WHERE closed = 1 AND incident IN (SELECT id FROM incident WHERE closed_at IS NULL)
"""


def instances(connection: Connection) -> list[Instance]:
    """Every instance that is not OK."""
    return _read(connection, Instance, "instance")


def _by_incident(known: Iterable[Told]) -> dict[str, dict[str, Told]]:
    found: dict[str, dict[str, Told]] = {}
    for told in known:
        found.setdefault(told.incident, {})[told.receiver] = told
    return found


def _seen(connection: Connection, since: datetime) -> dict[tuple[str, str], frozenset[str]]:
    statement = text("SELECT operation, rule, event FROM event_seen WHERE at >= :since")
    found: dict[tuple[str, str], set[str]] = {}
    for operation, rule, event in connection.execute(statement, {"since": stamp(since)}):
        found.setdefault((operation, rule), set()).add(tables.unplain(event))
    return {key: frozenset(events) for key, events in found.items()}


def _budgets(connection: Connection) -> dict[str, Budget]:
    statement = text("SELECT value FROM meta WHERE key LIKE :keys")
    rows = connection.execute(statement, {"keys": f"{_BUDGET}%"}).all()
    return {budget.operation: budget for budget in decoded(rows, Budget, "meta")}


def _read(
    connection: Connection, kind: type[_Value], where: str, ids: Sequence[str] | None = None
) -> list[_Value]:
    statement = text(f"SELECT body FROM {where}")
    if ids is None:
        return decoded(connection.execute(statement).all(), kind, where)
    statement = statement.bindparams(bindparam("ids", expanding=True))
    rows: list[Row[Any]] = []
    for start in range(0, len(ids), _MANY):
        rows += connection.execute(statement, {"ids": list(ids[start : start + _MANY])}).all()
    return decoded(rows, kind, where)


def decoded(rows: Sequence[Row[Any]], kind: type[_Value], where: str) -> list[_Value]:
    """Decode all bodies at once: ten thousands are read at a start."""
    try:
        return msgspec.json.decode(f"[{','.join([row[0] for row in rows])}]", type=list[kind])  # type: ignore[valid-type]
    except msgspec.MsgspecError as error:
        raise StateError(
            f"what was remembered in the table {where.split()[0]} cannot be read ({error}); "
            "run the version of notifier that wrote it, or put a backup in its place"
        ) from None


# ---- remember ----

_encode = msgspec.json.Encoder().encode


def remember(connection: Connection, decision: DecisionLike) -> None:
    """Write down what *decision* changes, in the caller's transaction."""
    write(connection, tables.source, [_source(state) for state in decision.sources.values()])
    _instances(connection, decision.instances)
    write(connection, tables.incident, [_incident(known) for known in decision.incidents.values()])
    write(
        connection,
        tables.conversation,
        [_conversation(known) for known in decision.conversations.values()],
    )
    write(connection, tables.told, [_one_told(told) for told in decision.told.values()])
    add(connection, tables.event_seen, [_event(seen, at) for seen, at in decision.seen])
    add(
        connection,
        tables.suppression,
        [_suppression(key, reason, at) for key, reason, at in decision.suppressed],
    )
    for operation, budget in decision.budgets.items():
        note(connection, f"{_BUDGET}{operation}", _body(budget))
    add(connection, tables.timeline, [_entry(entry) for entry in decision.timeline])
    write(connection, tables.silence, [_silence(known) for known in decision.silences.values()])
    write(connection, tables.tally, [_keyed(known) for known in decision.tallies.values()])
    write(connection, tables.score, [_keyed(known) for known in decision.scores.values()])


def _instances(connection: Connection, changes: Mapping[InstanceKey, Instance | None]) -> None:
    gone = [_key(key) for key, instance in changes.items() if instance is None]
    if gone:
        where = "operation = :operation AND rule = :rule AND entity = :entity"
        connection.execute(text(f"DELETE FROM instance WHERE {where}"), gone)
    kept = [
        {**_key(key), "phase": instance.phase.value, "body": _body(instance)}
        for key, instance in changes.items()
        if instance is not None
    ]
    write(connection, tables.instance, kept)


def _keyed(known: Tally | Score) -> tables.Row:
    return {**known.key._asdict(), "body": _body(known)}


def _body(value: msgspec.Struct) -> str:
    return _encode(value).decode()


def _key(key: InstanceKey) -> tables.Row:
    return {"operation": key.operation, "rule": key.rule, "entity": plain(key.entity)}


def _source(state: SourceState) -> tables.Row:
    return {
        "operation": state.key.operation,
        "source": state.key.source,
        "body": _body(state),
    }


def _incident(known: Incident) -> tables.Row:
    return {
        **_key(known.key),
        "id": known.id,
        "opened_at": stamp(known.opened_at),
        "closed_at": stamp(known.closed_at) if known.closed_at else None,
        "body": _body(known),
    }


def _conversation(known: Conversation) -> tables.Row:
    return {
        "id": known.id,
        "operation": known.operation,
        "opened_at": stamp(known.opened_at),
        "closed": int(known.closed),
        "body": _body(known),
    }


def _one_told(told: Told) -> tables.Row:
    return {
        "incident": told.incident,
        "receiver": told.receiver,
        "closed": int(told.closed),
        "body": _body(told),
    }


def _event(seen: Seen, at: datetime) -> tables.Row:
    return {
        "operation": seen.operation,
        "rule": seen.rule,
        "event": plain(seen.event),
        "at": stamp(at),
    }


def _suppression(key: InstanceKey, reason: str, at: datetime) -> tables.Row:
    return {**_key(key), "reason": reason, "at": stamp(at)}


def _entry(entry: Entry) -> tables.Row:
    return {**entry._asdict(), "at": stamp(entry.at), "who": plain(entry.who)}


def _silence(known: Silence) -> tables.Row:
    return {
        "id": known.id,
        "ends_at": stamp(known.ended_at or known.ends_at),
        "over": int(known.over),
        "body": _body(known),
    }


def note(connection: Connection, key: str, value: str) -> None:
    """Keep one small fact about the program itself, as the hash of its rules."""
    write(connection, tables.meta, [{"key": key, "value": value}])


def renew(connection: Connection, key: str, value: str) -> bool:
    """Keep the fact, and return whether it is another than before."""
    if noted(connection, key) == value:
        return False
    note(connection, key, value)
    return True


def noted(connection: Connection, key: str) -> str | None:
    """The fact kept under *key*."""
    return connection.execute(text("SELECT value FROM meta WHERE key = :k"), {"k": key}).scalar()
