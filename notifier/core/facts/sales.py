"""Say what is remembered of sales: how many each day had, and what was told of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

CELEBRATION = "celebration"  # the template of rules about sales


class ScoreKey(NamedTuple):
    """One rule that celebrates."""

    operation: str
    rule: str


class Sale(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A sale that may be taken back still."""

    key: str
    at: datetime
    back: bool = False


class Score(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The sales of a rule, as they stand.

    Attributes:
        since: The first day, which was not seen from its beginning; days are ISO dates of the
            operation's zone.
        days: Sales by day, the oldest first.
        sales: The latest ones, oldest first.
        day: Of which day *told* is: what receivers heard of, as ``team-leads 50 target``.
        told_at: When each receiver was last told of a sale.
        condition: By which *sales* were found.
    """

    key: ScoreKey
    since: str
    days: dict[str, int] = {}
    sales: tuple[Sale, ...] = ()
    day: str = ""
    told: tuple[str, ...] = ()
    told_at: dict[str, datetime] = {}
    condition: str = ""


class Merit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What makes sales more than a few more.

    Attributes:
        kind: ``first`` of the day, ``streak`` within an hour, ``target`` of the day, ``record``.
        count: Sales that make it, as they stand; *least*: fewer make it no more.
        of: The day's target, or the best day before.
        share: Percent of the target.
    """

    kind: str
    count: int
    least: int
    of: int = 0
    share: int = 0

    @property
    def holds(self) -> bool:
        """Whether it is so still: sales are taken back."""
        return self.count >= self.least
