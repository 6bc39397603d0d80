"""List what is pending, open or recovering."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from notifier.clocks import utc_now
from notifier.core.state import Incident, Instance, Phase, Told
from notifier.settings import load_settings
from notifier.store.database import open_database
from notifier.store.memory import Remembered, recall

WIDE = 200  # characters of a line that no terminal shows
STATES = {Phase.PENDING: "pending", Phase.OPEN: "open", Phase.RECOVERING: "recovering"}


def alerts(*, as_json: bool) -> int:
    """Print one line, or one JSON object, for each."""
    settings = load_settings()
    database = open_database(settings.database_url.get_secret_value(), prepare=False)
    with database.reading() as connection:
        found = list(listed(recall(connection, utc_now())))
    database.close()
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
    return 0


def listed(remembered: Remembered) -> Iterator[dict[str, Any]]:
    """Every instance that is not OK, worst first, and every source in trouble."""
    instances = {i.incident: i for i in remembered.instances.values() if i.incident}
    still_open = [incident for incident in remembered.incidents.values() if incident.open]
    for incident in sorted(still_open, key=lambda i: (-i.severity.rank, i.opened_at, i.key)):
        told = remembered.told.get(incident.id, {})
        yield _of_incident(incident, instances.get(incident.id), told)
    pending = [i for i in remembered.instances.values() if i.phase is Phase.PENDING]
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
    }


def _print(found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not found:
        print("nothing is open")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("state", "severity", "rule", "entity", "value", "since", "told", "incident"):
        table.add_column(heading, no_wrap=True)
    for each in found:
        value = each["value"]
        shown = f"{value:g}" if isinstance(value, float) else str(value or "")
        table.add_row(
            each["state"], each["severity"] or "", each["rule"], each["entity"], shown,
            each["since"][:16].replace("T", " "), ", ".join(each["told"]), each["incident"] or "",
        )  # fmt: skip
    # A terminal cuts what does not fit; whoever reads a file or a pipe wants all of it.
    width = None if sys.stdout.isatty() else WIDE
    Console(markup=False, highlight=False, width=width).print(table)
