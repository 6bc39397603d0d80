"""Look at one collection of a snapshot and what is remembered of it; say what rules see in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import msgspec

from notifier.core.facts.beside import rows_beside
from notifier.core.facts.state import Scalar, seconds
from notifier.core.judging.known import Draft
from notifier.core.judging.lifecycle import Result
from notifier.core.judging.notice import Untold
from notifier.core.judging.plan import CollectionPlan, RulePlan, SourcePlan
from notifier.core.judging.reading import Good
from notifier.core.language import interpret
from notifier.core.language.counters import Unknown
from notifier.core.language.expression import Expression
from notifier.core.language.history import History, Row
from notifier.core.language.interpret import Scope
from notifier.core.language.loop import Found

WHOLE = "all"  # the entity of a rule about a whole collection (``by = []``)
Rows = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a snapshot says of one entity, by one rule.

    Attributes:
        critical: Whether the rule's ``critical`` holds; None when unknown.
        fields: What messages may say of the entity.
        why: Why nothing can be said, where it is not a blank.
        earlier: The value in the snapshot before, when there is one: a trend needs two.
    """

    entity: str
    result: Result
    value: Scalar = None
    critical: bool | None = None
    fields: dict[str, Scalar] = field(default_factory=dict)
    earlier: float | None = None
    why: Untold | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One collection of one snapshot, and what is remembered of it.

    Attributes:
        at: When the snapshot was received, in epoch seconds.
        history: The past before this snapshot.
        found: What the generated loop saw, by rule id.
        watched: Entities with a remembered instance, by rule id.
    """

    plan: CollectionPlan
    rows: Rows
    at: float
    history: History
    suspects: frozenset[str]
    found: Mapping[str, Found]
    watched: Mapping[str, tuple[str, ...]]
    order: Sequence[str]

    @staticmethod
    def of(
        draft: Draft, reading: Good, source: SourcePlan, name: str, *, reopened: bool = False
    ) -> View:
        """Look at collection *name* of a good snapshot.

        reopened: The first one since the source's hours began: what was before is no "before".
        """
        plan = source.collections[name]
        rows = reading.snapshot.collections.get(name, {})
        known = draft.known.histories.get((reading.source, name)) or History(zone=source.zone)
        snapshots = {**draft.known.snapshots, **draft.snapshots}
        history = known.facing(
            rows,
            plan.needs,
            cadence=seconds(draft.known.cadence(source)),
            stale=0.0 if reopened else seconds(draft.known.stale_after(source)),
            beside=rows_beside(plan.beside, snapshots, reading.snapshot.at),
        )
        at = reading.snapshot.at.timestamp()
        order = list(rows)
        found = plan.loop(list(rows.values()), order, history, at) if plan.loop else ()
        return View(
            plan=plan,
            rows=rows,
            at=at,
            history=history,
            suspects=draft.source(reading.source).suspects.get(name, frozenset()),
            found=dict(zip(plan.looped, found, strict=True)),
            watched=_watched(draft, reading),
            order=order,
        )

    @property
    def before(self) -> Rows | None:
        """The last good snapshot's rows; None if there was none, or not since the hours began."""
        return None if self.history.at is None or self.history.stale == 0 else self.history.rows

    def remembered(self) -> History:
        """The past of the next snapshot."""
        return self.history.add(self.at, self.rows, self.plan.needs)

    def shaken(self, rule: RulePlan, key: str) -> bool:
        """Whether a counter that the rule is about was reset or corrected just now."""
        row = self.rows.get(key)
        if row is None or not rule.counting:
            return False
        return self.history.fell(key, row, self.plan.counters, self.at) is not None

    def fell(self) -> Unknown | None:
        """What became of counters just now; a reset of some rows explains what fell in others."""
        counters = self.plan.counters
        if not counters:
            return None
        rows = self.rows.items()
        found = {self.history.fell(key, row, counters, self.at) for key, row in rows} - {None}
        return Unknown.RESET if Unknown.RESET in found else next(iter(found), None)

    def scope(self, key: str, row: Row) -> Scope:
        """One entity, as conditions see it."""
        return Scope(row=row, key=key, at=self.at, history=self.history)


def _watched(draft: Draft, reading: Good) -> Mapping[str, tuple[str, ...]]:
    watched: dict[str, list[str]] = {}
    for key, instance in draft.known.instances.items():
        if instance.source == reading.source:
            watched.setdefault(key.rule, []).append(key.entity)
    return {rule: tuple(entities) for rule, entities in watched.items()}


def condition(rule: RulePlan, scope: Scope) -> Result:
    """The result of a rule for what is there, and that it is about."""
    breach = interpret.judge(rule.when, scope)
    if breach is True:
        return Result.BREACH
    clear = True if rule.clear is None else interpret.judge(rule.clear, scope)
    if breach is None or clear is None:
        return Result.NULL
    return Result.CLEAR if clear else Result.BAND


def was_about(rule: RulePlan, view: View, key: str) -> bool:
    """Whether the rule was about an entity in the snapshot before, if that alone can tell."""
    row = (view.before or {}).get(key)
    if row is None or rule.where is None:
        return row is not None
    then = view.history.at or 0.0  # the past has no past of its own
    return interpret.judge(rule.where, Scope(row=row, key=key, at=then)) is True


def number(expression: Expression | None, scope: Scope) -> Scalar:
    """What messages show; None where it is unknown."""
    return None if expression is None else interpret.value(expression, scope)


def critical(rule: RulePlan, scope: Scope, result: Result) -> bool | None:
    """Whether it is critical now; within the band nothing is said of it."""
    if result is not Result.BREACH:
        return None
    return False if rule.critical is None else interpret.judge(rule.critical, scope)


def fields_of(view: View, row: Row) -> dict[str, Scalar]:
    """The declared fields of a row, the computed ones included; customer data were never read."""
    fields: dict[str, Scalar] = msgspec.structs.asdict(row)
    for name, worked_out in view.plan.computed.items():
        (found,) = worked_out((row,))
        fields[name] = None if isinstance(found, float) and not isfinite(found) else found
    return with_site(fields, view)


def with_site(fields: dict[str, Scalar], view: View) -> dict[str, Scalar]:
    """Add the label of a public address, where the operation has one."""
    label = view.plan.sites.get(str(fields.get("ip")))
    return {**fields, "site": label} if label else fields
