"""Bring a database's tables to the newest revision; the only module that knows Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from notifier.errors import StateError
from notifier.store.complaints import newer


def to_newest(connection: Connection, found: str | None, name: str) -> None:
    """Run the migrations that are missing, within the caller's transaction.

    *found* is the revision that the database has, None for an empty one.

    Raises:
        StateError: the database is newer than this program.
    """
    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StateError(newer(name, found, newest()))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def newest() -> str:
    """The revision of the newest migration."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
