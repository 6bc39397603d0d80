"""How agents are called: by the names that a team chose, and only where people read."""

from __future__ import annotations

import pytest

from notifier.core.facts.people import aliases, called, renamed
from notifier.core.facts.state import Scalar
from notifier.core.standing.status import listed
from notifier.errors import ConfigError
from notifier.render import Renderer, text
from tests.builders import HEAD, NEW_HIT, OPERATION, TEAM_LEADS, Play, agent, hit, rejection, rules

HITS = rules(NEW_HIT).rule(OPERATION, "new-hit").source  # type: ignore[union-attr]
RENDERER = Renderer()


def head(table: str) -> str:
    return HEAD.replace('server = "0041"', f'server = "0041"\naliases = {table}')


def play(table: str = '{ "12004" = "Ana G.", "LUIS PEÑA" = "Lucho" }', *more: str) -> Play:
    return Play(rules(*(more or (rejection(),)), head=head(table)))


def said(play: Play) -> str:
    (notice,) = play.last.notices
    return text(notice, RENDERER)


# ---- what is shown ----


def test_an_agent_is_called_by_the_alias_alone() -> None:
    game = play()
    game.poll(0, agent("12004-ANA GÓMEZ", 3))

    assert "Ana G.: network rejection" in said(game)
    assert "12004" not in said(game)
    assert "GÓMEZ" not in said(game)


def test_whoever_has_none_keeps_name_and_id() -> None:
    game = play()
    game.poll(0, agent("12005-EVA", 3))

    assert "EVA (12005): network rejection" in said(game)


def test_a_summary_of_ones_own_uses_it_too() -> None:
    own = rejection('summary = "{{ agent_name }} and {{ entity }} of {{ agent_id }}"')
    game = play('{ "12004" = "Ana G." }', own)
    game.poll(0, agent("12004-ANA GÓMEZ", 3))

    assert "Ana G. and Ana G. of 12004" in said(game)


def test_keys_and_what_is_matched_stay_as_they_are() -> None:
    game = play()
    game.poll(0, agent("12004-ANA GÓMEZ", 3))

    (incident,) = game.known.incidents.values()
    assert incident.key.entity == "12004"
    assert incident.fields["agent_name"] == "ANA GÓMEZ"


def test_pages_call_agents_so_and_keep_the_key_beside_it() -> None:
    game = play()
    game.poll(0, agent("12004-ANA GÓMEZ", 3), agent("12005-EVA", 4))

    shown = {e.entity: e.name for e in listed(game.known, game.known.at, game.plan.aliases)}  # type: ignore[arg-type]
    bare = {e.entity: e.name for e in listed(game.known, game.known.at)}  # type: ignore[arg-type]

    assert shown == {"12004": "Ana G.", "12005": "EVA"}
    assert bare["12004"] == "ANA GÓMEZ"


@pytest.mark.parametrize("chosen", ['"12004" = "Ana G."', '"ana gomez" = "Ana G."'])
def test_who_sold_is_called_by_the_alias_where_names_are_wanted(chosen: str) -> None:
    leads = TEAM_LEADS + "names = true\n"
    cheers = f'{NEW_HIT}\ntemplate = "celebration"'
    game = Play(rules(rejection(), cheers, head=head(f"{{ {chosen} }}"), team_leads=leads))
    game.poll(0, agent("12004-ANA GÓMEZ"))
    game.poll(1, source=HITS)
    sold = {**hit("12004.1234.1767625200.11"), "type_interaction": "outbound"}
    game.poll(5, sold, source=HITS)

    assert "Ana G." in said(game)
    assert "GÓMEZ" not in said(game)


def test_another_operation_knows_nothing_of_them() -> None:
    assert play().plan.aliases == {OPERATION: {"12004": "Ana G.", "luis pena": "Lucho"}}


@pytest.mark.parametrize(
    ("entity", "fields", "shown"),
    [
        ("12004", {"agent_id": "12004"}, "Ana G."),
        ("12004/Break", {"agent_id": "12004", "agent_name": "ANA"}, "Ana G. (Break)"),
        ("12004/Break/3001", {"agent_id": "12004"}, "Ana G. (Break/3001)"),
        ("LUIS PEÑA", {"agent_name": "LUIS PEÑA"}, "Lucho"),
        ("12009", {"agent_id": "12009", "agent_name": "Luis Peña"}, "Lucho"),
        ("3001", {"skill_id": "3001", "agent_id": "12004"}, ""),  # a queue, whoever is in it
        ("12004", {"skill_id": "12004"}, ""),  # a queue with an agent's number
        ("12005", {"agent_id": "12005", "agent_name": "EVA"}, ""),
        ("12004", {"agent_id": 12004.0}, ""),
        ("", {}, ""),
    ],
)
def test_the_rest_of_a_key_stands_behind_the_alias(
    entity: str, fields: dict[str, Scalar], shown: str
) -> None:
    known = aliases({"12004": "Ana G.", "LUIS PEÑA": "Lucho"})

    assert called(entity, fields, known) == shown


def test_the_id_wins_over_the_name() -> None:
    known = aliases({"12004": "Ana G.", "ANA": "Anita"})

    assert renamed({"agent_id": "12004", "agent_name": "ANA"}, known)["agent_name"] == "Ana G."
    assert renamed({"agent_name": "ana"}, known)["agent_name"] == "Anita"


# ---- what the file may say ----


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('{ "ANA PEÑA" = "Ana", "ana pena" = "Anita" }', "are one agent"),
        ('{ "12004" = "Ana", "12005" = "ANÁ" }', "would both be called `ANÁ`"),
        ('{ "ANA P" = "Ana", "ANA G" = "Ana" }', "would both be called `Ana`"),
        ('{ "12004" = "  " }', "is blank"),
        ('{ "" = "Ana" }', "is blank"),
        (f'{{ "12004" = "{"A" * 41}" }}', "at most 40 characters"),
        ('{ "12004" = "Ana\\nG." }', "one line"),
        ('{ "12004" = 7 }', "must be text in quotes"),
    ],
)
def test_an_alias_that_nobody_could_read_is_a_mistake(table: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        play(table)

    (problem,) = caught.value.problems
    assert complaint in problem.text
    assert problem.line > 1


def test_an_id_and_a_name_may_share_one() -> None:
    game = play('{ "12004" = "Ana G.", "ANA GÓMEZ" = "Ana G." }')

    assert set(game.plan.aliases[OPERATION].values()) == {"Ana G."}
