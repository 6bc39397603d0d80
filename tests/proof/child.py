"""The process that is killed: a bot that does what it is told, line by line, until it dies.

``python -m tests.proof.child`` imports everything once and then forks a bot for each order that
it reads, so that a death and a new start cost milliseconds. The bot itself is the real one, over
its database on the disk; only its clock is the caller's.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import slack_sdk.web  # noqa: F401  # imported late by the channel: every fork would do it again
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

import notifier.store.migrate  # noqa: F401  # the same
from notifier import logs
from notifier.app import opened
from notifier.bot import Bot
from notifier.clocks import Clocks
from notifier.settings import load_settings

ORDERS, ANSWERS = 0, 1  # file descriptors


def read_line() -> str:
    """One line and no byte more: what follows is for the next bot."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(ORDERS, 1)
        if not byte:
            return ""
        line += byte
    return line.decode()


def say(**what: Any) -> None:
    """One line to whoever gives the orders."""
    os.write(ANSWERS, json.dumps(what).encode() + b"\n")


@dataclass
class Commits:
    """Count the commits of this process, and end it at one of them.

    Attributes:
        fatal: The number of the commit that is the last thing to happen; 0 is none.
        kept: Whether that commit reaches the disk.
    """

    fatal: int
    kept: bool
    seen: int = 0
    written: bool = False
    changes: dict[int, int] = field(default_factory=dict)

    def watch(self) -> None:
        """Listen to every connection that is opened from now on."""
        event.listen(Engine, "commit", self._before)
        event.listen(Engine, "checkin", self._after)

    def _before(self, connection: Connection) -> None:
        changes: int = connection.connection.total_changes
        if changes == self.changes.get(id(connection.connection.dbapi_connection), 0):
            return  # nothing was written: nobody can see whether it was committed
        self.changes[id(connection.connection.dbapi_connection)] = changes
        self.seen += 1
        self.written = True
        if self.seen == self.fatal and not self.kept:
            die()

    def _after(self, *_: object) -> None:
        if self.written and self.seen == self.fatal and self.kept:
            die()
        self.written = False


def die() -> None:
    """As a power cut, as the kernel short of memory, as ``kill -9``."""
    os.kill(os.getpid(), signal.SIGKILL)


def live(order: dict[str, Any]) -> None:
    """Be the bot until there are no orders any more, or until death."""
    now = datetime.fromisoformat(order["now"])
    commits = Commits(order["commit"], order["kept"])
    commits.watch()
    os.chdir(order["folder"])
    settings = load_settings(env=order["environment"], dotenv=None)
    say(pid=os.getpid())
    with opened(settings, Clocks(lambda: now, lambda: now.timestamp(), lambda: 0.0)) as bot:
        say(ready=True)
        while line := read_line():
            task = json.loads(line)
            if task["do"] == "end":
                break
            now = datetime.fromisoformat(task["now"])
            obey(bot, task["do"])
            say(done=True, commits=commits.seen)
    say(done=True, commits=commits.seen)


def obey(bot: Bot, task: str) -> None:
    """Do one thing to its end."""
    match task:
        case "poll":
            bot.poll_once()
        case "deliver":
            bot.deliver_due()
        case "reload":
            bot.reload()
        case _:
            raise ValueError(task)


def main() -> None:
    """Fork a bot for each order, and say how each ended."""
    logs.configure("json", "critical")  # a dead token is part of the day
    while line := read_line():
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                live(order)
                code = 0
            except BaseException as error:  # noqa: BLE001  # it must not run on as its parent
                print(type(error).__name__, error, file=sys.stderr)
            os._exit(code)
        _, status = os.waitpid(child, 0)
        say(dead=status)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
