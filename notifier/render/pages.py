"""Fill in the pages that a browser shows: templates of their own, in the reader's language.

Every text is escaped when it is printed, as in mails; a page template of the user's own that fails
is reported, and the shipped one is used instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from notifier.core.facts.state import Scalar
from notifier.errors import Problem, RenderError
from notifier.render import shipped, trend
from notifier.render.chart import Chart, chart
from notifier.render.clean import NAME
from notifier.render.course import Course, Points, course
from notifier.render.manner import Manner, locale_of, zone_of
from notifier.render.sandbox import Sandbox
from notifier.render.shipped import Report
from notifier.render.words import LANGUAGES, Words, read_phrases

WORDS = ("severity", "reason", "form", "delivery", "untold", "history.closing", "changes.what")
LINKED = ("silenced", "explained")  # steps whose detail is an id: a link says it
SUFFIX = ".page.j2"
FOLDER = "web"


class StepLike(Protocol):
    """One thing that happened in an incident's life; its detail is words with ``;`` between."""

    @property
    def at(self) -> datetime: ...
    @property
    def what(self) -> str: ...
    @property
    def who(self) -> str: ...
    @property
    def detail(self) -> str: ...


class GateLike(Protocol):
    """What stands before a message; *key*: of its phrase, which *values* fill in."""

    @property
    def name(self) -> str: ...
    @property
    def passed(self) -> bool | None: ...
    @property
    def key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, str]: ...


class TitledLike(Protocol):
    """What is about one rule; *title* by language."""

    @property
    def rule(self) -> str: ...
    @property
    def title(self) -> Mapping[str, str]: ...


class Pages:
    """The templates of the pages, and their words.

    overrides: A folder whose ``web/*.page.j2`` replace the shipped ones, one by one.

    Raises:
        RenderError: A shipped file is missing or broken.
    """

    languages = LANGUAGES

    def __init__(self, overrides: Path | None = None, report: Report = lambda _: None) -> None:
        self._report = report
        self._own_folder = overrides
        self._words = _vocabularies(overrides, report)
        sources = shipped.read(shipped.folder(), SUFFIX)
        own = shipped.own(overrides, SUFFIX, report)
        self._shipped = PageSandbox(sources, {}, autoescape=True)
        self._own = PageSandbox(sources, own, autoescape=True) if own else None

    @property
    def overridden(self) -> bool:
        """Whether any template is the user's own."""
        return self._own is not None

    def say(self, language: str, key: str, /, **values: str) -> str:
        """One phrase."""
        return self._words[language].say(key, **values)

    def fill(
        self,
        name: str,
        language: str,
        now: datetime,
        zones: Mapping[str, str],
        /,
        **values: Any,
    ) -> str:
        """The page of that name. *zones*: of each operation; the first one is the page's own.

        Raises:
            RenderError: a shipped template failed.
        """
        speaker = Speaker(self._words[language], now, zones)
        context = {**speaker.names(), **values, "language": language, "now": now}
        file = f"{FOLDER}/{name}{SUFFIX}"
        if self._own is not None:
            try:
                return self._own.get_template(file).render(context)
            except Exception as error:  # noqa: BLE001 - whatever it does, the page is shown
                self._complain(file, error)
        try:
            return self._shipped.get_template(file).render(context)
        except Exception as error:
            raise RenderError(f"{file}: {error}") from error

    def _complain(self, file: str, error: Exception) -> None:
        named = getattr(error, "name", None)  # of the part that has the mistake
        place = str((self._own_folder or Path()) / (named if isinstance(named, str) else file))
        text = f"The template fails: {error}; the shipped one is used."
        self._report(Problem(text, place, getattr(error, "lineno", 0) or 0))


class PageSandbox(Sandbox):
    """The same sandbox, quicker with the frozen values that pages print."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Fields of a data class are there to be read."""
        kind: Any = type(obj)
        if attribute in _fields(kind):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


@lru_cache(maxsize=256)
def _fields(kind: Any) -> frozenset[str]:
    if not is_dataclass(kind):
        return frozenset()
    return frozenset(each.name for each in fields(kind))


