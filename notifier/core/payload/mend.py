"""Mend an answer that is almost JSON: wolkvox assembles it by hand, PHP writes before it.

Only what a server does by accident is mended, never the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

BOM = b"\xef\xbb\xbf"
_MOST = 32 * 1024 * 1024  # bytes; mending copies, so nothing bigger is mended
_TRIES = 8  # braces in warnings before the JSON: each may begin it

_SPACED = bytes(max(code, 32) for code in range(256))
_OPENING = re.compile(rb"\{")
_TOKENS = re.compile(
    rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'  # a text, which may hold lone surrogates
    rb"|-?\b(?:NaN|Infinity)\b",
    re.DOTALL,
)
_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: one character
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)


def mend(body: bytes) -> bytes | None:
    """Return *body* as JSON, or None when it is none.

    Mended: warnings before the JSON, latin-1, raw control characters, halves of surrogate
    pairs, NaN and Infinity.
    """
    if len(body) > _MOST:
        return None
    clean = _utf8(body).translate(_SPACED)
    return next(filter(_parses, (_tokens(clean[start:]) for start in _openings(clean))), None)


def _utf8(body: bytes) -> bytes:
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1").encode()
    return body


def _openings(body: bytes) -> Iterator[int]:
    """Where JSON may begin: at once for a list, else at one of the first braces.

    A list is not looked for behind other words: they may well end in brackets.
    """
    if body.lstrip().startswith(b"["):
        yield 0
    yield from (match.start() for match in islice(_OPENING.finditer(body), _TRIES))


def _parses(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _tokens(body: bytes) -> bytes:
    if not re.search(rb"\\u[dD][89a-fA-F]|NaN|Infinity", body):
        return body
    return _TOKENS.sub(_token, body)


def _token(match: re.Match[bytes]) -> bytes:
    found = match.group()
    if not found.startswith(b'"'):
        return b"null"
    return _ESCAPES.sub(_escape, found) if b"\\u" in found else found


def _escape(match: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if match.group("lone") else match.group()
