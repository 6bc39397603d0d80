"""Say one incident in words and numbers: who, what, how bad, since when, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notifier.core.facts.people import Aliases, called, renamed
from notifier.core.facts.state import (
    OWN_RULES,
    SOURCE_RULE,
    STORM_RULE,
    Closing,
    Incident,
    Scalar,
    Severity,
)
from notifier.core.judging.notice import Item, Reason, RuleText, Titles, shown_severity
from notifier.render import gates, trend
from notifier.render.clean import NAME, SENTENCE, cut
from notifier.render.manner import Manner

MARKS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}
RECOVERED, ENDED, HELD = "✅", "⚪", "⏸️"

Summarise = Callable[[str, Mapping[str, object], Manner], str]
"""Fill in a user's own summary; empty when it fails, so that the default words serve."""

_NAMED = "_name"  # a field that names the entity for people


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts the incidents of one notice into a receiver's words."""

    manner: Manner
    rule: RuleText
    now: datetime
    summarise: Summarise
    aliases: Aliases = field(default_factory=dict)
    titles: Titles = field(default_factory=dict)

    def say(self, key: str, **values: str) -> str:
        """A phrase of the receiver's language."""
        return self.manner.words.say(key, **values)

    # ---- who and what ----

    @property
    def what(self) -> str:
        """What people call the rule: its title, or its id as words."""
        return self._title(self.rule.title) or self._in_words(self.rule.id)

    def spoken(self, rule: str) -> str:
        """What people call any rule of the operation."""
        return self.title(rule) or self._in_words(rule)

    def title(self, rule: str) -> str:
        """The title of any rule of the operation, where it has one."""
        return self._title(self.titles.get(rule, {}))

    def _title(self, texts: Mapping[str, str]) -> str:
        return self.manner.text(self.manner.words.chosen(texts), NAME)

    def _in_words(self, rule: str) -> str:
        return self.manner.text(rule.replace("-", " ").replace("_", " "), NAME)

    def who(self, incident: Incident) -> str:
        """The entity, in a digest of many rules with its rule before it."""
        named = self.entity(incident)
        return f"{self.spoken(incident.key.rule)}: {named}" if self.digest else named

    @property
    def digest(self) -> bool:
        """Whether the message is about many rules."""
        return self.rule.id == STORM_RULE

    def entity(self, incident: Incident) -> str:
        """The entity as people know it: its name, and its key where that differs.

        An agent has the name that the team chose alone: nobody wants the id, too.
        """
        if chosen := self._chosen(incident):
            return chosen
        entity = self.manner.text(incident.key.entity or incident.key.operation, NAME)
        name = self.manner.text(self._called(incident), NAME)
        if not name or name.casefold() in entity.casefold():
            return entity
        return f"{name} ({entity})"

    def _called(self, incident: Incident) -> str:
        """The site's label for a group by address; else the entity's own name."""
        site = incident.fields.get("site")
        if isinstance(site, str) and "ip" in (self.rule.by or ()):
            return site
        return _name(renamed(incident.fields, self.aliases))

    def _chosen(self, incident: Incident) -> str:
        found = called(incident.key.entity, incident.fields, self.aliases)
        return self.manner.text(found, NAME) if found else ""

    def headline(self, incident: Incident) -> str:
        """What is wrong, where, with its number. The worst value once it is over.

        The user's own words serve to the end: nobody reads one language, then another.
        """
        if incident.key.rule in OWN_RULES:
            return self._source(incident)
        if summary := self.summary(incident):
            return summary
        value = self.value(incident if incident.open else None, incident)
        key = "headline.entity" if value else "headline.entity_without_value"
        return self.say(key, who=self.who(incident), what=self.what, value=value)

    def _source(self, incident: Incident) -> str:
        trouble = str(incident.fields.get("trouble") or "other")
        key = f"trouble.{trouble}"
        return self.of_source(
            key if key in self.manner.words.phrases else "trouble.other", incident
        )

    def of_source(self, key: str, incident: Incident) -> str:
        """A phrase about a source, or a receiver: then without its address."""
        operation, _, source = incident.key.entity.partition("/")
        if incident.key.rule != SOURCE_RULE:
            source = source.partition("/")[0]
        return self.say(
            key,
            source=self.manner.text(source, NAME),
            operation=self.manner.text(operation, NAME),
            until=self._until(incident),
        )

    def advice(self, incident: Incident) -> str:
        """What to do about a source's trouble, where that is known."""
        key = f"advice.{incident.fields.get('trouble')}"
        return self.of_source(key, incident) if key in self.manner.words.phrases else ""

    def end_of_source(self, incident: Incident) -> str:
        """How a source's trouble, or a receiver's, ended."""
        usual = f"{incident.key.rule}.closed"
        key = f"{usual}_{incident.fields.get('trouble')}"
        return self.of_source(key if key in self.manner.words.phrases else usual, incident)

    def _until(self, incident: Incident) -> str:
        """When a source is asked again."""
        until = incident.fields.get("until")
        return self.manner.time(datetime.fromisoformat(until), self.now) if until else ""  # type: ignore[arg-type]

    def summary(self, incident: Incident) -> str:
        """The user's own words for an entity, or nothing."""
        known = {
            "value": incident.value if incident.open else incident.worst,
            "threshold": incident.threshold,
            "entity": self._chosen(incident) or self.manner.text(incident.key.entity, NAME),
            "since": self.manner.time(incident.since, self.now),
        }
        return self.own_words(incident.fields, known)

    def own_words(self, fields: Mapping[str, Scalar], more: Mapping[str, object]) -> str:
        """The rule's own summary over these fields, or nothing."""
        template = self.manner.words.chosen(self.rule.summary)
        if not template:
            return ""
        clean = {
            name: self.manner.text(value) if isinstance(value, str) else value
            for name, value in renamed(fields, self.aliases).items()
        }
        return cut(
            self.manner.text(self.summarise(template, {**clean, **more}, self.manner)), SENTENCE
        )

    # ---- how bad ----

    def value(self, incident: Incident | None, worst_of: Incident | None = None) -> str:
        """The present value with its unit, or another's worst; empty where there is no number."""
        shown = incident or worst_of
        if shown is None:
            return ""
        value = incident.value if incident else shown.worst
        if value is None or isinstance(value, bool):
            return ""
        return self.manner.value(value, shown.unit)

    def limit(self, incident: Incident) -> str:
        """What the value is compared with: a limit above, or a target below."""
        if incident.threshold is None:
            return ""
        key = "fact.limit" if incident.direction == ">" else "fact.target"
        return self.say(key, value=self.manner.value(incident.threshold, incident.unit))

    def worst(self, incident: Incident) -> str:
        """The worst value, where it tells more than the present one."""
        if incident.open and incident.worst == incident.value:
            return ""
        value = self.value(None, incident)
        return self.say("fact.worst", value=value) if value else ""

    def sparkline(self, incident: Incident) -> tuple[str, str]:
        """The last values as blocks, and a word for them."""
        line = trend.sparkline(incident.trend, incident.threshold)
        word = trend.direction(incident.trend, incident.threshold)
        return line, self.say(f"trend.{word}") if word else ""

    def held(self, incident: Incident) -> str:
        """Why its data are not moving, if so."""
        known = f"held.{incident.held}" in self.manner.words.phrases
        if not incident.open or not incident.held or incident.key.rule in OWN_RULES or not known:
            return ""
        return self.say(f"held.{incident.held}", time=self.manner.time(incident.seen_at, self.now))

    # ---- since when, and how it ended ----

    def lasted(self, incident: Incident) -> str:
        """How long, from the first sign of it to its end, or to now."""
        return self.manner.span((incident.closed_at or self.now) - incident.since)

    def mark(self, incident: Incident) -> str:
        """Its state as a sign; the word is always beside it."""
        if incident.open:
            return HELD if self.held(incident) else MARKS[incident.severity]
        return RECOVERED if incident.closing is Closing.RECOVERED else ENDED

    def state(self, incident: Incident) -> str:
        """Its state as a word: the severity, or how it ended."""
        if incident.open:
            return self.say(f"severity.{incident.severity.value}")
        return self.ending(incident.closing, self.lasted(incident))

    def ending(self, closing: Closing | None, span: str) -> str:
        """How it ended. Only a recovery is called one."""
        key = closing.value.replace(" ", "_") if closing else "mixed"
        return self.say(f"closing.{key}", span=span)

    def change(self, item: Item) -> str:
        """What is new of an incident, in one line without its name."""
        incident, said = item.incident, gates.turned(item, self.manner, self.now)
        if incident.open and item.reason is Reason.CHANGE and said and self._unmoved(item):
            return " · ".join(said)
        kept = gates.kept(item, self.manner, self.now)
        flaps = gates.flapping(incident, self.manner, item.before, "line.flapping")
        return " · ".join(filter(None, (self._moved(item), kept, *said, flaps)))

    def _unmoved(self, item: Item) -> bool:
        """Whether the numbers are as people last saw them."""
        before, incident = item.before, item.incident
        return before is not None and (before.value, before.held, shown_severity(before)) == (
            incident.value, incident.held, incident.severity,
        )  # fmt: skip

    def _moved(self, item: Item) -> str:
        incident = item.incident
        if not incident.open:
            return " · ".join(filter(None, (self.state(incident), self.worst(incident))))
        if held := self.held(incident):
            return held
        value, was = self.value(incident), self._was(item)
        if item.back is not None and item.back.closed_at is not None:
            key = "line.back" if value else "line.back_without_value"
            away = self.manner.span(incident.opened_at - item.back.closed_at)
            return self.say(key, value=value, span=away)
        if (
            item.reason is Reason.CHANGE
            and item.before
            and shown_severity(item.before) != incident.severity
        ):
            key = "line.raised"  # in the same words: it is milder now
        elif item.reason is Reason.CHANGE:
            key = "line.change" if value and was and was != value else "line.same"
        else:
            key = f"line.{item.reason.value}"
        if key != "line.change" and not value:
            key += "_without_value"
        return self.say(
            key, value=value, was=was, span=self.lasted(incident), severity=self.state(incident)
        )

    def _was(self, item: Item) -> str:
        if item.was is None or isinstance(item.was, bool):
            return ""
        return self.manner.value(item.was, item.incident.unit)


def _name(fields: Mapping[str, Scalar]) -> str:
    named = (v for k, v in fields.items() if k.endswith(_NAMED) and isinstance(v, str))
    return next(named, "")
