"""What a rule asks of another source about the same agent, queue or address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from notifier.core.facts.snapshot import take
from notifier.core.facts.state import InstanceKey, SourceKey
from notifier.core.judging.notice import Untold
from notifier.core.judging.planning import plan
from notifier.core.judging.reading import Good
from notifier.core.payload.completion import rows_from_texts
from notifier.core.payload.endpoint import Collection, Endpoint, Field, Kind
from notifier.core.rules.rulefile import load
from notifier.core.trial.rehearse import rehearse
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, OPERATION, TEAM_LEADS, Play, agent, clock

AGENT_ROWS = Collection(
    name="",
    key=("agent_id",),
    split_agent=True,
    fields=(
        Field("agent_id", Kind.TEXT),
        Field("agent_name", Kind.TEXT),
        Field("calls", Kind.COUNT),
        Field("agent_status", Kind.TEXT),
        Field("agent_dni", Kind.TEXT, customer=True),
    ),
)
AGENTS = Endpoint(name="agents", family="real_time", api="agents", collections=(AGENT_ROWS,))
KNOWN = {**CATALOGUE, "agents": AGENTS}
KEY = SourceKey(OPERATION, "agents")
SOURCE = """
[[source]]
endpoint = "agents"
every = "5m"
"""
GATED = """
[[rule]]
id = "rejection"
on = "latency.by_agent"
when = "network_rejection > 1 and other('agents', calls) >= 20"
to = ["team-leads"]
"""


def _play(rule: str = GATED, more: str = "") -> Play:
    return Play(plan(load("\n".join((HEAD, TEAM_LEADS, SOURCE, rule, more)), KNOWN)))


def look(play: Play, minute: float, *rows: Mapping[str, object]) -> None:
    """A good poll of the agents."""
    read = rows_from_texts(AGENT_ROWS, rows)
    play._read(Good(KEY, take(KEY, AGENTS, {"": read}, clock(minute))), clock(minute))


def calls(number: object, agent_id: str = "12004") -> Mapping[str, object]:
    return {"agent_id": agent_id, "calls": number}


def _why(play: Play, entity: str = "12004") -> Untold | None:
    return play.last.reasons.get(InstanceKey(OPERATION, "rejection", entity))


def test_a_rejection_of_few_calls_is_no_news() -> None:
    play = _play()
    look(play, 0, calls("19"), calls("20", "12005"))

    heard = play.poll(1, agent("12004-ANA", 5), agent("12005-LUIS", 5), agent("12006-EVA", 0))
    assert heard == ["team-leads open 12005"]
    look(play, 5, calls("21"), calls("22", "12005"))
    assert play.poll(6, agent("12004-ANA", 5), agent("12005-LUIS", 5)) == ["team-leads open 12004"]


@pytest.mark.parametrize(
    ("rows", "minute", "row"),
    [
        ([], 1, agent("12004-ANA", 5)),  # nobody there of that number
        ([calls(" ")], 1, agent("12004-ANA", 5)),
        ([calls("30")], 16, agent("12004-ANA", 5)),  # the other source is stale
        (None, 1, agent("12004-ANA", 5)),  # it was never read
    ],
)
def test_what_the_other_source_does_not_say_is_unknown(
    rows: list[Mapping[str, object]] | None, minute: int, row: Mapping[str, object]
) -> None:
    play = _play()
    if rows is not None:
        look(play, 0, *rows)

    assert play.poll(minute, row) == []
    play.poll(minute + 1, row)
    assert not play.known.instances


def test_an_incident_is_held_while_the_other_source_is_not_fresh() -> None:
    play = _play()
    look(play, 0, calls("30"))
    play.poll(1, agent("12004-ANA", 5))
    play.poll(15, agent("12004-ANA", 5))

    play.poll(16, agent("12004-ANA", 5))
    assert _why(play) is None
    assert play.incident("12004").held == "unknown"
    look(play, 17, calls("3"))
    assert play.poll(18, agent("12004-ANA", 5)) == ["team-leads close 12004"]


def test_another_list_of_the_same_answer_is_always_fresh() -> None:
    play = _play(GATED.replace("other('agents', calls) >= 20",
                               "other('latency.by_ip', total_agents) == 3"))  # fmt: skip
    rows = [agent("12004-ANA", 5), agent("12005-LUIS", 5, ip="1.1.1.1")]

    heard = play.poll(0, by_agent=rows, by_ip=[{"ip": "181.49.7.7", "total_agents": 3}])
    assert heard == ["team-leads open 12004"]


def test_rows_of_a_group_ask_each_for_itself() -> None:
    play = _play("""
