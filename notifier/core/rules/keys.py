"""Read the kinds of values that a rules file may hold: durations, names, hours, addresses.

Each reader raises ValueError with a sentence that says what to write instead.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    StrictStr,
    WithJsonSchema,
)

from notifier.core.payload.values import plain
from notifier.core.rules.hours import Active, Quiet, Times, active, clock, quiet, times

NAME = r"[a-z0-9]+([_-][a-z0-9]+)*"
DURATION = r"\d{1,7}[smhd]"
LONGEST = timedelta(days=366)
LANGUAGES = ("en", "es", "pt")
GROUPS = ("poll", "entity", "rule")

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SERVER = re.compile(r"(?:wv)?(\d{4})")
_URL = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?((?:/[\w.~-]+)*)/?")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]")
_CHANNEL = re.compile(r"#[\w-]{1,80}|[CGD][A-Z0-9]{6,20}")
_EMAIL = re.compile(
    r"[^\s@,;:<>()\[\]\"\\\x00-\x20\x7f]{1,64}@[^\s@,;:<>()\[\]\"\\\x00-\x20\x7f]{1,255}"
)
_MENTION = re.compile(r"@?(?:here|channel|[UWS][A-Z0-9]{6,20})")
_PRESSER = re.compile(r"[UWS][A-Z0-9]{6,20}")
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|\d{3}))?")
_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_HALF = re.compile(r"(\d{1,3})\s*/\s*(\d{1,3})")
_LINK = re.compile(r"https?://[^\s\"<>\\^`{|}\x00-\x20\x7f]+")
LONGEST_ALIAS = 40  # characters: it stands among others in one line
LONGEST_TITLE = 60  # characters: it stands in a headline, before numbers
_MOST = 100  # polls that a rule may remember


def _duration(value: object) -> object:
    """Read ``90s``, ``5m``, ``2h`` or ``1d``. A bare number is refused: of what? Only 0 is 0."""
    if isinstance(value, timedelta) or value is None:
        return value
    if value == 0 and not isinstance(value, bool):
        return timedelta(0)
    if not isinstance(value, str) or not re.fullmatch(DURATION, value, re.ASCII):
        raise ValueError('a duration is a whole number and a unit (s, m, h, d), as in "5m"')
    span = timedelta(seconds=int(value[:-1]) * _UNITS[value[-1]])
    if span > LONGEST:
        raise ValueError("this is longer than a year")
    return span


def duration(text: str) -> timedelta:
    """Read a duration as the rules file would.

    Raises:
        ValueError: saying what to write.
    """
    found = _duration(text.strip())
    return _positive(found) if isinstance(found, timedelta) else timedelta(0)


def _positive(span: timedelta) -> timedelta:
    if not span:
        raise ValueError("this duration must be longer than 0")
    return span


def _name(value: str) -> str:
    if not re.fullmatch(NAME, value):
        raise ValueError(
            f"`{value}` is not a name; use a-z and 0-9, with single - or _ between them"
        )
    return value


def written(span: timedelta) -> str:
    """Write a duration as the file would."""
    seconds = int(span.total_seconds())
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0) if seconds else "s"
    return f"{seconds // _UNITS[unit]}{unit}"


def spoken(span: timedelta) -> str:
    """Write a duration for people, to the second: ``12m30s``."""
    left, parts = round(span.total_seconds()), []
    for unit, size in sorted(_UNITS.items(), key=lambda each: -each[1]):
        many, left = divmod(left, size)
        if many:
            parts.append(f"{many}{unit}")
    return "".join(parts) or "0s"


def counted(number: int, what: str) -> str:
    """Write how many there are: ``1 poll``, ``3 polls``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _window(value: object) -> timedelta | str:
    span = _duration(value) if value != "today" else value
    if span == timedelta(0):
        raise ValueError('a window is longer than 0; write "1h" or "today"')
    return span  # type: ignore[return-value]


def _allowances(value: dict[str, timedelta]) -> dict[str, timedelta]:
    """Two spellings of one state would contradict each other."""
    seen: dict[str, str] = {}
    for state in value:
        other = seen.setdefault(plain(state), state)
        if other != state:
            raise ValueError(f"`{other}` and `{state}` are one state: case and accents are ignored")
    return value


