"""Make up scripts: what happens, and what the platform does about it, at random but repeatably."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.refusals import REFUSALS
from notifier.simulator.roster import AGENTS, QUEUES, SITES
from notifier.simulator.script import Kind, Scene, Script

APIS = ("latency", "skills", "hits_last_hour", "agent_3", "cdr_4")
PASSING = [
    "busy", "maintenance", "forbidden", "not_found", "timeout", "too_many", "server_error",
    "unavailable",
]  # fmt: skip
LASTING = ["bad_token", "quota", "unknown_api"]
BODIES = [
    Wrong.BOM, Wrong.LATIN_1, Wrong.CONTROL, Wrong.PHP_WARNING, Wrong.INVALID_JSON,
    Wrong.EMPTY_BODY, Wrong.EMPTY_LIST, Wrong.TOTAL, Wrong.ZERO_LEVEL,
]  # fmt: skip
SENDING = [Wrong.DROPPED, Wrong.TRUNCATED, Wrong.GZIP, Wrong.CONTENT_TYPE, Wrong.HANG, Wrong.HTML]
KINDS = [
    Kind.REJECTION, Kind.REJECTION, Kind.QUEUE_SURGE, Kind.ISP_CUT, Kind.SALE, Kind.SALE_BACK,
    Kind.COUNTER_RESET, Kind.CORRECTION, Kind.AUX_OVERRUN,
]  # fmt: skip
READ = [
    "percent", "glued", "padded", "number", "thousands", "comma", "blank", "dash", "null", "words",
]  # fmt: skip


def made_up(seed: int, begin: datetime, minutes: int) -> Script:
    """Return a script of that length. Nothing begins or ends on a full minute, when polls are."""
    dice = Random(seed)
    scenes = [_scene(dice, begin, minutes) for _ in range(minutes // 5)]
    faults = [_fault(dice) for _ in range(minutes // 2)]
    return (*scenes, *(_on(dice, begin, minutes, fault) for fault in faults))


def _span(dice: Random, begin: datetime, minutes: int, most: int) -> tuple[datetime, datetime]:
    first = begin + timedelta(minutes=dice.randrange(minutes), seconds=30)
    return first, first + timedelta(minutes=dice.randint(1, most))


def _scene(dice: Random, begin: datetime, minutes: int) -> Scene:
    kind = dice.choice(KINDS)
    span = _span(dice, begin, minutes, 15)
    agent, queue = dice.choice(AGENTS[:20]).number, dice.choice(QUEUES).name
    match kind:
        case Kind.QUEUE_SURGE:
            return Scene(kind, *span, queue, 14)
        case Kind.CORRECTION:
            return Scene(kind, *span, queue, 5)
        case Kind.ISP_CUT:
            return Scene(kind, *span, dice.choice(SITES).name, dice.choice([0, 0.3]))
        case Kind.COUNTER_RESET:
            return Scene(kind, *span)
        case Kind.AUX_OVERRUN:
            return Scene(kind, *span, agent, text="Break")
        case _:
            return Scene(kind, *span, agent, 6 if kind is Kind.REJECTION else 1)


def _on(dice: Random, begin: datetime, minutes: int, fault: Fault) -> Scene:
    span = _span(dice, begin, minutes, dice.choice([1, 1, 2, 3, 7]))
    return Scene(Kind.API_FAULT, *span, faults=(fault,))


def _fault(dice: Random) -> Fault:
    api = dice.choice(("", *APIS))
    return dice.choice(_MAKERS)(dice, api)


def _refused(dice: Random, api: str) -> Fault:
    words = REFUSALS[dice.choice(LASTING if dice.random() < 0.03 else PASSING)]
    return Fault(Wrong.STATUS, words.status, words.msg, api=api)


def _written(dice: Random, api: str) -> Fault:
    field = dice.choice(["network_rejection", "calls_in_queue_now", "tx_ploss"])
    return Fault(Wrong.WRITTEN, text=dice.choice(READ), field=field, api=api)


def _shaped(dice: Random, api: str) -> Fault:
    if dice.random() < 0.5:
        return Fault(Wrong.CODE, text=dice.choice(["200", "0", "", " ", "missing"]), api=api)
    return Fault(Wrong.DATA, text=dice.choice(["nested", "null", "text", "absent"]), api=api)


def _absent(dice: Random, api: str) -> Fault:
    who = dice.choice([dice.choice(AGENTS[:20]).number, dice.choice(QUEUES).name])
    return Fault(Wrong.GONE, who=who, api=api)


def _strange(dice: Random, _: str) -> Fault:
    api, other = dice.sample(["latency", "skills", "agent_3"], 2)
    return Fault(Wrong.STRANGER, text=other, api=api)


_MAKERS: list[Callable[[Random, str], Fault]] = [
    _refused,
    _written,
    _shaped,
    _absent,
    _strange,
    lambda dice, api: Fault(dice.choice(BODIES), text="TOTAL", api=api),
    lambda dice, api: Fault(dice.choice(SENDING), seconds=0.0, api=api),
    lambda _, api: Fault(Wrong.PARTIAL, amount=0.3, api=api),
]
