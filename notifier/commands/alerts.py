"""List what is pending, open or recovering."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from notifier.clocks import utc_now
from notifier.core.silence import Silence, covering
from notifier.core.state import Incident, Instance, Phase, Told
from notifier.desk import remembered
from notifier.settings import load_settings
from notifier.store.database import open_database
from notifier.store.memory import Remembered

HEADINGS = (
    "state", "severity", "rule", "entity", "value", "since", "told", "held", "incident",
)  # fmt: skip
WIDE = 200  # characters of a line that no terminal shows
STATES = {Phase.PENDING: "pending", Phase.OPEN: "open", Phase.RECOVERING: "recovering"}


def alerts(*, as_json: bool) -> int:
    """Print one line, or one JSON object, for each."""
    settings = load_settings()
    database = open_database(settings.database_url.get_secret_value(), prepare=False)
    now = utc_now()
    found = list(listed(remembered(database, now), now))
    database.close()
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    return 0


def listed(known: Remembered, now: datetime) -> Iterator[dict[str, Any]]:
    """Every instance that is not OK, worst first, and every source in trouble."""
    instances = {i.incident: i for i in known.instances.values() if i.incident}
    still_open = [incident for incident in known.incidents.values() if incident.open]
    for incident in sorted(still_open, key=lambda i: (-i.severity.rank, i.opened_at, i.key)):
        told = known.told.get(incident.id, {})
        held = covering(known.silences.values(), incident.key, now)
        yield _of_incident(incident, instances.get(incident.id), told) | _gates(incident, held)
    pending = [i for i in known.instances.values() if i.phase is Phase.PENDING]
    yield from (_of_pending(each) for each in sorted(pending, key=lambda i: i.key))


def _of_incident(
    incident: Incident, instance: Instance | None, told: dict[str, Told]
) -> dict[str, Any]:
    return {
        "incident": incident.id,
        "rule": incident.key.rule,
        "operation": incident.key.operation,
        "entity": incident.key.entity,
        "severity": incident.severity.value,
        "state": STATES[instance.phase] if instance else "open",
        "since": incident.since.isoformat(),
        "value": incident.value,
        "told": sorted(told),
    }


def _gates(incident: Incident, held: tuple[Silence, datetime] | None) -> dict[str, Any]:
    """Who has it, and who holds news of it back."""
    silence, until = held or (None, None)
    return {
        "acknowledged_by": incident.acknowledged_by or None,
        "silence": silence.id if silence else None,
        "silenced_by": silence.author if silence else None,
        "silenced_until": until.isoformat() if until else None,
    }


def _of_pending(instance: Instance) -> dict[str, Any]:
    return {
        "incident": None,
        "rule": instance.key.rule,
        "operation": instance.key.operation,
        "entity": instance.key.entity,
        "severity": None,
        "state": STATES[instance.phase],
        "since": instance.since.isoformat(),
        "value": instance.trend[-1] if instance.trend else None,
        "told": [],
        "acknowledged_by": None,
        "silence": None,
        "silenced_by": None,
        "silenced_until": None,
    }


def _held(each: dict[str, Any]) -> str:
    """Who has it and who silenced it, in a few words."""
    taken = f"taken by {each['acknowledged_by']}" if each["acknowledged_by"] else ""
    until = (each["silenced_until"] or "")[:16].replace("T", " ")
    silenced = f"silenced by {each['silenced_by']} until {until}" if until else ""
    return ", ".join(filter(None, (taken, silenced)))


def _print(found: list[dict[str, Any]]) -> None:
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
            each["since"][:16].replace("T", " "), ", ".join(each["told"]), _held(each),
            each["incident"] or "",
        )  # fmt: skip
    # A terminal cuts what does not fit; whoever reads a file or a pipe wants all of it.
    width = None if sys.stdout.isatty() else WIDE
    Console(markup=False, highlight=False, width=width).print(table)
