"""Read a TOML text, or say in a sentence where and why it is none."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from notifier.core.rules.mistakes import one_line
from notifier.errors import ConfigError, Problem

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_ADVICE = {
    "Invalid value": "text needs quotes",
    "Expected newline or end of document after a statement": "text and durations need quotes",
    "Cannot overwrite a value": "a key may be there once",
    "Expected '=' after a key in a key/value pair": 'write key = "value"',
    "Invalid statement": 'write key = "value", or [[rule]] above the keys of a table',
    "Illegal character '\\n'": "close the quote on the same line",
    "Unterminated string": "close the quote",
    "Unescaped '\\' in a string": "write it between single quotes",
}


def normal(text: str) -> str:
    """Return a file's text without what editors add to it, so that lines can be counted."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n")


def tables(text: str, file: str) -> dict[str, Any]:
    """Return the data of a TOML text.

    Raises:
        ConfigError: it is none; where, and what to do.
    """
    try:
        text.encode()
        return tomllib.loads(text)
    except UnicodeError:
        raise ConfigError([Problem("this is not UTF-8; save the file as UTF-8", file)]) from None
    except RecursionError:
        raise ConfigError(
            [Problem("brackets are nested too deep; write it flatter", file)]
        ) from None
    except ValueError as error:
        raise ConfigError([_unreadable(str(error), text, file)]) from None


def _unreadable(said: str, text: str, file: str) -> Problem:
    """Put the TOML reader's words into a sentence that says what to do."""
    at = _AT.search(said)
    what = _AT.sub("", said)
    advice = next((_ADVICE[key] for key in _ADVICE if what.startswith(key)), "see https://toml.io")
    sentence = one_line(f"this is not TOML: {what[:1].lower()}{what[1:]}; {advice}")
    if at is None:
        return Problem(sentence, file)
    line, column = at.groups()
    if line is None:
        return Problem(sentence, file, text.count("\n") + 1, len(text) - text.rfind("\n"))
    return Problem(sentence, file, int(line), int(column))
