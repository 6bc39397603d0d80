"""The world round the process that is killed: it keeps what people see, and kills at each call.

The wolkvox, the Slack and the mail server live here, and go on living when the bot dies. At each
call they may kill the bot: before the call is taken, or when it was taken and nobody was told.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from notifier.simulator.center import Center
from notifier.simulator.loopback import Exchange, Loopback
from notifier.simulator.mail import Mail, MailServer
from notifier.simulator.slack import SlackServer
from notifier.simulator.wolkvox import WolkvoxServer
from tests.flow.stage import BEGIN, TOKEN, Stage

ROOT = Path(__file__).parents[2]
SECRET = "between-us"  # signs what a program gets
When = Literal["asked", "taken"]


@dataclass
class Reaper:
    """Counts the calls that come, and kills the caller at one of them.

    Attributes:
        victim: The process that calls; 0 is nobody.
        fatal: The number of the call that it does not survive; 0 is none.
        when: Before that call was taken, or after it, without an answer.
        calls: What came, in order.
    """

    victim: int = 0
    fatal: int = 0
    when: When = "asked"
    calls: list[str] = field(default_factory=list)

    def asked(self, what: str) -> int:
        """A call came. Returns its number."""
        self.calls.append(what)
        self._meet(len(self.calls), "asked")
        return len(self.calls)

    def taken(self, number: int) -> None:
        """It was carried out; the answer has not left."""
        self._meet(number, "taken")

    def spare(self) -> None:
        """Kill nobody more."""
        self.fatal = 0

    def _meet(self, number: int, when: When) -> None:
        if number == self.fatal and when == self.when and self.victim:
            with suppress(ProcessLookupError):
                os.kill(self.victim, signal.SIGKILL)


class KillingWolkvox(WolkvoxServer):
    """A wolkvox at whose calls the bot may die."""

    reaper: Reaper

    def answer(self, exchange: Exchange) -> None:
        self.reaper.asked(f"wolkvox {exchange.query.get('api', '')}")
        super().answer(exchange)


class KillingSlack(SlackServer):
    """A Slack at whose calls the bot may die."""

    reaper: Reaper

    def answer(self, exchange: Exchange) -> None:
        number = self.reaper.asked(f"slack {exchange.path.rpartition('/')[2]}")
        if self.reaper.fatal == number and self.reaper.when == "asked":
            exchange.drop()  # it died before its request was read
            return
        exchange.finishing = lambda: self.reaper.taken(number)
        super().answer(exchange)


class KillingMail(MailServer):
    """A mail server at whose calls the bot may die."""

    reaper: Reaper
    number = 0

    def refusal(self, recipient: str) -> str | None:
        self.number = self.reaper.asked("mail to somebody")
        return super().refusal(recipient)

    def take(self, mail: Mail) -> None:
        super().take(mail)
        self.reaper.taken(self.number)


class Program(Loopback):
    """Somebody's program that takes what is posted to it, if it is signed, and by its id.

    Attributes:
        taken: Each copy of what came, by its id.
    """

    reaper: Reaper

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, list[bytes]] = {}

    def answer(self, exchange: Exchange) -> None:
        number = self.reaper.asked("webhook")
        if self.reaper.fatal == number and self.reaper.when == "asked":
            exchange.drop()  # it died before its request was read
            return
        exchange.finishing = lambda: self.reaper.taken(number)
        stamp = exchange.headers["x-notifier-timestamp"].encode()
        signed = hmac.new(SECRET.encode(), stamp + b"." + exchange.body, hashlib.sha256)
        if exchange.headers["x-notifier-signature"] != f"sha256={signed.hexdigest()}":
            exchange.reply(401, b"", {})
            return
        self.taken.setdefault(exchange.headers["x-notifier-id"], []).append(exchange.body)
        exchange.reply(204, b"", {})


# ---- the bot ----


class DiedError(Exception):
    """The bot died while it did something."""


class Nursery:
    """Bots that cost milliseconds: a process that has imported everything, and forks."""

    def __init__(self) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("NOTIFIER_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.proof.child"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def order(self, **what: Any) -> dict[str, Any]:
        """Say one thing and return the answer. Raises DiedError when a death is all that comes."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The next answer."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("the nursery itself died")
        said: dict[str, Any] = json.loads(line)
        if "dead" in said:
            if said["dead"] not in (0, signal.SIGKILL):
                raise AssertionError(f"the bot ended by itself: {said['dead']}")
            raise DiedError
        return said


