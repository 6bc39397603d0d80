"""The rules page says of each rule how its tests go and what it would have sent lately."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifier.errands.errand import Sent
from notifier.errands.orders import News, Review
from notifier.errands.review import OVERTAKEN, STOPPING, Reviewer, _Errand
from tests.flow.pages import Site, served, settle
from tests.flow.stage import BEGIN, RULES, Stage, staged

TESTED = (
    RULES
    + """
[[test]]
name = "two percent are told"
rule = "rejection"
polls = [
  { at = "0m", rows = [{ agent_id = "1-ANA", network_rejection = "2" }], expect = ["open 1"] },
]

[[test]]
name = "two percent are fine"
rule = "rejection"
polls = [
  { at = "0m", rows = [{ agent_id = "1-ANA", network_rejection = "2" }], expect = [] },
]
"""
)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, TESTED) as stage:
        yield stage


def rule(site: Site, name: str = "rejection") -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in site.api("rules").json() if e["rule"] == name)
    return found


def test_a_rule_says_how_its_tests_went_and_what_it_would_have_sent(stage: Stage) -> None:
    with served(stage) as site:
        for rejected in ("0", "2", "3"):
            site.poll(**{"1_ANA": rejected})
        before = rule(site)
        page = site.ask("/rules").text
        settle(site.desk)
        after, hits = rule(site), rule(site, "hit")
        listed, shown = site.ask("/rules").text, site.ask("/rules/bogota/rejection").text

    assert before["tests"] is None
    assert before["review"]["state"] == "working"
    assert "tests are being run" in page
    assert [(test["name"], test["passed"]) for test in after["tests"]] == [
        ("two percent are told", True),
        ("two percent are fine", False),
    ]
    assert after["review"]["state"] == "done"
    assert after["review"]["noticed"] == 2
    assert after["review"]["receivers"] == {"leads": 1, "on-call": 1}
    assert (hits["tests"], hits["review"]["noticed"]) == ([], 0)
    assert "1 test fails" in listed
    assert "replay: 2 messages in 3 min" in listed
    assert "2 messages that people notice, 10:00 to 10:03" in shown
    assert 'content="2"' not in listed


def test_what_was_found_outlives_a_restart(stage: Stage) -> None:
    with served(stage) as site:
        site.poll(**{"1_ANA": "2"})
        rehearsed(site)
        settle(site.desk)

    with served(stage) as site:
        rehearsed(site)
        site.desk.review.look()
        found = rule(site)["review"]

    assert (found["state"], found["noticed"]) == ("done", 2)


def test_other_rules_and_another_day_are_worked_out_anew(stage: Stage) -> None:
    with served(stage) as site:
        site.poll(**{"1_ANA": "2"})
        rehearsed(site)
        settle(site.desk)
        stage.rules.write_text(stage.rules.read_text().replace("> 1", "> 4"))
        site.bot.reload()
        rehearsed(site)
        stale = rule(site)["review"]
        settle(site.desk)
        other = rule(site)["review"]
        stage.wait(hours=25)
        site.poll(**{"1_ANA": "0"})
        settle(site.desk)
        later = rule(site)["review"]

    assert (stale["state"], stale["noticed"]) == ("working", None)
    assert (other["state"], other["noticed"]) == ("done", 0)
    assert later["at"] > other["at"]


def rehearsed(site: Site) -> None:
    """Let the tests be known: only the replay is to be worked out."""
    site.desk.review._tests = site.desk.book().digest, {}


def under_way(reviewer: Reviewer, digest: str, **news: Any) -> Sent:
    """Let a review be under way, or have ended with *news*, without a process."""
    sent = Sent(share=0.4, last=News(**news) if news else None)
    reviewer._errand = _Errand(Review(since=BEGIN, until=BEGIN), digest, sent)
    return sent


def test_what_goes_on_by_rules_that_are_no_more_is_called_off(stage: Stage) -> None:
    with served(stage) as site:
        sent = under_way(site.desk.review, "another")

        site.desk.review.look()

        assert sent._why == OVERTAKEN
        sent.last = News(refused=OVERTAKEN)
        sent._ended.set()


@pytest.mark.parametrize("why", [OVERTAKEN, STOPPING])
def test_what_we_ended_ourselves_is_not_kept_as_what_was_found(stage: Stage, why: str) -> None:
    with served(stage) as site:
        rehearsed(site)
        under_way(site.desk.review, site.desk.book().digest, refused=why)

        site.desk.review.look()

        assert rule(site)["review"]["state"] == "none"


def test_a_review_that_was_stopped_begins_nothing_more(stage: Stage) -> None:
    with served(stage) as site:
        for rejected in ("0", "2"):
            site.poll(**{"1_ANA": rejected})

        site.desk.review.stop()
        site.ask("/rules")

        assert site.desk.review._errand is None


SAID = {
    "en": ("as soon as there are", "worked out: 40 %", "could not be worked out: the disk"),
    "es": ("en cuanto haya lecturas", "repetición: 40 %", "No se pudo calcular: the disk"),
    "pt": ("assim que houver", "repetição: 40 %", "Não foi possível calcular: the disk"),
}


def test_each_state_is_said_in_each_language(stage: Stage) -> None:
    def pages(site: Site) -> dict[str, str]:
        path = "/rules/bogota/rejection"
        return {one: site.ask(path, headers={"Accept-Language": one}).text for one in SAID}

    with served(stage) as site:
        rehearsed(site)
        empty = pages(site)
        sent = under_way(site.desk.review, site.desk.book().digest)
        going = pages(site)
        sent.last = News(refused="the disk is gone")
        broken = pages(site)

    for language, (nothing, working, failed) in SAID.items():
        assert nothing in empty[language]
        assert working in going[language]
        assert failed in broken[language]
        assert '<meta http-equiv="refresh" content="2">' in going[language]


def test_what_an_older_program_kept_is_not_read(stage: Stage) -> None:
    with served(stage) as site:
        with site.desk.database.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO meta (key, value) VALUES ('review', '{}')")
        rehearsed(site)

        site.desk.review.look()

        assert rule(site)["review"]["state"] == "none"
