"""Add, list and end silences."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from notifier import desk
from notifier.clocks import utc_now
from notifier.commands.listing import print_table, short
from notifier.core.facts.state import OWN_RULES
from notifier.core.judging.silence import Silence, fits
from notifier.core.rules.keys import duration
from notifier.errors import ConfigError, RequestError
from notifier.rules import read_rules
from notifier.settings import load_settings
from notifier.store.database import Database, open_database

TIME = "a time is written as in 2026-05-04T22:00-05:00; without a zone it is this machine's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A silence as the command line says it."""

    author: str
    comment: str
    rules: tuple[str, ...]
    entities: tuple[str, ...]
    operations: tuple[str, ...]
    span: str | None
    start: str | None
    end: str | None
    weekly: str
    timezone: str
    until_resolved: bool
    still_open: bool


@contextmanager
def opened() -> Iterator[Database]:
    """The database of the settings, beside whoever writes to it."""
    database = open_database(load_settings().database_url.get_secret_value(), prepare=False)
    try:
        yield database
    finally:
        database.close()


def span_of(text: str) -> timedelta:
    """Read a duration of the command line.

    Raises:
        RequestError: it is none.
    """
    try:
        return duration(text)
    except ValueError as error:
        raise RequestError(f"`{text}`: {error}") from None


def add(wanted: Wanted) -> int:
    """Ask for a silence; print its id, and beside it what it covers now."""
    now = utc_now()
    starts_at = _time(wanted.start) if wanted.start else now
    silence = desk.new_silence(
        author=wanted.author,
        comment=wanted.comment,
        now=now,
        starts_at=starts_at,
        ends_at=_end(wanted, max(starts_at, now)),
        rules=wanted.rules,
        entities=wanted.entities,
        operations=wanted.operations,
        weekly=wanted.weekly,
        timezone=wanted.timezone,
        until_resolved=wanted.until_resolved,
        still_open=wanted.still_open,
    )
    with opened() as database:
        covered = desk.preview(silence, desk.remembered(database, now).incidents.values())
        print(desk.add_silence(database, silence))
    print(f"covers {len(covered)} open now; ends {_shown(silence.ends_at)}", file=sys.stderr)
    for warning in _strangers(silence):
        print(f"warning: {warning}", file=sys.stderr)
    return 0


def _strangers(silence: Silence) -> Iterator[str]:
    """Say which names fit nothing in the rules file: slips, or rules that are to come."""
    try:
        book = read_rules(load_settings().rules)
    except ConfigError:
        return  # a silence outlives a rules file with mistakes
    rules = {rule.rule.id for rule in book.rules} | set(OWN_RULES)
    operations = {operation.name for operation in book.file.operation}
    for kind, given, there in (
        ("rule", silence.rules, rules),
        ("operation", silence.operations, operations),
    ):
        for name in given:
            if not any(fits((name,), one) for one in there):
                yield f"no {kind} of the rules file is called `{name}`{_like(name, there)}"


def _like(name: str, there: Iterable[str]) -> str:
    close = get_close_matches(name, list(there), 1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _end(wanted: Wanted, begins: datetime) -> datetime:
    if bool(wanted.span) is bool(wanted.end):
        raise RequestError("a silence must end: give --for or --end")
    if not wanted.span:
        return _time(wanted.end or "")
    return desk.end_of(begins, span_of(wanted.span), utc_now())


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise RequestError(f"`{text}` is not a time; {TIME}") from None


def end(name: str, author: str) -> int:
    """Ask for its end, and print its id."""
    with opened() as database:
        print(desk.end_silence(database, name, utc_now(), author).id)
    return 0


# ---- the list ----


def show(*, as_json: bool) -> int:
    """Print one line, or one JSON object, for each."""
    with opened() as database:
        found = desk.silences(database, utc_now())
    if as_json:
        print(json.dumps([as_data(each) for each in found], ensure_ascii=False))
    else:
        _print(found)
    return 0


def as_data(listed: desk.Listed) -> dict[str, Any]:
    """A silence as other programs read it; times are RFC 3339."""
    silence = listed.silence
    return {
        "id": silence.id,
        "state": listed.state,
        "author": silence.author,
        "comment": silence.comment,
        "rule": list(silence.rules),
        "entity": list(silence.entities),
        "operation": list(silence.operations),
        "created": silence.created_at.isoformat(),
        "start": silence.starts_at.isoformat(),
        "end": (silence.ended_at or silence.ends_at).isoformat(),
        "weekly": silence.weekly or None,
        "timezone": silence.timezone if silence.weekly else None,
        "end_on_resolve": silence.until_resolved,
        "ended_by": silence.ended_by or None,
        "matches": list(listed.matches),
    }


def _print(found: list[desk.Listed]) -> None:
    if not found:
        print("nothing is silenced")
        return
    headings = ("id", "state", "what", "open", "start", "end", "author", "comment")
    print_table(headings, [_row(each) for each in found])


def _row(each: desk.Listed) -> tuple[str, ...]:
    silence = each.silence
    return (
        short(silence.id), each.state, _what(each), str(len(each.matches)),
        _shown(silence.starts_at), _shown(silence.ended_at or silence.ends_at), silence.author,
        silence.comment,
    )  # fmt: skip


def _what(listed: desk.Listed) -> str:
    silence = listed.silence
    kinds = {"rule": silence.rules, "entity": silence.entities, "operation": silence.operations}
    said = [f"{kind} {','.join(names)}" for kind, names in kinds.items() if names]
    return " ".join(filter(None, (*said, silence.weekly)))


def _shown(at: datetime) -> str:
    """By this machine's clock, as a time without a zone is read; it may not be the operation's."""
    return f"{at.astimezone():%Y-%m-%d %H:%M %Z}"
