"""Say what the running bot noted of a source's answers: what one answer of today does not show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from notifier.core.examination.diagnosis import Examined, listed
from notifier.core.examination.finding import Finding, ok, warn
from notifier.core.facts.state import SourceState
from notifier.core.payload.oddities import NONE, Met
from notifier.core.rules.keys import counted


def met(
    group: str, state: SourceState, seen: Sequence[Examined], local: ZoneInfo
) -> Iterator[Finding]:
    """What the running bot met in answers of a source: some of it comes only now and then.

    seen: What was asked just now; what it shows as well is only told with its time.
    """
    own = [each.decoded for each in seen if each.source.key == state.key]
    now, record = own[0].oddities if own and own[0] else NONE, state.met
    check = f"lately {state.key.source}"
    for what, names, shown in (
        ("values that could not be read", record.unreadable, now.unreadable),
        ("fields that did not come", record.absent, now.absent),
        ("lists that did not come", record.lacking, now.lacking),
    ):
        text = f"{what}: {_times(names, local)}"
        if names.keys() - set(shown):
            yield warn(group, check, text, "rules on these were blind then; report it if it stays")
        elif names:
            yield ok(group, check, text)
    if record.aliased:
        yield ok(group, check, f"fields under another name: {_times(record.aliased, local)}")


def _times(names: Mapping[str, Met], local: ZoneInfo) -> str:
    return listed([f"{name} ({_spread(met, local)})" for name, met in names.items()])


def _spread(met: Met, local: ZoneInfo) -> str:
    first, last = (f"{at.astimezone(local):%Y-%m-%d %H:%M}" for at in (met.first, met.last))
    if met.answers == 1:
        return f"in 1 answer, {first}"
    return f"in {met.answers} answers, {first} to {last}"


def falls(group: str, state: SourceState, local: ZoneInfo) -> Iterator[Finding]:
    """What the running bot noted of a source's counters, ever."""
    found = state.falls
    told = [
        f"{counted(times, what)}, the last by {at.astimezone(local):%Y-%m-%d %H:%M}"
        for times, what, at in (
            (found.resets, "reset", found.reset_at),
            (found.corrections, "correction", found.corrected_at),
        )
        if at is not None
    ]
    if told:
        yield ok(group, "counters", f"of {state.key.source}: {'; '.join(told)}, local time")
