"""What an incident's history says it lived through."""

from __future__ import annotations

from msgspec.structs import replace

from notifier.core.facts.state import Entry
from notifier.core.judging.known import Draft, Known
from notifier.core.reacting.timeline import timeline
from tests.builders import BEGIN, SITE_LINK, Play, agent, incident, rejection


def lived(play: Play, entity: str = "12004") -> list[str]:
    ids = {i.id for d in play.decisions for i in d.incidents.values() if i.key.entity == entity}
    return [said(e) for d in play.decisions for e in d.timeline if e.incident in ids]


def said(entry: Entry) -> str:
    return " ".join(filter(None, (entry.what, entry.who, entry.detail)))


def test_it_was_told_rose_recovered_relapsed_and_ended() -> None:
    play = Play(rejection('critical = "network_rejection > 5"\nkeep = "8m"'))
    for minute, value in enumerate([2, 6, 6, 0, 2, 0, 0, 0]):
        play.poll(5 * minute, agent("12004-ANA", value))

    assert lived(play) == [
        "told team-leads open",
        "severity critical",
        "told team-leads raised",
        "recovering",
        "severity warning",
        "relapsed",
        "recovering",
        "told team-leads close",
    ]


def test_that_only_its_value_changes_is_no_news() -> None:
    play = Play(rejection())
    play.poll(0, agent("12004-ANA", 2))
    play.poll(5, agent("12004-ANA", 3))

    assert lived(play) == ["told team-leads open"]


def test_what_explains_it_is_named_and_so_is_the_end_of_that() -> None:
    play = Play(rejection(), SITE_LINK)
    play.poll(0, *(agent(f"1200{n}-A", 2, tx_ploss=5) for n in range(4, 7)))
    for minute in (5, 10):
        play.poll(minute, *(agent(f"1200{n}-A", 2) for n in range(4, 7)))

    # That it was explained when it opened, the incident itself says.
    assert lived(play) == ["explained", "told team-leads open"]


def test_who_acknowledged_it_is_named() -> None:
    before = incident()
    draft = Draft(Known(incidents={before.id: before}), BEGIN)
    draft.incidents[before.id] = replace(before, acknowledged_by="ana")

    assert list(map(said, timeline(draft))) == ["acknowledged ana"]
