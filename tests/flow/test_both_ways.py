"""Commands speak to the database, programs to the bot: both say the same, and do the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from notifier.commands import alerts
from tests.flow.pages import Site, served
from tests.flow.stage import RULES, staged
from tests.flow.test_silence import Shell

SLOW = """
[[rule]]
id = "lasting"
on = "latency.by_agent"
when = "network_rejection > 8"
for = "10m"
to = ["on-call"]
"""
WHO = ("--author", "Ana", "--comment", "new switch")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """ANA recovered; LUIS is rejected heavily, which one rule takes at once and one not yet."""
    with staged(tmp_path, RULES + SLOW) as stage:
        stage.real = True  # the commands read the real clock
        with served(stage) as site:
            site.poll(**{"1_ANA": "2"})
            site.poll(**{"1_ANA": "0", "2_LUIS": "9"})
            yield site


@pytest.fixture
def shell(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(site.stage, monkeypatch, capsys)


def told(shell: Shell, *words: str) -> Any:
    return json.loads(shell(*words, "--json"))


def same(value: Any) -> Any:
    """The same whichever way a time is written."""
    if isinstance(value, dict):
        return {key: same(each) for key, each in value.items()}
    if isinstance(value, list):
        return [same(each) for each in value]
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else value
    except ValueError:
        return value


def listed(site: Site) -> list[dict[str, Any]]:
    """What is open, then what is pending, with the keys that `alerts` promises."""
    found: list[dict[str, Any]] = []
    for state in ("open", "pending"):
        found += site.api(f"incidents?state={state}").json()["items"]
    return [{key: each[key] for key in alerts.KEYS} for each in found]


def test_alerts_are_the_apis_incidents(site: Site, shell: Shell) -> None:
    shell("ack", listed(site)[0]["incident"], "--author", "Eva")
    shell("silence", "add", "--rule", "rejection", "--for", "1h", *WHO)
    site.bot.heed()

    by_command, by_api = told(shell, "alerts"), listed(site)

    assert [each["state"] for each in by_command] == ["open", "pending"]
    assert by_command[0]["acknowledged_by"] == "Eva"
    assert by_command[0]["silenced_by"] == "Ana"
    assert same(by_command) == same(by_api)


def test_a_silence_is_the_same_whoever_asked_for_it(site: Site, shell: Shell) -> None:
    shell("silence", "add", "--rule", "rejection", "--entity", "2", "--for", "1h", *WHO)
    site.bot.heed()
    asked = {"author": "Eva", "comment": "lunch", "rule": ["lasting"], "for_seconds": 3600}
    made = site.ask("/api/v1/silences", "POST", json=asked).json()

    by_command, by_api = told(shell, "silence", "list"), site.api("silences").json()

    assert {each["author"] for each in by_command} == {"Ana", "Eva"}
    keys = set(by_command[0]) & set(by_api[0])
    assert keys >= {"id", "state", "author", "comment", "rule", "entity", "end", "matches"}
    assert same([{k: each[k] for k in keys} for each in by_command]) == same(
        [{k: each[k] for k in keys} for each in by_api]
    )
    assert shell("silence", "end", made["id"][:6]) == made["id"]
    assert [each["state"] for each in site.api("silences").json()] == ["active", "ended"]


def test_an_acknowledgement_is_the_same_whoever_gave_it(site: Site, shell: Shell) -> None:
    incident = listed(site)[0]["incident"]
    path = f"/api/v1/incidents/{incident}"

    site.ask(f"{path}/acknowledge", "POST", json={"author": "Eva"})
    by_api = told(shell, "alerts")[0]["acknowledged_by"]
    shell("ack", incident[:6], "--author", "Ana", "--undo")
    site.bot.heed()
    undone = site.ask(path).json()["incident"]["acknowledged_by"]
    shell("ack", incident, "--author", "Ana")
    site.bot.heed()

    assert (by_api, undone) == ("Eva", None)
    assert site.ask(path).json()["incident"]["acknowledged_by"] == "Ana"


def test_what_cannot_be_is_refused_in_the_same_words(site: Site, shell: Shell) -> None:
    nothing = shell("silence", "add", "--for", "1h", *WHO, code=1)
    body = {"author": "Ana", "comment": "new switch", "for_seconds": 3600}

    answer = site.ask("/api/v1/silences", "POST", json=body)

    assert answer.status_code == 409
    assert answer.json()["detail"] in nothing
    assert (
        site.ask("/api/v1/incidents/00ff/acknowledge", "POST", json={"author": "A"}).status_code
        == 404
    )
    assert "there is no open incident `00ff`" in shell("ack", "00ff", "--author", "A", code=1)


def test_history_is_the_apis_incidents_of_all_times(site: Site, shell: Shell) -> None:
    by_command = told(shell, "history", "--since", "1d")
    by_api = site.api("incidents?state=all").json()["items"]
    keys = ("incident", "rule", "operation", "entity", "severity", "state", "told")

    assert {each["state"] for each in by_command} == {"open", "closed"}
    assert sorted(([each[k] for k in keys] for each in by_command), key=str) == sorted(
        ([each[k] for k in keys] for each in by_api), key=str
    )


def test_an_explanation_is_the_same_by_command_and_api(site: Site, shell: Shell) -> None:
    asked = "explain?rule=rejection&operation=bogota&entity=2"

    by_command, by_api = told(shell, "explain", "rejection", "2"), site.api(asked).json()

    explained = by_command["explanation"]
    for key in ("at", "told", "reason", "said", "value", "result", "inputs", "gates", "receivers"):
        assert same(explained[key]) == same(by_api[key]), key
    assert [run["reason"] for run in by_command["day"]] == [run["reason"] for run in by_api["day"]]
