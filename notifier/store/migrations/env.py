"""Run the migrations on the connection, and in the transaction, that the caller opened."""

from __future__ import annotations

from alembic import context

from notifier.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    transactional_ddl=True,
)
context.run_migrations()
