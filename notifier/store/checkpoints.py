"""Keep what was known at a moment of each day: a replay starts there, not at the beginning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, insert, text

from notifier.core.facts.sales import Score
from notifier.core.facts.state import (
    Budget,
    Conversation,
    Incident,
    Instance,
    SourceState,
    Tally,
    Told,
)
from notifier.core.judging.known import Known
from notifier.core.judging.silence import Silence
from notifier.errors import StateError
from notifier.store import tables
from notifier.store.recordings import newest, squeeze, swell
from notifier.store.tables import moment, stamp

PACE = timedelta(days=1)


class Saved(msgspec.Struct, kw_only=True):
    """What is known, but for the past: that is read again from the recordings.

    Attributes:
        rules: The rules file in force.
    """

    at: datetime | None = None
    rules: str = ""
    sources: list[SourceState] = []
    instances: list[Instance] = []
    incidents: list[Incident] = []
    told: list[Told] = []
    conversations: list[Conversation] = []
    seen: list[tuple[str, str, list[str]]] = []
    silences: list[Silence] = []
    ended: list[Incident] = []
    tallies: list[Tally] = []
    scores: list[Score] = []
    budgets: list[Budget] = []

    @staticmethod
    def of(known: Known, rules: str) -> Saved:
        """Take down what is known, and the rules in force."""
        return Saved(
            at=known.at,
            rules=rules,
            sources=list(known.sources.values()),
            instances=list(known.instances.values()),
            incidents=list(known.incidents.values()),
            told=[told for by in known.told.values() for told in by.values()],
            conversations=list(known.conversations.values()),
            seen=[(*key, sorted(events)) for key, events in known.seen.items()],
            silences=list(known.silences.values()),
            ended=list(known.ended.values()),
            tallies=list(known.tallies.values()),
            scores=list(known.scores.values()),
            budgets=list(known.budgets.values()),
        )

    def known(self) -> Known:
        """What was known, without snapshots and histories."""
        told: dict[str, dict[str, Told]] = {}
        for each in self.told:
            told.setdefault(each.incident, {})[each.receiver] = each
        return Known(
            sources={state.key: state for state in self.sources},
            instances={instance.key: instance for instance in self.instances},
            incidents={incident.id: incident for incident in self.incidents},
            told=told,
            conversations={talk.id: talk for talk in self.conversations},
            seen={(operation, rule): frozenset(e) for operation, rule, e in self.seen},
            silences={silence.id: silence for silence in self.silences},
            ended={incident.key: incident for incident in self.ended},
            tallies={tally.key: tally for tally in self.tallies},
            scores={score.key: score for score in self.scores},
            budgets={budget.operation: budget for budget in self.budgets},
            at=self.at,
        )


class Checkpoint(msgspec.Struct, frozen=True):
    """What was known when the recording of id *recording* had been judged."""

    at: datetime
    recording: int
    saved: Saved


def keep(
    connection: Connection, last: datetime | None, at: datetime, known: Known, rules: str
) -> datetime:
    """Save what is known where a day went by since the *last* one; return when that was done.

    last: None where it is to be looked up.
    """
    last = last or last_at(connection)
    if last is not None and abs(at - last) < PACE:
        return last
    save(connection, at, known, rules)
    return at


def save(connection: Connection, at: datetime, known: Known, rules: str) -> None:
    """Keep *known*, in the transaction that wrote the last reading it rests on."""
    body = squeeze(msgspec.msgpack.encode(Saved.of(known, rules)))
    values = {"at": stamp(at), "recording": newest(connection), "body": body}
    connection.execute(insert(tables.checkpoint), values)


def last_at(connection: Connection) -> datetime | None:
    """When the last one was taken."""
    found = connection.execute(text("SELECT max(at) FROM checkpoint")).scalar()
    return None if found is None else moment(found)


def nearest(connection: Connection, at: datetime) -> Checkpoint | None:
    """The last one taken at or before *at*.

    Raises:
        StateError: it cannot be read.
    """
    statement = text(
        "SELECT at, recording, body FROM checkpoint WHERE at <= :at ORDER BY id DESC LIMIT 1"
    )
    row = connection.execute(statement, {"at": stamp(at)}).one_or_none()
    return None if row is None else _checkpoint(row)


def forget(connection: Connection, before: datetime) -> None:
    """Forget those from before *before*."""
    connection.execute(text("DELETE FROM checkpoint WHERE at < :at"), {"at": stamp(before)})


def _checkpoint(row: Row[Any]) -> Checkpoint:
    try:
        saved = msgspec.msgpack.decode(swell(bytes(row.body)), type=Saved)
    except msgspec.MsgspecError as error:
        raise StateError(f"the checkpoint of {row.at} cannot be read ({error})") from None
    return Checkpoint(moment(row.at), row.recording, saved)
