"""Write down who changes what, and find incidents by their opening."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("at", "who", "how", "what", "about", "detail")
        ),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("audit_about", "audit", ["about", "id"])
    op.create_index("incident_opened_at", "incident", ["opened_at", "id"])
