"""The API as a program meets it: real requests to the whole bot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from notifier.commands import alerts
from tests.flow.pages import Site, served
from tests.flow.stage import staged


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """ANA, LUIS and EVA were rejected, EVA no more; one sale after the silent first look."""
    with staged(tmp_path_factory.mktemp("api")) as stage, served(stage) as site:
        site.poll(**{"1_ANA": "0"})
        stage.hits("c1")
        site.poll(**{"1_ANA": "2", "3_EVA": "3"})
        site.poll(**{"1_ANA": "2.5", "2_LUIS": "9", "3_EVA": "0"})
        yield site


def problem(answer: requests.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return str(answer.json()["detail"])


def entities(answer: requests.Response) -> list[str]:
    return [each["entity"] for each in answer.json()["items"]]


def test_it_lists_what_is_open_with_the_keys_of_the_commands(site: Site) -> None:
    answer = site.api("incidents")

    assert entities(answer) == ["2", "1"]
    luis = answer.json()["items"][0]
    assert {key: luis[key] for key in alerts.KEYS[1:]} == {
        "rule": "rejection",
        "operation": "bogota",
        "entity": "2",
        "severity": "critical",
        "state": "open",
        "since": "2026-01-05T15:03:00Z",
        "value": 9.0,
        "told": ["leads", "on-call"],
        "acknowledged_by": None,
        "silence": None,
        "silenced_by": None,
        "silenced_until": None,
    }
    assert luis["name"] == "LUIS"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=closed", ["3"]),
        ("state=all", ["2", "3", "1"]),
        ("severity=critical", ["2"]),
        ("state=all&severity=warning", ["3", "1"]),
        ("entity=1", ["1"]),
        ("rule=rejection&operation=bogota", ["2", "1"]),
        ("rule=other", []),
        ("state=pending", []),
    ],
)
def test_filters_hold_together(site: Site, query: str, expected: list[str]) -> None:
    found = entities(site.api(f"incidents?{query}"))

    assert sorted(found) == sorted(expected)
    assert found[:1] == expected[:1]


@pytest.mark.parametrize("more", ["", "&severity=warning"])
def test_pages_follow_one_another_without_a_gap_or_a_repeat(site: Site, more: str) -> None:
    whole = entities(site.api(f"incidents?state=all{more}"))

    pages, cursor = [], ""
    for _ in range(4):
        answer = site.api(f"incidents?state=all&limit=1{more}{cursor}")
        pages += entities(answer)
        if answer.json()["next"] is None:
            break
        cursor = f"&cursor={answer.json()['next']}"

    assert pages == whole


def test_one_incident_has_its_life_and_its_numbers(site: Site) -> None:
    ana = site.api("incidents?entity=1").json()["items"][0]

    story = site.api(f"incidents/{ana['incident']}").json()

    assert [step["what"] for step in story["steps"]][:2] == ["seen", "opened"]
    assert ("told", "leads") in {(step["what"], step["who"]) for step in story["steps"]}
    assert [value for _, value in story["values"]] == [0.0, 2.0, 2.5]
    assert story["evidence"]["agent_name"] == "ANA"
    assert {each["kind"] for each in story["deliveries"]} == {"slack", "email"}


def test_sources_say_how_fresh_they_are_and_what_they_used(site: Site) -> None:
    latency, hits = site.api("sources").json()

    assert (latency["source"], latency["state"], latency["entities"]) == ("latency", "good", 3)
    assert latency["good_at"] == "2026-01-05T15:03:00Z"
    assert latency["calls"] == 3
    assert hits["entities"] == 1


def test_rules_say_what_came_of_them(site: Site) -> None:
    rejection, hit = site.api("rules").json()

    assert (rejection["state"], rejection["open"], rejection["fired"]) == ("open", 2, 3)
    assert rejection["short"] == 1  # EVA's ended within a minute
    assert (hit["kind"], hit["state"]) == ("event", "well")


def test_receivers_and_messages_say_how_deliveries_go(site: Site) -> None:
    receivers = {each["receiver"]: each for each in site.api("receivers").json()}
    sent = site.api("deliveries?receiver=leads&limit=2")

    assert (receivers["leads"]["state"], receivers["leads"]["waiting"]) == ("well", 0)
    assert receivers["on-call"]["delivered"] == 3
    assert {each["state"] for each in sent.json()["items"]} == {"delivered"}
    older = site.api(f"deliveries?receiver=leads&cursor={sent.json()['next']}").json()["items"]
    assert older
    assert max(each["position"] for each in older) < sent.json()["items"][-1]["position"]


def test_hits_are_counted_by_the_hour_of_the_operation(site: Site) -> None:
    (hits,) = site.api("hits").json()

    assert (hits["day"], hits["count"], hits["by_hour"][10]) == ("2026-01-05", 1, 1)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("incidents?limit=0", 422, "limit"),
        ("incidents?state=broken", 422, "state"),
        ("incidents?cursor=AAAA", 404, "cursor"),
        ("incidents?cursor=WyJ4IiwgInkiXQ", 404, "cursor"),
        ("incidents?cursor=WzFd", 404, "cursor"),
        ("deliveries?cursor=WyJ4Il0", 404, "cursor"),
        ("incidents/0000", 404, "no incident 0000"),
        ("nothing", 404, "there is nothing at this address"),
    ],
)
def test_what_is_wrong_is_a_sentence(site: Site, path: str, status: int, says: str) -> None:
    answer = site.api(path)

    assert answer.status_code == status
    assert says in problem(answer)


def test_a_misspelt_key_silences_nothing(site: Site) -> None:
    asked = {"author": "eva", "comment": "x", "for_seconds": 60, "rule": ["rejection"]}

    answer = site.ask("/api/v1/silences", "POST", json={**asked, "entities": ["1"]})

    assert answer.status_code == 422
    assert "entities" in problem(answer)
    assert site.api("silences").json() == []


def test_a_database_in_trouble_is_a_sentence_too(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        assert site.api("incidents").status_code == 200
        with site.desk.database.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE incident RENAME TO gone")

        answer = site.api("incidents")

    assert answer.status_code in (500, 503)
    assert problem(answer)


def test_no_customer_is_anywhere(site: Site) -> None:
    for path in ("incidents?state=all", "deliveries", "hits", "rules", "sources"):
        text = site.api(path).text
        assert "3001234567" not in text
        assert "1020304050" not in text
