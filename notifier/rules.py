"""Read the rules file from the disk, with the catalogue that it is checked against."""

from __future__ import annotations

from pathlib import Path

from notifier.core.compiled import Rulebook
from notifier.core.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE


def read_rules(path: Path, shown: str = "") -> Rulebook:
    """Read and check a rules file.

    shown: What messages call it; default as it was named.

    Raises:
        ConfigError: it cannot be read, or holds mistakes: all of them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no rules file {path}; copy rules.example.toml to it, "
            "or set NOTIFIER_RULES to yours"
        ) from None
    except UnicodeError:
        raise ConfigError(f"the rules file {path} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"the rules file {path} cannot be read: {error.strerror}") from None
    return load(text, CATALOGUE, shown or str(path))
