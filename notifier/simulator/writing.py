"""Write a number in each way in which wolkvox was seen to write one, or might."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

_CLOCK = re.compile(r"\d+:[0-5]\d:[0-5]\d")
_UNIT = " %"


def rewritten(value: Any, way: str) -> Any:
    """Return *value* written in another way; what is no number is left alone."""
    plain = str(value).removesuffix(_UNIT).replace(",", "")
    try:
        number = float(plain)
    except ValueError:
        return value if _CLOCK.fullmatch(str(value)) is None else _clock(str(value), way)
    return WAYS[way](number)


def _clock(value: str, way: str) -> str:
    if way != "past_a_day":
        return value
    hours, rest = value.split(":", 1)
    return f"{int(hours) + 24}:{rest}"


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


WAYS: Mapping[str, Callable[[float], Any]] = MappingProxyType(
    {
        "percent": lambda number: f"{_short(number)} %",
        "glued": lambda number: f"{number:.2f}%",
        "thousands": lambda number: f"{number:,.2f}",
        "padded": lambda number: f"  {_short(number)} ",
        "number": lambda number: int(number) if number.is_integer() else number,
        "comma": lambda number: f"{number:.1f}".replace(".", ","),
        "european": lambda number: f"{number:,.2f}".translate(str.maketrans(".,", ",.")),
        "words": lambda _: "n/d",
        "blank": lambda _: "",
        "space": lambda _: " ",
        "dash": lambda _: "-",
        "dashes": lambda _: "--",
        "null": lambda _: None,
        "nan": lambda _: "NaN",
        "past_a_day": _short,
    }
)
