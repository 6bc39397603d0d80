"""Print an explanation for people: the answer first, then what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from notifier.commands.listing import short
from notifier.core.facts.state import Scalar
from notifier.core.hindsight.explanation import Explanation, Hearing, Miss, State, Timer
from notifier.core.hindsight.gates import Gate
from notifier.core.judging.notice import Reason
from notifier.core.language.tree import literal
from notifier.core.rules.keys import counted, spoken
from notifier.hindsight.explained import Found, Looked, Run, Subject, Verdict
from notifier.render.clean import one_line
from notifier.store.sent import Sent

DIGITS = 3  # of a value, behind the point
LAST = 8  # messages, beside the first
QUIET = ("clear", "missing")  # reasons of which nobody asks why
FEW = 20  # entities that are listed all the same
SHOWN = 5  # entities that are offered for one that is not there
ARRIVED, STANDBY = "delivered", "standby"  # states of a message; what stands by is a fallback's
MARKS = {True: "+", False: "x", None: " "}
WORDS = {True: "true", False: "false", None: "unknown"}


def print_found(found: Found, zone: tzinfo) -> None:
    """What an id turned out to mean."""
    if found.message is not None:
        print("message " + _sent(found.message, zone))
    if len(found.members) > 1:
        names = ", ".join(f"{i.key.entity} ({short(i.id)})" for i in found.members)
        print(one_line(f"about {len(found.members)} incidents: {names}; here is the first"))


def print_overview(about: Subject, verdicts: Sequence[Verdict]) -> None:
    """Every entity of a rule, those first of which something is to be said."""
    if not verdicts:
        print(f"{about.rule}: no good poll of it is recorded within the day before")
        return
    said = sorted(verdicts, key=lambda v: (v.reason in QUIET, v.reason, v.entity))
    quiet = [each for each in said if each.reason in QUIET]
    for each in said:
        if each not in quiet or len(quiet) <= FEW:
            print(one_line(f"{each.entity}: {each.reason} - {each.said}{_shown(each.value)}"))
    if len(quiet) > FEW:
        for reason, number in Counter(each.reason for each in quiet).items():
            text = next(each.said for each in quiet if each.reason == reason)
            print(f"{number} others: {reason} - {text}")


def print_alike(about: Subject, verdicts: Sequence[Verdict]) -> None:
    """What the poll has under a longer name: `12051/Break` for who typed `12051`."""
    alike = [each.entity for each in verdicts if about.entity.lower() in each.entity.lower()]
    longer = [entity for entity in alike if entity != about.entity][:SHOWN]
    if longer:
        print(one_line(f"did you mean {', '.join(longer)}?"))


def print_looked(about: Subject, looked: Looked, zone: tzinfo) -> None:
    """All that is known of one entity."""
    for line in _lines(about, looked, zone):
        print(line)


def _lines(about: Subject, looked: Looked, zone: tzinfo) -> Iterator[str]:
    told = looked.explanation
    if told is None:
        yield f"{about.rule} {about.entity}: no good poll of it is recorded within the day before"
        return
    yield one_line(f"{told.rule} {told.entity}: {_verb(told)} - {told.said} ({told.reason})")
    yield from _unheard(looked.messages, about.at)
    yield f"poll of {_time(told.at, zone)}: {told.result}{_shown(told.value)}"
    if looked.failed:
        yield f"  {counted(looked.failed, 'poll')} failed since: nothing is concluded from that"
    yield from _seen(told)
    yield f"state: {_state(told.before, zone)} -> {_state(told.after, zone)}"
    yield from (f"  {_gate(gate)}" for gate in told.gates)
    yield from (f"  {_timer(timer, zone)}" for timer in told.timers)
    yield from (f"  {_hearing(each, zone)}" for each in told.receivers)
    yield from (
        f"{_time(each.at, zone)}, by a timer: {each.reason} - {each.said}" for each in looked.later
    )
    if not told.told:
        yield from _nearest(looked.nearest, zone)
    yield from _day(looked.day, zone)
    yield from _messages(looked.messages, about.at, zone)


def _verb(told: Explanation) -> str:
    """Whether people were told; an edit they find when they look."""
    if told.reason == Reason.CHANGE.value:
        return "edited"
    return "told" if told.told else "not told"


def _unheard(messages: Sequence[Sent], at: datetime) -> Iterator[str]:
    """Receivers whom nothing reached: what was decided is not yet what people know."""
    meant = [each for each in messages if each.queued_at <= at and each.state != STANDBY]
    reached = {each.receiver for each in messages if each.state == ARRIVED}
    for name in dict.fromkeys(each.receiver for each in meant):
        if name not in reached:
            yield f"but nothing has reached {name} so far: see the messages below"


def _seen(told: Explanation) -> Iterator[str]:
    if told.inputs:
        values = ", ".join(f"{name} = {_value(value)}" for name, value in told.inputs.items())
        yield f"  {one_line(f'inputs: {values}')}"
    for part in told.parts:
        yield f"  {part.key}: {WORDS[part.holds]}"
        yield from (f"    {one_line(str(each))}" for each in part.comparisons)


def _value(value: Scalar) -> str:
    rounded = round(value, DIGITS) if isinstance(value, float) else value
    return "blank" if rounded is None else literal(rounded)


def _shown(value: Scalar) -> str:
    return "" if value is None else f", value {_value(value)}"


def _state(state: State, zone: tzinfo) -> str:
    if state.since is None:
        return state.phase
    seen = f", seen for {spoken(timedelta(seconds=state.observed))}" if state.observed else ""
    gone = f", {counted(state.absent, 'poll')} without it" if state.absent else ""
    return f"{state.phase} since {_time(state.since, zone)}{seen}{gone}"


def _gate(gate: Gate) -> str:
    said = "not reached" if gate.passed is None else gate.said
    return one_line(f"[{MARKS[gate.passed]}] {gate.name}: {said}")


def _timer(timer: Timer, zone: tzinfo) -> str:
    whose = f" ({timer.receiver})" if timer.receiver else ""
    if timer.at is not None:
        return f"timer {timer.name}{whose}: {_time(timer.at, zone)}"
    return f"timer {timer.name}{whose}: {spoken(timer.left or timedelta(0))} left"


def _hearing(each: Hearing, zone: tzinfo) -> str:
    last = f"; told last at {_time(each.last, zone)}" if each.last else ""
    return f"{each.receiver}: {each.reason} - {each.said}{last}"


def _nearest(miss: Miss | None, zone: tzinfo) -> Iterator[str]:
    if miss is not None:
        yield (
            f"nearest miss of the day: {_value(miss.value)} at {_time(miss.at, zone)}, "
            f"{_value(miss.gap)} short of the limit {literal(miss.limit)}"
        )


def _day(runs: Iterable[Run], zone: tzinfo) -> Iterator[str]:
    last = list(runs)[-8:]
    if len(last) > 1:
        yield "the day, poll by poll:"
        for run in last:
            yield (
                f"  {_time(run.since, zone)} to {_time(run.until, zone)}: {run.reason}, "
                f"{counted(run.polls, 'poll')} - {run.said}"
            )


def _messages(messages: Sequence[Sent], at: datetime, zone: tzinfo) -> Iterator[str]:
    """The first one, which people still see, and the last ones up to then."""
    told = [each for each in messages if each.queued_at <= at]
    if told:
        yield "messages:"
        yield f"  {_sent(told[0], zone)}"
        if len(told) > LAST + 1:
            yield f"  ... {counted(len(told) - LAST - 1, 'more message')}"
        yield from (f"  {_sent(each, zone)}" for each in told[1:][-LAST:])
    if len(told) < len(messages):
        yield f"{counted(len(messages) - len(told), 'message')} of it came later"


def _sent(each: Sent, zone: tzinfo) -> str:
    said = f", {each.error}" if each.error else ""
    tries = f" after {each.attempts} attempts" if each.attempts > 1 else ""
    return one_line(
        f"{short(each.id)} {_time(each.queued_at, zone)} {each.reason} to {each.receiver} "
        f"({each.kind}, {each.form}): {each.state}{tries}{said}"
    )


def _time(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
