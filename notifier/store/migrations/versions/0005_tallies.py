"""Count what digests tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "tally",
        *(
            sa.Column(name, sa.Text, primary_key=name != "body", nullable=False)
            for name in ("operation", "digest", "body")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
