"""Ask wolkvox: each source of an operation once, one after another, each a call of the day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from notifier.core.examination import diagnosis, lately
from notifier.core.examination.clockwork import Counters
from notifier.core.examination.diagnosis import Examined
from notifier.core.examination.finding import Finding, skipped
from notifier.core.facts.state import SourceKey, SourceState
from notifier.core.judging.plan import SourcePlan
from notifier.core.payload.decode import read
from notifier.core.payload.endpoint import spread
from notifier.core.rules.budget import TokenInfo
from notifier.core.rules.compiled import Rulebook
from notifier.errors import PollError, Trouble
from notifier.purse import Purse
from notifier.wolkvox.client import Client
from notifier.wolkvox.endpoints import CATALOGUE
from notifier.wolkvox.reader import window

USELESS = frozenset({Trouble.TOKEN, Trouble.QUOTA, Trouble.NETWORK, Trouble.TLS, Trouble.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation to look at.

    Attributes:
        setting: The variable that holds its token.
        purse: What the day's calls are counted with; shared with a notifier that runs.
        counters: The recorded counters of its queues, in their order; empty where there are none.
        states: What is known of sources from before.
    """

    name: str
    book: Rulebook
    sources: Sequence[SourcePlan]
    setting: str
    client: Client
    purse: Purse
    clock: Callable[[], datetime]
    counters: Sequence[tuple[datetime, Counters]] = ()
    states: Mapping[SourceKey, SourceState] = field(default_factory=dict)

    @property
    def group(self) -> str:
        return f"wolkvox {self.name}"

    def look(self) -> Iterator[Finding]:
        """Ask, then say what the answers tell."""
        seen = list(self.examine())
        group, told = self.group, self.book.operations[self.name]
        yield diagnosis.token(group, seen, self.setting)
        yield from (replace(diagnosis.endpoint(group, each), calls=1) for each in seen)
        yield from self._unasked(seen)
        yield self._quota(seen)
        yield diagnosis.clock(group, seen)
        if seen:
            yield diagnosis.zone(group, seen, seen[0].source.zone)
        yield from (finding for each in seen for finding in diagnosis.values(group, each))
        yield diagnosis.decimals(group, seen)
        yield from diagnosis.hits(group, seen)
        queues = [row for each in seen for row in each.rows("stat_inbound", "stat_answer")]
        yield diagnosis.level_base(group, queues, told.level_base)
        yield from (finding for each in seen for finding in diagnosis.relations(group, each))
        yield diagnosis.latency_kind(group, seen, told.latency_kind)
        if seen:
            yield diagnosis.resets(group, self.counters, seen[0].source.zone)
        for source in self.sources:
            if source.key in self.states:
                state = self.states[source.key]
                yield from lately.met(group, state, seen, source.zone)
                yield from lately.falls(group, state, source.zone)

    def examine(self) -> Iterator[Examined]:
        """Ask each source once; no more of them once it is clear that none can be had."""
        for source in self.sources:
            found = self._examined(source)
            yield found
            if found.error is not None and found.error.kind in USELESS:
                return

    def _examined(self, source: SourcePlan) -> Examined:
        asked, state = self.clock(), self.states.get(source.key)
        before = state is not None and state.good_at is not None
        params = next(iter(spread(source.params)))
        try:
            answer = self.client.fetch(source.endpoint, params, window(source, asked))
        except PollError as error:
            return Examined(source, asked, self.clock(), error=error, before=before)
        answered = self.clock()
        try:
            here = answered.astimezone(source.zone)
            decoded = read(answer, source.endpoint, source.hit_values, here=here)
        except PollError as error:
            return Examined(source, asked, answered, answer, error=error, before=before)
        return Examined(source, asked, answered, answer, decoded, before=before)

    def _unasked(self, seen: Sequence[Examined]) -> Iterator[Finding]:
        for source in self.sources[len(seen) :]:
            yield skipped(self.group, f"source {source.key.source}", "not asked after that")

    def _quota(self, seen: Sequence[Examined]) -> Finding:
        """Ask wolkvox how much is left, unless it is clear that it will not say."""
        useless = any(each.error is not None and each.error.kind in USELESS for each in seen)
        said = TokenInfo() if useless else self._token_info()
        found = diagnosis.quota(self.group, self.purse.quota, self.purse.spent(), said)
        return found if useless else replace(found, calls=1)

    def _token_info(self) -> TokenInfo:
        """What the platform says of the day; nothing where it does not say."""
        endpoint = CATALOGUE["token_info"]
        try:
            rows = read(self.client.fetch(endpoint, {}), endpoint).collections[""]
        except PollError:
            return TokenInfo()
        row: Any = rows[0] if rows else None
        return TokenInfo(
            limit=_whole(getattr(row, "token_limit", None)),
            all_today=_whole(getattr(row, "all_token_today", None)),
            left=_whole(getattr(row, "available_consumption_options", None)),
        )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def counters_of(rows: Mapping[str, object]) -> Counters:
    """The calls that came to each queue of a snapshot."""
    found = ((key, getattr(row, "stat_inbound", None)) for key, row in rows.items())
    return {key: count for key, count in found if isinstance(count, float)}
