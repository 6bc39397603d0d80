"""Look at what pages show: pages of incidents and messages, and what is counted of them."""

# ruff: noqa: S608  # statements are put together from constants only

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, text

from notifier.core.facts.state import Incident, SourceKey, Told
from notifier.core.standing.receiver_status import Delivery, Traffic
from notifier.core.standing.status import Wanted
from notifier.store.memory import decoded
from notifier.store.tables import moment, plain, stamp

DAY = timedelta(days=1)
_LIVE = "('queued', 'sending', 'ambiguous')"


def incidents(connection: Connection, wanted: Wanted, limit: int) -> list[Incident]:
    """Incidents, the newest first."""
    where, values = _where(wanted)
    statement = text(
        f"SELECT body FROM incident {where} ORDER BY opened_at DESC, id DESC LIMIT :limit"
    )
    rows = connection.execute(statement, {**values, "limit": limit}).all()
    return decoded(rows, Incident, "incident")


def _where(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts, values = [], {}
    for name in ("operation", "rule", "entity"):
        if value := getattr(wanted, name):
            parts.append(f"{name} = :{name}")
            values[name] = plain(value)
    if wanted.closed is not None:
        parts.append(f"closed_at IS {'NOT ' if wanted.closed else ''}NULL")
    if wanted.after is not None:
        parts.append("(opened_at < :at OR (opened_at = :at AND id < :id))")
        values.update(at=stamp(wanted.after[0]), id=plain(wanted.after[1]))
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


def incident(connection: Connection, identity: str) -> Incident | None:
    """The incident of that id."""
    found = text("SELECT body FROM incident WHERE id = :id")
    rows = connection.execute(found, {"id": plain(identity)}).all()
    return next(iter(decoded(rows, Incident, "incident")), None)


def told(connection: Connection, incidents: Sequence[str]) -> dict[str, dict[str, Told]]:
    """What was told of these incidents, by incident, then receiver."""
    statement = text("SELECT body FROM told WHERE incident IN :ids")
    rows = connection.execute(
        statement.bindparams(bindparam("ids", expanding=True)), {"ids": list(incidents)}
    ).all()
    found: dict[str, dict[str, Told]] = {}
    for each in decoded(rows, Told, "told"):
        found.setdefault(each.incident, {})[each.receiver] = each
    return found


def opened_since(connection: Connection, since: datetime) -> list[Incident]:
    """Incidents that opened since then, open or not."""
    rows = connection.execute(
        text("SELECT body FROM incident WHERE opened_at >= :since"), {"since": stamp(since)}
    ).all()
    return decoded(rows, Incident, "incident")


# ---- messages ----


def messages(
    connection: Connection,
    *,
    receiver: str = "",
    state: str = "",
    conversations: Sequence[str] | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """Messages, the newest first. *before*: only those in front of this position."""
    parts = ["1 = 1"]
    values: dict[str, Any] = {"limit": limit}
    chosen = {"receiver": receiver, "state": state}
    for name, value in chosen.items():
        if value:
            parts.append(f"{name} = :{name}")
            values[name] = plain(value)
    if before is not None:
        parts.append("position < :before")
        values["before"] = before
    if conversations is not None:
        parts.append("conversation IN :conversations")
        values["conversations"] = list(conversations)
    statement = text(
        f"SELECT {_COLUMNS} FROM outbox WHERE {' AND '.join(parts)}"
        " ORDER BY position DESC LIMIT :limit"
    )
    if conversations is not None:
        statement = statement.bindparams(bindparam("conversations", expanding=True))
    return [_message(dict(row)) for row in connection.execute(statement, values).mappings()]


_COLUMNS = (
    "position, id AS delivery, incident, conversation, receiver, recipient, kind, form, reason,"
    " state, queued_at, due_at, settled_at, attempts, error"
)


def _message(row: Mapping[str, Any]) -> Delivery:
    times = {name: moment(row[name]) for name in ("queued_at", "due_at")}
    settled = moment(row["settled_at"]) if row["settled_at"] else None
    return Delivery(**{**row, **times, "settled_at": settled})


def traffic(connection: Connection, now: datetime) -> dict[str, Traffic]:
    """What waits for each receiver, and what went to it in the last day."""
    found: dict[str, dict[str, Any]] = {}
    for receiver, waiting, oldest, error in connection.execute(text(_WAITING)):
        found[receiver] = {
            "waiting": waiting, "oldest_at": moment(oldest), "error": error,
        }  # fmt: skip
    for row in connection.execute(text(_SETTLED), {"since": stamp(now - DAY)}):
        own = found.setdefault(row.receiver, {})
        own["delivered"] = own.get("delivered", 0) + row.messages * (row.state == "delivered")
        own["failed"] = own.get("failed", 0) + row.messages * (row.state == "failed")
        if row.state == "delivered":
            own["last_at"] = moment(row.last)
        else:
            own["error"] = own.get("error") or row.error
    return {receiver: Traffic(**values) for receiver, values in found.items()}


_WAITING = f"""
    SELECT receiver, count(*), min(queued_at), max(error) FROM outbox
    WHERE state IN {_LIVE} GROUP BY receiver
"""
_SETTLED = """
    SELECT receiver, state, count(*) AS messages, max(settled_at) AS last, max(error) AS error
    FROM outbox WHERE settled_at >= :since AND state IN ('delivered', 'failed')
    GROUP BY receiver, state
"""


# ---- counts ----


def calls(
    connection: Connection, operation: str, since: datetime
) -> Iterator[tuple[SourceKey, int]]:
    """How often each source of the operation was read since then."""
    counted = text(
        "SELECT source, count(*) AS calls FROM recording"
        " WHERE operation = :operation AND source <> '' AND at >= :since GROUP BY source"
    )
    for row in connection.execute(counted, {"operation": operation, "since": stamp(since)}):
        yield SourceKey(operation, row.source), row.calls


def announced(connection: Connection, operation: str, rule: str, since: datetime) -> list[datetime]:
    """When the events of a rule were first seen, since then, in order."""
    found = text(
        "SELECT at FROM event_seen"
        " WHERE operation = :operation AND rule = :rule AND at >= :since ORDER BY at"
    )
    values = {"operation": operation, "rule": plain(rule), "since": stamp(since)}
    return [moment(row.at) for row in connection.execute(found, values)]
