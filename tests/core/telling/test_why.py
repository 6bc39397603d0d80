"""Why a receiver is told of an incident now, or the one reason why not: the whole truth table."""

from __future__ import annotations

from dataclasses import replace as replace_terms
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from notifier.core.facts.state import Closing, Incident, InstanceKey, Severity, SourceKey, Told
from notifier.core.judging.notice import Reason, Untold
from notifier.core.telling.why import Terms, why

NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
OPENED = NOW - timedelta(minutes=10)
SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


class Case(NamedTuple):
    """One row of the table, in a user's words."""

    told: Severity | None  # the worst that was told; None: never told
    told_close: bool
    open: bool
    severity: Severity
    silenced: bool
    quiet: bool
    explained: bool = False
    waiting: bool = False
    loud_close: bool = False
    overdue: bool = False  # for a repeat
    owed: bool = False  # a word after a silence or quiet hours
    taken: bool = False
    sticky: bool = False
    moved: bool = False  # the value, or that data stand still


FLAGS = (False, True)
NEVER_TOLD = [
    Case(None, False, is_open, severity, *rest)
    for is_open, severity, rest in product(FLAGS, SEVERITIES, product(FLAGS, repeat=4))
]
TOLD = [
    Case(told, told_close, is_open, severity, silenced, quiet, False, False, *rest)
    for told, told_close, is_open, severity, silenced, quiet, rest in product(
        SEVERITIES, FLAGS, FLAGS, SEVERITIES, FLAGS, FLAGS, product(FLAGS, repeat=6)
    )
]
CASES = NEVER_TOLD + TOLD


def incident(case: Case) -> Incident:
    return Incident(
        id="an-incident",
        key=InstanceKey("bogota", "network-rejection", "12004"),
        source=SourceKey("bogota", "latency"),
        opened_at=OPENED,
        since=OPENED,
        seen_at=NOW,
        severity=case.severity,
        value=7.0 if case.moved else 5.0,
        explained_by="another" if case.explained else "",
        silence="a-silence" if case.silenced else "",
        silenced_by="eva" if case.silenced else "",
        acknowledged_by="ana" if case.taken else "",
        sticky=case.sticky,
        closed_at=None if case.open else NOW,
        closing=None if case.open else Closing.RECOVERED,
    )


def told(case: Case) -> Told | None:
    if case.told is None:
        return None
    return Told(
        incident="an-incident",
        receiver="on-call",
        conversation="a-conversation",
        at=OPENED,
        severity=case.told,
        value=5.0,
        silence="a-silence" if case.silenced else "",
        acknowledged="ana" if case.taken else "",
        kept_by="eva" if case.owed else None,
        closed=case.told_close,
    )


def terms(case: Case) -> Terms:
    return Terms(
        repeat=timedelta(minutes=10) if case.overdue else timedelta(hours=2),
        wait=timedelta(minutes=11) if case.waiting else timedelta(0),
        quiet_until=NOW + timedelta(hours=1) if case.quiet else None,
        loud_close=case.loud_close,
    )


def first(case: Case) -> Reason | Untold:
    """Never told: each bar in its order."""
    hushed = case.quiet and case.severity is not Severity.CRITICAL
    bars = {
        Untold.NEVER_TOLD: not case.open,
        Untold.EXPLAINED: case.explained,
        Untold.SILENCED: case.silenced,
        Untold.WAITING: case.waiting,
        Untold.QUIET: hushed,
    }
    return next((untold for untold, there in bars.items() if there), Reason.OPEN)


def later(case: Case, before: Severity) -> Reason | Untold:
    """Told before: what they believe against what is true."""
    hushed = case.quiet and case.severity is not Severity.CRITICAL
    if case.told_close:
        return Untold.UNCHANGED
    if not case.open:
        return Untold.QUIET if hushed and case.loud_close else Reason.CLOSE
    worse = SEVERITIES.index(case.severity) > SEVERITIES.index(before)
    due = worse or case.overdue or case.owed
    bars = {
        Untold.SILENCED: case.silenced,
        Untold.QUIET: hushed,
        Untold.ACKNOWLEDGED: case.taken and (case.sticky or not worse),
    }
    bar = next((untold for untold, there in bars.items() if there), None)
    if due and bar is None:
        return Reason.RAISED if worse else Reason.REPEAT
    if case.moved or SEVERITIES.index(case.severity) < SEVERITIES.index(before):
        return Reason.CHANGE
    return bar if due and bar else Untold.UNCHANGED


def test_the_whole_table() -> None:
    for case in CASES:
        expected = first(case) if case.told is None else later(case, case.told)
        assert why(incident(case), told(case), terms(case), NOW) is expected, case


def test_nobody_hears_of_a_close_without_an_open() -> None:
    for case in CASES:
        if why(incident(case), told(case), terms(case), NOW) is Reason.CLOSE:
            assert case.told is not None
            assert not case.told_close


def test_only_an_edit_notifies_nobody() -> None:
    assert [reason for reason in Reason if not reason.notifies] == [Reason.CHANGE]


PLAIN = Case(
    told=Severity.WARNING, told_close=False, open=True, severity=Severity.WARNING,
    silenced=False, quiet=False,
)  # fmt: skip


def test_data_that_stand_still_are_said_by_an_edit() -> None:
    frozen = replace(incident(PLAIN), held="frozen")
    assert why(frozen, told(PLAIN), terms(PLAIN), NOW) is Reason.CHANGE


def test_who_took_it_and_who_silenced_it_is_said_by_an_edit() -> None:
    for change in ({"acknowledged_by": "ana"}, {"silence": "a-silence"}):
        changed = replace(incident(PLAIN), **change)
        assert why(changed, told(PLAIN), terms(PLAIN), NOW) is Reason.CHANGE


def test_who_wants_no_word_after_a_silence_gets_none() -> None:
    owed = PLAIN._replace(owed=True)
    quiet = replace_terms(terms(owed), still_open=False)
    assert why(incident(owed), told(owed), quiet, NOW) is Untold.UNCHANGED


def test_what_nobody_has_looked_at_for_long_is_no_news() -> None:
    blind = replace_terms(terms(PLAIN), blind=True)
    assert why(incident(PLAIN), None, blind, NOW) is Untold.UNKNOWN
    overdue = PLAIN._replace(overdue=True)
    assert why(incident(overdue), told(overdue), blind, NOW + timedelta(hours=3)) is Untold.UNKNOWN


@pytest.mark.parametrize(("seconds", "expected"), [(599, Untold.UNCHANGED), (600, Reason.REPEAT)])
def test_a_reminder_comes_when_it_is_due_and_no_sooner(
    seconds: int, expected: Reason | Untold
) -> None:
    now = OPENED + timedelta(seconds=seconds)
    assert why(incident(PLAIN), told(PLAIN), Terms(repeat=timedelta(minutes=10)), now) is expected


def test_without_repeat_there_is_no_reminder() -> None:
    late = NOW + timedelta(days=9)
    assert why(incident(PLAIN), told(PLAIN), Terms(), late) is Untold.UNCHANGED


@pytest.mark.parametrize(("seconds", "expected"), [(59, Untold.WAITING), (60, Reason.OPEN)])
def test_an_open_waits_for_company_and_no_longer(seconds: int, expected: Reason | Untold) -> None:
    now = OPENED + timedelta(seconds=seconds)
    assert why(incident(PLAIN), None, Terms(wait=timedelta(minutes=1)), now) is expected