[[rule]]
id = "rejection"
on = "latency.by_agent"
by = "ip"
where = "other('agents', agent_status) != 'Break'"
when = "count(other('agents', calls) >= 20) >= 2"
to = ["team-leads"]
""")
    rows = [{**calls("30", number), "agent_status": "Ready"} for number in ("1", "2", "3")]
    look(play, 0, *rows[:2], {**rows[2], "agent_status": "Break"})

    assert play.poll(1, *(agent(f"{n}-A") for n in (1, 2, 3))) == ["team-leads open 181.49.7.7"]


def test_a_blank_name_is_nobody_s() -> None:
    play = _play(GATED.replace("other('agents', calls) >= 20",
                               "other('latency.by_ip', total_agents) == 3"))  # fmt: skip
    rows = [agent("12004-ANA", 5, ip=None)]

    assert play.poll(0, by_agent=rows, by_ip=[{"ip": "181.49.7.7", "total_agents": 3}]) == []


# ---- mistakes ----


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("other('agnts', calls)", "`other` wants the name of a source that has rows of the same"),
        ("other(agents, calls)", "`other` wants the name of a source that has rows of the same"),
        ("other('skills', stat_inbound)", "there is 'agents', 'latency.by_agent'"),
        ("other('agents', cals)", "there is no field `cals` in `agents`; did you mean `calls`?"),
        ("other('agents', 'calls')", "there is no field `that` in `agents`"),
        ("other('agents', agent_dni)", "there is no field `agent_dni` in `agents`"),
        ("other('agents')", "`other` takes 2 arguments, not 1"),
    ],
)
def test_what_cannot_be_asked_is_told(asked: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _play(GATED.replace("other('agents', calls)", asked))

    assert said in str(caught.value)


def test_a_queue_has_nothing_beside_it_but_itself() -> None:
    with pytest.raises(ConfigError) as caught:
        _play("""
[[rule]]
id = "late"
on = "hits_last_hour"
by = []
when = "count(other('agents', calls) > 2) > 1"
to = ["team-leads"]
""")

    assert "there is 'hits_last_hour'" in str(caught.value)


# ---- tests of rules ----

TEST = """
[[test]]
name = "few calls are no ground"
rule = "rejection"
polls = [
  { at = "0m", rows = [{ agent_id = "1-A", network_rejection = "5" }], expect = [] },
  { at = "5m", rows = [{ agent_id = "1-A", network_rejection = "5" }], beside = { agents = [{ agent_id = "1-A", calls = "3" }] }, expect = [] },
  { at = "10m", rows = [{ agent_id = "1-A", network_rejection = "5" }], beside = { agents = [{ agent_id = "1-A", calls = "33" }] }, expect = ["open 1"] },
]
"""  # noqa: E501


def test_a_rule_s_test_says_what_other_sources_say() -> None:
    book = load("\n".join((HEAD, TEAM_LEADS, SOURCE, GATED, TEST)), KNOWN)

    assert rehearse(book.file.test[0], plan(book)) == []


def test_a_test_names_only_what_its_rule_could_ask() -> None:
    with pytest.raises(ConfigError) as caught:
        _play(more=TEST.replace("beside = { agents", "beside = { agent"))

    assert "unknown source beside the rule's own, `agent`; did you mean `agents`?" in str(
        caught.value
    )


def test_nothing_is_kept_of_another_source_in_the_past() -> None:
    play = _play()
    look(play, 0, calls("30"))
    play.poll(1, agent("12004-ANA", 5))

    assert all(not history.beside for history in play.known.histories.values())
    assert play.plan.sources[KEY].stale_after == timedelta(minutes=15)
