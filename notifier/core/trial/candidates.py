"""Try a rule with other limits, or other times: many copies of it, judged side by side.

The copies are rules like any other, but that they tell nobody; one replay judges them all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median

from notifier.core.facts.state import Incident, seconds
from notifier.core.hindsight.noise import Budget
from notifier.core.judging.planning import direction
from notifier.core.language.expression import Expression
from notifier.core.language.tree import And, Compare, Constant, Node, Not, Or, literal, write
from notifier.core.payload.endpoint import Kind
from notifier.core.rules.compiled import CompiledRule, Rulebook, compile_rule
from notifier.core.rules.keys import spoken
from notifier.core.rules.mistakes import Mistakes
from notifier.errors import ConfigError

FACTORS = (0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0)
SPANS = tuple(timedelta(minutes=m) for m in (0, 1, 2, 5, 10, 15, 30, 60))
BRIEF = timedelta(minutes=2)  # what clears so soon nobody could have mended
SHORTEST = timedelta(days=3)  # of readings; with less "a day" means nothing
PER_DAY = {"hour": 24.0, "shift": 3.0, "day": 1.0, "week": 1 / 7}
HUNDRED = 100.0  # percent: no limit is higher
MARK = "~"  # between a rule's id and the number of its copy: no id holds it


@dataclass(frozen=True, slots=True)
class Candidate:
    """One other limit or time, and what would have come of it.

    Attributes:
        value: As the rules file would say it; *present*: it is what the file says now.
        per_day: Incidents a day; *median*: how long they lasted; None where none closed.
        brief: The share of the closed ones that cleared within two minutes.
    """

    value: str
    present: bool
    incidents: int
    per_day: float
    median: timedelta | None
    brief: float | None


@dataclass(slots=True)
class Tried:
    """The incidents of each copy, gathered while they are judged."""

    known: dict[str, dict[str, Incident]] = field(default_factory=dict)

    def take(self, incidents: Iterable[Incident]) -> None:
        """Take in what a decision says of incidents."""
        for incident in incidents:
            if MARK in incident.key.rule:
                self.known.setdefault(incident.key.rule, {})[incident.id] = incident


# ---- which ----


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to try.

    Attributes:
        value: As the rules file would say it; *present*: it says so now.
        change: What is changed of the rule.
    """

    value: str
    present: bool
    change: Mapping[str, object]


def limits(rule: CompiledRule, given: Sequence[float] = ()) -> list[Option]:
    """The limits to try, the one that fires most easily first: those given, else some around it.

    A hysteresis keeps its width.

    Raises:
        ConfigError: the rule has no single limit.
    """
    now = rule.when.threshold
    if not isinstance(now, float):
        raise ConfigError(
            f"`{rule.rule.id}` compares with no single number; try another `for` with --for"
        )
    near = given or ([now * f for f in FACTORS] if now else [0.0, 1.0, 2.0, 3.0, 5.0, 10.0])
    percent = rule.when.left is not None and rule.when.left.kind is Kind.PERCENT
    values = sorted({_rounded(v) for v in (*near, now) if v <= HUNDRED or not percent})
    if direction(rule.when.tree) == "<":
        values.reverse()
    return [
        Option(
            literal(value),
            value == _rounded(now),
            {"when": _moved(rule.when, value), **_cleared(rule.clear, value - now)},
        )
        for value in values
    ]


def times(rule: CompiledRule) -> list[Option]:
    """The same of ``for``, the shortest first; where the rule has ``of``, that before them."""
    now = rule.rule.for_
    found = [
        Option(
            spoken(span), span == rule.rule.for_ and not rule.rule.of, {"for_": span, "of": None}
        )
        for span in sorted({*SPANS, now})
    ]
    if rule.rule.of:
        found.insert(0, Option(f"of {rule.rule.of[0]}/{rule.rule.of[1]}", True, {}))
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


# ---- copies ----


def copies(book: Rulebook, rule: CompiledRule, options: Sequence[Option]) -> Rulebook:
    """The rules file with nothing but copies of *rule*, each changed as its option wants it."""
    own = [each for each in book.rules if each.rule.id == rule.rule.id]
    made = [
        _copy(book, each, f"{rule.rule.id}{MARK}{number}", option.change)
        for each in own
        for number, option in enumerate(options)
    ]
    wanted = {each.source for each in own}
    return replace(
        book,
        rules=tuple(made),
        sources=tuple(source for source in book.sources if source.key in wanted),
        text=f"{book.text}\n# candidates",
    )


def _copy(
    book: Rulebook, rule: CompiledRule, name: str, change: Mapping[str, object]
) -> CompiledRule:
    source = next(each for each in book.sources if each.key == rule.source)
    changed = rule.rule.model_copy(update={"id": name, "explains": (), **change})
    copy = compile_rule((), changed, source, rule.collection, Mistakes())
    if copy is None:
        raise ConfigError(f"`{changed.when}` makes no sense for this rule")
    return copy


def _cleared(clear: Expression | None, shift: float) -> dict[str, object]:
    if clear is None or not isinstance(clear.threshold, float):
        return {}
    return {"clear": _moved(clear, clear.threshold + shift)}


def _moved(expression: Expression, value: float) -> str:
    """The condition's text with another limit in its first comparison."""
    tree = _with(expression.tree, _rounded(value))
    return write(tree if tree is not None else expression.tree)


def _with(node: Node, value: float) -> Node | None:
    match node:
        case Compare(left=Constant() as limit, right=right) if not isinstance(right, Constant):
            return dataclasses.replace(node, left=dataclasses.replace(limit, value=value))
        case Compare(left=left, right=Constant() as limit) if not isinstance(left, Constant):
            return dataclasses.replace(node, right=dataclasses.replace(limit, value=value))
        case And(parts=parts) | Or(parts=parts):
            moved = ((place, _with(part, value)) for place, part in enumerate(parts))
            first = next(((place, part) for place, part in moved if part is not None), None)
            return first and type(node)((*parts[: first[0]], first[1], *parts[first[0] + 1 :]))
        case Not(part=part):
            inner = _with(part, value)
            return inner and Not(inner)
        case _:
            return None


# ---- what came of them ----


def judged(
    tried: Tried, options: Sequence[Option], since: datetime, days: float
) -> list[Candidate]:
    """What each copy would have opened from *since* on, in so many *days*."""
    found = []
    for number, option in enumerate(options):
        own = [
            incident
            for rule, incidents in tried.known.items()
            if rule.endswith(f"{MARK}{number}")
            for incident in incidents.values()
            if incident.opened_at >= since
        ]
        lasted = [seconds(i.closed_at - i.opened_at) for i in own if i.closed_at is not None]
        found.append(
            Candidate(
                value=option.value,
                present=option.present,
                incidents=len(own),
                per_day=len(own) / days,
                median=timedelta(seconds=median(lasted)) if lasted else None,
                brief=sum(span <= seconds(BRIEF) for span in lasted) / len(lasted)
                if lasted
                else None,
            )
        )
    return found


def suggested(candidates: Sequence[Candidate], budget: Budget) -> Candidate | None:
    """The most sensitive candidate that keeps the budget; *candidates* from that end on."""
    most = budget.most * PER_DAY[budget.unit]
    return next((each for each in candidates if each.per_day <= most), None)
