"""Name what may be looked up in the past, as it is handed to the process that does it."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec import Struct

from notifier.core.hindsight.toll import RuleToll


class Explain(Struct, frozen=True, kw_only=True, tag=True):
    """Why people were told of an entity at a time, or why not."""

    rule: str
    entity: str
    operation: str
    at: datetime


class WhatIf(Struct, frozen=True, kw_only=True, tag=True):
    """What a rule told in a time, and what it had told with another condition."""

    rule: str
    operation: str
    when: str
    since: datetime
    until: datetime


class Replay(Struct, frozen=True, kw_only=True, tag=True):
    """What rules would have told in a time.

    Attributes:
        other: Another rules file's text, held against the one in force; empty for none.
        only: Ids of the rules that matter; nothing: all.
        limit: How many messages are shown; *edits*: those that disturb nobody among them.
        words: Messages with their text, which takes a while.
    """

    since: datetime
    until: datetime
    other: str = ""
    only: tuple[str, ...] = ()
    limit: int = 0
    edits: bool = False
    words: bool = True


class Rehearse(Struct, frozen=True, kw_only=True, tag=True):
    """How the tests of the rules in force go."""


class Review(Struct, frozen=True, kw_only=True, tag=True):
    """What the rules in force would have told in a time, rule by rule."""

    since: datetime
    until: datetime


Order: TypeAlias = Explain | WhatIf | Replay | Rehearse | Review


class Reviewed(Struct, frozen=True, kw_only=True):
    """What a review found."""

    rules: tuple[RuleToll, ...] = ()


class Errand(Struct, frozen=True, kw_only=True):
    """One order and where it is done.

    Attributes:
        database: Its URL; it may hold a password, so that it never stands on a command line.
        templates: The folder of the user's own; empty for none.
        rules: The text of the rules file in force.
        niceness: Added to the process's: 19 is done only when nobody else wants the processor.
    """

    order: Order
    database: str
    templates: str
    rules: str
    niceness: int


class News(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the process says of its errand, a line each; the last one ends it.

    Attributes:
        share: How much is done, 0 to 1.
        answer: What was found, as JSON.
        refused: Why nothing can be found: a sentence for whoever asked.
        broken: What kind of mistake of ours it was, and where.
    """

    share: float = 0.0
    answer: msgspec.Raw = msgspec.Raw(b"")
    refused: str = ""
    broken: str = ""

    @property
    def last(self) -> bool:
        return bool(bytes(self.answer) or self.refused or self.broken)


def handed(errand: Errand) -> bytes:
    """The errand in one line."""
    return msgspec.json.encode(errand) + b"\n"


def taken(line: bytes) -> Errand:
    """The errand that ``handed`` wrote."""
    return msgspec.json.decode(line, type=Errand)


def said(news: News) -> bytes:
    """The news in one line."""
    return msgspec.json.encode(news) + b"\n"


def heard(line: bytes) -> News:
    """The news that ``said`` wrote.

    Raises:
        ValueError: it is something else.
    """
    return msgspec.json.decode(line, type=News)
