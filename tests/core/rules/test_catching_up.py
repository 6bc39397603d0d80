"""Sales that the hits' own source missed, and who made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from notifier.core.facts.snapshot import take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.planning import plan
from notifier.core.judging.reading import Good
from notifier.core.payload.completion import rows_from_texts
from notifier.core.payload.endpoint import Collection, Endpoint, Field, Kind, Nature
from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import (
    HEAD,
    HITS,
    LATENCY,
    NEW_HIT,
    OPERATION,
    TEAM_LEADS,
    Play,
    Record,
    agent,
    clock,
    hit,
    rejection,
    rules,
)

CALLS = SourceKey(OPERATION, "calls")
(HIT_ROWS,) = CATALOGUE["hits_last_hour"].collections
CALL_ROWS = Collection(
    name="",
    key=("conn_id",),
    nature=Nature.EVENT,
    fields=(*HIT_ROWS.fields, Field("agent_id", Kind.TEXT), Field("agent_name", Kind.TEXT)),
)
CALL_LIST = Endpoint(
    name="cdr_calls", family="customer", api="cdr_calls", collections=(CALL_ROWS,), dated=True
)
KNOWN = {**CATALOGUE, "cdr_calls": CALL_LIST}
SOURCE = """
[[source]]
endpoint = "cdr_calls"
name = "calls"
every = "1h"
window = "1d"
"""
CAUGHT = NEW_HIT.replace('kind = "event"', 'kind = "event"\ncatch_up = "calls"')
NAMES = TEAM_LEADS + "names = true\n"
BY_HAND = "12004.1234.1767625200.11"  # of ten in the morning in Bogotá


def _rules(rule: str = CAUGHT, leads: str = TEAM_LEADS, source: str = SOURCE) -> Play:
    return Play(plan(load("\n".join((HEAD, leads, source, rule)), KNOWN)))


def call(conn_id: str, said: str = "yes", name: str = "ANA") -> Record:
    """One row of ``cdr_calls``."""
    return {**hit(conn_id, said), "agent_id": "12004", "agent_name": name}


def listed(play: Play, minute: float, *rows: Mapping[str, object]) -> list[str]:
    """A good poll of the list of calls."""
    at = clock(minute)
    decoded = rows_from_texts(CALL_ROWS, rows, {"yes"})
    return play._read(Good(CALLS, take(CALLS, CALL_LIST, {"": decoded}, at)), at)


def test_a_sale_that_the_hits_missed_is_announced_from_the_calls_once() -> None:
    play = _rules()
    play.poll(0, source=HITS)
    assert listed(play, 1, call("1")) == []  # its own silent first look
    play.poll(5, hit("2"), source=HITS)

    assert listed(play, 200, call("1"), call("2"), call("3"), call("4", "no")) == [
        "team-leads event 3"
    ]
    assert play.poll(205, hit("3"), source=HITS) == []
    assert listed(play, 260, call("4")) == ["team-leads event 4"]  # coded late


@pytest.mark.parametrize(("minute", "belated"), [(20, False), (200, True)])
def test_what_is_caught_up_on_late_is_told_in_sober_words(minute: int, belated: bool) -> None:
    play = _rules()
    play.poll(0, source=HITS)
    listed(play, 1)
    listed(play, minute, call(BY_HAND))

    assert play.last.notices[0].belated is belated


def test_a_sale_taken_back_is_seen_in_the_calls_too() -> None:
    play = _rules()
    play.poll(0, source=HITS)
    listed(play, 1)
    play.poll(5, hit("1"), source=HITS)
    listed(play, 120, call("1", "no"))

    assert [event.key for event in play.last.notices[0].taken_back] == ["1"]


# ---- who sold ----


def _sellers(play: Play) -> list[object]:
    return [event.fields.get("seller") for event in play.last.notices[0].events]


def test_nobody_is_named_unless_a_receiver_asks_for_names() -> None:
    play = _rules()
    play.poll(0, source=HITS)
    listed(play, 1)
    listed(play, 5, call("1"))

    (event,) = play.last.notices[0].events
    assert event.fields.keys() <= HIT_ROWS.kinds().keys()
    assert "ANA" not in repr(play.notices)


def test_the_list_of_calls_names_who_sold() -> None:
    play = _rules(leads=NAMES)
    play.poll(0, source=HITS)
    listed(play, 1)
    listed(play, 5, call("1"), call("2", "no", "LUZ"))
    assert _sellers(play) == ["ANA"]

    play.poll(10, hit("2"), source=HITS)
    assert _sellers(play) == ["LUZ"]


@pytest.mark.parametrize(
    ("conn_id", "way", "name"),
    [
        (BY_HAND, "outbound", "ANA"),
        (BY_HAND, "Outbound_MA", "ANA"),
        (BY_HAND, "inbound", None),  # what its id begins with is not evidenced
        (BY_HAND, None, None),
        ("1234.5678.0123.1767625200.11", "outbound", None),  # begun by a diagram
        ("99999.1234.1767625200.11", "outbound", None),  # nobody that is known
    ],
)
def test_a_call_dialled_by_hand_names_its_agent(
    conn_id: str, way: str | None, name: str | None
) -> None:
    play = _rules(NEW_HIT, NAMES)
    play.poll(0, agent("12004-ANA"), agent("99999-"), source=LATENCY)
    play.poll(1, source=HITS)
    play.poll(5, {**hit(conn_id), "type_interaction": way}, source=HITS)

    assert _sellers(play) == [name]


def test_an_agent_of_another_operation_sold_nothing_here() -> None:
    """Extensions repeat from one operation to another."""
    cali = """
[[operation]]
name = "cali"
server = "0042"
timezone = "America/Bogota"
[[source]]
endpoint = "latency"
operation = "cali"
"""
    head = HEAD.replace("[[source]]\n", '[[source]]\noperation = "bogota"\n') + cali
    hers = rejection('id = "hers"\noperation = "cali"')
    play = Play(rules(NEW_HIT, hers, head=head, team_leads=NAMES))
    play.poll(0, agent("12004-ANA"), source=SourceKey("cali", "latency"))
    play.poll(1, source=HITS)
    play.poll(5, {**hit(BY_HAND), "type_interaction": "outbound"}, source=HITS)

    assert _sellers(play) == [None]


# ---- mistakes ----


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (CAUGHT.replace('"calls"', '"cals"'), "unknown source `cals`; did you mean `calls`?"),
        (CAUGHT.replace('"calls"', '"hits_last_hour"'), "does not list the events of"),
        (CAUGHT.replace('"calls"', '"skills"'), "`skills` does not list the events of"),
        (
            CAUGHT.replace('kind = "event"', "by = []").replace('"is_hit"', '"count() > 1"'),
            "`catch_up` is for rules about events",
        ),
        (CAUGHT.replace('"is_hit"', '"is_hit and date != telephone"'), "is customer data"),
    ],
)
def test_what_cannot_catch_up_is_told(rule: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _rules(rule)

    assert said in str(caught.value)


def test_a_condition_that_the_calls_cannot_answer_is_told() -> None:
    lesser = replace(CALL_ROWS, fields=tuple(f for f in CALL_ROWS.fields if f.name != "hit"))
    known = {**KNOWN, "cdr_calls": replace(CALL_LIST, collections=(lesser,))}
    rule = CAUGHT.replace('"is_hit"', "\"hit == 'Venta'\"")

    with pytest.raises(ConfigError) as caught:
        load("\n".join((HEAD, TEAM_LEADS, SOURCE, rule)), known)

    assert "`calls` cannot answer `hit == 'Venta'`: there is no `hit` here" in str(caught.value)
