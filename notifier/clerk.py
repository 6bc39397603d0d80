"""Answer what the page and the API ask, out of what the bot knows and what the database holds.

It reads beside the bot: what is known is never changed in place, and a reading transaction waits
for no writer. What changes goes through the bot, which alone decides.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifier import desk
from notifier.biography import biography
from notifier.bot import Bot
from notifier.core.facts.state import Incident, SourceKey, Told
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.judging.silence import Silence, covering, covers
from notifier.core.rules.compiled import Rulebook
from notifier.core.standing.change import Change
from notifier.core.standing.receiver_status import Delivery, ReceiverStatus, receivers
from notifier.core.standing.rule_status import Fires, RuleStatus, fires, rules
from notifier.core.standing.source_status import SourceStatus, sources, unwell
from notifier.core.standing.status import IncidentStatus, Wanted, key_of, listed, of_incident
from notifier.errands.lookback import Lookback
from notifier.errands.review import Reviewer
from notifier.errors import RequestError
from notifier.exhibition import Exhibition
from notifier.hindsight.course import Courses
from notifier.store import audit, look, memory
from notifier.store.database import Database
from notifier.web.desk import Hits, SilenceAsked, SilenceStatus, Standing, Story, Word
from notifier.web.wishes import Look, Wish

WEEK = timedelta(days=7)
FRESH = timedelta(seconds=30)  # counts of a week need not be newer
KEY = "web key"  # of the table of small facts


@dataclass(slots=True)
class Clerk:
    """The bot, its database and the rules file that is in force.

    Attributes:
        book: The rules file as it was last read.
        began: Another one for each bot: what a page knew of the last one is void.
        stands: Why the bot does no work, where another notifier owns the database.
    """

    bot: Bot
    database: Database
    book: Callable[[], Rulebook]
    clock: Callable[[], datetime]
    began: str
    lookback: Lookback
    review: Reviewer
    exhibition: Exhibition
    stands: Standing | None = None
    _courses: Courses = field(init=False)
    _fired: tuple[datetime, Mapping[tuple[str, str], Fires]] | None = None

    def attend(self, bot: Bot) -> None:
        """Answer out of what this bot knows from now on."""
        self.bot, self.began = bot, secrets.token_hex(4)

    def standing(self) -> Standing | None:
        """Why the bot does no work; None while it does."""
        return self.stands

    def __post_init__(self) -> None:
        self._courses = Courses(self.database)

    def now(self) -> datetime:
        """The time that everything is told by."""
        return self.clock()

    def version(self) -> str:
        """Another one after each decision, and in each process."""
        return f"{self.began}-{self.bot.cycle.judged}"

    def key(self) -> bytes:
        """What sessions are signed with: made once, and kept, so that they outlive a restart."""
        with self.database.transaction() as connection:
            found = memory.noted(connection, KEY)
            if found is None:
                memory.note(connection, KEY, found := secrets.token_hex(32))
        return bytes.fromhex(found)

    def zones(self) -> Mapping[str, str]:
        """The time zone of each operation, in the order of the file."""
        return {name: one.timezone for name, one in self.book().operations.items()}

    def source_keys(self) -> Sequence[SourceKey]:
        """Which sources there are."""
        return list(self._plan.sources)

    # ---- incidents ----

    def look(self, wish: Wish) -> str:
        """Have somebody look back."""
        return self.lookback.begin(wish)

    def looked(self, look: str) -> Look | None:
        """How far that is."""
        return self.lookback.looked(look)

    def call_off(self, look: str) -> None:
        """End it."""
        self.lookback.call_off(look)

    def leave(self, look: str) -> None:
        """End it where nobody else waits for it."""
        self.lookback.leave(look)

    def listed(self) -> Sequence[IncidentStatus]:
        """All that is open, worst first, then what is pending."""
        return list(self._listed(self.clock()))

    def _listed(self, now: datetime) -> Iterator[IncidentStatus]:
        return listed(self.bot.cycle.known, now, self._plan.aliases, self._plan.titles)

    def unwell(self) -> Sequence[SourceStatus]:
        """The sources of which nothing new is known."""
        return unwell(self.bot.cycle.known, self._plan, self.clock())

    def incidents(self, wanted: Wanted, limit: int) -> Sequence[IncidentStatus]:
        """Incidents that opened, the newest first."""
        with self.database.reading() as connection:
            found = look.incidents(connection, wanted, limit)
            told = look.told(connection, [each.id for each in found])
        return [self._status(each, told.get(each.id, {})) for each in found]

    def _status(self, incident: Incident, told: Mapping[str, Told]) -> IncidentStatus:
        known = self.bot.cycle.known
        instance = known.instances.get(incident.key)
        living = instance is not None and instance.incident == incident.id
        silences = known.silences.values() if incident.open else ()
        held = covering(silences, incident.key, self.clock())
        known_as = self._plan.aliases.get(incident.key.operation)
        titles = self._plan.titles.get(incident.key.operation)
        return of_incident(incident, instance if living else None, told, held, known_as, titles)

    def story(self, incident: str) -> Story | None:
        """An incident's whole life; None where there is none of that id."""
        told = biography(self.database, incident, self.clock())
        if told is None:
            return None
        return Story(
            incident=self._status(told.incident, told.told),
            steps=told.steps,
            values=tuple(self._values(told.incident)),
            evidence=told.incident.fields,
            deliveries=told.deliveries,
        )

    def _values(self, incident: Incident) -> Sequence[tuple[datetime, float | None]]:
        """Its values by the recordings; where those are gone, the last ones that were kept."""
        rule = self._plan.rule(*incident.key[:2])
        source = self._plan.sources.get(incident.source)
        if rule is not None and source is not None:
            points = self._courses.course(rule, source, incident, self.clock())
            if sum(value is not None for _, value in points) > 1:
                return points
        return list(_kept(incident, source.cadence if source else timedelta(minutes=1)))

    # ---- sources, rules, receivers ----

    @property
    def _plan(self) -> Plan:
        return self.bot.cycle.plan

    def sources(self) -> Sequence[SourceStatus]:
        """Every source."""
        now, calls = self.clock(), dict[SourceKey, int]()
        zones = {key.operation: source.zone for key, source in self._plan.sources.items()}
        with self.database.reading() as connection:
            for operation, zone in zones.items():
                calls.update(look.calls(connection, operation, _midnight(now.astimezone(zone))))
        return list(sources(self.bot.cycle.known, self._plan, calls, self.bot.calls(), now))

    def rules(self) -> Sequence[RuleStatus]:
        """Every rule."""
        return list(
            rules(
                self.bot.cycle.known,
                self.book(),
                self._plan,
                self._fires(),
                self.review.tests(),
                self.review.latest(),
            )
        )

    def mind_rules(self) -> None:
        """Take in how their tests went and what they would have sent, and begin what is due."""
        self.review.look()

    def _fires(self) -> Mapping[tuple[str, str], Fires]:
        now = self.clock()
        if self._fired is None or not timedelta(0) <= now - self._fired[0] < FRESH:
            with self.database.reading() as connection:
                opened = look.opened_since(connection, now - WEEK)
            self._fired = now, fires(opened)
        return self._fired[1]

    def receivers(self) -> Sequence[ReceiverStatus]:
        """Every receiver."""
        with self.database.reading() as connection:
            traffic = look.traffic(connection, self.clock())
        return list(receivers(self.bot.cycle.known, self.book(), self._plan, traffic))

    def deliveries(
        self, *, receiver: str, state: str, before: int | None, limit: int
    ) -> Sequence[Delivery]:
        """Messages, the newest first, in front of that position."""
        with self.database.reading() as connection:
            return look.messages(
                connection, receiver=receiver, state=state, before=before, limit=limit
            )

    def hits(self) -> Sequence[Hits]:
        """What was announced today, by operation and rule."""
        now = self.clock()
        return [self._hits(rule, now) for rule in self._plan.rules.values() if rule.event]

    def _hits(self, rule: RulePlan, now: datetime) -> Hits:
        local = now.astimezone(self._plan.sources[rule.source].zone)
        with self.database.reading() as connection:
            times = look.announced(connection, rule.operation, rule.id, _midnight(local))
        hours = [0] * (local.hour + 1)
        for at in times:
            hours[min(at.astimezone(local.tzinfo).hour, local.hour)] += 1
        wanted = [self.book().receivers[name].target for name in rule.to]
        return Hits(
            operation=rule.operation,
            rule=rule.id,
            day=local.date().isoformat(),
            count=len(times),
            by_hour=tuple(hours),
            title=rule.text.title,
            target=max((target for target in wanted if target), default=None),
            last_at=times[-1] if times else None,
        )

    # ---- silences and acknowledgements ----

    def silences(self) -> Sequence[SilenceStatus]:
        """Those in force, planned, or ended within a week, in this order."""
        return [_silence(each) for each in desk.silences(self.database, self.clock())]

    def preview(self, asked: SilenceAsked) -> Sequence[IncidentStatus]:
        """What such a silence would hold now."""
        silence = self._silence(asked)
        found = [each for each in self._listed(self.clock()) if each.incident]
        return [each for each in found if covers(silence, key_of(each))]

    def add_silence(self, asked: SilenceAsked, how: str) -> SilenceStatus:
        """Have it judged at once."""
        silence = self._silence(asked)
        desk.add_silence(self.database, silence, how)
        self._have_judged(silence.id)
        known = self.bot.cycle.known.incidents.values()
        return _silence(desk.listed(silence, known, self.clock()))

    def end_silence(self, silence: str, author: str, how: str) -> None:
        """End it before its time."""
        desk.end_silence(self.database, silence, self.clock(), author, how)
        self.bot.heed()

    def acknowledge(self, asked: Word, how: str) -> None:
        """Write down that somebody has it."""
        desk.acknowledge(
            self.database, asked.incident, asked.author, self.clock(),
            until=asked.until, sticky=asked.sticky, how=how,
        )  # fmt: skip
        self.bot.heed()

    def unacknowledge(self, incident: str, author: str, how: str) -> None:
        """Write down that nobody has it after all."""
        desk.unacknowledge(self.database, incident, author, self.clock(), how)
        self.bot.heed()

    def _silence(self, asked: SilenceAsked) -> Silence:
        now = self.clock()
        starts = max(asked.start or now, now)
        return desk.new_silence(
            author=asked.author,
            comment=asked.comment,
            now=now,
            starts_at=starts,
            ends_at=asked.end or desk.end_of(starts, asked.span or timedelta(0), now),
            rules=asked.rule,
            entities=asked.entity,
            operations=asked.operation,
            weekly=asked.weekly,
            timezone=asked.timezone,
            until_resolved=asked.end_on_resolve,
        )

    def _have_judged(self, request: str) -> None:
        self.bot.heed()
        if refused := desk.judged(self.database, request):
            raise RequestError(refused)

    # ---- messages ----

    def samples(self) -> Sequence[str]:
        """Which messages there are to see."""
        return self.exhibition.names()

    def sample(self, name: str, language: str, kind: str) -> str | None:
        """One of them as a page of its own; empty where that kind of channel gets none."""
        return self.exhibition.page(name, language, kind)

    # ---- changes ----

    def changes(self, *, before: int | None, limit: int) -> Sequence[tuple[int, Change]]:
        """Who changed what, the latest first, each with its number."""
        with self.database.reading() as connection:
            return audit.changes(connection, limit, before)

    def note(self, change: Change) -> None:
        """Write down what somebody changed."""
        with self.database.transaction() as connection:
            audit.note(connection, change)


def _silence(given: desk.Listed) -> SilenceStatus:
    silence = given.silence
    return SilenceStatus(
        id=silence.id,
        state=given.state,
        author=silence.author,
        comment=silence.comment,
        rule=silence.rules,
        entity=silence.entities,
        operation=silence.operations,
        created=silence.created_at,
        start=silence.starts_at,
        end=silence.ended_at or silence.ends_at,
        weekly=silence.weekly or None,
        timezone=silence.timezone if silence.weekly else None,
        end_on_resolve=silence.until_resolved,
        ended_by=silence.ended_by or None,
        matches=given.matches,
    )


def _kept(incident: Incident, pace: timedelta) -> Iterator[tuple[datetime, float]]:
    """The last values: one a good reading, so that each is a cadence before the next."""
    behind = len(incident.trend) - 1
    for place, value in enumerate(incident.trend):
        yield incident.seen_at - pace * (behind - place), value


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)
