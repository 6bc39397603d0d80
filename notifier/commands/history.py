"""List what was: incidents with what became of them, for people, spreadsheets and programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from notifier.clocks import utc_now
from notifier.commands.clock import clock_of
from notifier.commands.listing import print_table, short, value_of
from notifier.commands.moments import moment
from notifier.core.facts.state import Incident, Severity
from notifier.errors import ConfigError
from notifier.hindsight.history import STATES, Life, Line, Wanted
from notifier.hindsight.history import history as lives_of
from notifier.render.clean import one_line
from notifier.settings import load_settings
from notifier.store.database import open_database

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for a formula
COLUMNS = (
    "incident", "rule", "operation", "entity", "severity", "state", "since", "opened_at",
    "closed_at", "closing", "value", "worst", "told", "acknowledged_by", "timeline",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What was asked for on the command line."""

    since: str = "7d"
    until: str = ""
    rule: str = ""
    entity: str = ""
    operation: str = ""
    receiver: str = ""
    severity: str = ""
    state: str = ""
    timelines: bool = False
    form: str = "text"


def history(listing: Listing) -> int:
    """Print the incidents that fit."""
    settings = load_settings()
    now, zone = utc_now(), clock_of(settings)
    _check("severity", listing.severity, [severity.value for severity in Severity])
    _check("state", listing.state, STATES)
    wanted = Wanted(
        since=moment(listing.since, now, zone),
        until=moment(listing.until, now, zone) if listing.until else now,
        rule=listing.rule, entity=listing.entity, operation=listing.operation,
        receiver=listing.receiver, severity=listing.severity, state=listing.state,
    )  # fmt: skip
    url = settings.database_url.get_secret_value()
    with closing(open_database(url, prepare=False)) as database:
        lives = lives_of(database, wanted)
    if listing.form == "json":
        print(json.dumps([shown(life) for life in lives], ensure_ascii=False))
    elif listing.form == "csv":
        _csv(lives)
    else:
        _print(lives, zone, timelines=listing.timelines)
    return 0


def _check(what: str, given: str, known: Sequence[str]) -> None:
    if given and given not in known:
        raise ConfigError(f"`{given}` is no {what}; write {', '.join(known)}")


def shown(life: Life) -> dict[str, Any]:
    """An incident as other programs see it."""
    one = life.incident
    return {
        "incident": one.id,
        "rule": one.key.rule,
        "operation": one.key.operation,
        "entity": one.key.entity,
        "severity": one.severity.value,
        "state": life.state,
        "since": _iso(one.since),
        "opened_at": _iso(one.opened_at),
        "closed_at": _iso(one.closed_at) if one.closed_at else None,
        "closing": one.closing.value if one.closing else None,
        "value": one.value,
        "worst": one.worst,
        "told": list(life.told),
        "acknowledged_by": one.acknowledged_by,
        "timeline": [
            {"at": _iso(line.at), "what": line.what, "who": line.who, "detail": line.detail}
            for line in life.timeline
        ],
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


# ---- for spreadsheets ----


def _csv(lives: Sequence[Life]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    for life in lives:
        row = shown(life)
        row["told"] = " ".join(life.told)
        row["timeline"] = "; ".join(f"{_iso(line.at)} {_said(line)}" for line in life.timeline)
        writer.writerow([_cell(row[name]) for name in COLUMNS])


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would run is marked as text."""
    if isinstance(value, str):
        text = one_line(value)
        return f"'{text}" if value.startswith(FORMULA) or text.startswith(FORMULA) else text
    return "" if value is None else value


# ---- for people ----


def _said(line: Line) -> str:
    return " ".join(filter(None, (line.what, line.who, line.detail)))


def _print(lives: Sequence[Life], zone: tzinfo, *, timelines: bool) -> None:
    if not lives:
        print("nothing was open then")
    elif timelines:
        for life in lives:
            _tell(life, zone)
    else:
        _table(lives, zone)


def _tell(life: Life, zone: tzinfo) -> None:
    one = life.incident
    value = value_of(one.value, one.unit)
    said = f"{life.state}, {one.severity.value}{f', value {value}' if value else ''}"
    print(one_line(f"{short(one.id)} {one.key.rule} {one.key.entity}: {said}"))
    for line in life.timeline:
        print(f"  {_time(line.at, zone)}  {one_line(_said(line))}")


def _table(lives: Sequence[Life], zone: tzinfo) -> None:
    headings = ("incident", "state", "severity", "rule", "entity", "opened", "closed", "told")
    print_table(headings, [_row(life, zone) for life in lives])


def _row(life: Life, zone: tzinfo) -> tuple[str, ...]:
    one = life.incident
    return (
        short(one.id), life.state, one.severity.value, one.key.rule, one.key.entity,
        _time(one.opened_at, zone), _ended(one, zone), ", ".join(life.told) or "nobody",
    )  # fmt: skip


def _ended(one: Incident, zone: tzinfo) -> str:
    if one.closed_at is None or one.closing is None:
        return ""
    return f"{_time(one.closed_at, zone)} {one.closing.value}"


def _time(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
