"""Read the rules file from the disk, with the catalogue that it is checked against."""

from __future__ import annotations

from pathlib import Path

from notifier.core.compiled import Rulebook
from notifier.core.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE

DELIVERED = frozenset({"slack", "slack_webhook", "email"})  # kinds of receivers with a channel


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
    book = load(text, CATALOGUE, shown or str(path))
    unreachable = [r.name for r in book.file.receiver if r.kind not in DELIVERED]
    if unreachable:
        raise ConfigError(
            f"{path}: this version delivers nothing to the webhook of {', '.join(unreachable)}; "
            "use slack, slack_webhook or email"
        )
    return book
