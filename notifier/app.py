"""Put the house together, over a database or over nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from notifier import logs
from notifier.bot import Bot
from notifier.buttons import Buttons
from notifier.channels import Channel, channels, shown
from notifier.channels.slack_buttons import SlackButtons
from notifier.clerk import Clerk
from notifier.clocks import REAL, Clocks
from notifier.core.facts.state import digest
from notifier.core.judging.known import Decision, Known
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan
from notifier.core.judging.planning import plan
from notifier.core.judging.reading import Reading
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.tables import KINDS
from notifier.core.telling.outgoing import Envelope
from notifier.cycle import Cycle, Render
from notifier.deliver import Worker
from notifier.errands.errand import Sender
from notifier.errands.lookback import Lookback
from notifier.errands.review import Reviewer
from notifier.errors import ConfigError, Problem, StateError
from notifier.exhibition import Exhibition, mistakes
from notifier.journal import Journal
from notifier.pacing import Pacing
from notifier.render import Renderer, envelopes, text
from notifier.rules import read_rules
from notifier.settings import Settings
from notifier.signs import noting, traces_of, watch
from notifier.store import outbox
from notifier.store.database import Database, open_database
from notifier.traces.span import Traces
from notifier.version import VERSION
from notifier.web.metrics import Metrics
from notifier.wolkvox.client import Client
from notifier.wolkvox.reader import Reader

log = logs.logger("app")

UNDERWAY = timedelta(seconds=30)  # that a message may take which somebody began to send


@contextmanager
def opened(settings: Settings, clocks: Clocks = REAL) -> Iterator[Bot]:
    """The bot over its database, as its only writer, ready to poll.

    Raises:
        ConfigError: rules or settings are wrong.
        StateError: the database cannot be used.
    """
    with house(settings, clocks) as (bot, _):
        yield bot


@contextmanager
def house(settings: Settings, clocks: Clocks = REAL) -> Iterator[tuple[Bot, Clerk]]:
    """The same, with the desk at which page and API ask. Raises as ``opened``."""
    with founded(settings, clocks) as rooms:
        rooms.database.lock_writer()
        bot = rooms.begin()
        yield bot, rooms.clerk(bot)


@contextmanager
def founded(settings: Settings, clocks: Clocks = REAL) -> Iterator[House]:
    """What bots are made of, over a database that is open, and nobody's yet.

    Raises as ``opened``.
    """
    book = read_rules(settings.rules)
    clients, traces = _clients(settings, book), traces_of(settings)
    database = open_database(settings.database_url.get_secret_value())
    try:
        rooms = House(settings, clocks, Latest(book), clients, database, Metrics(VERSION), traces)
        try:
            yield rooms
        finally:
            rooms.review.stop()
            rooms.lookback.stop()
    finally:
        database.close()
        traces.stop()


@dataclass(slots=True)
class Latest:
    """The rules file as it was last read without a mistake."""

    book: Rulebook


@dataclass(slots=True)
class House:
    """What the bots of a process are made of, one after the other."""

    settings: Settings
    clocks: Clocks
    latest: Latest
    clients: dict[str, Client]
    database: Database
    metrics: Metrics
    traces: Traces
    lookback: Lookback = field(init=False)
    review: Reviewer = field(init=False)

    def __post_init__(self) -> None:
        url = self.settings.database_url.get_secret_value()
        templates = str(self.settings.templates or "")
        sender = Sender(url, templates, self.book)
        self.lookback = Lookback(self.database, sender, self.clocks.now)
        self.review = Reviewer(self.database, sender, self.clocks.now)

    def begin(self) -> Bot:
        """The bot of the database's owner, ready to poll.

        Raises:
            NotOwnerError: another notifier owns the database.
            StateError: it cannot be used.
        """
        now, known_to_end = self.clocks.now(), self.database.kind == "sqlite"
        with self.database.as_owner() as connection:
            outbox.adopt_orphans(connection, due=None if known_to_end else now + UNDERWAY)
        bot = self.look_on()
        bot.begin(now)
        return bot

    def look_on(self) -> Bot:
        """A bot that knows what the database holds, and does nothing. Raises StateError."""
        return _bot(self)

    def known(self, laid: Plan) -> Known:
        """What the database holds by now. Raises StateError."""
        return Journal(self.database).recall(laid, self.clocks.now())

    def agrees(self) -> bool:
        """Whether the rules that were last in force on the database are these, if any were."""
        in_force = Journal(self.database).in_force()
        return in_force in (None, digest(self.latest.book.text))

    def clerk(self, bot: Bot) -> Clerk:
        """The desk at which page and API ask."""
        exhibition = Exhibition(lambda: _renderer(self.settings))
        return Clerk(
            bot=bot,
            database=self.database,
            book=self.book,
            clock=self.clocks.now,
            began=secrets.token_hex(4),
            lookback=self.lookback,
            review=self.review,
            exhibition=exhibition,
        )

    def book(self) -> Rulebook:
        """The rules file as it was last read without a mistake."""
        return self.latest.book


def _bot(house: House) -> Bot:
    settings, clocks, database = house.settings, house.clocks, house.database
    clients, metrics, book = house.clients, house.metrics, house.latest.book
    now, laid, journal = clocks.now(), plan(book), Journal(database)
    wishes, pacing = _wishes(book), Pacing(clients, clocks.now, database)
    renderer = _tried(settings)
    pacing.adopt(laid)
    cycle = Cycle(
        plan=laid,
        known=journal.recall(laid, now),
        read=Reader(clients, clocks.now, noting(house.traces, metrics)),
        render=_by(renderer),
        write=journal.write,
        clock=clocks.now,
        monotonic=clocks.monotonic,
        metrics=metrics,
        traces=house.traces,
    )
    pacing.recall(cycle.known.budgets)
    bot = Bot(
        cycle=cycle,
        workers=_workers(settings, wishes, clocks, database, cycle),
        clock=clocks.now,
        pacing=pacing,
        load=lambda: _loaded(house, wishes, pacing),
        tidy=journal.tidy,
        asking=journal.asking,
        refuse=journal.refuse,
        calls=pacing.calls,
        review=house.review.look,
        owned=lambda: database.owned,
        pace=clocks.pace,
    )
    if settings.slack.app_token is not None:
        bot.listeners = (_buttons(settings, bot, database, renderer),)
    cycle.wake = bot.wake
    for worker in bot.workers:
        worker.outcomes.report = cycle.heard_of
    watch(bot, settings, _by(renderer), database, owner())
    return bot


def _loaded(house: House, wishes: dict[str, str], pacing: Pacing) -> Plan:
    """The rules as they are on the disk now, with a client for each operation."""
    house.latest.book = book = read_rules(house.settings.rules)
    house.clients.update(_clients(house.settings, book))
    wishes.update(_wishes(book))
    laid = plan(book)
    pacing.adopt(laid)
    return laid


def _wishes(book: Rulebook) -> dict[str, str]:
    """What each receiver wants where a message of unknown outcome cannot be looked for."""
    return {name: receiver.on_ambiguous or "" for name, receiver in book.receivers.items()}


def _clients(settings: Settings, book: Rulebook) -> dict[str, Client]:
    return {
        name: Client(operation.server, settings.token_for(name).get_secret_value())
        for name, operation in book.operations.items()
    }


def _workers(
    settings: Settings,
    wishes: dict[str, str],
    clocks: Clocks,
    database: Database,
    cycle: Cycle,
) -> list[Worker]:
    return [
        Worker(
            channel=channel,
            database=database,
            owner=owner(),
            clock=clocks.now,
            jitter=clocks.jitter,
            metrics=cycle.metrics,
            on_ambiguous=lambda receiver: wishes.get(receiver, ""),
            traces=cycle.traces,
        )
        for channel in channels(settings)
    ]


def _buttons(settings: Settings, bot: Bot, database: Database, renderer: Renderer) -> SlackButtons:
    """What hears the buttons of Slack messages, and does what they mean."""
    slack = settings.slack
    heard = SlackButtons(
        shown(slack.app_token),
        shown(slack.bot_token),
        slack.base_url,
        do=lambda press: buttons.press(press),
        trouble=bot.deaf,
    )
    buttons = Buttons(
        database=database,
        plan=lambda: bot.cycle.plan,
        in_group=heard.in_group,
        say=lambda language, key: renderer.words(language).say(key),
    )
    return heard


def _renderer(settings: Settings) -> Renderer:
    """A broken template of the user's own is logged."""
    buttons, page = settings.slack.app_token is not None, settings.web.root
    return Renderer(settings.templates, reported, buttons=buttons, page=page)


