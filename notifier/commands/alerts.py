"""List what is pending, open or recovering."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from notifier.clocks import utc_now
from notifier.commands.clock import clock_of
from notifier.commands.listing import print_table, short, value_of
from notifier.core.judging.planning import plan
from notifier.core.standing.status import IncidentStatus, listed
from notifier.desk import remembered
from notifier.errors import ConfigError
from notifier.rules import read_rules
from notifier.settings import Settings, load_settings
from notifier.store.database import open_database

HEADINGS = (
    "incident", "state", "severity", "rule", "entity", "value", "since", "told", "held",
)  # fmt: skip
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
    found = list(listed(known, now))
    if as_json:
        print(json.dumps([as_object(each) for each in found], ensure_ascii=False))
    else:
        _print(found, clock_of(settings), _units(settings))
    return 0


def as_object(status: IncidentStatus) -> dict[str, Any]:
    """The keys that this command promises, in their order."""
    found = {key: getattr(status, key) for key in KEYS}
    until = status.silenced_until.isoformat() if status.silenced_until else None
    since = status.since.isoformat()
    return {**found, "since": since, "told": list(status.told), "silenced_until": until}


# ---- for people ----


def _units(settings: Settings) -> Mapping[tuple[str, str], str]:
    """What the value of each rule is counted in, by operation and rule: pending ones do not say."""
    try:
        laid = plan(read_rules(settings.rules))
    except ConfigError:
        return {}  # what is open outlives a rules file with mistakes
    return {key: rule.unit for key, rule in laid.rules.items()}


def _print(
    found: Sequence[IncidentStatus], zone: tzinfo, units: Mapping[tuple[str, str], str]
) -> None:
    if not found:
        print("nothing is open")
        return
    print_table(HEADINGS, [_row(each, zone, units) for each in found])


def _row(
    each: IncidentStatus, zone: tzinfo, units: Mapping[tuple[str, str], str]
) -> tuple[str, ...]:
    unit = each.unit if each.incident else units.get((each.operation, each.rule), each.unit)
    return (
        short(each.incident or ""), each.state, each.severity or "", each.rule, each.entity,
        value_of(each.value, unit), _time(each.since, zone), ", ".join(each.told),
        _held(each, zone),
    )  # fmt: skip


def _held(each: IncidentStatus, zone: tzinfo) -> str:
    """Who has it and who silenced it, in a few words."""
    taken = f"taken by {each.acknowledged_by}" if each.acknowledged_by else ""
    until = _time(each.silenced_until, zone) if each.silenced_until else ""
    silenced = f"silenced by {each.silenced_by} until {until}" if until else ""
    return ", ".join(filter(None, (taken, silenced)))


def _time(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
