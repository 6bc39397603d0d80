"""Say why people were told, or why they were not."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from notifier.clocks import utc_now
from notifier.commands.clock import zone_of
from notifier.commands.explain_shown import print_alike, print_found, print_looked, print_overview
from notifier.commands.moments import moment
from notifier.core.facts.state import OWN_RULES, Incident
from notifier.core.rules.compiled import Rulebook
from notifier.errors import ConfigError
from notifier.hindsight.explained import Found, Looked, Subject, find, look, overview
from notifier.rules import read_rules
from notifier.settings import load_settings
from notifier.store.database import Database, open_database


def explain(subject: str, entity: str, *, at: str, operation: str, as_json: bool) -> int:
    """Explain a rule, one entity of it, or a message or incident by its id."""
    settings = load_settings()
    book = read_rules(settings.rules)
    when = moment(at, utc_now(), zone_of(book)) if at else utc_now()
    url = settings.database_url.get_secret_value()
    with closing(open_database(url, prepare=False)) as database:
        operations = [rule.operation for rule in book.rules if rule.rule.id == subject]
        if subject in OWN_RULES:
            raise ConfigError(
                f"`{subject}` is the bot's own: `notifier history --rule {subject} --timeline` "
                "tells what became of each"
            )
        if not operations:
            return _of_id(database, book, subject, as_json)
        about = Subject(subject, entity, _operation(operations, operation), when)
        if entity:
            return _of_entity(database, book, about, as_json)
        verdicts = overview(database, book, about)
        if as_json:
            _print_json([asdict(each) for each in verdicts])
        else:
            print_overview(about, verdicts)
    return 0


def _operation(known: list[str], wanted: str) -> str:
    if wanted and wanted not in known:
        raise ConfigError(f"the rule is not about `{wanted}`; it is about {', '.join(known)}")
    if not wanted and len(known) > 1:
        raise ConfigError(f"the rule is about several operations: add --operation {known[0]}")
    return wanted or known[0]


def _of_entity(database: Database, book: Rulebook, about: Subject, as_json: bool) -> int:
    looked = look(database, book, about)
    if as_json:
        _print_json(_object(looked))
    else:
        print_looked(about, looked, zone_of(book))
        if looked.explanation is not None and looked.explanation.result == "absent":
            print_alike(about, overview(database, book, about))
    return 0


def _of_id(database: Database, book: Rulebook, prefix: str, as_json: bool) -> int:
    """Explain what a message was about, at the time when it was decided on."""
    found = find(database, prefix)
    about = _about(found)
    looked = look(database, book, about) if about else Looked(None)
    if as_json:
        message = asdict(found.message) if found.message else None
        members = [incident.id for incident in found.members]
        _print_json({"message": message, "incidents": members, **_object(looked)})
        return 0
    print_found(found, zone_of(book))
    if about is not None:
        print_looked(about, looked, zone_of(book))
    return 0


def _about(found: Found) -> Subject | None:
    if not found.members:
        return None
    first = found.members[0]
    at = found.message.queued_at if found.message else _end(first)
    return Subject(first.key.rule, first.key.entity, first.key.operation, at)


def _end(incident: Incident) -> datetime:
    """When its end was decided: with `keep` that is later than the end itself."""
    return max(incident.closed_at, incident.seen_at) if incident.closed_at else incident.opened_at


# ---- for programs ----


def _object(looked: Looked) -> dict[str, Any]:
    explanation = looked.explanation
    return {
        "explanation": asdict(explanation) if explanation else None,
        "failed_since": looked.failed,
        "later": [asdict(each) for each in looked.later],
        "nearest_miss": asdict(looked.nearest) if looked.nearest else None,
        "day": [asdict(run) for run in looked.day],
        "messages": [asdict(each) for each in looked.messages],
    }


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)
