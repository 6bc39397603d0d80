"""Collect what is wrong in a rules file, and put each in one sentence and in its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notifier.core.language.vocabulary import closest, nearest
from notifier.core.rules.places import Loc, Places
from notifier.errors import Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_LONGEST = 400  # characters of one sentence
UNKNOWN, MISSING = "extra_forbidden", "missing"  # as pydantic calls them
_KINDS = {
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong, and where in the data.

    Attributes:
        at_key: It is the key that is wrong, not its value.
        offset: Which character of a text value, from 0.
    """

    loc: Loc
    text: str
    at_key: bool = False
    offset: int | None = None
    level: str = "error"


@dataclass(slots=True)
class Mistakes:
    """All that was found so far."""

    found: list[Mistake] = field(default_factory=list)

    def add(self, loc: Loc, text: str, advice: str = "", *, offset: int | None = None) -> None:
        self.found.append(Mistake(loc, f"{text}; {advice}" if advice else text, offset=offset))

    def warn(self, loc: Loc, text: str) -> None:
        self.found.append(Mistake(loc, text, level="warning"))

    def unknown(
        self,
        loc: Loc,
        what: str,
        name: str,
        known: Iterable[str],
        *,
        offset: int | None = None,
        at_key: bool = False,
    ) -> None:
        """Say that there is no such thing, and which one was probably meant."""
        names = sorted(set(known))
        advice = nearest(name, names) or (f"there is {_list(names)}" if names else "there is none")
        text = f"unknown {what} `{name}`; {advice}"
        self.found.append(Mistake(loc, text, at_key=at_key, offset=offset))

    def model(self, prefix: Loc, errors: Iterable[ErrorDetails], keys: Iterable[str]) -> None:
        """Take over what a model found in a table at *prefix* that has these *keys*."""
        found, known = list(errors), list(keys)
        slips = {_meant(error["loc"], known) for error in found if error["type"] == UNKNOWN}
        self.found.extend(
            _read(prefix, error, known)
            for error in found
            if not _empty(error, found) and not (error["type"] == MISSING and error["loc"] in slips)
        )

    @property
    def wrong(self) -> bool:
        """Whether the file cannot be used."""
        return any(mistake.level == "error" for mistake in self.found)

    def problems(self, text: str, file: str) -> list[Problem]:
        """Return them in the order of the file."""
        places = Places(text) if self.found else None
        located = [_problem(mistake, places, file) for mistake in self.found if places]
        return sorted(dict.fromkeys(located), key=lambda found: (found.line, found.column))


def _problem(mistake: Mistake, places: Places, file: str) -> Problem:
    if mistake.offset is not None:
        line, column = places.within(mistake.loc, mistake.offset)
    elif mistake.at_key:
        line, column = places.key(mistake.loc)
    else:
        line, column = places.value(mistake.loc)
    return Problem(one_line(mistake.text), file, line, column, mistake.level)


def one_line(text: str) -> str:
    """Make text from a file harmless and short enough to print."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _read(prefix: Loc, error: ErrorDetails, keys: list[str]) -> Mistake:
    """Put a model's error in the words of people who write rules files."""
    loc = (*prefix, *(part for part in error["loc"] if part != "[key]"))
    kind, key = error["type"], _key(loc)
    if kind == UNKNOWN:
        advice = nearest(key, keys)
        return Mistake(loc, f"unknown key `{key}`" + (f"; {advice}" if advice else ""), at_key=True)
    if kind == MISSING:
        return Mistake(loc[:-1], f"`{key}` is missing; write it in this table")
    if kind == "value_error":
        return Mistake(loc, str(error["ctx"]["error"]))
    if kind in ("literal_error", "enum"):
        return Mistake(loc, _choice(key, error))
    return Mistake(loc, f"`{key}` {_KINDS.get(kind) or _limit(error)}")


def _meant(loc: Loc, keys: list[str]) -> Loc:
    """Where a misspelt key would have stood: there nothing is missing, it is misspelt."""
    return *loc[:-1], closest(str(loc[-1]), keys)


def _empty(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a list only seems too short, for want of the items that are wrong."""
    loc = error["loc"]
    inner = (each["loc"] for each in errors if len(each["loc"]) > len(loc))
    return error["type"] == "too_short" and any(each[: len(loc)] == loc for each in inner)


def _key(loc: Loc) -> str:
    return next((part for part in reversed(loc) if isinstance(part, str)), "")


def _choice(key: str, error: ErrorDetails) -> str:
    names = [name for name in error["ctx"]["expected"].split("'") if name.strip(" ,or")]
    given = error["input"]
    advice = nearest(given, names) if isinstance(given, str) else ""
    return f"`{key}` must be {_list(names, 'or')}" + (f"; {advice}" if advice else "")


def _limit(error: ErrorDetails) -> str:
    limits = error.get("ctx", {})
    if "ge" in limits:
        return f"must be {limits['ge']} or more"
    return (
        f"must be at most {limits['le']:,}" if "le" in limits else "has a value of the wrong kind"
    )


def _list(names: list[str], word: str = "and") -> str:
    quoted = [f"`{name}`" for name in names]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {word} {quoted[-1]}"
