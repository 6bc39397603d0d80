"""Read the incidents of a time, and what became of each."""

# statements are put together from constants only

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text

from notifier.core.facts.state import Entry, Incident, Told
from notifier.store.memory import decoded
from notifier.store.past import Suppression, suppressions
from notifier.store.tables import moment, stamp, unplain

_MANY = 500  # ids in one statement


def incidents(connection: Connection, since: datetime, until: datetime) -> list[Incident]:
    """The incidents that were open at any time from *since* to *until*, the latest first."""
    statement = text(
        "SELECT body FROM incident WHERE opened_at <= :until"
        " AND (closed_at IS NULL OR closed_at >= :since) ORDER BY opened_at DESC, id"
    )
    values = {"since": stamp(since), "until": stamp(until)}
    return decoded(connection.execute(statement, values).all(), Incident, "incident")


def told(connection: Connection, ids: Sequence[str]) -> dict[str, list[Told]]:
    """What receivers were told of these incidents."""
    found: dict[str, list[Told]] = {}
    rows = list(_of(connection, "SELECT body FROM told WHERE incident IN :ids", ids))
    for each in decoded(rows, Told, "told"):
        found.setdefault(each.incident, []).append(each)
    return found


def entries(connection: Connection, ids: Sequence[str]) -> dict[str, list[Entry]]:
    """The timelines of these incidents, in the order in which things happened."""
    found: dict[str, list[Entry]] = {}
    statement = "SELECT * FROM timeline WHERE incident IN :ids ORDER BY id"
    for row in _of(connection, statement, ids):
        entry = Entry(row.incident, moment(row.at), row.what, unplain(row.who), row.detail)
        found.setdefault(entry.incident, []).append(entry)
    return found


def untold(
    connection: Connection, rules: Iterable[tuple[str, str]], since: datetime
) -> list[Suppression]:
    """Why nobody was told of incidents of these rules (operation, id), from *since* on."""
    return [each for rule in sorted(rules) for each in suppressions(connection, *rule, since)]


def _of(connection: Connection, statement: str, ids: Sequence[str]) -> Iterator[Row[Any]]:
    prepared = text(statement).bindparams(bindparam("ids", expanding=True))
    for start in range(0, len(ids), _MANY):
        yield from connection.execute(prepared, {"ids": list(ids[start : start + _MANY])})
