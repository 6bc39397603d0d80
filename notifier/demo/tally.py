"""Count what the bot did, for the strip on the page and for the summary at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from notifier.bot import Bot
from notifier.core.facts.state import Incident
from notifier.core.rules.keys import counted
from notifier.demo.stage import CHANNEL, Stage
from notifier.demo.story import START
from notifier.store import outbox, past

ALL = 100_000  # incidents that are looked through


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done until *now*.

    Attributes:
        explained: Incidents that nobody was told of, because another one told why.
        left, lost: Messages still to be delivered, and messages that never can be.
    """

    now: datetime
    polls: int
    failed: int
    posted: int
    edited: int
    mails: int
    opened: int
    closed: int
    explained: int
    left: int
    lost: int

    def counts(self) -> list[tuple[int, str]]:
        """The few numbers of the page."""
        return [
            (self.polls, "polls"),
            (self.posted, "Slack posts"),
            (self.mails, "mails"),
            (self.edited, "Slack edits"),
        ]

    def sentences(self) -> Iterator[str]:
        """The summary."""
        span = f"{START:%H:%M} to {self.now:%H:%M}"
        yield f"{span}: {counted(self.polls, 'poll')}, {self.failed} of them failed"
        posted, edited = counted(self.posted, "message"), counted(self.edited, "edit")
        yield f"Slack: {posted} posted, {edited}; mail: {self.mails} sent"
        yield (
            f"incidents: {self.opened} opened, {self.closed} closed;"
            f" {self.explained} more were explained by one of them, and told to nobody"
        )
        if self.left or self.lost:
            left = counted(self.left, "message")
            yield f"outbox: {left} left, {self.lost} could not be delivered"
        else:
            yield "outbox: nothing is left"


def tally(stage: Stage, bot: Bot) -> Tally:
    """Count it all now."""
    messages = stage.slack.messages(CHANNEL)
    polls = _polls(bot)
    incidents, left = _stored(bot)
    told = [incident for incident in incidents if not _explained(incident)]
    return Tally(
        now=stage.now(),
        polls=sum(polls.values()),
        failed=sum(polls.values()) - polls.get("good", 0),
        posted=len(messages),
        edited=sum(len(message.versions) - 1 for message in messages),
        mails=len(stage.mail.messages),
        opened=len(told),
        closed=sum(not incident.open for incident in told),
        explained=len(incidents) - len(told),
        left=left,
        lost=sum(worker.lost for worker in bot.workers),
    )


def _explained(incident: Incident) -> bool:
    return incident.untold in ("explained", "never_told") or bool(incident.explained_by)


def _polls(bot: Bot) -> dict[str, int]:
    """How many polls ended how, as the bot counts them."""
    found: dict[str, int] = {}
    for metric in bot.cycle.metrics.polls.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                result = sample.labels["result"]
                found[result] = found.get(result, 0) + int(sample.value)
    return found


def _stored(bot: Bot) -> tuple[list[Incident], int]:
    with bot.workers[0].database.reading() as connection:
        closed = past.history(connection, START, ALL)
        left = sum(outbox.waiting(connection).values())
    still_open = [each for each in bot.cycle.known.incidents.values() if each.open]
    return [*closed, *still_open], left
