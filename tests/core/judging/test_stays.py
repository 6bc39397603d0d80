"""What a rule on the time in auxiliary states asks of the list of stays."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from notifier.core.facts.snapshot import take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.planning import plan
from notifier.core.judging.reading import Good
from notifier.core.payload.completion import rows_from_texts
from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, OPERATION, TEAM_LEADS, Play, clock

BOGOTA = ZoneInfo("America/Bogota")
SOURCES = """
[[source]]
endpoint = "agent_3"
window = "today"
every = "5m"

[[source]]
endpoint = "agent_14"
window = "today"
every = "5m"
"""
RULE = """
[[rule]]
id = "sitting-in-aux"
on = "agent_3"
when = "time > 600 and other('agent_14', date_end) is None and other('agent_14', age) > 900"
value = "other('agent_14', date_ini)"
to = ["team-leads"]
"""
Texts = dict[str, str]


def _play(rule: str = RULE) -> Play:
    return Play(plan(load("\n".join((HEAD, TEAM_LEADS, SOURCES, rule)), CATALOGUE)))


def look(play: Play, minute: float, endpoint: str, *rows: Texts) -> list[str]:
    """A good poll of a report."""
    key, known = SourceKey(OPERATION, endpoint), CATALOGUE[endpoint]
    read = rows_from_texts(known.collections[0], rows)
    return play._read(Good(key, take(key, known, {"": read}, clock(minute))), clock(minute))


def stay(state: str, since: float, until: float | None = None, who: str = "1") -> Texts:
    """A stay in a state, in minutes, as it is listed at minute 0."""
    return {
        "agent_id": f"{who}-ANA",
        "agent_status": state,
        "date_ini": _written(since),
        "date_end": "" if until is None else _written(until),
        "age": str(-60 * since),
    }


def _written(minute: float) -> str:
    return f"{clock(minute).astimezone(BOGOTA):%Y-%m-%d %H:%M:%S}"


def aux(state: str) -> Texts:
    return {"agent_id": "1-ANA", "aux_state": state, "time": "00:11:00"}


def test_the_open_stay_says_since_when_whatever_its_spelling() -> None:
    play = _play()
    look(play, 0, "agent_14", stay("Baño", -60, -50), stay("BAÑO ", -16), stay("Ready", -50, -16))

    assert look(play, 1, "agent_3", aux("bano")) == ["team-leads open 1/bano"]
    assert play.incident("1/bano").value == "2026-01-05 09:44:00"


@pytest.mark.parametrize(
    "stays",
    [
        [stay("Break", -14)],  # not long enough
        [stay("Break", -60), stay("Break", -20, -10)],  # the latest one is over
        [stay("Break", -10), stay("Break", -60)],  # in whatever order they come
        [stay("Lunch", -60)],
        [stay("Break", -60, who="2")],
        [stay("Break", -60) | {"date_ini": " "}],
        [],
    ],
)
def test_another_stay_says_nothing(stays: list[Texts]) -> None:
    play = _play()
    look(play, 0, "agent_14", *stays)

    assert look(play, 1, "agent_3", aux("Break")) == []


def test_the_list_of_agents_knows_how_long_each_has_been_in_its_state() -> None:
    head = HEAD.replace("timezone", 'allowances = { break = "15m" }\ntimezone')
    agents = """
[[source]]
endpoint = "agents"

[[rule]]
id = "long-state"
on = "agents"
when = "time_state_now > allowance(agent_status)"
to = ["team-leads"]
"""
    play = Play(plan(load("\n".join((head, TEAM_LEADS, agents)), CATALOGUE)))
    ready = {"agent_id": "2-LUZ", "agent_status": "Ready", "time_state_now": "9999"}
    ana = {"agent_id": "1-ANA", "agent_status": "BREAK"}

    assert look(play, 0, "agents", ready, ana | {"time_state_now": "900"}) == []
    assert look(play, 5, "agents", ready, ana | {"time_state_now": "1200"}) == ["team-leads open 1"]


TEAM = """
[[source]]
endpoint = "agents"

[[rule]]
id = "team-aux-share"
on = "agents"
by = []
where = "agent_status != 'Logout'"
when = "count() >= 8 and share(allowance(agent_status) < 24 * 3600) >= 0.25"
clear = "share(allowance(agent_status) < 24 * 3600) < 0.2"
critical = "share(allowance(agent_status) < 24 * 3600) >= 0.4"
of = "2/2"
value = "count(allowance(agent_status) < 24 * 3600)"
to = ["team-leads"]
"""


def test_a_quarter_of_the_team_in_auxiliary_at_once_is_told() -> None:
    head = HEAD.replace("timezone", 'allowances = { break = "15m", "baño" = "10m" }\ntimezone')
    play = Play(plan(load("\n".join((head, TEAM_LEADS, TEAM)), CATALOGUE)))

    def heard(minute: float, *states: str) -> list[str]:
        rows = [{"agent_id": str(n), "agent_status": s} for n, s in enumerate(states)]
        return look(play, minute, "agents", *rows)

    at_work = ["Ready", "Talk", "ACW", "Capacitación", "Ready", "Talk"]
    gone = ["Logout"] * 9
    seven = (*at_work[:4], "Break", "Break", "Break")
    assert heard(-10, *seven) == heard(-5, *seven) == []  # too few to tell
    assert heard(0, *at_work, "BREAK", *gone) == heard(5, *at_work, "BREAK", "BANO", *gone) == []
    assert heard(10, *at_work, "Break", "baño", *gone) == ["team-leads open all"]
    assert play.incident("all").value == 2.0
    assert heard(20, *at_work, "Break", "Baño", "Baño", "Break") == ["team-leads raised all"]
    assert heard(25, *at_work, "Ready", "Ready", "Break") == ["team-leads close all"]


def test_stays_that_were_read_too_long_ago_say_nothing() -> None:
    play = _play()
    look(play, 0, "agent_14", stay("Break", -60))

    assert look(play, 16, "agent_3", aux("Break")) == []


def test_rows_without_a_state_cannot_ask_for_stays() -> None:
    with pytest.raises(ConfigError, match="wants the name of a source"):
        _play(RULE.replace("agent_3", "skills").replace("time > 600 and ", ""))


def test_a_source_that_is_only_asked_beside_another_is_not_idle() -> None:
    book = load("\n".join((HEAD, TEAM_LEADS, SOURCES, RULE)), CATALOGUE)

    assert not any("`agent_14`" in problem.text for problem in book.warnings)
