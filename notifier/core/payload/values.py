"""Read one value of an answer by what its field means: nearly every value comes as text.

A blank is unknown, never zero. What cannot be read without a guess is unknown too, and is
told apart from a blank, so that it can be counted. Commas group thousands and the dot is
decimal in everything wolkvox was seen to send; ``12,5`` and ``1.234,5`` are not guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from math import isfinite
from typing import TypeAlias

from notifier.core.payload.endpoint import Kind

Scalar: TypeAlias = float | str | bool | None
Read: TypeAlias = tuple[Scalar, bool]

LONGEST = 500  # characters of a text that are kept: nothing longer is a name or a state
BIGGEST = 1e300  # beyond it, sums and products would leave the finite numbers

BLANK: Read = (None, True)
UNREADABLE: Read = (None, False)

BLANKS = frozenset({"", "-", "--", "null", "NULL", "Null"})
_NO_NUMBERS = frozenset(
    sign + word for sign in ("", "+", "-") for word in ("null", "nan", "inf", "infinity")
)
_YES = frozenset({"yes", "y", "si", "s", "sim", "true", "verdadero", "1"})
_NO = frozenset({"no", "n", "nao", "false", "falso", "0"})

_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_CLOCK = re.compile(r"([0-9]{1,6}):([0-5][0-9]):([0-5][0-9])")
_UNITS = {Kind.PERCENT: "%", Kind.MS: "ms", Kind.SECONDS: "s", Kind.DURATION: "s"}
_DECIMAL = (Kind.PERCENT, Kind.NUMBER)  # where 1,234 could as well be 1.234
_TIMES = (Kind.SECONDS, Kind.DURATION)
_LONGEST_NUMBER = 64  # characters
_BETWEEN = re.compile(r"[\s_/-]+")
_MOMENT = re.compile(
    r"(20[0-9]{2})[-/.]?([0-9]{2})[-/.]?([0-9]{2})"
    r"(?:[ T]?([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:\.[0-9]{1,9})?)?)?"
)
_LONG_NUMBER = re.compile(r"[0-9](?:[ .()/-]{0,2}[0-9]){6,}")  # 300 123 4567, too
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
BLOT = "***"


def reader(kind: Kind) -> Callable[[object], Read]:
    """Return the function that reads values of *kind*."""
    if kind.numeric:
        return lambda value: number(value, kind)
    return {Kind.FLAG: flag, Kind.WORD: word}.get(kind, text)


def number(value: object, kind: Kind = Kind.NUMBER) -> Read:
    """Return a finite float and whether the value could be read; durations in seconds."""
    if isinstance(value, str):
        return _number_of(value.strip(), kind)
    if value is None:
        return BLANK
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return UNREADABLE
    return _finite(value)


def text(value: object) -> Read:
    """Return the text without its outer spaces and whether the value could be read.

    Control characters become spaces, unseen ones go, and it is cut at LONGEST characters.
    """
    if isinstance(value, str):
        clean = value.strip() if value.isprintable() else _printable(value).strip()
        return BLANK if clean in BLANKS else (clean[:LONGEST].rstrip(), True)
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return ("1" if value else "0", True)
    if isinstance(value, (int, float)):
        return _text_of_number(value)
    return UNREADABLE


def flag(value: object) -> Read:
    """Return True or False for the words of three languages, and whether it could be read."""
    if isinstance(value, bool):
        return (value, True)
    word, readable = text(value)
    if not isinstance(word, str):
        return (None, readable)
    said = plain(word)
    return (said in _YES, True) if said in _YES or said in _NO else UNREADABLE


def word(value: object) -> Read:
    """Return a text as ``folded`` writes it, and whether the value could be read."""
    said, readable = text(value)
    return (folded(said) or None, True) if isinstance(said, str) else (said, readable)


def folded(said: str) -> str:
    """Return one of a vendor's words as it is compared: ``NO-ANSWER`` is ``no answer``."""
    return _BETWEEN.sub(" ", plain(said)).strip()


def moment(said: str) -> datetime | None:
    """Return the local time that a text names, without a zone; None for what cannot be read.

    Day and month are never guessed: ``05/06/2026`` is none.
    """
    found = _MOMENT.fullmatch(said.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # as it is sent
    except ValueError:
        return None


def blotted(said: str) -> str:
    """Return free text without digits that may be a telephone or an id, and mail addresses."""
    return _MAIL.sub(BLOT, _LONG_NUMBER.sub(BLOT, said))


def plain(word: str) -> str:
    """Return *word* for comparing: case and accents make no difference."""
    apart = unicodedata.normalize("NFKD", word.strip().casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _number_of(word: str, kind: Kind) -> Read:
    if word in BLANKS or word.casefold() in _NO_NUMBERS:
        return BLANK
    if len(word) > _LONGEST_NUMBER:
        return UNREADABLE
    clock = _CLOCK.fullmatch(word) if kind in _TIMES else None
    if clock:
        hours, minutes, seconds = map(int, clock.groups())
        return (float(hours * 3600 + minutes * 60 + seconds), True)
    return _digits(_without_unit(word, kind), kind)


def _without_unit(word: str, kind: Kind) -> str:
    if kind is Kind.MONEY:
        return word.removeprefix("$").lstrip()
    return word.removesuffix(_UNITS.get(kind, "")).rstrip()


def _digits(word: str, kind: Kind) -> Read:
    if _PLAIN.fullmatch(word):
        return _finite(float(word))
    if _GROUPED.fullmatch(word) and ("." in word or kind not in _DECIMAL):
        return _finite(float(word.replace(",", "")))
    return UNREADABLE


def _finite(value: float) -> Read:
    """A number that no arithmetic of a rule can trip over; what is beyond counts as blank."""
    return (float(value), True) if -BIGGEST <= value <= BIGGEST else BLANK


def _text_of_number(value: float) -> Read:
    if isinstance(value, int):
        return (str(value), True) if abs(value) < 10**LONGEST else UNREADABLE
    if not isfinite(value):
        return BLANK
    return (str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value), True)


def _printable(value: str) -> str:
    """Return *value* with what cannot be seen made a space, or left out where it has no width.

    Marks of direction and zero-width characters would let a name pose as another; lone
    surrogates cannot be encoded at all.
    """
    return "".join(c if c.isprintable() else _stand_in(c) for c in value[: 2 * LONGEST])


def _stand_in(character: str) -> str:
    match unicodedata.category(character):
        case "Cf":
            return ""
        case "Cs" | "Co" | "Cn":
            return "\N{REPLACEMENT CHARACTER}"
        case _:
            return " "
