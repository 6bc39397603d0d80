"""Answer the page's questions about the past: why people were told, and what other rules had told.

Each plays recorded readings again, which takes a while: one at a time, beside the bot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from notifier.core.judging.notice import Notice
from notifier.core.language.expression import ExpressionError
from notifier.core.rules.compiled import Rulebook
from notifier.core.trial.whatif import with_condition
from notifier.errors import RequestError, StateError
from notifier.hindsight.explained import Looked, Subject, look
from notifier.hindsight.replayed import replay
from notifier.hindsight.tapes import RecordedTape, covered
from notifier.store.database import Database
from notifier.web.desk import Answered, Asked, Reasoned, Sent, Tried

BUSY = "somebody else looks back just now, which takes a while; try again when that is done"
LONGEST = timedelta(days=35)


@dataclass(slots=True)
class Lookback:
    """The recordings, and the rules that are in force.

    Attributes:
        speak: Puts a notice into one line.
    """

    database: Database
    book: Callable[[], Rulebook]
    clock: Callable[[], datetime]
    speak: Callable[[Notice], str]
    _busy: Lock = field(default_factory=Lock)

    def explain(self, asked: Asked) -> Answered:
        """Why people were told of an entity at that time, or why not.

        Raises:
            RequestError: there is no such rule there, or somebody else looks back.
        """
        rules = {(rule.operation, rule.rule.id) for rule in self.book().rules}
        if (asked.operation, asked.rule) not in rules:
            raise RequestError(f"there is no rule `{asked.rule}` in `{asked.operation}`")
        about = Subject(asked.rule, asked.entity, asked.operation, asked.at or self.clock())
        with self._alone():
            return _answered(about, look(self.database, self.book(), about))

    def what_if(self, operation: str, rule: str, when: str, days: int) -> Tried:
        """What a rule told in the last days, and what it had told with another condition.

        Raises:
            RequestError: the condition cannot be read, nothing is recorded, or as ``explain``.
        """
        book = self.book()
        try:
            other = with_condition(book, operation, rule, when)
        except ExpressionError as error:
            raise RequestError(error.text) from None
        with self._alone():
            was = self._told(book, rule, operation, days)
            return Tried(was=was, would=self._told(other, rule, operation, days))

    def _told(self, book: Rulebook, rule: str, operation: str, days: int) -> tuple[Sent, ...]:
        now = self.clock()
        since = now - min(timedelta(days=days), LONGEST)
        tape = RecordedTape(self.database, since, now, only=frozenset({rule}))
        return tuple(
            Sent(
                at=each.at, reason=each.reason, entity=each.entity, receiver=each.receiver,
                text=each.text,
            )
            for each in replay(tape, book, speak=self.speak).told
            if (each.operation, each.rule) == (operation, rule) and each.loud
        )  # fmt: skip

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            covered(self.database)
        except StateError:
            raise RequestError("nothing is recorded yet; let the bot poll for a while") from None
        if not self._busy.acquire(blocking=False):
            raise RequestError(BUSY)
        try:
            yield
        finally:
            self._busy.release()


def _answered(about: Subject, looked: Looked) -> Answered:
    told = looked.explanation
    return Answered(
        rule=about.rule,
        operation=about.operation,
        entity=about.entity,
        at=told.at if told else None,
        told=bool(told and told.told),
        reason=told.reason if told else "",
        said=told.said if told else "no good poll of it is recorded within the day before",
        value=told.value if told else None,
        inputs=dict(told.inputs) if told else {},
        day=tuple(
            Reasoned(since=run.since, until=run.until, reason=run.reason, polls=run.polls)
            for run in looked.day
        ),
    )
