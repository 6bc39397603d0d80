"""Put together what there is to look at, as far as the settings and the rules file go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier.channels import channels
from notifier.channels.email import Email
from notifier.channels.slack import Slack
from notifier.clocks import Clocks
from notifier.core.examination.clockwork import Counters
from notifier.core.examination.finding import Finding, ok, skipped, warn
from notifier.core.facts.state import SourceKey, SourceState
from notifier.core.judging.plan import Plan, Reach
from notifier.core.judging.planning import plan
from notifier.core.rules.compiled import Rulebook
from notifier.doctor import database as database_check
from notifier.doctor import mail, rules, slack
from notifier.doctor.rounds import Check
from notifier.doctor.wolkvox import Operation, counters_of
from notifier.errors import ConfigError, Problem, StateError
from notifier.purse import Purse
from notifier.rules import read_rules
from notifier.settings import Settings
from notifier.settings.model import variable
from notifier.store import memory, readings, recordings
from notifier.store.database import Database, open_database
from notifier.wolkvox.client import Client

LOOK_BACK = timedelta(hours=26)  # a day, and the polls on both sides of it
FEW = timedelta(minutes=10)  # between two recordings that are looked at
PATIENCE = 10.0  # seconds to wait while another program writes


@dataclass(slots=True)
class Visit:
    """What is looked at. Each part that is down leaves the others to be looked at.

    Attributes:
        unknown: Variables of the environment that mean nothing.
        templates: Finds what is wrong with templates and summaries.
        database: None where it cannot be used; then *no_database* says why.
    """

    settings: Settings
    clocks: Clocks
    unknown: Sequence[Problem] = ()
    templates: Callable[[Settings, Plan], Sequence[Problem]] = lambda _, __: ()
    book: Rulebook | ConfigError = field(init=False)
    plan: Plan | None = field(init=False, default=None)
    database: Database | None = field(init=False, default=None)
    no_database: str = field(init=False, default="")

    def __post_init__(self) -> None:
        try:
            self.book = read_rules(self.settings.rules)
            self.plan = plan(self.book)
        except ConfigError as error:
            self.book = error
        try:
            url = self.settings.database_url.get_secret_value()
            self.database = open_database(url, prepare=False, patience=PATIENCE)
        except StateError as error:
            self.no_database = str(error)

    def close(self) -> None:
        """Give back the database."""
        if self.database is not None:
            self.database.close()

    def checks(self) -> list[Check]:
        """All of it, in the order in which it is told."""
        return [
            Check(rules.SETTINGS, "variables", lambda: rules.of_variables(self.unknown)),
            Check(rules.RULES, "file", lambda: rules.of_file(self.book)),
            *self._templates(),
            Check(database_check.GROUP, "database", self._database),
            *self._operations(),
            Check(slack.GROUP, "token", self._slack, slack.FIX),
            Check(slack.GROUP, "buttons", self._buttons, slack.FIX_BUTTONS),
            Check(mail.GROUP, "server", self._mail, mail.FIX),
            *self._others(),
        ]

    def _templates(self) -> list[Check]:
        laid = self.plan
        if laid is None:
            return []
        found = lambda: rules.of_templates(self.templates(self.settings, laid))  # noqa: E731
        return [Check(rules.RULES, "templates", found)]

    def _database(self) -> Iterator[Finding]:
        if self.database is not None:
            yield from database_check.look(self.database)
        elif self.no_database.startswith("there is no database"):
            fix = "nothing, before the first start"
            yield warn(database_check.GROUP, "tables", self.no_database, fix)
        else:
            raise StateError(self.no_database)

    # ---- wolkvox ----

    def _operations(self) -> list[Check]:
        if self.plan is None or isinstance(self.book, ConfigError):
            return [Check("wolkvox", "sources", _no_rules)]
        return [
            Check(f"wolkvox {name}", "token", self._looking_at(name, self.plan, self.book))
            for name in self.book.operations
        ]

    def _looking_at(self, name: str, laid: Plan, book: Rulebook) -> Callable[[], Iterator[Finding]]:
        return lambda: self._operation(name, laid, book).look()

    def _operation(self, name: str, laid: Plan, book: Rulebook) -> Operation:
        token = self.settings.token_for(name).get_secret_value()
        client = Client(book.operations[name].server, token)
        purse = Purse(laid.quotas[name], client.number, self.clocks.now, self.database)
        client.turn = purse.turn
        return Operation(
            name=name,
            book=book,
            sources=[source for key, source in laid.sources.items() if key.operation == name],
            setting=f"NOTIFIER_TOKENS__{variable(name)}",
            client=client,
            purse=purse,
            clock=self.clocks.now,
            counters=list(self._counters(name, laid)),
            states=self._states(),
        )

    def _states(self) -> Mapping[SourceKey, SourceState]:
        if self.database is None:
            return {}
        with self.database.reading() as connection:
            return memory.recall(connection, self.clocks.now()).sources

    def _counters(self, name: str, laid: Plan) -> Iterator[tuple[datetime, Counters]]:
        """The recorded counters of queues, some minutes apart."""
        database, now = self.database, self.clocks.now()
        queues = [
            (key, source)
            for key, source in laid.sources.items()
            if key.operation == name and any("stat_inbound" in c.counters for c in
                                             source.collections.values())
        ]  # fmt: skip
        if database is None or not queues:
            return
        key, source = queues[0]
        with database.reading() as connection:
            last = now - LOOK_BACK
            for each in recordings.recordings(connection, *key, now - LOOK_BACK, now):
                if each.kind == recordings.GOOD and each.at - last >= FEW:
                    last = each.at
                    keyed = readings.snapshot(each, source).collections
                    yield each.at, {k: v for rows in keyed.values() for k, v in
                                    counters_of(rows).items()}  # fmt: skip

    # ---- receivers ----

    def _reaches(self) -> list[Reach]:
        return list(self.plan.reaches.values()) if self.plan is not None else []

    def _uses(self, kind: str) -> bool:
        return any(reach.kind == kind for reach in self._reaches())

    def _slack(self) -> Iterator[Finding]:
        if not self._uses(Slack.kind) and self.settings.slack.bot_token is None:
            return iter([skipped(slack.GROUP, "token", "no receiver posts by bot token")])
        channel = next(c for c in channels(self.settings) if isinstance(c, Slack))
        return slack.look(channel, self._reaches(), self.clocks.now())

    def _mail(self) -> Iterator[Finding]:
        if not self._uses("email"):
            return iter([skipped(mail.GROUP, "server", "no receiver takes mail")])
        return mail.look(next(c for c in channels(self.settings) if isinstance(c, Email)))

    def _buttons(self) -> Iterator[Finding]:
        if self.settings.slack.app_token is None:
            return iter([skipped(slack.GROUP, "buttons", "there is no app token: no buttons")])
        token = self.settings.slack.app_token.get_secret_value()
        app = Slack(token, self.settings.slack.base_url)
        return slack.look_at_buttons(app, token, self.clocks.now())

    def _others(self) -> list[Check]:
        """What cannot be looked at without sending something: only whether its address is set."""
        others = {r.name: r for r in self._reaches() if r.kind not in ("slack", "email")}
        return [Check("receivers", f"receiver {name}", self._set(each)) for name, each in
                others.items()]  # fmt: skip

    def _set(self, reach: Reach) -> Callable[[], list[Finding]]:
        settings = self.settings
        named: Mapping[str, Callable[[str], object]] = {
            "slack_webhook": settings.slack_webhook_for,
            "webhook": settings.webhook_for,
            "alertmanager": settings.alertmanager_for,
            "teams": settings.teams_for,
            "apprise": settings.apprise_for,
        }

        def look() -> list[Finding]:
            for name in reach.recipients:
                named[reach.kind](name)
            text = f"its address is set; notifier send-test {reach.name} tells the rest"
            return [ok("receivers", f"receiver {reach.name}", text)]

        return look


def _no_rules() -> Iterator[Finding]:
    yield skipped("wolkvox", "sources", "the rules file has mistakes: it says what to ask")
