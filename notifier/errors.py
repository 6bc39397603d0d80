"""Everything this package raises on purpose.

NotifierError
├── ConfigError                   the operator can mend it; holds every problem; exit code 2
├── RequestError                  what somebody asked for cannot be; the sentence says what to do
│   └── BusyError                 it can be, but not now
├── StateError                    the database cannot be used; one sentence says what to do
│   └── NotOwnerError             another notifier owns it, or may: this one writes nothing
├── PollError                     a source gave no reading; becomes a failed reading of a kind
│   ├── FetchError                no usable answer came
│   └── DecodeError               an answer came that cannot be read
├── RenderError                   a template failed; the shipped one is used instead
└── DeliveryError                 a channel took no message
    ├── TemporaryDeliveryError    may be taken another time
    └── PermanentDeliveryError    will never be taken as it is
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


class NotifierError(Exception):
    """The root: whatever the package raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file, and what to do about it.

    Attributes:
        file: The file as the user named it; empty when it is not about a file.
        line: 1-based; 0 when unknown.
        column: 1-based; 0 when unknown.
        text: One sentence: what is wrong; what to do.
        level: ``error`` or ``warning``.
    """

    text: str
    file: str = ""
    line: int = 0
    column: int = 0
    level: str = "error"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.level}: {self.text}" if place else f"{self.level}: {self.text}"


class ConfigError(NotifierError):
    """The operator's own files or settings are wrong; every problem at once."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class RequestError(NotifierError):
    """What somebody asked of the bot cannot be: an unknown name, an end that is past.

    Attributes:
        key: Of the pages' phrase that says the same to their readers; empty where there is none.
    """

    def __init__(self, text: str, key: str = "") -> None:
        super().__init__(text)
        self.key = key


class BusyError(RequestError):
    """What somebody asked for can be, but not while something else is under way."""


class StateError(NotifierError):
    """The database cannot be used: unreachable, locked by another process, or unwritable."""


class NotOwnerError(StateError):
    """Another notifier owns the database, or may by now: this one writes and sends nothing."""


class Trouble(Enum):
    """Why a poll gave no reading. The value is what logs, metrics and tests say."""

    NETWORK = "network"  # no connection, reset, name not found
    TIMEOUT = "timeout"  # no whole answer within 60 s
    TLS = "tls"
    REDIRECT = "redirect"  # to another host: never followed, the token would go along
    TOO_LARGE = "too_large"  # beyond 256 MB
    REQUEST = "request"  # 400: unknown API or missing parameter
    TOKEN = "token"  # 401, 403 about the token
    QUOTA = "quota"  # 403: the day's calls are spent
    BUSY = "busy"  # 403 simultaneous use, 429
    MAINTENANCE = "maintenance"  # 403: server backup
    FORBIDDEN = "forbidden"  # 403 of an unknown kind
    SERVER = "server"  # 5xx
    NOT_JSON = "not_json"
    REFUSED = "refused"  # HTTP 200 whose body code says no
    SCHEMA = "schema"  # JSON of an unexpected shape


class PollError(NotifierError):
    """A source gave no reading.

    The text never holds the URL's secrets, the token or any of the answer's values.
    """

    def __init__(self, kind: Trouble, text: str = "", *, after: timedelta | None = None) -> None:
        self.kind = kind
        self.after = after
        """How long the far side asked to be left alone, if it did."""
        super().__init__(text or kind.value)


class FetchError(PollError):
    """No usable answer came."""


class DecodeError(PollError):
    """An answer came that cannot be read."""


class RenderError(NotifierError):
    """A template failed."""


class DeliveryError(NotifierError):
    """A channel took no message. The text holds no secret."""


class TemporaryDeliveryError(DeliveryError):
    """It may be taken another time.

    Attributes:
        after: The far side's own wish (``Retry-After``); such a refusal costs no attempt.
        ambiguous: The message may have been taken although no answer came back.
    """

    def __init__(
        self, text: str, *, after: timedelta | None = None, ambiguous: bool = False
    ) -> None:
        self.after = after
        self.ambiguous = ambiguous
        super().__init__(text)


class PermanentDeliveryError(DeliveryError):
    """It will never be taken as it is.

    Attributes:
        gone: The message to edit or answer no longer exists or may no longer be edited.
        rejected: The form was refused (``invalid_blocks``); a plainer form may be taken.
        broken: What is broken for every further message: ``message``, ``destination`` or
            ``credential``.
        name: What the far side itself calls it: ``missing_scope``.
        moved: With *gone*: the reference under which the conversation goes on, if there is one.
    """

    def __init__(
        self,
        text: str,
        *,
        gone: bool = False,
        rejected: bool = False,
        broken: str = "message",
        name: str = "",
        moved: str = "",
    ) -> None:
        self.gone = gone
        self.rejected = rejected
        self.broken = broken
        self.name = name
        self.moved = moved
        super().__init__(text)
