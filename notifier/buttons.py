"""Do what people press in Slack: see who may, find what is meant, and ask for it at the desk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from notifier import desk, logs
from notifier.channels.slack_buttons import ACKNOWLEDGE, Press
from notifier.core.facts.state import Conversation, Incident
from notifier.core.judging.plan import Plan
from notifier.errors import RequestError, StateError
from notifier.store.database import Database

log = logs.logger("buttons")

SPAN = timedelta(hours=1)  # of a silence by button
GROUP = "S"  # how ids of Slack's user groups begin


@dataclass(frozen=True, slots=True)
class Buttons:
    """What pressing does.

    Attributes:
        plan: The rules in force: they say whose press counts.
        in_group: Whether a user is of a user group.
        say: A phrase by language and key.
    """

    database: Database
    plan: Callable[[], Plan]
    in_group: Callable[[str, str], bool]
    say: Callable[[str, str], str]

    def press(self, press: Press) -> str:
        """Do it; return what to tell who pressed, where the message itself will not say it."""
        try:
            return self._press(press)
        except StateError as error:
            log.error("database trouble", error=str(error))
            return self.say("en", "button.later")

    def _press(self, press: Press) -> str:
        known = desk.remembered(self.database, press.at)
        talk = known.conversations.get(press.conversation)
        if talk is None:
            return self.say("en", "button.over")
        if not self._may(talk, press.user):
            log.warning("press refused", receiver=talk.receiver, user=press.user)
            return self.say(talk.language, "button.not_you")
        members = [known.incidents[each] for each in talk.members if each in known.incidents]
        still_open = [incident for incident in members if incident.open]
        if not still_open:
            return self.say(talk.language, "button.over")
        if press.action == ACKNOWLEDGE:
            return self._acknowledge(talk, still_open, press)
        return self._silence(talk, still_open, press)

    def _may(self, talk: Conversation, user: str) -> bool:
        """Whoever sees the channel, unless its receiver names who may."""
        reach = self.plan().reaches.get((talk.operation, talk.receiver))
        if reach is None or not user:
            return False
        allowed = reach.buttons
        groups = (each for each in allowed if each.startswith(GROUP))
        return not allowed or user in allowed or any(self.in_group(g, user) for g in groups)

    def _acknowledge(self, talk: Conversation, members: list[Incident], press: Press) -> str:
        for incident in members:
            if not incident.acknowledged_by:
                try:
                    desk.acknowledge(self.database, incident.id, press.name, press.at)
                except RequestError as error:
                    return str(error)
        log.info("acknowledged", receiver=talk.receiver, rule=talk.rule, by=press.name)
        return ""

    def _silence(self, talk: Conversation, members: list[Incident], press: Press) -> str:
        entities = [incident.key.entity for incident in members]
        try:
            silence = desk.new_silence(
                author=press.name,
                comment=self.say(talk.language, "button.comment"),
                now=press.at,
                ends_at=press.at + SPAN,
                rules=[talk.rule],
                entities=entities if len(entities) <= desk.PATTERNS else [],
                operations=[talk.operation],
            )
        except RequestError as error:
            return str(error)
        desk.add_silence(self.database, silence)
        log.info("silenced", receiver=talk.receiver, rule=talk.rule, by=press.name)
        return self.say(talk.language, "button.silenced")
