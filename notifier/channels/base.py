"""Say what every channel can do: carry one rendered message, and look for one it lost sight of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notifier.core.outgoing import Envelope


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
        """``slack``, ``slack_webhook`` or ``email``: the envelopes it takes."""
        ...

    @property
    def can_find(self) -> bool:
        """Whether a message whose answer was lost can be looked for."""
        ...

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:
        """Return once the far side has taken responsibility for *envelope*.

        *reference* is that of an earlier message of the conversation, or None. An edit without
        one is posted anew. From *now* ``envelope.give_up_at`` on, it says that it is late.

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