@dataclass(frozen=True, slots=True)
class Kill:
    """One death.

    Attributes:
        at: ``commit`` or ``call``.
        number: Which one, from 1.
        late: The commit reached the disk, or the call was carried out.
    """

    at: Literal["commit", "call"]
    number: int
    late: bool

    def __str__(self) -> str:
        kinds = {
            ("commit", False): "before a commit",
            ("commit", True): "behind a commit",
            ("call", False): "at a call, not taken",
            ("call", True): "at a call, taken, answer lost",
        }
        return kinds[self.at, self.late]


@dataclass
class World:
    """The far sides, the bot between them, and its deaths to come.

    Attributes:
        kills: Deaths still to die, each counted from the one before.
        commits: How many there were since the last death.
        unsure: Mails and data that were taken when the bot died before it had noted that.
    """

    stage: Stage
    program: Program
    reaper: Reaper
    nursery: Nursery
    kills: list[Kill] = field(default_factory=list)
    commits: int = 0
    deaths: int = 0
    unsure: set[str] = field(default_factory=set)
    _alive: bool = False
    _ended: int = 0  # commits of bots that came to an orderly end

    def do(self, task: str) -> None:
        """Let the bot do one thing; where it dies of it, a new one does it again."""
        while True:
            try:
                if not self._alive:
                    self._start()
                done = self.nursery.order(do=task, now=self.stage.now.isoformat())
            except DiedError:
                self._mourn()
            else:
                self.commits = self._ended + done["commits"]
                return

    def end(self) -> None:
        """Stop the bot in order."""
        if not self._alive:
            return
        try:
            done = self.nursery.order(do="end")
            with suppress(DiedError):
                self.nursery.answer()
        except DiedError:
            self._mourn()
        else:
            self._alive = False
            self.commits = self._ended = self._ended + done["commits"]

    def _mourn(self) -> None:
        self._alive = False
        self.deaths += 1
        self.commits = self._ended = 0
        self.kills.pop(0)
        self.reaper.spare()
        self.unsure |= self._taken_unnoted()

    def _taken_unnoted(self) -> set[str]:
        """The mails and data that arrived and that are still noted as being sent."""
        there = {str(mail.message["X-Notifier-Id"]) for mail in self.stage.mail.messages}
        there |= self.program.taken.keys()
        if not there:
            return set()
        with closing(sqlite3.connect(self.stage.folder / "state.db")) as connection:
            rows = connection.execute("SELECT id FROM outbox WHERE state = 'sending'").fetchall()
        return {number for (number,) in rows} & there

    def _start(self) -> None:
        self._prepare()
        kill = self.kills[0] if self.kills else None
        number = kill.number - self._ended if kill and kill.at == "commit" else 0
        born = self.nursery.order(
            folder=str(self.stage.folder),
            environment=self.stage.environment(),
            now=self.stage.now.isoformat(),
            commit=max(0, number),
            kept=bool(kill and kill.late),
        )
        self.reaper.victim = born["pid"]
        self._alive = True
        self.nursery.answer()

    def _prepare(self) -> None:
        """Tell the reaper of the next death, once."""
        kill = self.kills[0] if self.kills else None
        if kill is None or kill.at != "call":
            self.reaper.spare()
        elif not self.reaper.fatal:
            self.reaper.fatal = len(self.reaper.calls) + kill.number
            self.reaper.when = "taken" if kill.late else "asked"


@contextmanager
def world(
    folder: Path, rules: str, nursery: Nursery, kills: Sequence[Kill] = ()
) -> Iterator[World]:
    """Everything on loopback, with a bot that will die as said."""
    with ExitStack() as stack:
        now: list[Stage] = []

        def clock() -> datetime:
            return now[0].now if now else BEGIN

        reaper = Reaper()
        wolkvox = KillingWolkvox(Center(7, BEGIN), clock, TOKEN)
        slack = KillingSlack(channels=["operaciones"], clock=clock)
        slack.add_channel("cerrado", archived=True)
        mail, program = KillingMail(), Program()
        wolkvox.reaper = slack.reaper = mail.reaper = program.reaper = reaper
        for server in (wolkvox, slack, mail, program):
            stack.enter_context(server)
        stage = Stage(folder, wolkvox, slack, mail)
        now.append(stage)
        stage.more["NOTIFIER_SLACK__BOT_TOKEN"] = slack.token  # the bot's own, whatever Slack's is
        stage.more["NOTIFIER_WEBHOOKS__PAGER__URL"] = program.root
        stage.more["NOTIFIER_WEBHOOKS__PAGER__SECRET"] = SECRET
        stage.rules.write_text(rules.replace("{server}", wolkvox.url))
        stage.agents({})
        stage.hits()
        whole = World(stage, program, reaper, nursery, list(kills))
        try:
            yield whole
        finally:
            whole.end()
