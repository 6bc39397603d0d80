"""Print a replay: counts, messages, the difference of two; or JSON for other programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from notifier.commands.listing import print_table
from notifier.core.hindsight.difference import Kind, Pair
from notifier.core.hindsight.message import Message
from notifier.core.hindsight.noise import Busiest, disturbances, per_hour, per_rule
from notifier.core.rules.keys import counted
from notifier.hindsight.replayed import Replay

BLOCKS = " ▁▂▃▄▅▆▇█"
COLUMNS = ("open", "close", "repeat", "event", "change")
SIGNS = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.CHANGED: "~"}


# ---- for programs ----


def print_json(replay: Replay, pairs: Sequence[Pair] | None) -> None:
    """One object for each receiver and incident; of two files also how it stands to the first."""
    if pairs is None:
        shown = [_object(message) for message in replay.told]
    else:
        shown = [{**_object(pair.message), **_compared(pair)} for pair in pairs]
    print(json.dumps(shown, ensure_ascii=False))


def _object(message: Message) -> dict[str, Any]:
    return {
        "at": message.at.astimezone(UTC).isoformat(),
        "reason": message.reason,
        "rule": message.rule,
        "operation": message.operation,
        "entity": message.entity,
        "receiver": message.receiver,
        "severity": message.severity,
        "incident": message.incident,
        "conversation": message.conversation,
        "loud": message.loud,
        "text": message.text,
    }


def _compared(pair: Pair) -> dict[str, Any]:
    before = pair.before.at.astimezone(UTC).isoformat() if pair.before else None
    return {"difference": pair.kind.value, "before": before}


# ---- for people ----


def print_replay(replay: Replay, zone: tzinfo, *, messages: bool) -> None:
    """The counts by rule and receiver, and by hour; the messages where they are asked for."""
    if messages:
        for at, who, text in _texts(replay.told):
            print(f"{_local(at, who, replay)}  {who}: {text}")
        print()
    print(_heading(replay, zone))
    if replay.told:
        _table(replay.told)
        print(_hours(replay))


def _heading(replay: Replay, zone: tzinfo) -> str:
    loud = len(disturbances(replay.told))
    since, until = replay.since.astimezone(zone), replay.until.astimezone(zone)
    return (
        f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M %Z}: {counted(replay.polls, 'poll')}, "
        f"{replay.failed} of them failed; {counted(loud, 'message')} that people notice"
    )


def _texts(told: Iterable[Message]) -> list[tuple[datetime, str, str]]:
    """Each message once, however many incidents it is about."""
    return list({(m.conversation, m.at): (m.at, m.receiver, m.text) for m in told}.values())


def _local(at: datetime, receiver: str, replay: Replay) -> str:
    return f"{at.astimezone(replay.zones.get(receiver, UTC)):%Y-%m-%d %H:%M:%S}"


def _table(told: Iterable[Message]) -> None:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for message in told:
        key = message.rule, message.receiver
        counts.setdefault(key, Counter())[message.reason] += 1
    heard = per_rule(told)
    rows = [
        (rule, receiver, str(heard[rule, receiver]), *(str(said[one] or "") for one in COLUMNS))
        for (rule, receiver), said in sorted(counts.items(), key=lambda c: -heard[c[0]])
    ]
    numbers = ("noticed", *COLUMNS)
    print_table(("rule", "receiver", *numbers), rows, numbers=numbers)


def _hours(replay: Replay) -> str:
    counts = per_hour(replay.told, replay.zones)
    most = max(counts.values(), default=0) or 1
    bars = "".join(BLOCKS[-(-counts[hour] * 8 // most)] for hour in range(24))
    busy = max(range(24), key=lambda hour: counts[hour])
    return f"by hour of the day, 0 to 23: [{bars}] most at {busy:02d}: {most}"


def print_difference(
    before: Replay, after: Replay, pairs: Sequence[Pair], zone: tzinfo, *, messages: bool
) -> None:
    """What only one of two files tells, and what is told at another time or in other words."""
    for pair in pairs:
        if pair.kind is not Kind.SAME or messages:
            print(_line(pair, after))
    counts = Counter(pair.kind for pair in pairs)
    print(_heading(before, zone))
    print(
        f"the other file: {counted(len(disturbances(after.told)), 'message')} that people notice; "
        f"{counts[Kind.ADDED]} only there, {counts[Kind.REMOVED]} no more, "
        f"{counts[Kind.CHANGED]} changed, {counts[Kind.SAME]} the same"
    )


def print_budgets(worst: Iterable[Busiest]) -> None:
    """How each receiver's worst hour, shift, day or week stands to its budget."""
    for each in worst:
        verdict = "over" if each.over else "within"
        print(
            f"{each.receiver}: {counted(each.count, 'message')} in the busiest {each.budget.unit}, "
            f"that of {each.begin:%a %d %b %H:%M}; {verdict} the budget {each.budget}"
        )


def _line(pair: Pair, replay: Replay) -> str:
    one, sign = pair.message, SIGNS.get(pair.kind, " ")
    was = ""
    if pair.before is not None and pair.before.at != one.at:
        was = f" (was {_local(pair.before.at, one.receiver, replay)})"
    return (
        f"{sign} {_local(one.at, one.receiver, replay)}{was}  {one.rule} {one.reason} "
        f"{one.entity} -> {one.receiver}: {one.text}"
    )
