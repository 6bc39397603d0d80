"""Look at the names that a record gives its values, and at no value.

A name may itself be a value: an object keyed by telephone numbers, or by people. So only what
reads like a field's name is ever shown; of the rest it is said that it is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

UNNAMED = "(unnamed)"  # stands for every name that may be a value
MOST = 20  # names that are kept

_LOOKED_AT = 200  # names of one record
_HEAD = 64 * 1024  # bytes of a record that are looked at
_FIELD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*|[a-z]+([A-Z][a-z]+)+")
_DIGITS = 3  # in one name: fields have few, as service_level_120seg, telephones many
_LONGEST = 40  # characters of a field's name

_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]', re.DOTALL)
_OPEN, _SHUT = frozenset(b"{["), frozenset(b"}]")


def shown(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that may be seen, each once, in the order of the alphabet; at most MOST."""
    found = {name if _fit(name) else UNNAMED for name in islice(names, _LOOKED_AT)}
    return tuple(sorted(found))[:MOST]


def _fit(name: str) -> bool:
    """Whether a name reads like a field's: not like a telephone, an address or a person."""
    return (
        len(name) <= _LONGEST
        and _FIELD.fullmatch(name) is not None
        and sum(map(str.isdigit, name)) <= _DIGITS
    )


def names_at(body: bytes, start: int) -> tuple[str, ...]:
    """Return the names of the record that begins at *start* of valid JSON; values are skipped."""
    return tuple(islice(_names(body[start : start + _HEAD]), _LOOKED_AT))


def _names(record: bytes) -> Iterator[str]:
    depth, last = 0, b""
    for token in _TOKEN.finditer(record):
        sign = token.group()[0]
        if sign in _OPEN:
            depth += 1
        elif sign in _SHUT:
            depth -= 1
            if depth == 0:
                return
        elif sign == ord(":") and depth == 1:
            yield last.decode("utf-8", "replace")
        else:
            last = token.group(1) or b""
