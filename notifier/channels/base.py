"""Say what every channel can do: carry one rendered message, and look for one it lost sight of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from notifier.core.telling.outgoing import Envelope
from notifier.errors import ConfigError, PermanentDeliveryError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The far side has taken responsibility for a message.

    Attributes:
        reference: JSON that names the conversation's first message there, to be handed to every
            later message of the same conversation and recipient; empty where there is none.
        detail: What an administrator of the far side would ask for: a queue id, a timestamp.
    """

    reference: str = ""
    detail: str = ""


class Channel(Protocol):
    """Carries rendered messages to people. Knows nothing of rules, alerts or retries."""

    @property
    def kind(self) -> str:
        """``slack``, ``email``, ``webhook``, ...: the envelopes it takes."""
        ...

    @property
    def can_find(self) -> bool:
        """Whether a message whose answer was lost can be looked for."""
        ...

    @property
    def again(self) -> timedelta | None:
        """How often what is open is to be repeated, so that it is not forgotten; None for never."""
        ...

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:
        """Return once the far side has taken responsibility for *envelope*.

        *reference* is that of an earlier message of the conversation, or None. An edit without
        one that lives is posted anew. From *now* ``envelope.give_up_at`` on, it says that it is
        late.

        Raises:
            TemporaryDeliveryError: It may be taken another time.
            PermanentDeliveryError: It will never be taken as it is.
        """
        ...

    def find(self, envelope: Envelope, reference: str | None, since: datetime, /) -> str | None:
        """Return the reference of a message that did arrive, sent after *since*; else None.

        *reference* is what ``send`` was given. None too where nothing can be looked for.

        Raises:
            TemporaryDeliveryError: It could not be looked for now.
            PermanentDeliveryError: It can never be looked for: a scope is missing.
        """
        ...


def addressed_by(settings: Callable[[str], T], name: str) -> T:
    """What the settings say of a receiver that the rules file names.

    Raises:
        PermanentDeliveryError: They say nothing: its text names the variable to set.
    """
    try:
        return settings(name)
    except ConfigError as error:
        raise PermanentDeliveryError(error.problems[0].text, broken="destination") from None


def lives(reference: str) -> bool:
    """Whether the message that *reference* names is there still, as far as is known."""
    return not json.loads(reference).get("gone")
