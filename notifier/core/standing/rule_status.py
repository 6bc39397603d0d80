"""Say how each rule does, as the page and the API show it.

The names of ``RuleStatus`` are keys of the public interface.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from notifier.core.facts.state import Incident, Phase, seconds
from notifier.core.hindsight.toll import Day, RuleToll
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.rulebook import Rule

DAY = timedelta(days=1)
SHORT = timedelta(minutes=10)  # what ends so soon, and nobody took, may be noise


@dataclass(frozen=True, slots=True)
class Fires:
    """What came of a rule lately.

    Attributes:
        fired: Incidents that opened, or events announced.
        taken: Those that somebody acknowledged.
        short: Those that ended within ten minutes, and nobody took.
        last_at: When the last one opened.
    """

    fired: int = 0
    taken: int = 0
    short: int = 0
    last_at: datetime | None = None


def fires(incidents: Iterable[Incident]) -> dict[tuple[str, str], Fires]:
    """What came of each rule, by operation and rule."""
    found: dict[tuple[str, str], list[Incident]] = {}
    for incident in incidents:
        found.setdefault(incident.key[:2], []).append(incident)
    return {
        key: Fires(
            fired=len(own),
            taken=sum(bool(each.acknowledged_by) for each in own),
            short=sum(map(_short, own)),
            last_at=max(each.opened_at for each in own),
        )
        for key, own in found.items()
    }


def _short(incident: Incident) -> bool:
    lasted = (incident.closed_at or incident.opened_at + SHORT) - incident.opened_at
    return lasted < SHORT and not incident.acknowledged_by


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One ``[[test]]`` of a rule, as it went when the rules were read."""

    name: str
    passed: bool
    differences: tuple[str, ...] = ()


class ReviewState(Enum):
    """How it stands with the replay of the last days by the rules in force."""

    NONE = "none"  # nothing is recorded yet
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the rules in force would have sent, by what was recorded of the last days.

    Attributes:
        share: How much of it is done, 0 to 1, while it is ``working``.
        why: It ``failed``; a sentence.
        at: When it was worked out; *since*, *until*: of what time.
        rules: By operation and rule; rules that would have said nothing are not there.
    """

    state: ReviewState = ReviewState.NONE
    share: float = 0.0
    why: str = ""
    at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    rules: Mapping[tuple[str, str], RuleToll] = field(default_factory=dict)


UNREVIEWED = Review()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReview:
    """What a rule would have sent; see ``Review``.

    Attributes:
        noticed: Messages that disturb somebody; *receivers*: how many of them each one gets.
        days: How many on each day.
    """

    state: ReviewState
    share: float = 0.0
    why: str = ""
    at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    noticed: int | None = None
    receivers: Mapping[str, int] = field(default_factory=dict)
    days: tuple[Day, ...] = ()

    @property
    def per_day(self) -> float:
        """How many messages a day; days that are not over count as what they are."""
        if not self.noticed or self.since is None or self.until is None:
            return 0.0
        return self.noticed / max((self.until - self.since) / DAY, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStatus:
    """How one rule of one operation does.

    Attributes:
        title: What people call it, by language; ``""`` is any.
        state: ``open``, ``pending``, ``well`` or ``off`` (``enabled = false``).
        kind: ``state`` or ``event``.
        open: Incidents that are open; *pending*: those that are not old enough.
        fired, taken, short, last_at: Of the last seven days; see ``Fires``.
        tests: How its tests went; None while they run.
        review: What it would have sent in the last days; None where it is switched off.
    """

    rule: str
    operation: str
    source: str
    kind: str
    severity: str
    state: str
    when: str
    title: Mapping[str, str] = field(default_factory=dict)
    clear: str | None = None
    where: str | None = None
    critical: str | None = None
    hold: float = 0.0
    keep: float = 0.0
    by: tuple[str, ...] | None = None
    to: tuple[str, ...] = ()
    owner: str = ""
    runbook: str = ""
    threshold: float | None = None
    unit: str = "number"
    open: int = 0
    pending: int = 0
    fired: int = 0
    taken: int = 0
    short: int = 0
    last_at: datetime | None = None
    tests: tuple[RuleTest, ...] | None = ()
    review: RuleReview | None = None


def rules(
    known: Known,
    book: Rulebook,
    plan: Plan,
    fired: Mapping[tuple[str, str], Fires],
    tests: Mapping[str, Sequence[RuleTest]] | None,
    review: Review = UNREVIEWED,
) -> Iterator[RuleStatus]:
    """Every rule of every operation, in the order of the file; those switched off last.

    tests: How they went; None while they run.
    """
    written = {rule.id: rule for rule in book.file.rule}
    opened = Counter(i.key[:2] for i in known.incidents.values() if i.open)
    pending = Counter(i.key[:2] for i in known.instances.values() if i.phase is Phase.PENDING)
    for key, laid in plan.rules.items():
        yield _status(
            written[laid.id],
            laid,
            Lately(opened[key], pending[key], fired.get(key, Fires())),
            None if tests is None else tuple(tests.get(laid.id, ())),
            reviewed(review, key),
        )
    for rule in book.file.rule:
        if not rule.enabled:
            yield _status(rule, None, Lately(), (), None)


@dataclass(frozen=True, slots=True)
class Lately:
    """How a rule stands, and what came of it."""

    open: int = 0
    pending: int = 0
    fires: Fires = field(default_factory=Fires)


def _status(
    rule: Rule,
    laid: RulePlan | None,
    lately: Lately,
    tests: tuple[RuleTest, ...] | None,
    review: RuleReview | None,
) -> RuleStatus:
    """*laid*: None where it is switched off."""
    came = lately.fires
    return RuleStatus(
        rule=rule.id,
        operation=laid.operation if laid else "",
        source=f"{laid.source.source}.{laid.collection}".rstrip(".") if laid else rule.on,
        kind=rule.kind,
        severity=rule.severity.value,
        state=_state(lately) if laid else "off",
        when=rule.when,
        title=rule.title or {},
        clear=rule.clear,
        where=rule.where,
        critical=rule.critical,
        hold=seconds(rule.for_),
        keep=seconds(rule.keep),
        by=rule.by,
        to=laid.to if laid else rule.to,
        owner=rule.owner or "",
        runbook=rule.runbook or "",
        threshold=laid.threshold if laid else None,
        unit=laid.unit if laid else "number",
        open=lately.open,
        pending=lately.pending,
        fired=came.fired,
        taken=came.taken,
        short=came.short,
        last_at=came.last_at,
        tests=tests,
        review=review,
    )


def reviewed(review: Review, rule: tuple[str, str]) -> RuleReview:
    """What the review says of one rule."""
    toll = review.rules.get(rule)
    done = review.state is ReviewState.DONE
    return RuleReview(
        state=review.state, share=review.share, why=review.why,
        at=review.at, since=review.since, until=review.until,
        noticed=(toll.noticed if toll else 0) if done else None,
        receivers=toll.receivers if toll else {},
        days=toll.days if toll else (),
    )  # fmt: skip


def _state(lately: Lately) -> str:
    if lately.open:
        return "open"
    return "pending" if lately.pending else "well"
