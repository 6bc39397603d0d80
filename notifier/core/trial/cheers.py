"""Make up what is told of events: sales one by one and many, what they mean, what was none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from msgspec import structs

from notifier.core.facts.sales import Merit
from notifier.core.judging.notice import Event, Notice

MANY = 12  # events: more than a message lists
_SELLERS = ("ANA GÓMEZ", "LUIS PEÑA", "ANA GÓMEZ")
_MERITS: Mapping[str, Merit] = {
    "first-sale": Merit("first", 1, 1),
    "streak": Merit("streak", 3, 3),
    "halfway": Merit("target", 20, 20, of=40, share=50),
    "target": Merit("target", 40, 40, of=40, share=100),
    "record": Merit("record", 53, 53, of=52),
}


def cheers(first: Notice, *, celebrates: bool) -> dict[str, Notice]:
    """Every message about events that a rule can cause, made of its *first*, by name."""
    told = {"event": 1, "events": 3, "digest": MANY}
    plain = {name: _events(first, count) for name, count in told.items()}
    return plain | _merry(first) if celebrates else plain


def _merry(first: Notice) -> dict[str, Notice]:
    """What is told of sales only, and the same event without cheers."""
    three = _events(first, 3)
    talk = structs.replace(first.conversation, revision=2)
    sold = [{**e.fields, "seller": name} for e, name in zip(three.events, _SELLERS, strict=True)]
    named = [Event(e.key, fields) for e, fields in zip(three.events, sold, strict=True)]
    return {
        "news": replace(first, rule=replace(first.rule, template="")),
        **{kind: replace(first, merits=(merit,)) for kind, merit in _MERITS.items()},
        "sellers": replace(three, events=tuple(named)),
        "belated": replace(three, belated=True),
        "taken-back": replace(
            three, conversation=talk, events=three.events[:2], taken_back=three.events[2:]
        ),
        "all-taken-back": replace(three, conversation=talk, events=(), taken_back=three.events),
    }


def _events(first: Notice, count: int) -> Notice:
    one = first.events[0]
    return replace(first, events=tuple(Event(f"{one.key}-{n}", one.fields) for n in range(count)))
