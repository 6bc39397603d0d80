"""Poll every source once, judge, deliver what is due."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from notifier import logs
from notifier.app import opened, rehearsal, spoken
from notifier.clocks import REAL
from notifier.core.rules.keys import counted
from notifier.cycle import Cycle, Outcome
from notifier.errors import ConfigError
from notifier.settings import Settings, load_settings


def poll(*, dry_run: bool, sources: Sequence[str], as_json: bool) -> int:
    """Do it, or with *dry_run* print what would be told and change nothing.

    Returns 1 for a failed source or a message that can never be delivered.
    """
    settings = load_settings()
    logs.configure(settings.log_format, settings.log_level)
    return (_dry if dry_run else _wet)(settings, sources, as_json)


def _wet(settings: Settings, sources: Sequence[str], as_json: bool) -> int:
    with opened(settings) as bot:
        _check_names(bot.cycle, sources)
        outcomes = bot.poll_once(sources)
        lost = bot.deliver_due()
        _print(outcomes, [], as_json)
    return int(lost > 0 or any(outcome.trouble for outcome in outcomes))


def _dry(settings: Settings, sources: Sequence[str], as_json: bool) -> int:
    with rehearsal(settings) as cycle:
        _check_names(cycle, sources)
        outcomes = list(_polled(cycle, sources))
    speak = spoken(settings)
    told = [speak(notice) for outcome in outcomes for notice in outcome.decision.notices]
    _print(outcomes, told, as_json)
    return int(any(outcome.trouble for outcome in outcomes))


def _polled(cycle: Cycle, sources: Sequence[str]) -> Iterator[Outcome]:
    for key, source in cycle.plan.sources.items():
        wanted = key.source in sources if sources else source.shifts.hold(REAL.now())
        outcome = cycle.poll(key) if wanted else None
        if outcome is not None:
            yield outcome


def _check_names(cycle: Cycle, names: Sequence[str]) -> None:
    known = {key.source for key in cycle.plan.sources}
    for name in names:
        if name not in known:
            raise ConfigError(
                f"there is no source `{name}`; the file has {', '.join(sorted(known))}"
            )


def _print(outcomes: Sequence[Outcome], told: Sequence[str], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"sources": [_shown(o) for o in outcomes], "messages": list(told)},
                         ensure_ascii=False))  # fmt: skip
        return
    for text in told:
        print(text, end="\n\n")
    for outcome in outcomes:
        result = outcome.trouble or "ok"
        print(
            f"{'/'.join(outcome.source)}: {result}, {counted(outcome.notices, 'message')}",
            file=sys.stderr,
        )


def _shown(outcome: Outcome) -> dict[str, Any]:
    operation, source = outcome.source
    return {
        "operation": operation,
        "source": source,
        "result": outcome.trouble or "ok",
        "messages": outcome.notices,
    }
