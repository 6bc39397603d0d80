"""What a snapshot says of each entity, and of each group of rows."""

from __future__ import annotations

import pytest

from notifier.core.judging.notice import Untold
from tests.builders import HEAD, Play, Record, agent, rejection, rules

CONNECTED = "where = \"agent_status == 'connected'\""


def group(when: str, *more: str, by: str = '"ip"') -> str:
    return rejection("\n".join((f"by = {by}", f"when = '{when}'", *more)))


def outcome(play: Play, minute: float, *rows: Record) -> str:
    """What was said of the address, or why nothing was."""
    heard = [line.split()[1] for line in play.poll(minute, *rows)]
    untold = play.reason("181.49.7.7")
    return heard[0] if heard else (untold.value if untold else "nothing")


# ---- entities ----


def test_the_first_to_breach_are_found_among_thousands() -> None:
    play = Play(rejection())
    rows = [agent(str(n), 2 if n in (7, 1500) else 0) for n in range(2000)]
    assert play.poll(0, *rows) == ["team-leads open 1500", "team-leads open 7"]


def test_a_blank_in_the_condition_says_nothing() -> None:
    play = Play(rejection('for = "10m"'))
    play.poll(0, agent("12004", 2))
    assert play.poll(5, agent("12004", None)) == []
    assert play.reason("12004") is Untold.NULL


def test_a_blank_in_clear_says_nothing() -> None:
    play = Play(rejection('clear = "tx_ploss < 1"'))
    play.poll(0, agent("12004", 2))
    assert play.poll(5, agent("12004", 0, tx_ploss=None)) == ["team-leads change 12004"]
    assert play.incident("12004").open


@pytest.mark.parametrize(("status", "why"), [(None, Untold.NULL), ("disconnected", Untold.MISSING)])
def test_whether_a_rule_is_about_a_row_may_be_unknown_too(status: str, why: Untold) -> None:
    play = Play(rejection(f'{CONNECTED}\nfor = "10m"'))
    play.poll(0, agent("12004", 2))
    play.poll(5, agent("12004", 2, agent_status=status))
    assert play.reason("12004") is why


def test_where_may_be_unknown_for_everyone_that_might_be_missed() -> None:
    play = Play(rejection(f'{CONNECTED}\nmissing = "fire"'))
    play.poll(0, agent("12004", 0), agent("12005", 0, agent_status=None))
    assert play.reason("12005") is Untold.NULL
    assert play.reason("12004") is Untold.CLEAR


def test_a_site_is_called_by_its_name() -> None:
    zone = 'timezone = "America/Bogota"'
    head = HEAD.replace(zone, zone + '\nsites = { "181.49.7.7" = "Norte" }')
    play = Play(rules(rejection(), head=head))
    play.poll(0, agent("1", 2), agent("2", 2, ip="10.0.0.1"))
    assert play.incident("1").fields["site"] == "Norte"
    assert "site" not in play.incident("2").fields


def test_computed_fields_may_be_said_too() -> None:
    play = Play(rejection())
    play.poll(0, agent("1", 2, tx_ploss=3, rx_ploss=7))
    assert play.incident("1").fields["ploss"] == 7.0


# ---- groups ----


def test_a_group_says_what_it_is_and_how_many() -> None:
    play = Play(group("count() >= 2"))
    play.poll(0, agent("1"), agent("2"), agent("3", ip="10.0.0.1"), agent("4", ip=None))
    incident = play.incident("181.49.7.7")
    assert (incident.fields["ip"], incident.fields["count"]) == ("181.49.7.7", 2.0)
    assert incident.value == 2.0


def test_rows_without_the_field_belong_to_no_group() -> None:
    play = Play(group("count() >= 1"))
    assert play.poll(0, agent("1", ip=None)) == []


def test_the_whole_collection_may_be_one_group_also_an_empty_one() -> None:
    play = Play(group("count() < 2", by="[]"))
    assert play.poll(0) == ["team-leads open all"]
    assert play.poll(5, agent("1"), agent("2")) == ["team-leads close all"]


def test_a_group_without_a_row_that_counts_is_not_there() -> None:
    play = Play(group("count() >= 1", CONNECTED, "missing_after = 1", 'missing = "resolve"'))
    assert outcome(play, 0, agent("1")) == "open"
    assert outcome(play, 5, agent("1", agent_status="lost")) == "close"


OFF = {"agent_status": "lost"}
BLANK = {"agent_status": None}


@pytest.mark.parametrize(
    ("when", "rows", "said"),
    [
        # Both in and both out agree; only one of them in would not.
        ("count() == 1", [agent("1"), agent("2", **BLANK)], "nothing"),
        ("count() >= 1", [agent("1"), agent("2", **BLANK)], "open"),
        ("count() >= 2", [agent("1"), agent("2", **BLANK)], "nothing"),
        ("count() >= 2", [agent("1"), agent("2"), agent("3", **BLANK), agent("4", **OFF)], "open"),
        ("avg(network_rejection) > 1", [agent("1", 2), agent("2", 9, **BLANK)], "open"),
        (
            "avg(network_rejection) > 1",
            [
                agent("1", 2),
                agent("2", 9, **BLANK),
                agent("3", 0, **BLANK),
                agent("4", -6, **BLANK),
            ],
            "nothing",
        ),
        ("count() >= 1", [agent("1", **BLANK)], "nothing"),
        ("count() >= 0", [agent("1", **BLANK)], "nothing"),  # nor is it known to be there
        ("count() >= 1", [agent("1"), *(agent(str(n), **BLANK) for n in range(2, 40))], "open"),
        ("count() <= 38", [agent("1"), *(agent(str(n), **BLANK) for n in range(2, 40))], "nothing"),
    ],
)
def test_a_group_is_judged_only_where_doubtful_rows_make_no_difference(
    when: str, rows: list[Record], said: str
) -> None:
    play = Play(group(when, CONNECTED))
    heard = outcome(play, 0, *rows)
    assert (heard == "open") is (said == "open")
    assert heard in ("open", "null")


def test_a_group_is_compared_with_those_that_counted_before() -> None:
    play = Play(group("delta(count()) <= -2", CONNECTED))
    steady = [agent("1"), agent("2"), *(agent(str(n), **OFF) for n in range(3, 7))]
    assert outcome(play, 0, *steady) == "null"
    assert outcome(play, 5, *steady) == "clear"
    assert outcome(play, 10, *(agent(str(n)) for n in range(1, 7))) == "clear"
    assert outcome(play, 15, *steady) == "open"


def test_a_group_is_not_compared_with_what_is_not_known() -> None:
    play = Play(group("delta(count()) <= -2", CONNECTED))
    play.poll(0, *(agent(str(n), **BLANK) for n in range(1, 7)))
    assert outcome(play, 5, agent("1"), *(agent(str(n), **OFF) for n in range(2, 7))) == "null"


def test_a_group_without_where_is_compared_with_all_of_it() -> None:
    play = Play(group("delta(count()) <= -2"))
    play.poll(0, *(agent(str(n)) for n in range(1, 7)))
    assert outcome(play, 5, *(agent(str(n)) for n in range(1, 5))) == "open"


def test_a_critical_group_raises() -> None:
    play = Play(group("count() >= 2", 'critical = "count() >= 4"'))
    assert outcome(play, 0, agent("1"), agent("2")) == "open"
    assert outcome(play, 5, *(agent(str(n)) for n in range(4))) == "raised"
