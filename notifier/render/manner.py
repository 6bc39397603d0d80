"""Write numbers, spans and times as a receiver reads them: language, locale and zone differ.

Times come from the notice; this module never asks what time it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from math import isfinite
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_currency, get_territory_currencies, parse_pattern

from notifier.core.facts.state import Scalar
from notifier.core.payload.endpoint import Kind
from notifier.render.clean import SENTENCE, scrubbed
from notifier.render.words import Words

_WHOLE = parse_pattern("#,##0")
_TENTHS = parse_pattern("#,##0.#")
_HUNDREDTHS = parse_pattern("#,##0.##")
_LONG = 1e9  # seconds
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400  # seconds
_READABLE = 1e15  # beyond it, digits tell nobody anything
_KINDS = {kind.value: kind for kind in Kind}
_SPOKEN = {Kind.PERCENT: "unit.percent", Kind.MS: "unit.ms"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How one receiver is written to.

    Attributes:
        public: Many may read it: internet addresses show only their first half.
    """

    words: Words
    locale: Locale
    zone: tzinfo
    public: bool = False

    def value(self, value: Scalar, unit: str) -> str:
        """A value with its unit; *unit* is the name of an ``endpoint.Kind``."""
        if value is None:
            return self.words.say("value.unknown")
        if isinstance(value, bool):
            return self.words.say("value.yes" if value else "value.no")
        if isinstance(value, str):
            return self.text(value)
        if not isfinite(value):
            return self.words.say("value.unknown")
        return self._quantity(float(value), _kind(unit))

    def text(self, value: str, longest: int = SENTENCE) -> str:
        """Free text, made harmless and short."""
        return scrubbed(value, longest, public=self.public)

    def number(self, value: float) -> str:
        """A bare number: at most two decimals, one from ten on."""
        if abs(value) >= _READABLE:
            return f"{value:.2g}"
        pattern = _TENTHS if 10 <= abs(value) < 1_000 else _HUNDREDTHS
        return str(pattern.apply(value, self.locale))

    def _quantity(self, value: float, kind: Kind) -> str:
        if kind in (Kind.SECONDS, Kind.DURATION):
            return self.span(timedelta(seconds=value)) if abs(value) < _LONG else self.number(value)
        if kind is Kind.MONEY and abs(value) < _READABLE:
            return self._money(value)
        if kind in _SPOKEN:
            return self.words.say(_SPOKEN[kind], n=self.number(value))
        return self.number(value)

    def _money(self, value: float) -> str:
        """No decimals: the currency is the locale's, because the vendor does not state one."""
        currencies = get_territory_currencies(self.locale.territory or "")
        if not currencies:
            return str(_WHOLE.apply(value, self.locale))
        return format_currency(
            value, currencies[0], "¤ #,##0", locale=self.locale, currency_digits=False
        )

    def span(self, span: timedelta) -> str:
        """A span in its two largest units: ``12 min 30 s``, ``1 h 5 min``, ``2 d 3 h``."""
        total = round(span.total_seconds())
        sign, rest = ("-", -total) if total < 0 else ("", total)
        parts = [
            self.words.say(f"unit.{name}", n=str(_WHOLE.apply(amount, self.locale)))
            for name, amount in _two_largest(rest)
        ]
        return sign + " ".join(parts)

    def time(self, at: datetime, now: datetime) -> str:
        """A moment as ``10:22``, with its date when that is not *now*'s."""
        local, today = at.astimezone(self.zone), now.astimezone(self.zone)
        return self.clock(at) if local.date() == today.date() else self.day_and_time(at)

    def clock(self, at: datetime) -> str:
        """A moment as ``10:22``."""
        return f"{at.astimezone(self.zone):%H:%M}"

    def day_and_time(self, at: datetime) -> str:
        """A moment with its date, as ``4 May 10:22``."""
        local = at.astimezone(self.zone)
        return format_datetime(local, self.words.say("date.pattern"), locale=self.locale)

    def day(self, at: datetime) -> str:
        """A day as ``4 May``, in the order of the language."""
        return format_skeleton("MMMd", at.astimezone(self.zone), locale=self.locale)


def _two_largest(total: int) -> list[tuple[str, int]]:
    units = (
        ("days", total // _DAY),
        ("hours", total % _DAY // _HOUR),
        ("minutes", total % _HOUR // _MINUTE),
        ("seconds", total % _MINUTE),
    )
    first = next((i for i, (_, amount) in enumerate(units) if amount), 3)
    return [(name, n) for i, (name, n) in enumerate(units[first : first + 2]) if n or not i]


def _kind(unit: str) -> Kind:
    return _KINDS.get(unit, Kind.NUMBER)


@lru_cache(maxsize=256)
def locale_of(name: str, language: str) -> Locale:
    """The locale of that name; one that Babel does not know falls back to the language."""
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale(language)


@lru_cache(maxsize=256)
def zone_of(name: str) -> tzinfo:
    """The zone of that name, or UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
