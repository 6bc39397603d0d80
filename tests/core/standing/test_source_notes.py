"""What the bot noted of a source's answers, as pages show it."""

from __future__ import annotations

from notifier.core.facts.state import SourceState
from notifier.core.payload.oddities import Falls, Met, Oddities, Record
from notifier.core.standing.source_notes import notes
from tests.builders import LATENCY, clock


def test_what_makes_rules_blind_comes_first() -> None:
    state = SourceState(
        key=LATENCY,
        good_at=clock(9),
        met=Record(
            aliased={"by_agent.ip": Met(clock(0), clock(9), 3)},
            unreadable={"by_agent.tx_ploss": Met(clock(1), clock(2), 2)},
            lacking={"by_pbx": Met(clock(3), clock(3))},
        ),
        oddities=Oddities(
            undeclared=("by_agent.new",), dropped=4, full=True, broken={"service levels": 5}
        ),
        falls=Falls(resets=2, reset_at=clock(4), corrections=1, corrected_at=clock(5)),
    )

    found = list(notes(state))

    assert [(n.what, n.about, n.times, n.last) for n in found if n.matters] == [
        ("unreadable", "by_agent.tx_ploss", 2, clock(2)),
        ("lacking", "by_pbx", 1, clock(3)),
        ("broken", "service levels", 5, clock(9)),
        ("full", "", 1, clock(9)),
    ]
    assert [(n.what, n.times) for n in found if not n.matters] == [
        ("aliased", 3), ("dropped", 4), ("undeclared", 1), ("resets", 2), ("corrections", 1),
    ]  # fmt: skip


def test_of_what_answers_as_it_should_nothing_is_noted() -> None:
    assert list(notes(SourceState(key=LATENCY))) == []
