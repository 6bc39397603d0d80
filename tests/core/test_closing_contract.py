"""Whatever happens: who was told of an opening is told of its end, once, and nobody else is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from notifier.core.decide import decide, next_due
from notifier.core.facts.state import OWN_RULES
from notifier.core.judging.notice import Reason
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Due
from notifier.core.judging.request import Acknowledge
from notifier.errors import Trouble
from tests.builders import HEAD, HITS, NEW_HIT, Play, Record, Step, agent, hit, rules

AGENTS = 4
KNOBS = (
    ("for", ('"5m"',)),
    ("keep", ('"5m"', '"10m"')),
    ("missing", ('"hold"', '"fire"')),
    ("repeat", ('"10m"', '"1h"')),
    ("group", ('"entity"', '"rule"', '["ip"]')),
    ("group_wait", ('"90s"', '"7m"')),
    ("reopen_within", ('"15m"', '"45m"')),
    ("critical", ('"network_rejection > 5"',)),
    ("clear", ('"network_rejection <= 0.5"',)),
    ("flapping", ("false",)),
)
SITE = """
[[rule]]
id = "site"
on = "latency.by_agent"
by = "ip"
when = "count() >= 2 and share(network_rejection > 1) >= 0.6"
explains = ["one"]
to = ["on-call"]
"""
LEADS = '[[receiver]]\nname = "team-leads"\n'
WHERE = ('slack = "#operaciones"\n', 'slack = "#turno"\n', 'email = ["a@example.com"]\n')
QUIET = ("", 'quiet = "10:40-12:00"\n', 'quiet = "11:30-13:00"\n')
STORM = ("", "storm = 2\n")
TO = ('["team-leads"]', '["team-leads", "on-call"]')


def a_plan(dice: Random) -> Plan:
    """Two rules with knobs as the dice will have them, to receivers that may move."""
    texts = [NEW_HIT, *dice.choice([(), (SITE,)])]
    for name in ("one", "two"):
        knobs = [f"{knob} = {dice.choice(of)}" for knob, of in KNOBS if dice.random() < 0.3]
        head = f'[[rule]]\nid = "{name}"\non = "latency.by_agent"\nto = {dice.choice(TO)}\n'
        texts.append("\n".join([f'{head}when = "network_rejection > 1"', *knobs, ""]))
    leads = LEADS + dice.choice(WHERE) + dice.choice(QUIET) + dice.choice(STORM)
    return rules(*texts, head=HEAD + dice.choice(QUIET), team_leads=leads)


def some(dice: Random) -> list[Record]:
    values = (0, 0, 0.7, 2, 3, 7, "", "x")
    there = [n for n in range(AGENTS) if dice.random() < 0.9]
    return [agent(str(n), dice.choice(values), ip=f"1.2.3.{n % 2}") for n in there]


def turn(play: Play, dice: Random, minute: float) -> None:
    """One thing that happens."""
    still = [each.id for each in play.known.incidents.values() if each.open]
    match dice.randrange(12):
        case 0:
            play.fail(minute, dice.choice([Trouble.TIMEOUT, Trouble.TOKEN, Trouble.MAINTENANCE]))
        case 1:
            play.poll(minute, hit(f"c{dice.randrange(9)}"), source=HITS)
        case 2:
            ends, over = minute + dice.choice([3, 40, 120]), dice.random() < 0.3
            play.silence(minute, ends, id=f"{minute}", rules=(), until_resolved=over)
        case 3 if still:
            play.ask(minute, Acknowledge(dice.choice(still), "ana", sticky=dice.random() < 0.5))
        case 4 if dice.random() < 0.5:
            play.reload(minute, a_plan(dice))
        case 5:
            play.wait(minute)
        case _:
            play.poll(minute, *some(dice))


def lived(seed: int) -> Play:
    """A life, and at its end a day on which all is well."""
    dice = Random(seed)
    play, minute = Play(a_plan(dice)), 0.0
    for _ in range(dice.randrange(20, 70)):
        minute += dice.choice([1, 5, 5, 5, 15, 40])
        turn(play, dice, minute)
    for name in list(play.known.silences):
        play.end_silence(minute, name)
    minute += 60 * 24 - minute % (60 * 24)
    for _ in range(40):
        minute += 5
        play.poll(minute, *(agent(str(n), 0, ip=f"1.2.3.{n % 2}") for n in range(AGENTS)))
    play.wait(minute + 60 * 5)
    return play


def broken(play: Play) -> list[str]:
    """What was said too often, too early, or not at all."""
    told: Counter[tuple[str, str, Reason]] = Counter()
    wrong = []
    for notice in play.notices:
        for item in notice.items:
            who = notice.conversation.receiver, item.incident.id
            told[*who, item.reason] += 1
            if item.reason is not Reason.OPEN and not told[*who, Reason.OPEN]:
                wrong.append(f"{item.reason} without an opening: {item.incident.key}")
    own = {i.id for i in play.known.incidents.values() if i.open and i.key.rule in OWN_RULES}
    for receiver, incident, reason in list(told):
        opens, ends = (told[receiver, incident, each] for each in (Reason.OPEN, Reason.CLOSE))
        if (opens, ends) != (1, 1) and incident not in own:
            wrong.append(f"{receiver} {incident} {reason}: {opens} openings, {ends} ends")
    return wrong


def early(step: Step, dice: Random) -> bool:
    """Whether anything would be told before the next timer is due."""
    known = step.decision.known
    due = next_due(known, step.plan)
    if known.at is None or due is None or due - known.at < timedelta(seconds=1):
        return False
    at = known.at + (due - known.at) * (0.999 * dice.random())
    return bool(decide(known, Due(at), step.plan, at).notices)


SOME, MANY = (*range(5), 69), range(300)  # 69: an end that quiet hours held, and a new opening


@pytest.mark.parametrize("seeds", [SOME, pytest.param(MANY, marks=pytest.mark.long)], ids=len)
def test_who_was_told_of_an_opening_is_told_of_its_end_once(seeds: Sequence[int]) -> None:
    for seed in seeds:
        play = lived(seed)

        assert broken(play) == [], seed
        assert not [
            i for i in play.known.incidents.values() if i.open and i.key.rule not in OWN_RULES
        ]
        dice = Random(seed)
        assert not [step.at for step in play.steps if dice.random() < 0.1 and early(step, dice)]
