"""Count sales, for celebrations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "score",
        *(
            sa.Column(name, sa.Text, primary_key=name != "body", nullable=False)
            for name in ("operation", "rule", "body")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
