"""What people ask of the running bot: silences and acknowledgements, and their reverse."""

from __future__ import annotations

from datetime import datetime

import msgspec

from notifier.core.judging.silence import Silence


class AddSilence(msgspec.Struct, frozen=True, tag="silence"):
    """Hold news of what the silence covers, while it is in force."""

    silence: Silence


class EndSilence(msgspec.Struct, frozen=True, tag="end silence"):
    """End a silence before its time."""

    silence: str
    author: str = ""


class Acknowledge(msgspec.Struct, frozen=True, tag="acknowledge"):
    """Somebody has it: reminders stop.

    Attributes:
        until: When that word expires; None: with the incident.
        sticky: It holds when the incident becomes more severe, too.
    """

    incident: str
    author: str
    until: datetime | None = None
    sticky: bool = False


class Unacknowledge(msgspec.Struct, frozen=True, tag="unacknowledge"):
    """Nobody has it after all: reminders go on."""

    incident: str
    author: str = ""


Request = AddSilence | EndSilence | Acknowledge | Unacknowledge
