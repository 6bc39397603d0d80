"""Name what templates may print: texts that are ready, in the receiver's words.

Templates see nothing else: neither the incidents themselves nor what the vendor sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Line:
    """One change, or one member of the roster.

    Attributes:
        trend, word: The sparkline, and the word that says the same.
    """

    mark: str
    state: str
    who: str
    said: str
    since: str = ""
    trend: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value, for the tables of a mail."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class About:
    """Whose message it is, for its small print.

    Attributes:
        runbook: An http address of the rules file, or empty.
        updated: When this was written, in the receiver's *zone*.
        id: Short for the first incident, or the events, that it is about: ``explain`` takes it.
        page: Where the status page shows it; empty where nobody is told of that page.
        button: Whether a button of the message leads there already.
    """

    rule: str
    owner: str
    runbook: str
    labels: tuple[str, ...]
    operation: str
    updated: str
    zone: str
    receiver: str
    id: str
    page: str = ""
    button: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """The course of the last values, as a picture inside the mail.

    Attributes:
        cid: What it is called within the mail: ``cid:chart`` shows it.
        says: The same in words, for those who cannot see it.
        first, last: What stands at its ends; the last with its time.
    """

    cid: str
    says: str
    first: str
    last: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What templates may print. Texts are empty where there is nothing to say.

    Attributes:
        tone: ``critical``, ``warning``, ``info``, ``resolved``, ``closed`` or ``cheer``.
        state: The severity, or how it ended, as words; *mark* is its sign.
        headline: What is wrong, where, with its number.
        change: What is new, for one incident: ``now Critical: 7 %``; empty when all of it is.
        lines: The same for several; empty where that is the whole of it.
        rows: Members still open, when there are several; *ended* names those that closed.
        notes: Sentences: held data, a source's own words.
        facts: The number's surroundings, as labelled values.
        reply: One line for a thread; *loud* when people are to notice it.
    """

    tone: str
    mark: str
    state: str
    headline: str
    subject: str
    closed: bool
    single: bool
    value: str = ""
    limit: str = ""
    was: str = ""
    since: str = ""
    span: str = ""
    worst: str = ""
    trend: str = ""
    word: str = ""
    change: str = ""
    taken: str = ""
    lines: tuple[Line, ...] = ()
    lines_more: str = ""
    rows: tuple[Line, ...] = ()
    rows_more: str = ""
    ended: str = ""
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    reply: str = ""
    loud: bool = False
    about: About


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """What templates may print of events that are announced once.

    Attributes:
        lines: The rule's own summary of each, or what may be said of it.
    """

    tone: str
    mark: str
    headline: str
    subject: str
    lines: tuple[str, ...] = ()
    more: str = ""
    about: About


def leading(shown: View | EventView, page: str, *, button: bool) -> View | EventView:
    """The same, with the address of the *page* that shows what it is about."""
    return replace(shown, about=replace(shown.about, page=page, button=button))


def as_drill(shown: View | EventView, mark: str) -> View | EventView:
    """The same, saying of itself that it is a drill wherever it is read."""
    headline, subject = f"{mark} · {shown.headline}", f"{mark} · {shown.subject}"
    if isinstance(shown, View):
        reply = f"{mark} · {shown.reply}"
        return replace(shown, headline=headline, subject=subject, reply=reply)
    return replace(shown, headline=headline, subject=subject)


PRINTABLE = frozenset({About, EventView, Fact, Line, Picture, View})
