"""Make up what is told of no single rule: the end of a silence, a storm, digests, a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from notifier.core.facts.state import (
    SILENCE_RULE,
    STORM_RULE,
    Closing,
    Incident,
    RuleTally,
    Severity,
)
from notifier.core.judging.notice import Item, Notice, Reason, Report, RuleText
from notifier.core.judging.plan import Reach
from notifier.core.judging.silence import WARNING, Silence
from notifier.core.trial.sample import marked_notice

_NOW_AND_THEN = (
    RuleTally(fired=4, acknowledged=1, ended=3, alone=2, lasted=2_100.0),
    RuleTally(fired=1, ended=1, alone=1, lasted=540.0),
    RuleTally(events=23),
)


def occasions(
    first: Notice, members: Sequence[Incident], rules: Sequence[str], reach: Reach
) -> dict[str, Notice]:
    """Each of them by name.

    first: An opening, from which they are made; *members*: what is open.
    rules: Ids of the operation's rules.
    """
    storm = _storm(first, members, rules)
    return {
        "storm": storm,
        "storm-close": _over(storm),
        "silence-ends": _ending(first, members[:3]),
        "shift": _report(first, "end-of-shift", "shift", timedelta(hours=8), rules, members[:2]),
        "nothing": _report(first, "end-of-shift", "shift", timedelta(hours=8), (), ()),
        "rules": _report(first, "rule-hygiene", "rules", timedelta(days=7), rules, ()),
        "test": marked_notice(reach, first.at),
    }


def _storm(first: Notice, members: Sequence[Incident], rules: Sequence[str]) -> Notice:
    """Incidents of several rules, all at once."""
    several = [_of_rule(one, rules[n * 3 // len(members)]) for n, one in enumerate(members)]
    talk = structs.replace(first.conversation, rule=STORM_RULE, members=_ids(several))
    return replace(
        first,
        conversation=talk,
        rule=RuleText(id=STORM_RULE, severity=Severity.WARNING),
        items=tuple(Item(Reason.OPEN, each) for each in several),
        roster=tuple(several),
        open=len(several),
        members=len(several),
    )


def _of_rule(incident: Incident, rule: str) -> Incident:
    return structs.replace(incident, key=incident.key._replace(rule=rule))


def _ids(incidents: Sequence[Incident]) -> tuple[str, ...]:
    return tuple(each.id for each in incidents)


def _over(storm: Notice) -> Notice:
    now = storm.at + timedelta(minutes=30)
    over = tuple(
        structs.replace(each, closed_at=now, closing=Closing.RECOVERED) for each in storm.roster
    )
    talk = structs.replace(storm.conversation, revision=2, closed=True)
    items = tuple(Item(Reason.CLOSE, each) for each in over)
    return replace(storm, conversation=talk, at=now, items=items, roster=over, open=0)


def _ending(first: Notice, members: Sequence[Incident]) -> Notice:
    """Ten minutes before a silence ends that holds something still."""
    silence = Silence(
        id="5e1ec7ed00000001",
        author="Eva",
        comment="the provider changes the cable",
        created_at=first.at - timedelta(minutes=50),
        starts_at=first.at - timedelta(minutes=50),
        ends_at=first.at + WARNING,
    )
    return _of_none(
        first, SILENCE_RULE, ending=silence, roster=tuple(members), open=len(members),
        members=len(members),
    )  # fmt: skip


def _report(
    first: Notice,
    name: str,
    kind: str,
    span: timedelta,
    rules: Sequence[str],
    still: Sequence[Incident],
) -> Notice:
    told = dict(zip(rules, _NOW_AND_THEN, strict=False))
    silent = tuple(rules[len(_NOW_AND_THEN) :][:3])
    report = Report(kind, first.at - span, told, silent)
    return _of_none(
        first, name, report=report, roster=tuple(still), open=len(still), members=len(still)
    )


def _of_none(first: Notice, name: str, **more: object) -> Notice:
    """A message that is said once, about no rule."""
    talk = structs.replace(first.conversation, rule=name, closed=True)
    rule = RuleText(id=name, severity=Severity.INFO)
    return replace(first, conversation=talk, rule=rule, items=(), **more)  # type: ignore[arg-type]
