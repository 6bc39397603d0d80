"""Why a receiver is told of an incident now, or the one reason why not: the whole truth table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from notifier.core.notice import Reason, Untold
from notifier.core.state import Closing, Incident, InstanceKey, Severity, SourceKey, Told
from notifier.core.why import Terms, why

NOW = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
OPENED = NOW - timedelta(minutes=10)
SEVERITIES = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)


class Case(NamedTuple):
    """One row of the table, in a user's words."""

    told: Severity | None  # the worst that was told; None: never told
    told_close: bool
    open: bool
    severity: Severity
    explained: bool
    waiting: bool
    quiet: bool
    loud_close: bool
    overdue: bool  # for a repeat
    taken: bool
    moved: bool  # the value, or that data stand still


FLAGS = (False, True)
CASES = [
    Case(told, told_close, is_open, severity, *rest)
    for told, told_close, is_open, severity, rest in product(
        (None, *SEVERITIES), FLAGS, FLAGS, SEVERITIES, product(FLAGS, repeat=7)
    )
]


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
        acknowledged_by="ana" if case.taken else "",
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
    if not hushed and SEVERITIES.index(case.severity) > SEVERITIES.index(before):
        return Reason.RAISED
    if not hushed and case.overdue and not case.taken:
        return Reason.REPEAT
    return Reason.CHANGE if case.moved else Untold.UNCHANGED


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
    told=Severity.WARNING, told_close=False, open=True, severity=Severity.WARNING, explained=False,
    waiting=False, quiet=False, loud_close=False, overdue=False, taken=False, moved=False,
)  # fmt: skip


def test_data_that_stand_still_are_said_by_an_edit() -> None:
    frozen = replace(incident(PLAIN), held="frozen")
    assert why(frozen, told(PLAIN), terms(PLAIN), NOW) is Reason.CHANGE


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