def _aliases(value: dict[str, str]) -> dict[str, str]:
    """One name for each agent, and no name for two."""
    agents: dict[str, str] = {}
    names: dict[tuple[bool, str], str] = {}
    for agent, shown in value.items():
        _check_alias(agent, shown)
        other = agents.setdefault(plain(agent), agent)
        if other != agent:
            raise ValueError(f"`{other}` and `{agent}` are one agent: case and accents are ignored")
        other = names.setdefault((agent.isdigit(), plain(shown)), agent)
        if other != agent:
            raise ValueError(f"`{other}` and `{agent}` would both be called `{shown}`")
    return value


def _check_alias(agent: str, shown: str) -> None:
    if not agent.strip() or not shown.strip():
        raise ValueError(f"`{agent}` = `{shown}` is blank; give an agent and a name")
    if len(shown) > LONGEST_ALIAS or not shown.isprintable():
        text = f"the name of `{agent}` must be one line of at most {LONGEST_ALIAS} characters"
        raise ValueError(text)


def _group(value: object) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return value if value in GROUPS else (value,)
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError('`group` is "poll", "entity", "rule" or a list of fields')


def _scalar(value: object) -> bool | float | str:
    if isinstance(value, bool | int | float | str):
        return value
    raise ValueError("a row holds texts, numbers, true and false")


def _listed(value: object) -> object:
    """Take one text where a list of texts may stand."""
    return (value,) if isinstance(value, str) else value


def _server(value: str) -> str:
    """Return the address to which ``/api/v2`` belongs."""
    number = _SERVER.fullmatch(value)
    if number:
        return f"https://wv{number[1]}.wolkvox.com"
    url = _URL.fullmatch(value)
    if not url:
        raise ValueError('a server is written "0041", "wv0041" or "https://wv0041.wolkvox.com"')
    if url[1] == "http" and not _LOOPBACK.fullmatch(url[2]):
        raise ValueError("http would show the token to everybody on the way; write https")
    return value.rstrip("/")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f'`{value}` is not a time zone; use a name as in "America/Bogota"'
        ) from None
    return value


def _half(value: object) -> object:
    """Read ``2/3``: two of the last three."""
    found = _HALF.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise ValueError('write it as in "2/3": in two of the last three polls')
    some, polls = int(found[1]), int(found[2])
    if not 1 <= some <= polls <= _MOST:
        raise ValueError(
            f"the first number is 1 or more and at most the second, that at most {_MOST}"
        )
    return some, polls


def _hours(value: object) -> Active:
    return active(value if isinstance(value, str) else "")


def _moments(value: object) -> Times:
    return times(value if isinstance(value, str) else "")


def _quiet(value: object) -> Quiet:
    return quiet(value if isinstance(value, str) else "")


def _shaped(pattern: re.Pattern[str], says: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"`{value}` {says}")
        return value

    return AfterValidator(check)


def _worded(value: object) -> object:
    """Take one text where a table by language may stand: the language is then ``""``."""
    return {"": value} if isinstance(value, str) else value


def _languages(value: dict[str, str]) -> dict[str, str]:
    for language in value:
        if language and language not in LANGUAGES:
            raise ValueError(
                f"`{language}` is no language that is spoken here: {', '.join(LANGUAGES)}"
            )
    return value


def _title(value: str) -> str:
    if not value.strip() or len(value) > LONGEST_TITLE or not value.isprintable():
        raise ValueError(f"a title is one line of 1 to {LONGEST_TITLE} characters")
    return value


def _parameters(value: object) -> object:
    """Read a table of texts, whole numbers and lists of them; all become text.

    A list is one text with commas: each of its values is a call of its own.
    """
    if not isinstance(value, dict):
        return value
    return {name: _parameter(item) for name, item in value.items()}


def _parameter(value: object) -> object:
    if isinstance(value, list) and value and all(type(item) in (int, str) for item in value):
        return ",".join(map(str, value))
    return str(value) if type(value) is int else value


def _clock(value: object) -> int:
    return clock(value if isinstance(value, str) else "")


