"""Read a script out of the data of a TOML file: scenes and faults, each with a time and a span.

It says what is wrong and where in the data; whoever has the text finds line and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from notifier.simulator.faults import Fault
from notifier.simulator.script import Kind, Scene, Script
from notifier.simulator.ways import WAYS, Way
from notifier.simulator.wolkvox import WolkvoxServer

Made = TypeVar("Made")
Loc = tuple[str | int, ...]
Table = Mapping[str, Any]

BRIEFLY = timedelta(minutes=1)  # how long what says no more lasts
MANY = 20  # names that are too many for one sentence
TOP = ("quota", "at_once", "scene", "fault")
WHEN = ("at", "for")
OF_SCENES = ("kind", *WHEN, "who", "amount", "text")
_SPAN = re.compile(r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True, slots=True)
class Slip:
    """One mistake in a script: where in the data, and what; ``at_key`` if the key is wrong."""

    loc: Loc
    text: str
    at_key: bool = False


class ScriptError(Exception):
    """A script with mistakes: all of them."""

    def __init__(self, slips: list[Slip]) -> None:
        self.slips = slips
        super().__init__("; ".join(slip.text for slip in slips))


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """What a file says.

    Attributes:
        quota: Calls a local day; None for no end.
        at_once: Requests that are allowed at the same time.
    """

    script: Script
    quota: int | None = None
    at_once: int = 1


def read_script(data: Table, start: datetime) -> ScriptFile:
    """Return what happens, counted from *start*, whose zone is that of the contact center.

    Raises:
        ScriptError: with every mistake.
    """
    reader = _Reader(data, start)
    scenes = [*reader.tables("scene", reader.scene), *reader.tables("fault", reader.fault)]
    quota, at_once = reader.count("quota"), reader.count("at_once")
    reader.keys((), data, TOP)
    if reader.slips:
        raise ScriptError(reader.slips)
    return ScriptFile(tuple(scenes), quota, at_once or 1)


class _Reader:
    """Reads the data table by table, so that one mistake hides no other."""

    def __init__(self, data: Table, start: datetime) -> None:
        self.data = data
        self.start = start
        self.slips: list[Slip] = []

    def slip(self, loc: Loc, text: str, *, at_key: bool = False) -> None:
        self.slips.append(Slip(loc, text, at_key))

    def tables(self, name: str, read: Callable[[Loc, Table], Scene | None]) -> Iterator[Scene]:
        rows = self.data.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.slip((name,), f"`{name}` must be tables; write [[{name}]] above each")
            return
        for index, row in enumerate(rows):
            scene = read((name, index), row)
            if scene is not None:
                yield scene

    def count(self, name: str) -> int | None:
        value = self.data.get(name)
        if value is None or (isinstance(value, int) and value >= 1 and value is not True):
            return value
        self.slip((name,), f"`{name}` must be a whole number from 1 on")
        return None

    # ---- one table ----

    def scene(self, loc: Loc, row: Table) -> Scene | None:
        kinds = {kind.value: kind for kind in Kind if kind is not Kind.API_FAULT}
        kind = self.choice(loc, row, "kind", kinds)
        self.keys(loc, row, OF_SCENES)
        span = self.span(loc, row)
        amount = self.number(loc, row, "amount", 0.0)
        who, text = self.text(loc, row, "who", ""), self.text(loc, row, "text", "")
        if kind is None or span is None:
            return None
        return self.made(loc, lambda: Scene(kind, *span, who, amount, text))

    def fault(self, loc: Loc, row: Table) -> Scene | None:
        way = self.choice(loc, row, "way", WAYS)
        span = self.span(loc, row)
        if way is None:
            return None
        self.keys(loc, row, ("way", *WHEN, "api", *way.takes))
        fault = self.made(loc, lambda: self.wrong(loc, row, way))
        if span is None or fault is None:
            return None
        return self.made(loc, lambda: Scene(Kind.API_FAULT, *span, faults=(fault,)))

    def wrong(self, loc: Loc, row: Table, way: Way) -> Fault:
        for name in way.needs:
            if name not in row:
                self.slip(loc, f"`{name}` is missing; `{row['way']}` needs it: {way.says}")
        return Fault(
            way.wrong,
            status=int(self.number(loc, row, "status", way.status)),
            text=self.one_of(loc, row, way),
            seconds=self.number(loc, row, "seconds", way.seconds),
            api=self.api(loc, row),
            field=self.text(loc, row, "field", ""),
            who=self.text(loc, row, "who", ""),
            amount=self.number(loc, row, "amount", way.amount),
        )

    def made(self, loc: Loc, make: Callable[[], Made]) -> Made | None:
        """Return what *make* makes; what it refuses is a mistake of the table."""
        try:
            return make()
        except ValueError as error:
            self.slip(loc, str(error))
            return None

    # ---- one value ----

    def keys(self, loc: Loc, row: Table, known: tuple[str, ...]) -> None:
        for name in row:
            if name not in known:
                self.slip((*loc, name), f"unknown key `{name}`; {_meant(name, known)}", at_key=True)

    def choice(self, loc: Loc, row: Table, name: str, known: Mapping[str, Any]) -> Any:
        value = row.get(name)
        if value is None:
            self.slip(loc, f"`{name}` is missing; docs/simulator.md lists what it may be")
        elif not isinstance(value, str) or value not in known:
            self.slip((*loc, name), f"unknown {name} `{value}`; {_meant(str(value), known)}")
        else:
            return known[value]
        return None

    def text(self, loc: Loc, row: Table, name: str, default: str) -> str:
        value = row.get(name, default)
        if isinstance(value, str):
            return value
        self.slip((*loc, name), f"`{name}` must be text in quotes")
        return default

    def one_of(self, loc: Loc, row: Table, way: Way) -> str:
        text = self.text(loc, row, "text", way.text)
        if way.texts and "text" in row and text not in way.texts:
            self.slip((*loc, "text"), f"`text` is `{text}`; {_meant(text, way.texts)}")
        return text

    def api(self, loc: Loc, row: Table) -> str:
        names = sorted(api for _, api in WolkvoxServer.APIS)
        api = self.text(loc, row, "api", "")
        if api and api not in names:
            self.slip((*loc, "api"), f"unknown api `{api}`; {_meant(api, names)}")
        return api

    def number(self, loc: Loc, row: Table, name: str, default: float) -> float:
        value = row.get(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        self.slip((*loc, name), f"`{name}` must be a number")
        return default

    def span(self, loc: Loc, row: Table) -> tuple[datetime, datetime] | None:
        """When it begins, and when it ends."""
        lasts = _duration(row.get("for", "1m"))
        if lasts is None or not lasts:
            self.slip((*loc, "for"), "`for` must be how long it lasts, as in 90s, 10m or 1h30m")
        if "at" not in row:
            self.slip(loc, "`at` is missing; write 10m for ten minutes after the start, or 10:05")
            return None
        begin = self.moment(row["at"])
        if begin is None:
            self.slip((*loc, "at"), "`at` must be a span after the start, as in 10m, or a time of "
                      "day, as in 10:05")  # fmt: skip
        return (begin, begin + (lasts or BRIEFLY)) if begin is not None else None

    def moment(self, value: Any) -> datetime | None:
        """A span after the start, or a time of its day."""
        after = _duration(value)
        if after is not None:
            return self.start + after
        if isinstance(value, time):
            return datetime.combine(self.start.date(), value, self.start.tzinfo)
        try:
            at = time.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            return None
        return datetime.combine(self.start.date(), at, self.start.tzinfo)


def _duration(value: Any) -> timedelta | None:
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _meant(name: str, known: Any) -> str:
    close = get_close_matches(name, list(known), 1, 0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    many = len(known) > MANY
    return "docs/simulator.md lists them" if many else f"use one of {', '.join(known)}"
