"""Answer what a condition asks of one entity's past, or say why there is no answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import TypeAlias

from notifier.core.language.counters import Unknown
from notifier.core.language.functions import median
from notifier.core.language.history import ALL, History, Row
from notifier.core.language.tree import Look, Scalar
from notifier.core.payload.values import plain

_EARLIER_WANTED = 3  # values before a spike or a drop can be told from chance

Answer: TypeAlias = Scalar | Unknown


@dataclass(slots=True)
class Asked:
    """What the question is about.

    Attributes:
        present: The field's value now; None where blank.
        base: What a cumulative percentage is a share of, now; None where blank, or not asked.
        read: Reads the same field from another row.
    """

    look: Look
    present: Scalar | None
    row: Row
    key: str
    at: float
    history: History
    read: Callable[[Row], Scalar | None]
    base: Scalar | None = None


def answer(asked: Asked) -> Answer:
    """Return the answer; what is not a number is no answer."""
    found = _ANSWERS[asked.look.function](asked)
    return Unknown.BLANK if isinstance(found, float) and found != found else found


def _prev(asked: Asked) -> Answer:
    row = asked.history.previous(asked.key)
    if row is None:
        return Unknown.NEW
    found = asked.read(row)
    return Unknown.BLANK if found is None else found


def _changed(asked: Asked) -> Answer:
    was = _prev(asked)
    if asked.present is None:
        return Unknown.BLANK
    return was if isinstance(was, Unknown) else asked.present != was


def _delta(asked: Asked) -> Answer:
    was = _prev(asked)
    if isinstance(was, Unknown):
        return was
    if asked.present is None:
        return Unknown.BLANK
    torn = _torn(asked) if asked.look.counters else None
    return torn or float(asked.present) - float(was)


def _torn(asked: Asked) -> Unknown | None:
    """Why a counter's growth since the last snapshot is none that one poll could have seen."""
    if asked.history.aged(asked.at):
        return Unknown.GAP
    return asked.history.fell(asked.key, asked.row, asked.look.counters, asked.at)


def _rise(asked: Asked) -> Answer:
    if not isinstance(asked.present, float):
        return Unknown.BLANK
    look, now = asked.look, (asked.row, asked.present)
    return asked.history.rise(asked.key, look.field.name, look.counters, look.over, asked.at, now)


def _earlier(asked: Asked) -> list[float]:
    return asked.history.samples(asked.key, asked.look.field.name, asked.look.over, asked.at)


def _over(asked: Asked) -> Answer:
    if not isinstance(asked.present, float):
        return Unknown.BLANK
    values = _earlier(asked)
    fold = _FOLDS[asked.look.function]
    return fold([*values, asked.present]) if values else Unknown.FEW


def folder(look: Look, history: History, at: float) -> Callable[[str, float], float | None]:
    """Return the same for many entities: (key, present value) -> the fold, or None."""
    values, fold = history.reader(look.field.name, look.over, at), _FOLDS[look.function]

    def folded(key: str, present: float) -> float | None:
        found = values(key)
        if not found:
            return None
        found.append(present)
        result = fold(found)
        return result if result == result else None

    return folded


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


_FOLDS: dict[str, Callable[[list[float]], float]] = {
    "avg_over": _mean,
    "min_over": min,
    "max_over": max,
    "median_over": median,
}


def _spike(asked: Asked) -> Answer:
    factor, floor = asked.look.numbers
    if not isinstance(asked.present, float):
        return Unknown.BLANK
    if not asked.present >= floor:
        return False  # whatever the past
    values = _earlier(asked)
    if len(values) < _EARLIER_WANTED:
        return Unknown.FEW_EARLIER
    return asked.present >= factor * median(values)


def _drop(asked: Asked) -> Answer:
    if not isinstance(asked.present, float):
        return Unknown.BLANK
    values = _earlier(asked)
    if len(values) < _EARLIER_WANTED:
        return Unknown.FEW_EARLIER
    return median(values) - asked.present >= asked.look.numbers[0]


def _usual(asked: Asked) -> Answer:
    key = ALL if asked.look.whole else asked.key
    return asked.history.usual(key, asked.look.field.name, asked.at)


def _usual_rise(asked: Asked) -> Answer:
    return asked.history.usual_rise(asked.key, asked.look.field.name, asked.at)


def stay_key(who: object, state: object) -> str:
    """What names somebody in a state, whatever its case and accents."""
    return f"{who}/{plain(str(state))}"


def _other(asked: Asked) -> Answer:
    place, name = asked.look.other
    rows = asked.history.beside.get(place)
    if rows is None:
        return Unknown.NOT_FRESH
    if asked.present is None:
        return Unknown.BLANK
    whose = asked.look.whose
    key = stay_key(getattr(asked.row, whose), asked.present) if whose else str(asked.present)
    row = rows.get(key)
    if row is None:
        return Unknown.ELSEWHERE
    found: Scalar | None = getattr(row, name)
    return Unknown.BLANK if found is None else found


def _calls(asked: Asked) -> tuple[int, float] | Unknown:
    look = asked.look
    if look.base is None or not isinstance(asked.base, float):
        return Unknown.BLANK
    share = asked.present if isinstance(asked.present, float) else nan
    if share != share and asked.base:
        return Unknown.BLANK
    return asked.history.calls(
        asked.key,
        (look.field.name, look.base.name),
        look.counters,
        look.over,
        asked.at,
        (asked.row, (share, asked.base)),
        look.places,
    )


def _hits_of(asked: Asked) -> Answer:
    found = _calls(asked)
    return found if isinstance(found, Unknown) else float(found[0])


def _calls_of(asked: Asked) -> Answer:
    found = _calls(asked)
    return found if isinstance(found, Unknown) else found[1]


def _window(asked: Asked) -> Answer:
    found = _calls(asked)
    if isinstance(found, Unknown):
        return found
    hits, calls = found
    return 100 * hits / calls if calls else Unknown.IDLE


_ANSWERS: dict[str, Callable[[Asked], Answer]] = {
    "prev": _prev,
    "changed": _changed,
    "delta": _delta,
    "rise": _rise,
    **dict.fromkeys(_FOLDS, _over),
    "spike": _spike,
    "drop": _drop,
    "usual": _usual,
    "usual_rise": _usual_rise,
    "other": _other,
    "hits_of": _hits_of,
    "calls_of": _calls_of,
    "window": _window,
}
