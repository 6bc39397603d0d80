"""Make up what operators hear of the bot's own troubles: sources, calls of the day, receivers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from msgspec import structs

from notifier.core.facts.state import (
    PACE_RULE,
    QUOTA_RULE,
    RECEIVER_RULE,
    SOURCE_RULE,
    Closing,
    Incident,
    InstanceKey,
    Scalar,
    Severity,
    incident_id,
)
from notifier.core.judging.notice import Item, Notice, Reason
from notifier.core.judging.plan import Reach, RulePlan
from notifier.core.telling.composed import OWN_TEXTS
from notifier.core.trial.sample import opening

_LASTED = timedelta(minutes=23)


@dataclass(frozen=True, slots=True)
class _Case:
    """One trouble. *entity* and *fields* may name an operation and a source in braces."""

    rule: str
    entity: str
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    severity: Severity = Severity.CRITICAL
    ends: bool = False


_SOURCE, _OPERATION = "{operation}/{source}", "{operation}"
_CASES: Mapping[str, _Case] = {
    "source": _Case(SOURCE_RULE, _SOURCE, {"trouble": "timeout", "failures": 3.0}, ends=True),
    "token": _Case(SOURCE_RULE, _SOURCE, {"trouble": "token", "failures": 1.0}),
    "vanished": _Case(SOURCE_RULE, _SOURCE, {"trouble": "vanished"}, ends=True),
    "unavailable": _Case(SOURCE_RULE, _SOURCE, {"trouble": "unavailable"}, Severity.WARNING),
    "quota": _Case(
        QUOTA_RULE,
        _OPERATION,
        {"trouble": "stretched", "detail": "{source} 5m → 15m", "left": 2_150.0,
         "limit": 40_000.0, "others": 21_400.0},
        Severity.WARNING,
        ends=True,
    ),
    "pace": _Case(PACE_RULE, _SOURCE, {"trouble": "behind"}, Severity.WARNING, ends=True),
    "receiver": _Case(
        RECEIVER_RULE,
        "{operation}/team-leads/#operaciones",
        {"source": "team-leads", "recipient": "#operaciones", "trouble": "receiver",
         "detail": "Slack answers channel_not_found."},
        ends=True,
    ),
}  # fmt: skip


def troubles(rule: RulePlan, reach: Reach, now: datetime) -> dict[str, Notice]:
    """Every kind of trouble of a rule's source, by name; ``-close`` is how it ends."""
    return {name: notice for one in _CASES for name, notice in _told(one, rule, reach, now)}


def _told(name: str, rule: RulePlan, reach: Reach, now: datetime) -> Iterator[tuple[str, Notice]]:
    case = _CASES[name]
    opened = opening(_incident(case, rule, now), OWN_TEXTS[case.rule], reach, now)
    yield name, opened
    if case.ends:
        yield f"{name}-close", _ended(opened)


def _incident(case: _Case, rule: RulePlan, now: datetime) -> Incident:
    names = {"operation": rule.operation, "source": rule.source.source}
    given = {k: v.format(**names) if isinstance(v, str) else v for k, v in case.fields.items()}
    key = InstanceKey(rule.operation, case.rule, case.entity.format(**names))
    return Incident(
        id=incident_id(key, now),
        key=key,
        source=rule.source,
        opened_at=now,
        since=now - timedelta(minutes=3),
        seen_at=now,
        severity=case.severity,
        fields={**names, **given},
    )


def _ended(opened: Notice) -> Notice:
    now = opened.at + _LASTED
    over = structs.replace(opened.roster[0], closed_at=now, closing=Closing.RECOVERED, held="")
    talk = structs.replace(opened.conversation, revision=2, closed=True)
    item = Item(Reason.CLOSE, over)
    return replace(opened, conversation=talk, at=now, items=(item,), roster=(over,), open=0)
