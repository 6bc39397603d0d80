"""Read ``.env``: the variables that it sets, and which of its lines say nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic_settings.sources import DotEnvSettingsSource

from notifier.errors import Problem
from notifier.settings.model import Settings

_ADVICE = "write NAME=value, a value with blanks in quotes"


def dotenv_source(path: Path | None) -> DotEnvSettingsSource:
    """Return what the file sets; nothing where it is not there.

    Raises:
        UnicodeDecodeError, OSError: It cannot be read.
    """
    with _overheard():
        return DotEnvSettingsSource(Settings, env_file=path, env_file_encoding="utf-8")


def names_in(path: Path | None) -> dict[str, str | None]:
    """The variables by their names in small letters; none where the file cannot be read."""
    try:
        return dict(dotenv_source(path).env_vars)
    except (UnicodeDecodeError, OSError):
        return {}


def unread_lines(path: Path | None) -> list[Problem]:
    """Return a warning for each line that sets nothing although it is no comment."""
    if path is None:
        return []
    if path.exists() and not path.is_file():
        return [Problem("this is no file, and sets nothing", str(path), level="warning")]
    with _overheard() as lines:
        names_in(path)
    # In words, not as the problem's line: that would be shown, and may hold a secret.
    said = f"cannot be read, and sets nothing; {_ADVICE}"
    return [Problem(f"line {line} {said}", str(path), level="warning") for line in lines]


@contextmanager
def _overheard() -> Iterator[list[int]]:
    """Hear at which lines python-dotenv stumbles; it would print that, without the file's name."""
    lines: list[int] = []

    def keep(record: logging.LogRecord) -> bool:
        lines.extend(each for each in record.args or () if isinstance(each, int))
        return False

    log = logging.getLogger("dotenv.main")
    log.addFilter(keep)
    try:
        yield lines
    finally:
        log.removeFilter(keep)
