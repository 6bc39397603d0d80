"""Suggest a limit, or a ``for``, from what readings would have come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifier.core.hindsight.noise import Budget
from notifier.core.hindsight.replay import play
from notifier.core.judging.reading import Good
from notifier.core.rules.compiled import CompiledRule, Rulebook
from notifier.core.trial.candidates import (
    SHORTEST,
    Candidate,
    Tried,
    copies,
    judged,
    limits,
    suggested,
)
from notifier.core.trial.candidates import times as times_of
from notifier.errors import ConfigError, NotifierError
from notifier.hindsight.tapes import Tape

DAY, NIGHT = timedelta(days=1), timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was tried, and what is suggested.

    Attributes:
        key: What was changed: ``when`` or ``for``.
        candidates: The most sensitive first.
        best: The most sensitive that keeps the budget; None without one, or where none does.
        days: How much of the time was read; *polls*: in how many good polls.
    """

    rule: str
    key: str
    candidates: tuple[Candidate, ...]
    best: Candidate | None
    days: float
    polls: int


def suggest(
    tape: Tape,
    book: Rulebook,
    name: str,
    *,
    times: bool = False,
    values: Sequence[float] = (),
    budget: Budget | None = None,
    watch: Callable[[datetime], None] = lambda _: None,
) -> Suggestion:
    """Try other limits of a rule, or with *times* another ``for``.

    Raises:
        ConfigError: there is no such rule, or nothing to try.
        NotifierError: too little was read to say anything.
    """
    rule = _rule(book, name)
    options = times_of(rule) if times else limits(rule, values)
    tried, read = Tried(), []
    reel = tape.reel(copies(book, rule, options))
    for step in play(reel.known, reel.plan, reel.turns):
        watch(step.at)
        tried.take(step.decision.incidents.values())
        if isinstance(step.reading, Good) and step.at >= reel.news:
            read.append(step.at)
    days = _days(tape, read)
    if days < SHORTEST / DAY:
        raise NotifierError(
            f"only {days:.1f} days of readings: too short to say how often something happens; "
            f"wait for {SHORTEST.days}, or use --simulate 7d to see how it works"
        )
    found = judged(tried, options, reel.news, days)
    best = suggested(found, budget) if budget else None
    return Suggestion(name, "for" if times else "when", tuple(found), best, days, len(read))


def _days(tape: Tape, read: Sequence[datetime]) -> float:
    """How many days were read; a night, or a holiday, at either end belongs to them."""
    if not read:
        return 0.0
    edge = min(NIGHT, read[-1] - read[0])
    begin, end = max(tape.since, read[0] - edge), min(tape.until, read[-1] + edge)
    return (end - begin) / DAY


def _rule(book: Rulebook, name: str) -> CompiledRule:
    found = next((rule for rule in book.rules if rule.rule.id == name), None)
    if found is None:
        known = ", ".join(sorted({rule.rule.id for rule in book.rules}))
        raise ConfigError(f"there is no rule `{name}`; the file has {known}")
    if found.rule.event:
        raise ConfigError(f"`{name}` announces events: it opens nothing that could last")
    return found