def written_clock(minutes: int) -> str:
    """Write a time of day as the file would."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _schema(**keys: Any) -> WithJsonSchema:
    return WithJsonSchema(keys)


def _by_language(**keys: Any) -> WithJsonSchema:
    text = {"type": "string", **keys}
    table = {"type": "object", "properties": dict.fromkeys(LANGUAGES, text)}
    return _schema(anyOf=[text, {**table, "additionalProperties": False}])


def _texts(**keys: Any) -> WithJsonSchema:
    """A text, or a list of such texts."""
    text = {"type": "string", **keys}
    return _schema(anyOf=[text, {"type": "array", "items": text}])


Duration: TypeAlias = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(written, return_type=str),
    _schema(anyOf=[{"type": "string", "pattern": f"^{DURATION}$"}, {"const": 0}]),
]
Period: TypeAlias = Annotated[Duration, AfterValidator(_positive)]
Name: TypeAlias = Annotated[
    StrictStr, AfterValidator(_name), _schema(type="string", pattern=f"^{NAME}$")
]
Fields: TypeAlias = Annotated[tuple[StrictStr, ...], BeforeValidator(_listed), _texts()]
Allowances: TypeAlias = Annotated[dict[StrictStr, Period], AfterValidator(_allowances)]
Aliases: TypeAlias = Annotated[dict[StrictStr, StrictStr], AfterValidator(_aliases)]
Parameters: TypeAlias = Annotated[
    dict[StrictStr, StrictStr],
    BeforeValidator(_parameters),
    _schema(
        type="object",
        additionalProperties={
            "type": ["string", "integer", "array"],
            "items": {"type": ["string", "integer"]},
        },
    ),
]
Clock: TypeAlias = Annotated[
    int,
    PlainValidator(_clock),
    PlainSerializer(written_clock, return_type=str),
    _schema(type="string", pattern=r"^\d{1,2}:\d{2}$"),
]
Server: TypeAlias = Annotated[StrictStr, AfterValidator(_server)]
Zone: TypeAlias = Annotated[StrictStr, AfterValidator(_zone)]
Half: TypeAlias = Annotated[
    tuple[int, int], BeforeValidator(_half), _schema(type="string", pattern=r"^\d+/\d+$")
]
Window: TypeAlias = Annotated[
    timedelta | Literal["today"],
    PlainValidator(_window),
    PlainSerializer(lambda value: written(value) if isinstance(value, timedelta) else value),
    _schema(anyOf=[{"type": "string", "pattern": f"^{DURATION}$"}, {"const": "today"}]),
]
Group: TypeAlias = Annotated[
    str | tuple[str, ...],
    PlainValidator(_group),
    PlainSerializer(lambda value: value),
    _schema(
        anyOf=[
            {"enum": list(GROUPS)},
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
        ]
    ),
]
Value: TypeAlias = Annotated[
    bool | float | str,
    PlainValidator(_scalar),
    PlainSerializer(lambda value: value),
    _schema(type=["boolean", "number", "string"]),
]
Hours: TypeAlias = Annotated[
    Active,
    PlainValidator(_hours),
    PlainSerializer(lambda hours: hours.text, return_type=str),
    _schema(type="string"),
]
Moments: TypeAlias = Annotated[
    Times,
    PlainValidator(_moments),
    PlainSerializer(lambda times: times.text, return_type=str),
    _schema(type="string"),
]
QuietHours: TypeAlias = Annotated[
    Quiet,
    PlainValidator(_quiet),
    PlainSerializer(lambda hours: hours.text, return_type=str),
    _schema(type="string"),
]
Channel: TypeAlias = Annotated[
    StrictStr, _shaped(_CHANNEL, "is not a channel; write `#name`, or its id as in C0123456789")
]
Address: TypeAlias = Annotated[
    StrictStr, _shaped(_EMAIL, "is not a mail address; write only name@example.com")
]
Addresses: TypeAlias = Annotated[tuple[Address, ...], BeforeValidator(_listed), _texts()]
Mention: TypeAlias = Annotated[
    StrictStr,
    _shaped(_MENTION, "cannot be mentioned; write here, channel, or the id of a user or group"),
]
Presser: TypeAlias = Annotated[
    StrictStr,
    _shaped(_PRESSER, "is no id of Slack's; write that of a user or group, as in U0123ABCD"),
]
Pressers: TypeAlias = Annotated[tuple[Presser, ...], BeforeValidator(_listed), _texts()]
Locale: TypeAlias = Annotated[
    StrictStr, _shaped(_LOCALE, 'is not a locale; write it as in "es_CO"')
]
Country: TypeAlias = Annotated[
    StrictStr, _shaped(_COUNTRY, 'is not a country; write its two letters as in "CO"')
]
Link: TypeAlias = Annotated[
    StrictStr, _shaped(_LINK, "is not an address; it begins with https:// or http://")
]
Words: TypeAlias = Annotated[
    dict[StrictStr, StrictStr],
    BeforeValidator(_worded),
    AfterValidator(_languages),
    _by_language(),
]
Title: TypeAlias = Annotated[
    dict[StrictStr, Annotated[StrictStr, AfterValidator(_title)]],
    BeforeValidator(_worded),
    AfterValidator(_languages),
    _by_language(minLength=1, maxLength=LONGEST_TITLE),
]