def _tried(settings: Settings) -> Renderer:
    """The templates in use; what fails in those of the user's own is reported before it matters."""
    renderer = _renderer(settings)
    for problem in mistakes(settings.templates) if settings.templates is not None else ():
        reported(problem)
    return renderer


def rendering(settings: Settings) -> Render:
    """What turns notices into messages."""
    return _by(_tried(settings))


def _by(renderer: Renderer) -> Render:
    return lambda notice: envelopes(notice, renderer)


def spoken(settings: Settings) -> Callable[[Notice], str]:
    """What turns notices into plain text, for terminals."""
    renderer = Renderer(settings.templates, reported)
    return lambda notice: text(notice, renderer)


def reported(problem: Problem) -> None:
    """Log what is wrong with a template of the user's own."""
    log.warning("template", problem=str(problem))


def channel_for(settings: Settings, kind: str) -> Channel:
    """The channel that carries messages of that kind.

    Raises:
        ConfigError: there is none.
    """
    found = next((each for each in channels(settings) if each.kind == kind), None)
    if found is None:
        raise ConfigError(f"nothing here delivers by `{kind}`; use one of {', '.join(KINDS)}")
    return found


def owner() -> str:
    """What this process calls itself in the outbox."""
    return f"{os.uname().nodename} {os.getpid()}"


# ---- nothing written ----


@contextmanager
def rehearsal(settings: Settings, clocks: Clocks = REAL) -> Iterator[Cycle]:
    """A cycle that starts from what is known and writes nothing: for a dry run.

    Its calls are counted all the same, and wait for their turn: wolkvox knows no rehearsals.
    """
    book = read_rules(settings.rules)
    laid, metrics, clients = plan(book), Metrics(VERSION), _clients(settings, book)
    with _looked_at(settings) as database:
        pacing = Pacing(clients, clocks.now, database)
        pacing.adopt(laid)
        known = Journal(database).recall(laid, clocks.now()) if database else Known()
        pacing.recall(known.budgets)
        yield Cycle(
            plan=laid,
            known=known,
            read=Reader(clients, clocks.now),
            render=rendering(settings),
            write=_write_nothing,
            clock=clocks.now,
            monotonic=clocks.monotonic,
            metrics=metrics,
        )


@contextmanager
def _looked_at(settings: Settings) -> Iterator[Database | None]:
    """The database as it is; None where there is none that this program can read."""
    try:
        database = open_database(settings.database_url.get_secret_value(), prepare=False)
    except StateError:
        yield None
        return
    try:
        yield database
    finally:
        database.close()


def _write_nothing(_: Decision, __: Reading, ___: Sequence[Envelope]) -> None:
    """What a dry run does with its decisions."""
