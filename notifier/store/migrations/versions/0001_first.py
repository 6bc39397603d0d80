"""Make the first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_STRICT: dict[str, Any] = {"sqlite_strict": True}
_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
_SERIES: dict[str, Any] = {"sqlite_strict": True, "sqlite_autoincrement": True}


def upgrade() -> None:
    _true()
    _believed()
    _outbox()
    _past()


def _true() -> None:
    op.create_table("source", *_keys("operation", "source"), *_texts("body"), **_KEYED)
    op.create_table(
        "instance", *_keys("operation", "rule", "entity"), *_texts("phase", "body"), **_KEYED
    )
    op.create_table(
        "incident",
        *_keys("id"),
        *_texts("operation", "rule", "entity", "opened_at"),
        sa.Column("closed_at", sa.Text),
        *_texts("body"),
        **_STRICT,
    )
    op.create_index("incident_closed_at", "incident", ["closed_at"])


def _believed() -> None:
    incident = sa.ForeignKey("incident.id", ondelete="CASCADE")
    op.create_table(
        "told",
        sa.Column("incident", sa.Text, incident, primary_key=True),
        *_keys("receiver"),
        *_integers("closed"),
        *_texts("body"),
        **_KEYED,
    )
    _partial("told_unclosed", "told", ["incident"], "closed = 0")
    op.create_table(
        "conversation",
        *_keys("id"),
        *_texts("operation", "opened_at"),
        *_integers("closed"),
        *_texts("body"),
        **_STRICT,
    )
    _partial("conversation_open", "conversation", ["id"], "closed = 0")
    op.create_table("event_seen", *_keys("operation", "rule", "event"), *_texts("at"), **_KEYED)
    op.create_index("event_seen_at", "event_seen", ["at"])
    op.create_table("address", *_keys("conversation", "recipient"), *_texts("reference"), **_KEYED)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_texts("conversation", "incident", "receiver", "recipient", "kind"),
        *_integers("revision"),
        *_texts("form", "reason", "payload"),
        *_integers("place", "droppable"),
        *_texts("queued_at", "give_up_at", "state", "due_at"),
        *_integers("attempts", "looks"),
        *_optional("owner", "tried_at", "unsure_since", "settled_at", "reference"),
        *_texts("error"),
        **_SERIES,
    )
    lane = ["conversation", "recipient", "position"]
    _partial("outbox_lane", "outbox", lane, "state IN ('queued', 'sending', 'ambiguous')")
    _partial("outbox_due", "outbox", ["due_at", "position"], "state IN ('queued', 'ambiguous')")
    op.create_index("outbox_settled_at", "outbox", ["settled_at"])


def _past() -> None:
    op.create_table(
        "recording",
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        *_texts("operation", "source", "at", "kind"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        **_SERIES,
    )
    op.create_index("recording_of", "recording", ["operation", "source", "at"])
    op.create_index("recording_last", "recording", ["operation", "source", "kind", "id"])
    op.create_index("recording_at", "recording", ["at"])
    op.create_table(
        "suppression",
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        *_texts("at", "operation", "rule", "entity", "reason"),
        **_STRICT,
    )
    op.create_index("suppression_of", "suppression", ["operation", "rule", "entity", "at"])
    op.create_index("suppression_at", "suppression", ["at"])
    op.create_table("meta", *_keys("key"), *_texts("value"), **_KEYED)


def _keys(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _optional(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _integers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False) for name in names]


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
