"""What is usual of all rows together: no sale where there always are some."""

from __future__ import annotations

import pytest

from notifier.core.judging.planning import plan
from notifier.core.language.counters import Unknown
from notifier.core.language.expression import ExpressionError, Vocabulary, parse
from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, HITS, TEAM_LEADS, Play, clock, hit

WEEK = 7 * 24 * 60
DROUGHT = """
[[rule]]
id = "hits-drought"
on = "hits_last_hour"
by = []
when = "count(is_hit) == 0 and usual(count(is_hit)) >= 5"
value = "usual(count(is_hit))"
to = ["team-leads"]
"""


def _play(*weeks: int) -> Play:
    """Weeks with so many sales at this half hour, each polled once."""
    play = Play(plan(load("\n".join((HEAD, TEAM_LEADS, DROUGHT)), CATALOGUE)))
    for week, sold in enumerate(weeks):
        assert play.poll(week * WEEK, *(hit(f"{week}.{n}") for n in range(sold)), source=HITS) == []
    return play


@pytest.mark.parametrize(
    ("weeks", "heard"),
    [
        ((6, 5, 7), ["team-leads open all"]),
        ((4, 9, 4), []),
        ((9, 9), []),  # two weeks are not usual
        ((), []),
    ],
)
def test_no_sale_is_news_where_five_are_usual(weeks: tuple[int, ...], heard: list[str]) -> None:
    play = _play(*weeks)

    assert play.poll(len(weeks) * WEEK + 5, hit("x", "no"), source=HITS) == heard
    assert not heard or play.incident("all").value == 6.0


def test_an_empty_list_is_a_drought_and_a_sale_ends_it() -> None:
    play = _play(6, 6, 6)

    assert play.poll(3 * WEEK, source=HITS) == ["team-leads open all"]
    assert play.poll(3 * WEEK + 5, hit("new"), source=HITS) == ["team-leads close all"]


def test_a_list_that_cannot_be_read_whole_is_not_counted_as_usual() -> None:
    play = _play(6, 6)
    play.poll(2 * WEEK, *(hit(f"2.{n}") for n in range(6)), hit("blank", " "), source=HITS)

    assert play.poll(3 * WEEK, source=HITS) == []
    history = play.known.histories[HITS, ""]
    found = history.usual("", "count(is_hit)", clock(3 * WEEK).timestamp())
    assert found is Unknown.FEW_WEEKS


def test_where_and_usual_of_all_do_not_go_together() -> None:
    rule = DROUGHT.replace("when", "where = \"type_interaction == 'inbound'\"\nwhen")

    with pytest.raises(ConfigError, match="takes all rows, and `where` leaves some out"):
        load("\n".join((HEAD, TEAM_LEADS, rule)), CATALOGUE)


@pytest.mark.parametrize(
    ("text", "by", "said"),
    [
        ("usual(count()) > 1", ("ip",), "only of all rows together"),
        ("usual(count(delta(calls) > 1)) > 1", (), "not of their past"),
        ("usual(count(), 2) > 1", (), "takes 1 argument, not 2"),
        ("usual_rise(count()) > 1", (), "a group has none"),
    ],
)
def test_what_usual_cannot_say_of_groups_is_refused(
    text: str, by: tuple[str, ...], said: str
) -> None:
    kinds = CATALOGUE["agents"].collections[0].kinds() | CATALOGUE["latency"].collections[0].kinds()

    with pytest.raises(ExpressionError, match=said):
        parse(text, Vocabulary(kinds, grouped=True, by=by))


def test_it_names_the_fields_within_and_writes_itself_again() -> None:
    words = Vocabulary(CATALOGUE["hits_last_hour"].collections[0].kinds(), grouped=True)

    found = parse("usual(count(is_hit)) >= 5", words)

    assert found.names == {"is_hit"}
    assert found.left is not None
    assert found.left.text == "usual(count(is_hit))"
