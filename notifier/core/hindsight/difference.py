"""Say what people would hear otherwise: what one rules file tells, held against another's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from notifier.core.hindsight.message import Message

SAME_NEWS = timedelta(minutes=30)  # told so much sooner or later it is still the same news


class Kind(Enum):
    """How a message of one run stands to the other run."""

    SAME = "same"
    CHANGED = "changed"  # the same news at another time or in other words
    REMOVED = "removed"  # only the first run tells it
    ADDED = "added"  # only the second one does


@dataclass(frozen=True, slots=True)
class Pair:
    """A piece of news as both runs tell it; one of the two may not.

    Attributes:
        message: As the second run tells it; as the first one does where only that one does.
        before: As the first run tells it, where both do.
    """

    kind: Kind
    message: Message
    before: Message | None = None


def compare(before: Iterable[Message], after: Iterable[Message]) -> list[Pair]:
    """Pair what two runs tell, in the order of time. Mere edits are left out."""
    old, new = _by_news(before), _by_news(after)
    pairs = [pair for news in old | new for pair in _pairs(old.get(news, []), new.get(news, []))]
    return sorted(pairs, key=lambda p: (p.message.at, p.message.rule, p.message.entity))


_News = tuple[str, str, str, str, str]


def _by_news(told: Iterable[Message]) -> dict[_News, list[Message]]:
    """The messages in their order, by what is the same news: receiver, reason, whose."""
    found: dict[_News, list[Message]] = defaultdict(list)
    for one in told:
        if one.loud or one.reason == "close":
            found[one.operation, one.rule, one.entity, one.receiver, one.reason].append(one)
    return dict(found)


def _pairs(old: list[Message], new: list[Message]) -> Iterator[Pair]:
    """Walk both in the order of time; what is nearly at the same time belongs together."""
    i = j = 0
    while i < len(old) and j < len(new):
        apart = new[j].at - old[i].at
        if abs(apart) <= SAME_NEWS:
            yield Pair(_how(old[i], new[j]), new[j], old[i])
            i, j = i + 1, j + 1
        elif apart > SAME_NEWS:
            yield Pair(Kind.REMOVED, old[i])
            i += 1
        else:
            yield Pair(Kind.ADDED, new[j])
            j += 1
    yield from (Pair(Kind.REMOVED, one) for one in old[i:])
    yield from (Pair(Kind.ADDED, one) for one in new[j:])


def _how(old: Message, new: Message) -> Kind:
    same = (old.at, old.severity, old.text) == (new.at, new.severity, new.text)
    return Kind.SAME if same else Kind.CHANGED
