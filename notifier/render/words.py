"""Hold the phrases of one language, as data: every phrase has a key.

A phrase may name values in braces. One that depends on a number is a table with ``one`` and
``other``; one that varies is a list, from which a seed chooses.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from babel import Locale

LANGUAGES = ("en", "es", "pt")

_NAMED = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Words:
    """The phrases of one language.

    Attributes:
        language: ``en``, ``es`` or ``pt``.
        phrases: By key, as ``fact.since``; a list holds variants.
    """

    language: str
    phrases: Mapping[str, str | tuple[str, ...]]

    def say(self, key: str, /, **values: str) -> str:
        """The phrase of that key, filled in. A phrase that is not there is a KeyError."""
        phrase = self.phrases[key]
        return _filled(phrase if isinstance(phrase, str) else phrase[0], values)

    def count(self, key: str, number: int, /, **values: str) -> str:
        """The phrase for so many; its plural follows the language. Give the number as ``n``."""
        form = f"{key}.{self._locale.plural_form(number)}"
        return self.say(form if form in self.phrases else f"{key}.other", **values)

    def vary(self, key: str, seed: int, /, **values: str) -> str:
        """One of the phrase's variants: the same for the same seed."""
        phrase = self.phrases[key]
        variants = (phrase,) if isinstance(phrase, str) else phrase
        return _filled(variants[seed % len(variants)], values)

    def chosen(self, texts: Mapping[str, str]) -> str:
        """The text of this language, or of any (``""``), or nothing."""
        return texts.get(self.language) or texts.get("", "")

    @cached_property
    def _locale(self) -> Locale:
        return Locale(self.language)


def _filled(phrase: str, values: Mapping[str, str]) -> str:
    # Not str.format: a phrase of the user's own must not reach into values.
    return _NAMED.sub(lambda found: values[found[1]], phrase)


def names_in(phrase: str | tuple[str, ...]) -> frozenset[str]:
    """The values that a phrase, or any of its variants, names."""
    texts = (phrase,) if isinstance(phrase, str) else phrase
    return frozenset(name for text in texts for name in _NAMED.findall(text))


def read_phrases(text: str) -> dict[str, str | tuple[str, ...]]:
    """Read a catalogue.

    Raises:
        ValueError: It is not TOML, or a phrase is neither a text nor a list of texts.
    """
    return dict(_flat(tomllib.loads(text), ""))


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    for name, value in table.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{key}.")
        elif isinstance(value, str):
            yield key, value
        elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            yield key, tuple(value)
        else:
            raise ValueError(f"{key} is neither a text nor a list of texts")