@dataclass(frozen=True, slots=True)
class Speaker:
    """What templates say things with."""

    words: Words
    now: datetime
    zones: Mapping[str, str]
    manners: dict[str, Manner] = field(default_factory=dict)

    def names(self) -> dict[str, Callable[..., Any]]:
        """By the names that templates use."""
        return {
            "say": self.words.say,
            "count": self._count,
            "value": self._value,
            "number": self._manner("").number,
            "clock": self._clock,
            "stamp": self._stamp,
            "ago": self._ago,
            "span": self._span,
            "short": self._short,
            "title": self._title,
            "titled": self._titled,
            "spark": _spark,
            "course": self._course,
            "direction": self._direction,
            "told_of": self._step,
            "reasoned": self._reason,
            "gated": self._gate,
            "known": lambda key: key in self.words.phrases,
            "zone": self._zone_name,
        }

    def _manner(self, operation: str) -> Manner:
        if operation not in self.manners:
            locale = locale_of(self.words.language, self.words.language)
            self.manners[operation] = Manner(self.words, locale, self._zone(operation))
        return self.manners[operation]

    def _zone(self, operation: str) -> tzinfo:
        return zone_of(self._zone_name(operation))

    def _zone_name(self, operation: str = "") -> str:
        return self.zones.get(operation) or next(iter(self.zones.values()), "UTC")

    def _count(self, key: str, number: int) -> str:
        return self.words.count(key, number, n=self._manner("").number(number))

    def _value(self, value: Scalar, unit: str = "number") -> str:
        return self._manner("").value(value, unit)

    def _clock(self, at: datetime, operation: str = "") -> str:
        return self._manner(operation).time(at, self.now)

    def _stamp(self, at: datetime) -> str:
        """For machines: the ``datetime`` of a ``time``."""
        return at.isoformat(timespec="seconds")

    def _ago(self, at: datetime) -> str:
        return self._span(max(self.now - at, timedelta(0)))

    def _span(self, span: timedelta | float) -> str:
        long = span if isinstance(span, timedelta) else timedelta(seconds=span)
        return self._manner("").span(long)

    def _short(self, text: str) -> str:
        return self._manner("").text(text, NAME)

    def _title(self, each: TitledLike) -> str:
        """What people call a rule, where it has a title."""
        return self._short(self.words.chosen(each.title))

    def _titled(self, each: TitledLike) -> str:
        """A rule's id, behind its title where it has one."""
        title, rule = self._title(each), self._short(each.rule)
        return f"{title} ({rule})" if title else rule

    def _gate(self, gate: GateLike) -> str:
        """One thing that stands before a message; one that was not reached by its name alone."""
        if gate.passed is None:
            return self.words.say(f"gate.name.{gate.name}")
        return self._short(self.words.say(f"gate.{gate.key}", **gate.values))

    def _step(self, step: StepLike) -> str:
        """One thing of an incident's life, in a line."""
        key = f"step.{step.what.replace(' ', '_')}"
        first = self.words.say(key if key in self.words.phrases else "step.other", who=step.who)
        if step.what in LINKED:
            return first
        rest = " · ".join(filter(None, map(self._word, step.detail.split(";"))))
        return f"{first}: {rest}" if rest else first

    def _reason(self, reason: str) -> str:
        """Why people were told, or not."""
        for group in ("untold", "reason"):
            if f"{group}.{reason}" in self.words.phrases:
                return self.words.say(f"{group}.{reason}")
        return reason

    def _word(self, text: str) -> str:
        """A word of ours in the reader's language; what is none stays as it is."""
        for group in WORDS:
            key = f"{group}.{text.replace(' ', '_')}"
            if key in self.words.phrases:
                return self.words.say(key)
        return self._short(text)

    def _course(
        self, points: Points, limit: float | None, operation: str, marks: Sequence[StepLike]
    ) -> Course:
        """The chart of an incident; its marks are the steps of its life that matter most."""
        manner = self._manner(operation)
        return course(
            points,
            limit,
            zone=manner.zone,
            day=manner.day,
            marks=[(step.at, step.what) for step in marks],
        )

    def _direction(self, values: tuple[float, ...], limit: float | None) -> str:
        word = trend.direction(values, limit)
        return self.words.say(f"trend.{word}") if word else ""


def _spark(values: tuple[float, ...], limit: float | None) -> Chart:
    return chart(values, limit)


def _vocabularies(overrides: Path | None, report: Report) -> dict[str, Words]:
    """The words of messages, and those of pages beside them."""
    known = shipped.vocabularies(overrides, report)
    found = {}
    for language in LANGUAGES:
        path = shipped.folder() / FOLDER / "words" / f"{language}.toml"
        try:
            phrases = read_phrases(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RenderError(f"{path} cannot be read ({error})") from error
        own = shipped.own_phrases(overrides, f"{FOLDER}/words/{language}.toml", phrases, report)
        found[language] = Words(language, {**known[language].phrases, **phrases, **own})
    return found
