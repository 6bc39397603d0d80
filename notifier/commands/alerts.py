"""List what is pending, open or recovering."""

from __future__ import annotations

import json
import sys
from datetime import datetime, tzinfo
from typing import Any

from notifier.clocks import utc_now
from notifier.commands.clock import clock_of
from notifier.core.standing.status import IncidentStatus, listed
from notifier.desk import remembered
from notifier.settings import load_settings
from notifier.store.database import open_database

HEADINGS = (
    "state", "severity", "rule", "entity", "value", "since", "told", "held", "incident",
)  # fmt: skip
WIDE = 200  # characters of a line that no terminal shows
KEYS = (
    "incident", "rule", "operation", "entity", "severity", "state", "since", "value", "told",
    "acknowledged_by", "silence", "silenced_by", "silenced_until",
)  # fmt: skip


def alerts(*, as_json: bool) -> int:
    """Print one line, or one JSON object, for each."""
    settings = load_settings()
    database = open_database(settings.database_url.get_secret_value(), prepare=False)
    now = utc_now()
    known = remembered(database, now)
    database.close()
    statuses = listed(known, now)
    found = [as_object(each) for each in statuses]
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found, clock_of(settings))
    return 0


def as_object(status: IncidentStatus) -> dict[str, Any]:
    """The keys that this command promises, in their order."""
    found = {key: getattr(status, key) for key in KEYS}
    until = status.silenced_until.isoformat() if status.silenced_until else None
    since = status.since.isoformat()
    return {**found, "since": since, "told": list(status.told), "silenced_until": until}


def _time(text: str, zone: tzinfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M}"


def _held(each: dict[str, Any], zone: tzinfo) -> str:
    """Who has it and who silenced it, in a few words."""
    taken = f"taken by {each['acknowledged_by']}" if each["acknowledged_by"] else ""
    until = _time(each["silenced_until"], zone) if each["silenced_until"] else ""
    silenced = f"silenced by {each['silenced_by']} until {until}" if until else ""
    return ", ".join(filter(None, (taken, silenced)))


def _print(found: list[dict[str, Any]], zone: tzinfo) -> None:
    from rich.console import Console
    from rich.table import Table

    if not found:
        print("nothing is open")
        return
    table = Table(box=None, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, no_wrap=True)
    for each in found:
        value = each["value"]
        shown = f"{value:g}" if isinstance(value, float) else str(value or "")
        table.add_row(
            each["state"], each["severity"] or "", each["rule"], each["entity"], shown,
            _time(each["since"], zone), ", ".join(each["told"]), _held(each, zone),
            each["incident"] or "",
        )  # fmt: skip
    # A terminal cuts what does not fit; whoever reads a file or a pipe wants all of it.
    width = None if sys.stdout.isatty() else WIDE
    Console(markup=False, highlight=False, width=width).print(table)
