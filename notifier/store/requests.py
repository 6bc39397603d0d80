"""Keep what people ask of the running bot until it is judged, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from notifier.core.judging.request import Request
from notifier.core.judging.silence import Silence
from notifier.store import tables
from notifier.store.memory import decoded
from notifier.store.tables import add, moment, stamp

UNREADABLE = "another version of notifier asked for it"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request that nobody has judged yet.

    Attributes:
        request: None where this version cannot read it.
    """

    id: str
    at: datetime
    request: Request | None


def ask(connection: Connection, identity: str, at: datetime, request: Request) -> None:
    """Put a request before the bot. One that is there already, by its id, changes nothing."""
    body = msgspec.json.encode(request).decode()
    row = {"id": identity, "at": stamp(at), "body": body, "judged_at": None, "answer": ""}
    add(connection, tables.request, [row])


def waiting(connection: Connection) -> list[Waiting]:
    """What nobody has judged yet, in the order in which it was asked."""
    rows = connection.execute(
        text("SELECT id, at, body FROM request WHERE judged_at IS NULL ORDER BY at, id")
    )
    return [Waiting(row.id, moment(row.at), _request(row.body)) for row in rows]


def _request(body: str) -> Any:
    try:
        return msgspec.json.decode(body, type=Request)
    except msgspec.MsgspecError:
        return None


def answered(connection: Connection, answers: Mapping[str, str], at: datetime) -> None:
    """Note of each of *answers*, by its request's id, that it was judged."""
    for identity, answer in answers.items():
        judged(connection, identity, at, answer)


def judged(connection: Connection, identity: str, at: datetime, answer: str) -> None:
    """Note that it was judged; *answer* says why it could not be done, or nothing."""
    connection.execute(
        text("UPDATE request SET judged_at = :at, answer = :answer WHERE id = :id"),
        {"id": identity, "at": stamp(at), "answer": answer},
    )


def answer(connection: Connection, identity: str) -> str | None:
    """Why it could not be done, or nothing where it was; None while nobody has judged it."""
    row = connection.execute(
        text("SELECT judged_at, answer FROM request WHERE id = :id"), {"id": identity}
    ).one_or_none()
    return None if row is None or row.judged_at is None else str(row.answer)


def silences(connection: Connection, since: datetime) -> list[Silence]:
    """The silences that the bot knows: planned, in force, and those over since *since*."""
    rows = connection.execute(
        text("SELECT body FROM silence WHERE over = 0 OR ends_at >= :since ORDER BY ends_at, id"),
        {"since": stamp(since)},
    ).all()
    return decoded(rows, Silence, "silence")
