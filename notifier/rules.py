"""Read the rules file from the disk, with the catalogue that it is checked against."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.rulebook import Test
from notifier.core.rules.rulefile import load
from notifier.core.rules.testfile import load_tests
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE


def read_rules(path: Path, shown: str = "") -> Rulebook:
    """Read and check a rules file.

    shown: What messages call it; default as it was named.

    Raises:
        ConfigError: it cannot be read, or holds mistakes: all of them.
    """
    text = _text(path, "rules file")
    return load(text, CATALOGUE, shown or str(path))


def read_tests(paths: Iterable[Path], book: Rulebook) -> list[Test]:
    """Read files that hold nothing but tests of these rules.

    Raises:
        ConfigError: one cannot be read, or holds mistakes: all of its.
    """
    found: list[Test] = []
    for path in paths:
        found += load_tests(_text(path, "file of tests"), book, str(path))
    return found


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        advice = (
            "; copy rules.example.toml to it, or set NOTIFIER_RULES to yours"
            if what == "rules file"
            else ""
        )
        raise ConfigError(f"there is no {what} {path}{advice}") from None
    except UnicodeError:
        raise ConfigError(f"the {what} {path} is not UTF-8; save it as UTF-8") from None
    except IsADirectoryError:
        raise ConfigError(f"the {what} {path} is a folder; name a file in it") from None
    except OSError as error:
        said = f"the {what} {path} cannot be read: {error.strerror}"
        raise ConfigError(f"{said}; let the user of notifier read it") from None
