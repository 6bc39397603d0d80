"""The core as one function: what a user would say of it, and what must hold whatever happens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs

from notifier.core.decide import decide, next_due
from notifier.core.facts.state import (
    SOURCE_RULE,
    Closing,
    Conversation,
    Incident,
    Instance,
    InstanceKey,
    Phase,
    Severity,
    SourceState,
    Told,
)
from notifier.core.judging.flapping import WINDOW
from notifier.core.judging.known import Decision, Known
from notifier.core.judging.notice import Item, Notice, Reason
from notifier.core.judging.plan import Plan, muted_until
from notifier.core.judging.request import Acknowledge, Unacknowledge
from notifier.core.judging.silence import Silence
from notifier.errors import Trouble
from tests.builders import (
    HEAD,
    HITS,
    NEW_HIT,
    OPERATION,
    Play,
    Record,
    agent,
    clock,
    hit,
    rejection,
    rules,
)

# ---- as a user would say it ----


def test_ten_minutes_of_observed_breach_alert_and_a_failed_poll_does_not_count() -> None:
    play = Play(rejection('for = "10m"\nto = ["team-leads", "on-call"]'))
    bad = agent("12004-ANA", "2")
    assert play.poll(0, bad) == []
    assert play.fail(5) == []
    assert play.poll(10, bad) == []
    assert play.poll(15, bad) == []
    assert play.poll(20, bad) == ["team-leads open 12004", "on-call open 12004"]


def test_the_same_incident_has_the_same_id_in_every_run() -> None:
    def run() -> str:
        play = Play(rejection())
        play.poll(0, agent("12004", 2))
        return play.incident("12004").id

    assert run() == run()


def test_a_decision_holds_only_what_changed() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004", 2), agent("12005", 2))
    play.poll(5, agent("12004", 3), agent("12005", 2))
    assert {told.value for told in play.last.told.values()} == {3.0}
    play.poll(10, agent("12004", 3), agent("12005", 2))
    assert (play.last.notices, {**play.last.told}, {**play.last.conversations}) == ((), {}, {})


def test_nothing_is_due_where_nothing_was_ever_read() -> None:
    assert next_due(Known(), rules(rejection())) is None


def test_nothing_is_due_where_nothing_is_open() -> None:
    play = Play(rejection('repeat = "2h"'))
    play.poll(0, agent("12004", 0))
    assert next_due(play.known, play.plan) is None


def test_the_next_reminder_is_due_after_the_last_one() -> None:
    play = Play(rejection('repeat = "2h"'))
    play.poll(0, agent("12004", 2))
    assert next_due(play.known, play.plan) == clock(120)
    play.stay(120)
    assert next_due(play.known, play.plan) == clock(240)


def test_a_clock_set_back_asks_for_no_timer_twice() -> None:
    play = Play(rejection('repeat = "2h"'))
    play.poll(0, agent("12004", 2))
    play.stay(120)
    play.poll(60, agent("12004", 2))
    assert play.known.at == clock(60)
    assert next_due(play.known, play.plan) == clock(240)


@pytest.mark.parametrize(
    ("back", "at_once"),
    [(2, []), (3, []), (4, ["team-leads open 12004"])],  # far ahead, it waits for nothing
)
def test_a_clock_set_back_a_little_opens_nothing_before_its_wait(
    back: float, at_once: list[str]
) -> None:
    play = Play(rejection('group_wait = "3m"'))
    assert play.poll(10, agent("12004", 2)) == []

    assert play.reload(10 - back, play.plan) == at_once
    assert play.wait(12.5) == []
    assert at_once or play.wait(13) == ["team-leads open 12004"]


# ---- whatever happens ----

SPANS = st.sampled_from([5.0] * 8 + [0.5, 1.0, 5.5, 15.0, 21.0, 60.0, 130.0, -2.0])
AGENTS = ("1", "2", "3", "4")
# Absent, blank, well, in the band, bad, worse; bad ones are the most interesting.
VALUES = st.sampled_from(["absent", None, 0, 0, 0.7, 2, 2, 2, 6])
FOR = KEEP = 600.0
GAP = 1200.0

LOSS = """
[[rule]]
id = "loss"
on = "latency.by_agent"
when = "ploss > 3"
of = "2/3"
missing = "hold"
group = ["ip"]
to = ["team-leads"]
"""

LINK = """
[[rule]]
id = "site-link"
on = "latency.by_agent"
by = "ip"
when = "count() >= 2 and share(ploss >= 3) >= 0.6"
severity = "critical"
to = ["on-call"]
"""


class Rules(NamedTuple):
    """What a user may have written."""

    name: str = "network-rejection"
    threshold: int = 1
    there: bool = True
    link: bool = True
    repeat: bool = True
    both: bool = True
    leads: bool = True
    wait: bool = False
    flapping: bool = True
    back: bool = False

    @property
    def plan(self) -> Plan:
        texts = [NEW_HIT, LOSS]
        if self.there:
            texts.append(self.rejection())
        if self.link:
            texts.append(LINK + (f'explains = ["{self.name}"]' if self.there else ""))
        if self.leads:
            return rules(*texts, head=QUIET_HEAD)
        texts = [text.replace('"team-leads"', '"on-call"') for text in texts]
        return rules(*texts, head=QUIET_HEAD, team_leads="")

    def rejection(self) -> str:
        was = {"network-rejection": "rejected", "rejected": "network-rejection"}[self.name]
        more = f"""
            id = "{self.name}"
            was = "{was}"
            when = "network_rejection > {self.threshold}"
            clear = "network_rejection <= 0.5"
            critical = "network_rejection > 5"
            for = "10m"
            keep = "10m"
        """
        more += 'repeat = "1h"\n' if self.repeat else ""
        more += 'group_wait = "3m"\n' if self.wait else ""
        more += "" if self.flapping else "flapping = false\n"
        more += 'reopen_within = "15m"\n' if self.back else ""
        more += 'to = ["team-leads", "on-call"]\n' if self.both and self.leads else ""
        return rejection(more)


# Of on-call, who gets mail; and more than one new message a minute is a storm.
QUIET_HEAD = HEAD + 'quiet = "10:30-12:00"\nstorm = 1\n'
NAMES = {"network-rejection", "rejected"}


@dataclasses.dataclass
class Seen:
    """What the test itself saw of one agent: seconds of breach and of health."""

    bad: float = 0.0
    well: float = 0.0
    bad_at: datetime | None = None
    well_at: datetime | None = None
    poll: int = -1
    was: str = ""

    def look(self, what: str, at: datetime, poll: int) -> None:
        """Count the span since the poll before, where both polls say the same."""
        adjacent = self.was == what and self.poll == poll - 1
        if what == "bad":
            self.bad = self._longer(self.bad, self.bad_at, at, adjacent=adjacent)
            self.well, self.bad_at, self.well_at = 0.0, at, None
        elif what == "well":
            self.well = self._longer(self.well, self.well_at, at, adjacent=adjacent)
            self.bad, self.well_at, self.bad_at = 0.0, at, None
        elif what == "band":
            self.bad, self.well = 0.0, 0.0
        self.was, self.poll = what, poll

    @staticmethod
    def _longer(total: float, last: datetime | None, at: datetime, *, adjacent: bool) -> float:
        span = (at - last).total_seconds() if last else 0.0
        if not 0 <= span <= GAP:
            return 0.0
        return total + (span if adjacent else 0.0)


def stored(known: Known) -> Known:
    """What is known, as it comes back from a store that keeps its values as JSON."""
    return dataclasses.replace(
        known,
        sources={key: _stored(value, SourceState) for key, value in known.sources.items()},
        instances={key: _stored(value, Instance) for key, value in known.instances.items()},
        incidents={key: _stored(value, Incident) for key, value in known.incidents.items()},
        conversations={k: _stored(value, Conversation) for k, value in known.conversations.items()},
        silences={key: _stored(value, Silence) for key, value in known.silences.items()},
        ended={key: _stored(value, Incident) for key, value in known.ended.items()},
        told={
            incident: {receiver: _stored(value, Told) for receiver, value in told.items()}
            for incident, told in known.told.items()
        },
    )


def noted(known: Known) -> list[Incident]:
    """The incidents, but for the last reason why nobody heard of them: that is not told."""
    return [structs.replace(incident, untold="") for incident in known.incidents.values()]


def shown(decision: Decision) -> Decision:
    """A decision without the past, which is no value: nothing says whether two are equal."""
    return dataclasses.replace(decision, known=dataclasses.replace(decision.known, histories={}))


T = TypeVar("T")


def _stored(value: T, kind: type[T]) -> T:
    return msgspec.json.decode(msgspec.json.encode(value), type=kind)


class AnyLife(RuleBasedStateMachine):
    """Readings of all kinds in any order, on a clock of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.written = Rules()
        self.play = Play(self.written.plan)
        self.minute = 0.0
        self.values: dict[str, object] = dict.fromkeys(AGENTS, 0)
        self.broken = ""
        self.said: dict[tuple[str, str], list[Reason]] = {}
        self.cheered: set[tuple[str, str]] = set()
        self.revisions: dict[str, int] = {}
        self.over: set[str] = set()
        self.seen = {name: Seen() for name in AGENTS}
        self.polls = 0
        self.silences = 0
        self.flaps: set[str] = set()

    # ---- what happens ----

    @initialize(
        flags=st.fixed_dictionaries(
            {key: st.booleans() for key in ("link", "repeat", "both", "wait", "flapping", "back")}
        ),
        begin=st.sampled_from([0.0, 20.0, 110.0]),
    )
    def begin(self, flags: dict[str, bool], begin: float) -> None:
        self.written = Rules(**({**Rules()._asdict()} | flags))
        self.play = Play(self.written.plan)
        self.minute = begin

    @rule(
        span=SPANS,
        values=st.dictionaries(st.sampled_from(AGENTS), VALUES, min_size=1),
        broken=st.sampled_from(["", "", "10.0.0.0", "10.0.0.1"]),
    )
    def poll(self, span: float, values: dict[str, object], broken: str) -> None:
        """Some agents' values change; the others' stay."""
        self.values |= values
        self.broken = broken
        self.again(span)

    @rule(times=st.integers(2, 4))
    def time_goes_by(self, times: int) -> None:
        """Nothing changes for a while: ``for`` and ``keep`` need that."""
        for _ in range(times):
            self.again(5.0)

    def again(self, span: float) -> None:
        at = self.advance(span)
        self.polls += 1
        for name, value in self.values.items():
            self.seen[name].look(self.said_of(value), at, self.polls)
        rows = [self.row(name) for name in AGENTS if self.values[name] != "absent"]
        self.judge(lambda: self.play.poll(self.minute, *rows))
        self.check_blanks()
        self.check_reasons()

    def row(self, name: str) -> Record:
        ip = "10.0.0.0" if name in "12" else "10.0.0.1"
        lost = ip == self.broken or name in self.flaps
        return agent(name, self.values[name], ip=ip, tx_ploss=10 if lost else 0)

    @rule(span=SPANS, trouble=st.sampled_from(Trouble))
    def fail(self, span: float, trouble: Trouble) -> None:
        self.advance(span)
        self.polls += 1
        before = self.truth()
        self.judge(lambda: self.play.fail(self.minute, trouble))
        assert self.truth() == before

    @rule(span=SPANS, keys=st.sets(st.sampled_from("12345")), said=st.sampled_from(["yes", "no"]))
    def hits(self, span: float, keys: set[str], said: str) -> None:
        self.advance(span)
        before = self.truth()
        rows = [hit(key, said) for key in sorted(keys)]
        self.judge(lambda: self.play.poll(self.minute, *rows, source=HITS))
        assert self.truth() == before

    @rule(times=st.integers(4, 9), name=st.sampled_from(AGENTS))
    def flap(self, times: int, name: str) -> None:
        """One agent's packets are lost every other minute."""
        for number in range(times):
            self.flaps = {name} if number % 2 == 0 else set()
            self.again(1.0)
            self.again(2.0)

    @rule(
        span=SPANS,
        lasts=st.sampled_from([3.0, 12.0, 25.0, 90.0]),
        names=st.sets(st.sampled_from(AGENTS)),
        flags=st.fixed_dictionaries({k: st.booleans() for k in ("until_resolved", "still_open")}),
    )
    def silence(self, span: float, lasts: float, names: set[str], flags: dict[str, bool]) -> None:
        """Somebody silences some agents, or everything."""
        self.wait(span)
        before = self.truth()
        self.silences += 1
        given = {"id": f"silence {self.silences}", "rules": (), "entities": tuple(sorted(names))}
        self.judge(lambda: self.play.silence(self.minute, self.minute + lasts, **given, **flags))
        assert self.truth() == before

    @rule(span=SPANS, number=st.integers(1, 9))
    def end_silence(self, span: float, number: int) -> None:
        self.wait(span)
        before = self.truth()
        self.judge(lambda: self.play.end_silence(self.minute, f"silence {number}"))
        assert self.truth() == before

    @rule(
        span=SPANS, data=st.data(), lasts=st.sampled_from([None, 7.0, 90.0]), sticky=st.booleans()
    )
    def acknowledge(
        self, span: float, data: st.DataObject, lasts: float | None, sticky: bool
    ) -> None:
        """Somebody has an incident, or has it no more."""
        self.wait(span)
        open_ones = sorted(i.id for i in self.play.known.incidents.values() if i.open)
        if not open_ones:
            return
        chosen = data.draw(st.sampled_from(open_ones))
        before = self.truth()
        until = None if lasts is None else clock(self.minute + lasts)
        taken = self.play.known.incidents[chosen].acknowledged_by
        asked = Unacknowledge(chosen) if taken else Acknowledge(chosen, "ana", until, sticky)
        self.judge(lambda: self.play.ask(self.minute, asked))
        assert self.truth() == before

    @rule(span=SPANS)
    def wait(self, span: float) -> None:
        self.advance(span)
        before = self.truth()
        self.judge(lambda: self.play.wait(self.minute))
        assert self.truth() == before

    @rule(span=SPANS)
    def reload_equal_rules(self, span: float) -> None:
        self.wait(abs(span))  # at an earlier time a silence would not have begun
        if self.far_ahead():
            return
        before = self.play.known
        assert self.judge(lambda: self.play.reload(self.minute, self.written.plan)) == []
        after = self.play.known
        assert (after.instances, noted(after)) == (before.instances, noted(before))
        assert (after.told, after.conversations) == (before.told, before.conversations)

    def far_ahead(self) -> bool:
        """Whether something opened on a clock so far ahead that it waits for nothing now."""
        then = clock(self.minute) + timedelta(minutes=3)
        return any(i.open and i.opened_at > then for i in self.play.known.incidents.values())

    @rule(span=SPANS, key=st.sampled_from(Rules._fields))
    def edit_one_thing(self, span: float, key: str) -> None:
        self.wait(span)
        before = self.play.known.instances
        self.written = self.edited(key)
        self.judge(lambda: self.play.reload(self.minute, self.written.plan))
        edited = {"link": {"site-link"}, "leads": set[str]()}.get(key, NAMES)
        others = {k: i for k, i in before.items() if k.rule not in edited}
        after = {k: i for k, i in self.play.known.instances.items() if k.rule not in edited}
        assert after == others
        if not self.written.there:
            self.seen = {name: Seen() for name in AGENTS}

    def edited(self, key: str) -> Rules:
        match key:
            case "name":
                (other,) = NAMES - {self.written.name}
                return self.written._replace(name=other)
            case "threshold":
                return self.written._replace(threshold=4 - self.written.threshold)
            case _:
                return Rules(**(self.written._asdict() | {key: not getattr(self.written, key)}))

    def said_of(self, value: object) -> str:
        if not isinstance(value, int | float):
            return "unknown"
        if value > self.written.threshold:
            return "bad"
        return "well" if value <= 0.5 else "band"

    def advance(self, span: float) -> datetime:
        self.minute = max(self.minute + span, 0.0)
        return clock(self.minute)

    def truth(self) -> object:
        """What is true, the sources' own health and shown words left out."""
        known = self.play.known
        lasting = [
            (i.id, i.closing, i.severity, i.value)
            for i in known.incidents.values()
            if i.key.rule != SOURCE_RULE and i.open
        ]
        return known.instances, sorted(lasting)

    # ---- what must hold of every decision ----

    def judge(self, act: Callable[[], list[str]]) -> list[str]:
        known, done = self.play.known, len(self.play.decisions)
        heard = act()
        for decision in self.play.decisions[done:]:
            self.check(known, decision)
            known = decision.known
        return heard

    def check(self, before: Known, decision: Decision) -> None:
        for notice in decision.notices:
            self.check_conversation(notice)
            self.check_events(notice)
            for item in notice.items:
                self.check_item(item, notice, decision.at)
        self.check_turns(before, decision)
        self.check_instances(decision.known)

    def check_conversation(self, notice: Notice) -> None:
        talk = notice.conversation
        assert talk.id not in self.over, "a closed message is not touched again"
        assert talk.revision == self.revisions.get(talk.id, 0) + 1
        self.revisions[talk.id] = talk.revision
        if talk.closed:
            self.over.add(talk.id)
        if notice.ending:
            return
        assert notice.items or notice.announces
        assert notice.members == len(talk.members) == len(set(talk.members))
        gone = {item.back.id for item in notice.items if item.back}  # others go on in their stead
        assert {item.incident.id for item in notice.items} - gone <= set(talk.members)
        assert not gone & set(talk.members)

    def check_events(self, notice: Notice) -> None:
        """I8: an event is announced at most once to a receiver."""
        told = {(notice.conversation.receiver, event.key) for event in notice.events}
        assert len(told) == len(notice.events)
        assert notice.corrects is bool(told & self.cheered) or not told
        assert not notice.corrects or told <= self.cheered
        self.cheered |= told

    def check_item(self, item: Item, notice: Notice, at: datetime) -> None:
        """I1 and I10: one open, at most one close, nothing before and nothing after."""
        said = self.said.setdefault((item.incident.id, notice.conversation.receiver), [])
        assert (item.reason is Reason.OPEN) is (not said)
        assert Reason.CLOSE not in said
        assert (item.reason is Reason.CLOSE) is (not item.incident.open)
        said.append(item.reason)
        if item.reason is Reason.OPEN:
            assert not item.incident.explained_by
        if item.reason in (Reason.REPEAT, Reason.RAISED, Reason.OPEN) and not item.silent:
            assert self.loud(item.incident, notice.conversation, at)
            self.check_gates(item)
        if item.silent:
            assert item.reason in (Reason.OPEN, Reason.CLOSE)

    def check_gates(self, item: Item) -> None:
        """What is silenced notifies nobody; of what somebody has nobody is reminded."""
        incident = item.incident
        assert not incident.silence
        if item.reason is Reason.REPEAT:
            assert not incident.acknowledged_by
        if item.reason is Reason.RAISED:
            assert not (incident.acknowledged_by and incident.sticky)

    def loud(self, incident: Incident, talk: Conversation, at: datetime) -> bool:
        """Whether the receiver may be disturbed."""
        reach = self.play.plan.reaches.get((talk.operation, talk.receiver))
        quiet = reach is not None and muted_until(reach, at) is not None
        return incident.severity is Severity.CRITICAL or not quiet

    def check_turns(self, before: Known, decision: Decision) -> None:
        """I3: it opens after an observed breach, and recovers after observed health."""
        for incident in decision.incidents.values():
            if incident.key.rule not in NAMES:
                continue
            seen = self.seen[incident.key.entity]
            if incident.id not in before.incidents and incident.open:
                assert seen.bad >= FOR
            if incident.closing is Closing.RECOVERED:
                assert seen.well >= KEEP

    def check_instances(self, known: Known) -> None:
        """An instance that is open has its incident, and the other way round."""
        lasting = (Phase.OPEN, Phase.RECOVERING)
        open_instances = {i.incident for i in known.instances.values() if i.phase in lasting}
        open_incidents = {
            i.id for i in known.incidents.values() if i.open and i.key.rule != SOURCE_RULE
        }
        assert open_instances == open_incidents
        assert all((i.incident is None) or i.phase in lasting for i in known.instances.values())

    def check_blanks(self) -> None:
        """I2: a blank moves nothing."""
        *_, decision = self.play.decisions
        before = self.play.decisions[-2].known if len(self.play.decisions) > 1 else Known()
        for name in (name for name, value in self.values.items() if value is None):
            for rule_id in NAMES:
                key = InstanceKey(OPERATION, rule_id, name)
                was, now = before.instances.get(key), decision.known.instances.get(key)
                assert (was and was.phase) == (now and now.phase)
                assert (was and was.observed) == (now and now.observed)

    def check_reasons(self) -> None:
        """I7: of each instance people are told, or there is one reason why not."""
        decision = self.play.last
        told = {item.incident.key for notice in decision.notices for item in notice.items}
        assert not told & decision.reasons.keys()
        mattering = {*decision.known.instances, *decision.instances}
        mattering |= {i.key for i in decision.known.incidents.values() if i.open}
        assert mattering <= told | decision.reasons.keys()
        assert sum(decision.counts.values()) == len(decision.reasons)

    # ---- what must hold at any time ----

    @invariant()
    def whoever_heard_of_the_open_hears_of_the_close(self) -> None:
        """I10: also when the rule, the receiver or its hours changed meanwhile."""
        known = self.play.known
        for (incident, receiver), said in self.said.items():
            if Reason.CLOSE in said:
                continue
            now = known.incidents[incident]
            reach = self.play.plan.reaches.get((now.key.operation, receiver))
            mail = reach is not None and reach.kind == "email"
            if now.flapping and now.closed_at and abs(self.play.last.at - now.closed_at) < WINDOW:
                continue  # it has not settled yet
            assert now.open or (mail and known.told[incident][receiver].closed is False)
            if not now.open and reach is not None and known.at is not None:
                assert muted_until(reach, known.at) is not None or self.set_back()

    def set_back(self) -> bool:
        """Whether the clock was set back: then the last moment judged is not the latest."""
        return self.play.known.at != self.play.last.at

    @invariant()
    def timers_are_ahead(self) -> None:
        due = next_due(self.play.known, self.play.plan)
        assert due is None or self.play.known.at is None or due > self.play.known.at

    def teardown(self) -> None:
        """I6: the same readings give the same decisions, also from a store."""
        known = Known()
        for step in self.play.steps:
            decision = decide(stored(known), step.reading, step.plan, step.at)
            assert shown(decision) == shown(step.decision)
            known = decision.known


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(max_examples=30, stateful_step_count=30)
