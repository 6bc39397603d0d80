"""Make any text from outside harmless and short: one line, no telephone, no mail address.

Texts are cleaned and cut as values, before a template sees them: cutting afterwards would cut
escapes and links in half.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv4Network

NAME = 80  # characters of a name or key
SENTENCE = 200  # characters of a summary or a detail
HIDDEN = "•••"  # always as long, whatever it hides

_LONGEST = 2_000  # characters that are looked at
_DIGITS = re.compile(r"\d{7,}")  # a telephone, an id of a customer or a call
_MAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
_OFFICE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")))
_IPV4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


def one_line(text: str) -> str:
    """Return *text* on one line, without control, invisible and direction characters."""
    if not text.isprintable():
        text = "".join(map(_shown, text))
    return " ".join(text.split())


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return "" if unicodedata.category(character) in {"Cf", "Cs"} else " "


def cut(text: str, longest: int) -> str:
    """Return at most *longest* characters, the last an ellipsis where some are missing."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def scrubbed(text: str, longest: int = SENTENCE, *, public: bool = False) -> str:
    """Return free text fit for a message.

    public: Many may read it, so that an internet address shows only its first half.
    """
    text = one_line(text[:_LONGEST])
    text = _MAIL.sub(HIDDEN, _DIGITS.sub(HIDDEN, text))
    return cut(_IPV4.sub(_half, text) if public else text, longest)


def _half(found: re.Match[str]) -> str:
    """The first two octets of a public address: a whole one may locate somebody's home."""
    try:
        address = IPv4Address(found[0])
    except AddressValueError:
        return found[0]
    if any(address in network for network in _OFFICE):
        return found[0]  # the same in every office: it locates nobody
    first, second, *_ = found[0].split(".")
    return f"{first}.{second}.x.x"
