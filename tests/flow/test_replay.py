"""`notifier replay`, as people and continuous integration call it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifier.commands.replay import Asked
from notifier.commands.replay import replay as command
from notifier.errors import ConfigError, NotifierError, StateError
from notifier.rules import read_rules
from notifier.simulator.faults import Fault, Wrong
from tests.flow.stage import Stage, envelope, staged

Said = pytest.CaptureFixture[str]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage on which the bot lived through an hour."""
    with staged(tmp_path) as stage:
        for name, value in stage.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        with stage.bot() as bot:
            for minute, value in enumerate(["0", "2", "3", "2", "0", "0"]):
                stage.agents({"12004-ANA": value, "12005-LUIS": "1.5" if minute == 2 else "0"})
                stage.hits(*("ab"[: minute + 1]))
                bot.poll_once()
                stage.wait(minutes=10)
        yield stage


def replayed(capsys: Said, **asked: Any) -> list[dict[str, Any]]:
    assert command(Asked(since="2026-01-05", until="2026-01-06", as_json=True, **asked)) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_it_tells_what_was_told_one_object_for_each_receiver_and_incident(
    stage: Stage, capsys: Said
) -> None:
    told = [m for m in replayed(capsys) if m["reason"] != "change"]

    assert [(m["at"][11:16], m["reason"], m["rule"], m["entity"], m["receiver"]) for m in told] == [
        ("15:10", "open", "rejection", "12004", "leads"),
        ("15:10", "open", "rejection", "12004", "on-call"),
        ("15:10", "event", "hit", "b", "leads"),
        ("15:20", "open", "rejection", "12005", "leads"),
        ("15:20", "open", "rejection", "12005", "on-call"),
        ("15:30", "close", "rejection", "12005", "leads"),
        ("15:30", "close", "rejection", "12005", "on-call"),
        ("15:40", "close", "rejection", "12004", "leads"),
        ("15:40", "close", "rejection", "12004", "on-call"),
    ]
    assert "12004" in told[0]["text"]
    assert stage.mailed() == [], "nothing is sent by a replay"


def test_another_file_is_held_against_the_one_in_force(stage: Stage, capsys: Said) -> None:
    other = stage.folder / "other.toml"
    other.write_text(
        stage.rules.read_text().replace("network_rejection > 1", "network_rejection > 2.5")
    )

    told = replayed(capsys, rules=other, only=("rejection",))
    assert command(Asked(since="2026-01-05", until="2026-01-06", rules=other)) == 0

    assert [
        (m["difference"], m["entity"], m["receiver"]) for m in told if m["reason"] == "open"
    ] == [
        ("changed", "12004", "leads"),
        ("changed", "12004", "on-call"),
        ("removed", "12005", "leads"),
        ("removed", "12005", "on-call"),
    ]
    said = capsys.readouterr().out
    assert "- 2026-01-05 10:20:00  rejection open 12005 -> leads" in said
    assert "(was 2026-01-05 10:10:00)" in said
    assert "0 only there, 4 no more" in said


@pytest.mark.usefixtures("stage")
def test_a_budget_that_is_not_kept_fails(capsys: Said) -> None:
    asked = {"since": "2026-01-05", "until": "2026-01-06"}

    assert command(Asked(**asked, budgets=("4/shift",))) == 0  # type: ignore[arg-type]
    assert command(Asked(**asked, budgets=("on-call=1/hour",))) == 1  # type: ignore[arg-type]

    said = capsys.readouterr().out
    assert (
        "on-call: 4 messages in the busiest hour, that of Mon 05 Jan 10:00; over the budget" in said
    )


@pytest.mark.usefixtures("stage")
def test_people_see_counts_hours_and_the_messages_they_ask_for(capsys: Said) -> None:
    assert command(Asked(since="2026-01-05", until="2026-01-06", messages=True)) == 0
    said = capsys.readouterr().out

    assert "2026-01-05 00:00 to 2026-01-06 00:00 -05: 12 polls, 0 of them failed" in said
    assert "; 7 messages that people notice" in said
    assert "rejection  on-call" in said
    assert "most at 10: 7" in said
    assert "2026-01-05 10:10:00  leads: " in said


def test_the_rules_of_then_are_asked_for(stage: Stage, capsys: Said) -> None:
    stage.rules.write_text(stage.rules.read_text().replace("> 1", "> 100"))

    assert [m for m in replayed(capsys) if m["rule"] == "rejection"] == []
    assert [m for m in replayed(capsys, as_it_was=True) if m["rule"] == "rejection"]


# ---- a folder ----


def answers(folder: Path, *values: str) -> None:
    folder.mkdir()
    for minute, value in enumerate(values):
        rows = [{"agent_id": "12004-ANA", "network_rejection": value, "ip": "1.2.3.4"}]
        body = json.dumps(envelope([{"by_agent": rows, "by_ip": [], "by_pbx": []}]))
        (folder / f"bogota.latency.20260105T15{minute * 5:02d}00Z.json").write_text(body)


def test_a_folder_of_answers_is_replayed(stage: Stage, capsys: Said) -> None:
    folder = stage.folder / "answers"
    answers(folder, "0", "2", "0")
    (folder / "latency.20260105T1501Z.json").write_text("<html>sorry</html>")

    assert command(Asked(folder=folder)) == 0
    assert command(Asked(folder=folder, as_json=True)) == 0

    people, programs = capsys.readouterr().out.split("[{", 1)
    assert "4 polls, 1 of them failed" in people
    assert [m["reason"] for m in json.loads("[{" + programs)] == ["open", "open", "close", "close"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("latency.json", "says not what it is"),
        ("latency.20261305T1501Z.json", "time in the name"),
        ("queues.20260105T1501Z.json", "no source `queues`"),
        ("lima.latency.20260105T1501Z.json", "no source `latency`"),
    ],
)
def test_a_file_with_a_name_that_says_nothing_is_refused(
    stage: Stage, name: str, says: str
) -> None:
    folder = stage.folder / "answers"
    folder.mkdir()
    (folder / name).write_text("{}")

    with pytest.raises(ConfigError, match=says):
        command(Asked(folder=folder))


def test_a_folder_that_is_not_there_or_empty_is_refused(stage: Stage) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        command(Asked(folder=stage.folder / "none"))
    (stage.folder / "answers").mkdir()
    with pytest.raises(ConfigError, match="holds no answers"):
        command(Asked(folder=stage.folder / "answers"))


# ---- made-up days ----


@pytest.mark.usefixtures("stage")
def test_a_simulated_morning_is_replayed_alike_each_time(capsys: Said) -> None:
    asked = Asked(simulate="2h", only=("rejection",), as_json=True, seed=3)

    assert command(asked) == command(asked) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second


# ---- mistakes ----


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Asked(since="yesterday"), "no time"),
        (Asked(simulate="a week"), "duration"),
        (Asked(only=("nothing",)), "no rule `nothing`; the file has hit, rejection"),
        (Asked(budgets=("quiet",)), "no budget"),
        (Asked(rules=Path("nowhere.toml")), "no rules file"),
    ],
)
def test_a_slip_is_a_sentence(asked: Asked, says: str) -> None:
    with pytest.raises(NotifierError, match=says):
        command(asked)


def test_without_a_recording_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(tmp_path) as stage:
        for name, value in stage.environment().items():
            monkeypatch.setenv(name, value)
        with stage.bot() as bot:
            bot.tidy(stage.now.replace(year=2030), read_rules(stage.rules).file.retention)
        stage.wolkvox.fault = Fault(Wrong.STATUS, status=500)
        with pytest.raises(StateError, match="--simulate 1d"):
            command(Asked())
