"""Programs replay the past through the API; looking back never keeps the bot from its work."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from notifier.clerk import Clerk
from notifier.clocks import Clocks
from notifier.errands.errand import BROKEN, CALLED_OFF, Sent, send
from notifier.errands.lookback import _Begun
from notifier.errands.orders import Errand, News, Replay
from notifier.succession import succession
from notifier.web.awaited import awaited
from notifier.web.wishes import Asked, Look, ReplayAsked, Trial
from tests.flow.pages import TOKEN, VIEWER, WITH_TOKENS, Site, served
from tests.flow.stage import BEGIN, staged

AS_VIEWER = {"Authorization": f"Bearer {VIEWER}"}
SECOND = """
[[rule]]
id = "jitter"
on = "latency.by_agent"
when = "network_rejection > 8"
to = ["on-call"]
"""  # of another rules file


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Two agents are rejected, one of them heavily."""
    folder = tmp_path_factory.mktemp("lookback")
    with staged(folder) as stage, served(stage, **WITH_TOKENS) as site:
        site.headers = {"Authorization": f"Bearer {TOKEN}"}
        site.poll(**{"1_ANA": "0"})
        site.poll(**{"1_ANA": "2"})
        site.poll(**{"1_ANA": "2.5", "2_LUIS": "9"})
        site.stage.wait(minutes=1)
        yield site


def replay(site: Site, **wanted: Any) -> requests.Response:
    return site.ask("/api/v1/replay", "POST", json={"wait": 60, **wanted})


# ---- what a replay says ----


def test_a_replay_says_what_was_told_by_operation_rule_and_receiver(site: Site) -> None:
    said = replay(site, days=1).json()

    counts = {(each["rule"], each["receiver"]): each["noticed"] for each in said["tolls"]}
    assert counts == {("rejection", "leads"): 2, ("rejection", "on-call"): 2}
    assert {each["operation"] for each in said["tolls"]} == {"bogota"}
    assert (said["noticed"], said["was"], said["differences"]) == (4, None, None)
    assert (said["polls"], said["failed"]) == (6, 0)
    assert [each["noticed"] for each in said["days"]] == [4]
    assert said["by_hour"][10] == 4
    assert ("on-call", "hour", 2) in {
        (each["receiver"], each["unit"], each["noticed"]) for each in said["worst"]
    }
    assert [(each["entity"], each["receiver"]) for each in said["told"]][:2] == [
        ("1", "leads"),
        ("1", "on-call"),
    ]
    assert "ANA" in said["told"][0]["text"]


def test_rules_that_are_sent_along_say_what_people_would_have_been_told_otherwise(
    site: Site,
) -> None:
    other = site.stage.rules.read_text().replace("> 1", "> 4") + SECOND

    said = replay(site, days=1, rules=other).json()

    assert (said["noticed"], said["was"]) == (3, 4)
    assert {(t["rule"], t["receiver"], t["noticed"], t["was"]) for t in said["tolls"]} == {
        ("rejection", "leads", 1, 2),
        ("rejection", "on-call", 1, 2),
        ("jitter", "on-call", 1, 0),
    }
    assert said["differences"] == {"same": 0, "changed": 2, "removed": 2, "added": 1}
    assert {(t["difference"], t["rule"], t["entity"]) for t in said["told"]} == {
        ("removed", "rejection", "1"),
        ("changed", "rejection", "2"),  # it names another limit
        ("added", "jitter", "2"),
    }
    assert "> 1" in site.stage.rules.read_text()
    assert [rule["rule"] for rule in site.api("rules").json()] == ["rejection", "hit"]


def test_only_so_many_messages_are_shown_and_only_the_rules_that_matter(site: Site) -> None:
    said = replay(site, days=1, only=["rejection"], limit=1, edits=True).json()

    assert len(said["told"]) == 1
    assert said["left_out"] == 5
    assert {each["rule"] for each in said["tolls"]} == {"rejection"}


def test_a_mistake_in_rules_that_are_sent_along_is_said_as_check_says_it(site: Site) -> None:
    other = site.stage.rules.read_text().replace("network_rejection > 1", "network_rejecton > 1")

    answer = replay(site, rules=other)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    [wrong] = answer.json()["errors"]
    assert other.splitlines()[wrong["line"] - 1].startswith("when")
    assert wrong["column"] > 1
    assert "network_rejection" in wrong["detail"]


