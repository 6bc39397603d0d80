"""Look at everything live: wolkvox, Slack, mail, database; say what is wrong and what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from notifier import logs
from notifier.clocks import REAL, Clocks
from notifier.commands.check import template_problems
from notifier.core.examination.finding import Finding, Level
from notifier.core.rules.keys import counted
from notifier.doctor.rounds import rounds
from notifier.doctor.visit import Visit
from notifier.settings import Settings, load_settings, unknown_variables

STYLES = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red", Level.SKIPPED: "dim"}
WIDE = 200  # characters of a line that no terminal shows
INDENT = 38  # characters before a finding's text


def doctor(*, as_json: bool) -> int:
    """Print what was found, part by part; 1 when something fails.

    Raises:
        ConfigError: the settings cannot be read.
    """
    settings = load_settings()
    logs.configure(settings.log_format, "error")
    found: list[Finding] = []
    for some in examined(settings, REAL):
        if not as_json:
            _print(some, found)
        found += some
    print(json.dumps(_data(found), ensure_ascii=False)) if as_json else _print_sum(found)
    return int(any(each.level is Level.FAIL for each in found))


def examined(settings: Settings, clocks: Clocks) -> Iterable[list[Finding]]:
    """Yield what each check found, in order."""
    visit = Visit(settings, clocks, unknown_variables(), template_problems)
    try:
        yield from rounds(visit.checks())
    finally:
        visit.close()


def calls(found: Sequence[Finding]) -> int:
    """How many calls of the day it took."""
    return sum(each.calls for each in found)


def _data(found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "ok": not any(each.level is Level.FAIL for each in found),
        "calls": calls(found),
        "findings": [
            {
                "group": each.group,
                "check": each.check,
                "level": each.level.value,
                "text": each.text,
                "fix": each.fix,
            }
            for each in found
        ],
    }


def _print(some: Sequence[Finding], before: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.text import Text

    width = None if sys.stdout.isatty() else WIDE
    console = Console(markup=False, highlight=False, width=width)
    group = before[-1].group if before else ""
    for each in some:
        if each.group != group:
            group = each.group
            console.print(Text(f"\n{group}" if before or each is not some[0] else group, "bold"))
        line = Text(f"  {each.level.value:<8} ", STYLES[each.level])
        line.append(f"{each.check:<26} {each.text}", "default")
        console.print(line, soft_wrap=True)
        if each.fix:
            console.print(Text(f"{'':<{INDENT}}-> {each.fix}"), soft_wrap=True)


def _print_sum(found: Sequence[Finding]) -> None:
    counts = {level: sum(each.level is level for each in found) for level in Level}
    shown = ", ".join(f"{counts[level]} {level.value}" for level in Level if counts[level])
    print(f"\n{shown}; wolkvox was asked {counted(calls(found), 'time')}")
