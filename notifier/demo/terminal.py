"""Print each message as its reader sees it: what it says, how bad, whether it is an edit."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from threading import Event
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from notifier.demo import mrkdwn
from notifier.demo.stage import CHANNEL, Stage
from notifier.demo.story import QUIET, in_words
from notifier.demo.tally import Tally
from notifier.render.slack import COLORS
from notifier.simulator.mail import Mail
from notifier.simulator.script import Scene
from notifier.simulator.slack_workspace import Happened, Message

LINES = 3  # of a message, below its headline
_ENDED = ("✅", "⚪")
_STAMP = re.compile(r"^• (\d\d:\d\d · )?")  # how a line in a thread begins
_INDENT = " " * 7


class Terminal:
    """Prints what happens; in colour where the terminal has any, as plain lines elsewhere."""

    def __init__(self, stage: Stage, gone: Event, file: TextIO | None = None) -> None:
        """*gone* is set when nobody reads any more."""
        self._stage = stage
        self._gone = gone
        self._console = Console(
            file=file or sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        self._going: tuple[Scene, ...] = ()
        self._ends = max(scene.end for scene in stage.center.script)
        self._over = False
        stage.slack.on_change(self.slack)
        stage.mail.on_change(self.mail)

    # ---- around it ----

    def welcome(self, url: str, status: str) -> None:
        """Say where the pages are and how to stop. *status*: where the bot's own is."""
        self._print(
            Text.assemble(
                ("notifier demo", "bold"), ": see it at ", (url, "bold underline"),
                " and here; stop it with Ctrl+C",
            )
        )  # fmt: skip
        self._print(
            Text.assemble(
                "Take and silence what is open on its status page: ", (status, "underline")
            )
        )
        about = "A simulated contact center, Slack and mail server on this machine, in quick time."
        self._print(Text(about, "dim"), Text())

    def scenes(self) -> None:
        """Say what began since the last look."""
        now = self._stage.curtain.now()
        going = self._stage.center.scenes(now)
        for scene in going:
            if scene not in self._going:
                sign, what = in_words(scene)
                self._print(Text(f"{self._time()}  {sign} {what}", "dim italic"))
        self._going = going
        if now >= self._ends and not self._over:
            self._over = True
            self._print(Text(f"{self._time()}  🌿 {QUIET}; stop it with Ctrl+C", "dim italic"))

    def summary(self, done: Tally) -> None:
        """Say what the bot did."""
        self._print(Text(), Text("What it did", "bold"), *map(Text, done.sentences()))

    # ---- messages ----

    def slack(self, happened: Happened, message: Message) -> None:
        """A message was posted, or edited: its thread says what is new, right after the edit."""
        if happened is not Happened.POSTED:
            return
        parent = self._parent(message)
        if parent is None:
            self._print(self._head(f"Slack #{CHANNEL}"), *self._drawn(message, 1 + LINES))
            return
        news = " ".join(_flat(message.text, self._stage.center.zone))
        headline = next(iter(self._said(parent)))
        how = "closed" if headline.startswith(_ENDED) else "edited"
        said = (
            ", and said again in the channel" if message.broadcast else ": " + _STAMP.sub("", news)
        )
        head = f"Slack #{CHANNEL} · {how} {self._time()}{said}"
        self._print(self._head(head), *self._drawn(parent, 2))

    def _parent(self, reply: Message) -> Message | None:
        messages = self._stage.slack.messages(CHANNEL) if reply.is_reply else []
        return next((m for m in messages if m.ts == reply.thread_ts), None)

    def mail(self, mail: Mail) -> None:
        """A mail came."""
        severity = str(mail.message.get("X-Notifier-Severity", ""))
        body = [line.strip() for line in mail.text.splitlines() if line.strip()]
        news = [line for line in body if line not in mail.subject]
        head = self._head(f"Mail to {', '.join(mail.recipients)}")
        color = COLORS.get(severity, "")
        self._print(head, *_framed([mail.subject, *news[:LINES]], color))

    def _drawn(self, message: Message, lines: int) -> Iterator[Text]:
        color = next((str(a.get("color")) for a in message.now.attachments), "")
        return _framed(islice(self._said(message), lines), color)

    def _head(self, text: str) -> Text:
        return Text.assemble((self._time(), "dim"), "  ", (text, "bold"))

    def _time(self) -> str:
        return f"{self._stage.now():%H:%M}"

    def _said(self, message: Message) -> Iterator[str]:
        """The headline, and then the rest."""
        zone, version = self._stage.center.zone, message.now
        yield from _flat(version.text, zone)[:1] or [""]
        rest = [t for a in version.attachments for b in a.get("blocks", ()) for t in _texts(b)]
        yield from (line for text in rest for line in _flat(text, zone))

    def _print(self, *lines: Text) -> None:
        try:
            self._console.print(Text("\n").join(lines))
        except (OSError, SystemExit):  # rich ends the thread that met a closed pipe
            self._gone.set()


def _flat(text: str, zone: ZoneInfo) -> list[str]:
    return [line for line in mrkdwn.flat(mrkdwn.read(text, zone)).splitlines() if line.strip()]


def _texts(block: Mapping[str, Any]) -> Iterator[str]:
    if block.get("type") == "section":
        yield str((block.get("text") or {}).get("text", ""))


def _framed(lines: Iterable[str], color: str) -> Iterator[Text]:
    """Lines beside the bar whose colour says how bad it is; the first line says it in words."""
    style = color if color.startswith("#") else "dim"
    for number, line in enumerate(lines):
        yield Text.assemble(_INDENT, ("▌ ", style), (line, "" if number else "bold"))