@pytest.mark.parametrize(
    ("wanted", "status", "says"),
    [
        ({"days": 1, "since": "2026-01-05T00:00:00Z"}, 409, "not both"),
        ({"since": "2026-01-05T15:00:00Z", "until": "2026-01-05T14:00:00Z"}, 409, "ends after"),
        ({"since": "2025-01-05T15:00:00Z"}, 409, "35 days at most"),
        ({"since": "2025-01-05T15:00:00Z", "until": "2025-01-06T15:00:00Z"}, 409, "recordings go"),
        ({"only": ["none"]}, 409, "there are hit, rejection"),
        ({"rules": "x" * 200_001}, 422, "rules"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_a_sentence(
    site: Site, wanted: dict[str, Any], status: int, says: str
) -> None:
    answer = replay(site, **wanted)

    assert answer.status_code == status
    assert says in answer.json()["detail"]


# ---- who may ----


def test_a_viewer_replays_the_rules_in_force_but_no_others(site: Site) -> None:
    own = site.ask("/api/v1/replay", "POST", json={"days": 1}, headers=AS_VIEWER)
    other = site.ask("/api/v1/replay", "POST", json={"rules": "x = 1"}, headers=AS_VIEWER)

    assert own.status_code == 200
    assert other.status_code == 403


SPIES = ("{% include '/etc/passwd' %}", "{{ ''.__class__.__mro__ }}", "{{ env }} {{ settings }}")


def test_rules_that_are_sent_along_read_no_file_and_no_secret(site: Site) -> None:
    spies = [
        f'''{SECOND.replace("jitter", f"spy-{number}").replace("> 8", "> 1")}
        summary = "{summary}"'''
        for number, summary in enumerate(SPIES)
    ]

    answer = replay(site, days=1, rules=site.stage.rules.read_text() + "".join(spies))

    assert answer.status_code == 200
    assert {each["rule"] for each in answer.json()["tolls"]} >= {"spy-0", "spy-1", "spy-2"}
    for secret in ("root:", site.stage.slack.token, "class 'str'", "SecretStr"):
        assert secret not in answer.text


# ---- one at a time, and never in the way ----


def under_way(site: Site, wish: Any, days: float = 10.0, share: float = 0.4) -> Sent:
    """Let that wish be looked up, by somebody who takes as long as the test wants."""
    sent = Sent(share=share)
    site.desk.lookback._begun["00aa"] = _Begun(wish, sent, days)
    return sent


@pytest.fixture
def busy(site: Site) -> Iterator[Site]:
    under_way(site, Asked(rule="x", entity="y", operation="z"))
    yield site
    del site.desk.lookback._begun["00aa"]


def test_while_somebody_looks_back_others_are_asked_to_come_again(busy: Site) -> None:
    answers = [
        replay(busy, days=1),
        busy.api("explain?rule=rejection&operation=bogota&entity=1"),
    ]

    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "somebody else looks back" in answer.json()["detail"]


def test_the_same_question_is_not_looked_up_twice(site: Site) -> None:
    wish = Trial(operation="bogota", rule="rejection", when="network_rejection > 3", days=10)
    sent = under_way(site, wish)

    again = site.desk.look(wish)

    assert again == "00aa"
    assert sent.last is None
    del site.desk.lookback._begun["00aa"]


def test_what_takes_longer_than_a_program_waits_is_fetched_by_its_id(site: Site) -> None:
    later = replay(site, days=1, wait=0)
    place = later.headers["location"]
    (begun,) = [e for n, e in site.desk.lookback._begun.items() if place.endswith(n)]
    begun.sent.wait(60)
    found = site.ask(place)

    assert later.status_code == 202
    assert later.json()["days"] == 1.0
    assert (found.status_code, found.json()["noticed"]) == (200, 4)
    assert site.ask("/api/v1/replay/00ff").status_code == 404


def test_a_replay_is_called_off(site: Site) -> None:
    place = replay(site, days=2, wait=0).headers["location"]

    gone = site.ask(place, "DELETE")
    (begun,) = [e for n, e in site.desk.lookback._begun.items() if place.endswith(n)]
    begun.sent.wait(60)

    assert gone.status_code == 204
    assert site.ask(place).status_code == 503
    assert "called off" in site.ask(place).json()["detail"]
    assert replay(site, days=1).status_code == 200


def test_a_bot_that_stops_waits_for_nobody_who_looks_back(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        site.poll(**{"1_ANA": "2"})
        place = replay(site, days=1, wait=0).headers["location"]
        (begun,) = site.desk.lookback._begun.values()

        site.desk.lookback.stop()
        after = replay(site, days=1)

        assert begun.sent.last == News(refused="the bot stops")
        assert site.ask(place).status_code == 503
        assert after.status_code == 503


def test_at_the_end_whoever_waits_hears_that_the_bot_stops(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        with stage.bot() as bot:
            bot.poll_once()
        with succession(stage.settings(), Clocks(stage.clock)) as line:
            name = line.clerk.look(ReplayAsked())

            line.end()

            look = line.clerk.looked(name)
            assert look is not None
            assert look.wrong == "the bot stops"


def errand(site: Site, **changes: Any) -> Errand:
    order = Replay(since=BEGIN, until=BEGIN + timedelta(days=1))
    given: dict[str, Any] = {
        "order": order,
        "database": site.desk.lookback.sender.url,
        "templates": "",
        "rules": site.stage.rules.read_text(),
        "niceness": 0,
    }
    return Errand(**(given | changes))


def test_what_takes_too_long_is_ended(site: Site) -> None:
    sent = send(errand(site), 0.01)

    assert sent.wait(60)
    assert sent.last is not None
    assert "it took longer than" in sent.last.refused


def test_a_mistake_of_whoever_looks_back_is_said_and_does_no_harm(site: Site) -> None:
    sent = send(errand(site, niceness="none"), 60)

    assert sent.wait(60)
    assert sent.last == News(refused=BROKEN)


def test_a_database_that_is_gone_is_a_sentence(site: Site, tmp_path: Path) -> None:
    sent = send(errand(site, database=f"sqlite:///{tmp_path}/none.db"), 60)

    assert sent.wait(60)
    assert sent.last is not None
    assert "none.db" in sent.last.refused
    assert sent.last.refused != BROKEN


def test_a_mistake_of_our_own_keeps_nobody_from_looking_back(site: Site) -> None:
    sent = send(errand(site, niceness=object()), 60)

    assert sent.wait(60)
    assert sent.last == News(refused=BROKEN)


def test_a_file_where_the_bot_was_started_is_no_part_of_whoever_looks_back(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "resource.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)

    sent = send(errand(site, database=str(site.desk.lookback.sender.url)), 60)

    assert sent.wait(60)
    assert sent.last is not None
    assert sent.last.refused == ""


def test_whoever_goes_away_takes_the_answer_from_nobody_who_asked_the_same(site: Site) -> None:
    wish = Trial(operation="bogota", rule="rejection", when="network_rejection > 3", days=10)
    sent = under_way(site, wish)

    site.desk.look(wish)
    site.desk.leave("00aa")
    joined = sent._why
    site.desk.lookback._joined.clear()
    site.desk.leave("00aa")

    assert (joined, sent._why) == ("", CALLED_OFF)
    del site.desk.lookback._begun["00aa"]


def test_whoever_waits_for_long_asks_ever_more_seldom(site: Site) -> None:
    under_way(site, Asked(rule="x", entity="y", operation="z"))
    counted = Counted(site.desk)

    look = asyncio.run(awaited(counted, "00aa", 2.0))  # type: ignore[arg-type]

    assert look is not None
    assert look.working
    assert counted.looks < 12
    del site.desk.lookback._begun["00aa"]


@dataclass
class Counted:
    """A desk that counts how often it is asked how far something is."""

    desk: Clerk
    looks: int = 0

    def looked(self, look: str) -> Look | None:
        self.looks += 1
        return self.desk.looked(look)


# ---- pages that wait ----


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "Looking back: 4 of 10 days read."),
        ("es", "Revisando el pasado: 4 de 10 días leídos."),
        ("pt", "Revendo o passado: 4 de 10 dias lidos."),
    ],
)
def test_a_page_says_how_far_it_is_and_comes_again_by_itself(
    site: Site, language: str, says: str
) -> None:
    under_way(site, Trial(operation="bogota", rule="rejection", when="a > 3", days=10))

    page = site.ask("/rules/bogota/rejection?look=00aa", headers={"Accept-Language": language})

    assert says in page.text
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert 'value="a &gt; 3"' in page.text
    del site.desk.lookback._begun["00aa"]


def test_a_page_says_why_there_is_no_answer_and_how_to_ask_again(site: Site) -> None:
    incident = site.api("incidents?entity=1").json()["items"][0]["incident"]
    sent = under_way(site, Asked(rule="rejection", entity="1", operation="bogota"))
    sent.last = News(refused="it was called off")

    page = site.ask(f"/incidents/{incident}?look=00aa").text

    assert "it was called off" in page
    assert "refresh" not in page
    assert f"/incidents/{incident}?explain=true#why" in page
    del site.desk.lookback._begun["00aa"]


def test_what_was_looked_up_of_something_else_is_not_shown(site: Site) -> None:
    under_way(site, ReplayAsked())

    page = site.ask("/rules/bogota/rejection?look=00aa").text
    gone = site.ask("/rules/bogota/rejection?look=gone").text

    assert "Looking back" not in page + gone
    assert "See what would have been sent" in gone
    del site.desk.lookback._begun["00aa"]
