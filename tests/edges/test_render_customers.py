"""Random telephones and ids through every message there is, in every channel: no run is left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from notifier.core.facts.state import Incident
from notifier.core.judging.notice import Item, Notice
from notifier.core.judging.planning import plan
from notifier.core.rules.tables import KINDS
from notifier.core.trial.gallery import beside, gallery
from notifier.core.trial.sample import told_to
from notifier.exhibition import WHEN, speakers
from notifier.render import Renderer, envelopes, shipped, text
from notifier.rules import read_rules

LONGEST = 6  # digits that may be left of a number: an agent's id has as many
NUMBERS = st.text("0123456789", min_size=11, max_size=13)
RENDERER = Renderer(page="https://alerts.example.com", buttons=True)


def notices() -> dict[str, Notice]:
    laid = plan(read_rules(shipped.example()))
    found: dict[str, Notice] = {}
    for rule in speakers(laid):
        collection = laid.sources[rule.source].collections[rule.collection].collection
        reach = laid.reaches[rule.operation, rule.to[0]]
        found |= gallery(rule, collection, reach, WHEN)
        if not rule.event:
            found |= beside(rule, collection, ["one", "two", "three", "four"], reach, WHEN)
    return found


def written(number: str) -> list[str]:
    return [number, f"+{number}", f"call {number} back", f"{number}@example.com", f"x\n{number}"]


def tainted(notice: Notice, said: str) -> Notice:
    """The notice with the text wherever one from outside, or of a person, can stand."""

    def fields(given: Any) -> dict[str, Any]:
        kept = ("trouble", "operation", "source")
        return {k: v if k in kept or isinstance(v, float) else said for k, v in given.items()}

    def of(incident: Incident) -> Incident:
        own = incident.fields.get("trouble") is not None
        return structs.replace(
            incident,
            key=incident.key if own else incident.key._replace(entity=said),
            fields=fields(incident.fields),
            acknowledged_by=incident.acknowledged_by and said,
            silenced_by=incident.silenced_by and said,
        )

    def item(one: Item) -> Item:
        return replace(one, incident=of(one.incident), kept_by=one.kept_by and said)

    silence = notice.ending and structs.replace(notice.ending, author=said, comment=said)
    events = tuple(replace(each, fields=fields(each.fields)) for each in notice.events)
    return replace(
        notice,
        items=tuple(map(item, notice.items)),
        roster=tuple(map(of, notice.roster)),
        events=events,
        ending=silence,
        aliases={said.strip().casefold(): said},
    )


def runs(number: str) -> set[str]:
    """What must not be left; three digits over and over may stand in any fraction."""
    found = {number[i : i + LONGEST + 1] for i in range(len(number) - LONGEST)}
    return {run for run in found if len(set(run)) > 3}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(number=NUMBERS, way=st.integers(0, 4), language=st.sampled_from(("en", "es", "pt")))
def test_no_run_of_a_number_is_in_any_message(
    kind: str, number: str, way: int, language: str
) -> None:
    for name, notice in notices().items():
        wild = tainted(told_to(notice, kind, "somewhere", language, language), written(number)[way])
        said = [each.payload for each in envelopes(wild, RENDERER)] + [text(wild, RENDERER)]
        left = [run for run in runs(number) for each in said if run in each]
        assert not left, name


def test_what_is_looked_for_would_be_found() -> None:
    said = "call 573001234567 back"

    assert all(run in said for run in runs("573001234567"))
