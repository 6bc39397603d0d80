"""Acknowledge an incident, or take that back."""

from __future__ import annotations

from notifier import desk
from notifier.clocks import utc_now
from notifier.commands.listing import short
from notifier.commands.silence import opened, span_of


def ack(incident: str, author: str, *, span: str | None, sticky: bool, undo: bool) -> int:
    """Ask for it, and print which incident it is about. Works beside a running bot."""
    now = utc_now()
    until = now + span_of(span) if span else None
    with opened() as database:
        if undo:
            found = desk.unacknowledge(database, incident, author, now)
        else:
            found = desk.acknowledge(database, incident, author, now, until=until, sticky=sticky)
    said = "nobody has it any more" if undo else f"acknowledged by {desk.named(author)}"
    print(f"{short(found.id)}  {found.key.rule} {found.key.entity}: {said}")
    return 0
