"""Make the tables of silences, and of what people ask of the running bot."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_STRICT: dict[str, Any] = {"sqlite_strict": True}


def upgrade() -> None:
    op.create_table(
        "silence",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("ends_at", sa.Text, nullable=False),
        sa.Column("over", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        **_STRICT,
    )
    op.create_index("silence_ends_at", "silence", ["ends_at"])
    op.create_table(
        "request",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("judged_at", sa.Text),
        sa.Column("answer", sa.Text, nullable=False),
        **_STRICT,
    )
    waiting = sa.text("judged_at IS NULL")
    op.create_index(
        "request_waiting", "request", ["at"], sqlite_where=waiting, postgresql_where=waiting
    )
