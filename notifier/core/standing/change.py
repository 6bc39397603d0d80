"""Say what a change is that a person made, for those who ask later who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change that a person made. Written down once, and never altered.

    Attributes:
        who: As they said, or as a proxy said of them.
        how: By what they were let in: ``loopback``, ``token``, ``session``, ``proxy``, ``command``.
        what: ``acknowledge``, ``silence``, ``end silence``, ``log in``, ...
        about: The id of what was changed.
        detail: A sentence.
    """

    at: datetime
    who: str
    how: str
    what: str
    about: str = ""
    detail: str = ""
