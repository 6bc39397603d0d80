"""Lay out the digest of a storm: all that opened at once, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from notifier.core.facts.state import Incident
from notifier.core.judging.notice import Notice
from notifier.render.facts import Teller
from notifier.render.layout import Line

NAMED = 25  # members in one line: a block of Slack cuts whole lines only


def rows(notice: Notice, teller: Teller) -> tuple[Line, ...]:
    """Every member that is open still, with its rule: the worst rule first."""
    open_ones = [member for member in notice.roster if member.open]
    order = list(dict.fromkeys(member.key.rule for member in open_ones))
    open_ones.sort(key=lambda member: order.index(member.key.rule))
    return tuple(
        line
        for rule, members in groupby(open_ones, key=lambda member: member.key.rule)
        for line in _of_rule(rule, list(members), teller)
    )


def _of_rule(rule: str, members: list[Incident], teller: Teller) -> Iterator[Line]:
    who = f"{teller.spoken(rule)} ({teller.manner.number(len(members))})"
    for start in range(0, len(members), NAMED):
        part = members[start : start + NAMED]
        yield Line(
            mark=teller.mark(part[0]),
            state=teller.state(part[0]),
            who=who,
            said=", ".join(_named(part, teller)),
        )


def _named(members: Iterable[Incident], teller: Teller) -> Iterator[str]:
    for member in members:
        yield f"{teller.entity(member)} {teller.value(member)}".strip()
