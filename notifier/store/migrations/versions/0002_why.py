"""Keep a state to replay from for each day, and what became of each incident."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_STRICT: dict[str, Any] = {"sqlite_strict": True}


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("recording", _SERIAL, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        **_STRICT,
    )
    op.create_index("checkpoint_at", "checkpoint", ["at"])
    incident = sa.ForeignKey("incident.id", ondelete="CASCADE")
    op.create_table(
        "timeline",
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("incident", sa.Text, incident, nullable=False),
        *[sa.Column(name, sa.Text, nullable=False) for name in ("at", "what", "who", "detail")],
        **_STRICT,
    )
    op.create_index("timeline_of", "timeline", ["incident", "id"])
