"""Lay out events that are announced once: sales, and whatever else an event rule finds.

One message for all of a poll, in words chosen by a seed from the events, so that a retry says the
same. No id of a call and nothing of a customer is in it.
"""

from __future__ import annotations

from collections import Counter

from notifier.core.facts.people import renamed
from notifier.core.facts.sales import CELEBRATION, Merit
from notifier.core.facts.state import (
    Scalar,
    digest,
)
from notifier.core.judging.notice import Event, Notice
from notifier.render.clean import NAME, cut, one_line
from notifier.render.facts import ENDED, Teller
from notifier.render.layout import EventView
from notifier.render.view import SHOWN, SUBJECT, about

CHEER, NEWS = "🎉", "🔔"

_TOLD = 4  # fields of an event without a summary of its own
_WHOLE = 100  # percent
_KIND = "type_interaction"  # how a sale came about: voice, chat


def event_view(notice: Notice, teller: Teller) -> EventView:
    """Lay out the events of one poll."""
    cheer = notice.rule.template == CELEBRATION
    headline = _cheer(notice, teller) if cheer else _news(notice, teller)
    lines = _lines(notice, teller, cheer=cheer)
    more = len(notice.events) - SHOWN if len(lines) == SHOWN else 0
    over = not notice.events
    return EventView(
        tone="closed" if over else "cheer" if cheer else notice.rule.severity.value,
        mark=ENDED if over else CHEER if cheer else NEWS,
        headline=headline,
        subject=cut(one_line(headline), SUBJECT),
        lines=(*_merits(notice, teller), *lines, *_taken_back(notice, teller)),
        more=_and_more(more, teller),
        about=about(notice, teller),
    )


def _cheer(notice: Notice, teller: Teller) -> str:
    words, count = teller.manner.words, len(notice.events)
    team = teller.manner.text(notice.conversation.operation)
    number = teller.manner.number(count)
    if not count:
        back = len(notice.taken_back)
        return words.count("cheer.none", back, n=teller.manner.number(back), team=team)
    if notice.belated:
        return words.count("cheer.belated", count, n=number, team=team)
    if count > SHOWN:
        return words.say("cheer.digest", n=number, team=team)
    seed = int(digest("cheer", *sorted(event.key for event in notice.events)), 16)
    return words.vary("cheer.one" if count == 1 else "cheer.many", seed, n=number, team=team)


def _news(notice: Notice, teller: Teller) -> str:
    count = len(notice.events)
    if not count:
        return teller.say("event.none", what=teller.what)
    return teller.manner.words.count(
        "event.headline", count, n=teller.manner.number(count), what=teller.what
    )


def _lines(notice: Notice, teller: Teller, *, cheer: bool) -> tuple[str, ...]:
    own = [teller.own_words(event.fields, {"entity": ""}) for event in notice.events[:SHOWN]]
    if any(own):
        return tuple(filter(None, own))
    if cheer:
        return _sellers(notice, teller) or _kinds(notice, teller)
    return tuple(filter(None, (_fields(event, teller) for event in notice.events[:SHOWN])))


def _merits(notice: Notice, teller: Teller) -> tuple[str, ...]:
    """What makes it more than so many sales."""
    return tuple(_merit(merit, teller) for merit in notice.merits if notice.events)


def _merit(merit: Merit, teller: Teller) -> str:
    manner = teller.manner
    number, of = manner.number(merit.count), manner.number(merit.of)
    if merit.kind == "first":
        return manner.words.count("cheer.first", merit.count, n=number)
    if merit.kind == "target":
        reached = merit.share >= _WHOLE
        share = manner.words.say("unit.percent", n=manner.number(merit.share))
        return teller.say(
            "cheer.reached" if reached else "cheer.target", share=share, n=number, of=of
        )
    return teller.say(f"cheer.{merit.kind}", n=number, of=of)


def _sellers(notice: Notice, teller: Teller) -> tuple[str, ...]:
    """Who sold, where the receiver asked for names and somebody is known."""
    sold = [renamed(event.fields, teller.aliases).get("seller") for event in notice.events]
    named = Counter(name for name in sold if isinstance(name, str))
    shown = (
        teller.manner.text(name, NAME) + (f" ({teller.manner.number(n)})" if n > 1 else "")
        for name, n in named.most_common(SHOWN)
    )
    return tuple(shown)


def _kinds(notice: Notice, teller: Teller) -> tuple[str, ...]:
    """How many of each kind, where there are several."""
    kinds = Counter(str(event.fields.get(_KIND) or "") for event in notice.events)
    if len(notice.events) <= 1 or "" in kinds:
        return ()
    shown = [
        f"{_kind(kind, teller)}: {teller.manner.number(count)}"
        for kind, count in kinds.most_common(_TOLD)
    ]
    return (" · ".join(shown),)


def _taken_back(notice: Notice, teller: Teller) -> tuple[str, ...]:
    """How many of those announced are none after all."""
    count = len(notice.taken_back)
    if not count or not notice.events:
        return ()
    number = teller.manner.number(count)
    return (teller.manner.words.count("event.taken_back", count, n=number),)


def _fields(event: Event, teller: Teller) -> str:
    told = [
        f"{_word('field', name, teller) or name} {_value(name, value, teller)}"
        for name, value in renamed(event.fields, teller.aliases).items()
        if value is not None and not isinstance(value, bool) and not name.endswith("_id")
    ]
    return " · ".join(told[:_TOLD])


def _value(name: str, value: Scalar, teller: Teller) -> str:
    if name == _KIND and isinstance(value, str):
        return _kind(value, teller)
    return teller.manner.value(value, "")


def _kind(value: str, teller: Teller) -> str:
    """How a call came about, in words; as it was sent where there are none."""
    known = value.strip().casefold().replace(" ", "_")
    return _word("kind", known, teller) or teller.manner.text(value)


def _word(of: str, name: str, teller: Teller) -> str:
    phrases = teller.manner.words
    return phrases.say(f"{of}.{name}") if f"{of}.{name}" in phrases.phrases else ""


def _and_more(count: int, teller: Teller) -> str:
    if count <= 0:
        return ""
    return teller.manner.words.count("more", count, n=teller.manner.number(count))
