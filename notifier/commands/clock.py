"""Say by whose clock people read and type times: the first operation's of the rules file."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from notifier.core.rules.compiled import Rulebook
from notifier.errors import ConfigError
from notifier.rules import read_rules
from notifier.settings import Settings


def zone_of(book: Rulebook) -> ZoneInfo:
    """Whose clocks people mean when they type a time: the first operation's."""
    return ZoneInfo(book.file.operation[0].timezone)


def clock_of(settings: Settings) -> tzinfo:
    """Return the zone of the rules file, or UTC without one: what was outlives its rules."""
    try:
        return zone_of(read_rules(settings.rules))
    except ConfigError:
        return UTC
