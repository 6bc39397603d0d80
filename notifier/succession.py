"""Let one bot follow another: stand by while another notifier owns the database, then take over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from notifier import logs
from notifier.app import House, founded
from notifier.clerk import Clerk
from notifier.clocks import REAL, Clocks
from notifier.errors import StateError
from notifier.settings import Settings
from notifier.web.desk import Standing

log = logs.logger("succession")

PAUSE = 0.2  # real seconds between two looks at what a signal asks for
LOOK = 5  # pauses between two looks at who owns the database
FRESH = 150  # pauses after which whoever stands by looks anew at what is known
DATABASE, OWNERSHIP = "database", "ownership"  # what troubles are about
STANDS_BY = "standing by: another notifier runs on this database"
DIFFERS = "standing by: another notifier runs by other rules, so it would not be taken over from"
NOBODY = "standing by: nobody does the work, for the rules last in force are others than those here"
REASONS = {"by": STANDS_BY, "differs": DIFFERS, "nobody": NOBODY}
LOST = "database: the session that owns it ended; nothing is read, judged or sent without"


@dataclass(slots=True)
class Succession:
    """One bot after another over one database, each while this process owns it.

    Attributes:
        clerk: Answers out of what the present bot knows: at work, or standing by.
        works: Whether the present bot was started.
    """

    house: House
    clerk: Clerk
    works: bool = False
    _term: int | None = None  # of the present bot
    _said: tuple[str | None, bool] | None = None  # of whom it stands by, and whether they agree
    _outdated: bool = False  # the present bot, by rules that were read since
    _troubled: str = ""  # what kept it from looking, as was last said

    def run(self, stop: threading.Event, reload: threading.Event) -> None:
        """Until told to *stop*."""
        pauses = 0
        while not stop.wait(PAUSE):
            pauses += 1
            if reload.is_set():
                reload.clear()
                self.reload()
            if pauses % LOOK == 0:
                self.look()
            if pauses % FRESH == 0 and not self.works:
                self.refresh()

    def begin(self) -> None:
        """Start the bot of a database that is ours; else go on standing by."""
        if self.house.database.owned:
            self._start()

    def look(self) -> None:
        """See who owns the database: go on, take over, or stand by."""
        try:
            self._look()
        except StateError as error:
            self._troubled_by(str(error))
        except Exception as error:  # noqa: BLE001  # a mistake of ours must not end the bot
            log.error("internal error", kind=type(error).__name__, where=logs.place(error))
        else:
            self._troubled = ""
            self.clerk.bot.condition.well(DATABASE)

    def _look(self) -> None:
        if self._outdated:
            self.clerk.attend(self.house.look_on())
            self._said, self._outdated = None, False
        if self.works:
            self._go_on()
        elif self.house.agrees() and self.house.database.take():
            self._take_over()
        else:
            self.stand_by()

    def _troubled_by(self, what: str) -> None:
        """Say it once."""
        if self._troubled != what:
            log.error("database trouble", error=what)
        self._troubled = what
        self.clerk.bot.condition.trouble(DATABASE, "database: it cannot be used")

    def stand_by(self) -> None:
        """Say whom it waits for, once, and why it would not take over. Raises StateError."""
        owner, agrees = self.house.database.owner(), self.house.agrees()
        if self._said == (owner, agrees):
            return
        self._said = owner, agrees
        why = "by" if agrees else "differs" if owner else "nobody"
        self.clerk.bot.condition.trouble(OWNERSHIP, REASONS[why])
        self.clerk.stands = Standing(why, owner or "")
        if not agrees:
            log.error("rules differ", owner=owner)
        elif owner is not None:
            log.info("standing by", owner=owner)

    def reload(self) -> None:
        """Put the rules file in force as it is now, or have it ready for the day."""
        before = self.house.latest.book
        self.clerk.bot.reload()
        if not self.works and self.house.latest.book is not before:
            self._outdated = True
            self.look()

    def refresh(self) -> None:
        """Know, while standing by, what the database holds by now."""
        bot = self.clerk.bot
        try:
            bot.cycle.show(self.house.known(bot.cycle.plan))
        except StateError as error:
            self._troubled_by(str(error))

    def end(self) -> None:
        """Deliver what is due, and return when all has ended.

        Whoever waits for a look back hears at once that there will be no answer.
        """
        self.clerk.lookback.stop()
        if self.works:
            self.clerk.bot.stop()

    # ---- at work ----

    def _go_on(self) -> None:
        """Own it still; where the session ended, again, unless another notifier was quicker."""
        database, bot = self.house.database, self.clerk.bot
        if database.still_owned():
            return
        if OWNERSHIP not in bot.condition.troubles:
            log.error("ownership lost")
            bot.condition.trouble(OWNERSHIP, LOST)
            self.clerk.stands = Standing("lost")
        if database.take() and database.term == self._term:
            log.info("ownership regained")
            bot.condition.well(OWNERSHIP)
            self.clerk.stands = None
            bot.wake()
        else:
            self._give_up()

    def _give_up(self) -> None:
        """Another notifier went on from what is committed: so does whoever follows that one."""
        self.house.database.let_go()
        before, after = self.clerk.bot, self.house.look_on()
        before.stop()
        self.works = False
        self.clerk.attend(after)
        self.stand_by()

    def _start(self) -> None:
        self.clerk.bot.start()
        self.works, self._said = True, None
        self.clerk.stands, self._term = None, self.house.database.term

    def _take_over(self) -> None:
        """Begin with what is committed.

        Only by the rules last in force: others would end what is open by them, and tell people.
        """
        try:
            if not self.house.agrees():  # they were changed at the last moment
                self.house.database.let_go()
                return
            self.clerk.attend(self.house.begin())
        except StateError:
            self.house.database.let_go()
            raise
        self._start()
        log.info("taken over")


@contextmanager
def succession(settings: Settings, clocks: Clocks = REAL) -> Iterator[Succession]:
    """All of it over the database of the settings; a file must be free.

    Raises:
        ConfigError: rules or settings are wrong.
        StateError: the database cannot be used.
    """
    with founded(settings, clocks) as house:
        if house.database.kind == "sqlite":
            house.database.lock_writer()
        bot = house.begin() if house.database.take() else house.look_on()
        line = Succession(house, house.clerk(bot))
        if not house.database.owned:  # said before anybody can ask
            line.stand_by()
        yield line
