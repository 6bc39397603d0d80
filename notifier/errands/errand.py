"""Have a look back done by a process of its own: watched, bounded in time, and called off.

Beside the bot's threads, in the same interpreter, a replay would slow every poll and every page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO

from notifier import logs
from notifier.core.rules.compiled import Rulebook
from notifier.errands.orders import Errand, News, Order, handed, heard

log = logs.logger("errand")

CALLED_OFF = "it was called off"
TOO_LONG = "it took longer than {minutes} minutes and was ended; ask for fewer days"
BROKEN = "an internal mistake of notifier, see its log"
LEAVING = 10.0  # seconds in which a process ends that has said all
OURS = "NOTIFIER_"  # tokens and passwords begin so: whoever looks back has no use for them


@dataclass(slots=True)
class Sent:
    """Somebody who looks back for us.

    Attributes:
        share: How much is done, 0 to 1.
        last: The news that ended it; None while it is under way.
    """

    share: float = 0.0
    last: News | None = None
    _process: subprocess.Popen[bytes] | None = None
    _why: str = ""  # it was ended by us
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended, so long at most; whether it has."""
        return self._ended.wait(seconds)

    def call_off(self, why: str = CALLED_OFF) -> None:
        """End it; what was done is lost."""
        with self._lock:
            self._why = self._why or why
            if self._process is not None and self.last is None:
                self._process.kill()

    # ---- on a thread of its own ----

    def go(self, errand: Errand, seconds: float) -> None:
        """Have it done in so many seconds, and note how it went."""
        limit = threading.Timer(seconds, self.call_off, [TOO_LONG.format(minutes=seconds // 60)])
        limit.daemon = True
        try:
            limit.start()
            last = self._news(errand)
        except OSError as error:
            last = News(broken=f"no process: {error.strerror}")
            if self._why:  # ended before it had read what to do
                last = News(refused=self._why)
        except Exception as error:  # noqa: BLE001  # whoever waits hears of it, and the next may ask
            last = News(broken=f"{type(error).__name__} at {logs.place(error)}")
        finally:
            limit.cancel()
        if last.broken:
            log.error("internal error", kind="look back", where=last.broken)
            last = News(refused=BROKEN)
        with self._lock:
            self.last = last
        self._ended.set()

    def _news(self, errand: Errand) -> News:
        """Hear all that is said until it ends; returns what was said last."""
        with subprocess.Popen(  # -P: nothing from the folder we are in
            [sys.executable, "-P", "-m", "notifier.errands.looking"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if not name.startswith(OURS)},
            start_new_session=True,  # what a terminal interrupts is the bot, which ends us
        ) as process:
            with self._lock:
                self._process = process
                if self._why:
                    process.kill()
            last = self._told(process.stdin, process.stdout, errand)
            self._let_go(process)
        if self._why and not last.last:
            return News(refused=self._why)
        return last if last.last else News(broken=f"it ended with {process.returncode}")

    def _let_go(self, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(timeout=LEAVING)
        except subprocess.TimeoutExpired:
            process.kill()

    def _told(self, given: IO[bytes] | None, out: IO[bytes] | None, errand: Errand) -> News:
        last = News()
        if given is None or out is None:
            return last
        try:
            given.write(handed(errand))
            given.flush()
            for line in out:
                last = heard(line)
                self.share = max(self.share, last.share)
                if last.last:
                    break
        except (OSError, ValueError) as error:
            return News(broken=type(error).__name__) if not self._why else last
        return last


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends whoever looks back, with all that they need.

    Attributes:
        url: Of the database.
        templates: The folder of the user's own; empty for none.
        book: Gives the rules that are in force.
    """

    url: str
    templates: str
    book: Callable[[], Rulebook]

    def send(self, order: Order, *, niceness: int, seconds: float) -> Sent:
        """Have it done by the rules in force, in so many seconds."""
        errand = Errand(
            order=order, database=self.url, templates=self.templates, rules=self.book().text,
            niceness=niceness,
        )  # fmt: skip
        return send(errand, seconds)


def send(errand: Errand, seconds: float) -> Sent:
    """Begin an errand that may take so long."""
    sent = Sent()
    threading.Thread(target=sent.go, args=(errand, seconds), name="look back", daemon=True).start()
    return sent
