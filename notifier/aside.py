"""Send messages by the whole way - outbox, worker, channel - beside the running bot's own state.

The outbox lives in a temporary folder and is gone afterwards: no lock is needed, and nothing that
the bot knows changes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from notifier.app import channel_for, owner, rendering
from notifier.channels import Channel
from notifier.clocks import Clocks
from notifier.core.judging.notice import Notice
from notifier.core.telling.outgoing import Envelope
from notifier.cycle import Render
from notifier.deliver import Worker
from notifier.errors import DeliveryError
from notifier.settings import Settings
from notifier.store import outbox
from notifier.store.database import Database, open_database
from notifier.version import VERSION
from notifier.web.metrics import Metrics

MARGIN = timedelta(minutes=1)  # between our clock and the far side's


@dataclass(frozen=True, slots=True)
class Sent:
    """How one message went.

    Attributes:
        told: The far side took responsibility for it.
        seen: Whether it was found there afterwards; None where nothing can be looked for.
        detail: What went wrong, if anything.
    """

    receiver: str
    recipient: str
    told: bool
    seen: bool | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """The way, over an outbox of its own."""

    settings: Settings
    clocks: Clocks
    database: Database
    render: Render

    def send(self, notice: Notice) -> list[Sent]:
        """Send what *notice* says to each recipient, once; say how each went.

        Raises:
            ConfigError: its channel is not set up.
        """
        channel = channel_for(self.settings, notice.conversation.kind)
        envelopes = self.render(notice)
        with self.database.transaction() as connection:
            outbox.post(connection, envelopes)
        worker = Worker(
            channel=channel,
            database=self.database,
            owner=owner(),
            clock=self.clocks.now,
            jitter=self.clocks.jitter,
            metrics=Metrics(VERSION),
        )
        while worker.run_once():  # an answer in a thread waits for its message
            pass
        return [self._sent(channel, envelope) for envelope in envelopes]

    def _sent(self, channel: Channel, envelope: Envelope) -> Sent:
        with self.database.reading() as connection:
            went = outbox.went(connection, envelope.id)
            known = outbox.reference(connection, envelope.conversation, envelope.recipient)
        told = went.state == "delivered"
        seen = _found(channel, envelope, known) if told and channel.can_find else None
        return Sent(envelope.receiver, envelope.recipient, told, seen, went.error)


def _found(channel: Channel, envelope: Envelope, known: str | None) -> bool | None:
    try:
        return channel.find(envelope, known, envelope.queued_at - MARGIN) is not None
    except DeliveryError:
        return None  # not to be allowed to look is not "not there"


@contextmanager
def aside(settings: Settings, clocks: Clocks) -> Iterator[Aside]:
    """The way to the receivers, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="notifier-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'aside.db'}")
        try:
            yield Aside(settings, clocks, database, rendering(settings))
        finally:
            database.close()
