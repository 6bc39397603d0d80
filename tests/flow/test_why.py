"""`notifier explain`, `history` and `suggest`, as people call them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifier.commands.explain import explain
from notifier.commands.history import Listing, history
from notifier.commands.replay import Asked
from notifier.commands.suggest import suggest
from notifier.errors import ConfigError, NotifierError
from notifier.simulator.faults import Fault, Wrong
from tests.flow.stage import RULES, Stage, staged

Said = pytest.CaptureFixture[str]
LASTING = 'for = "10m"\nkeep = "10m"\nrepeat = "15m"'
ANA = ["0", "2", "2", "2", "2", "2", "2", "0", "0", "0"]
LUIS = ["0", "0.7", "2", "0.9", "0", "0", "0", "0", "0", "0"]
LIVED = RULES.replace('critical = "network_rejection > 5"', LASTING)
Lived = tuple[dict[str, str], Path]
DAY: dict[str, Any] = {"since": "2026-01-05", "until": "2026-01-06"}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A stage on which the bot lived through an hour."""
    with staged(tmp_path, LIVED) as stage:
        settle(stage.environment(), stage.folder, monkeypatch)
        live(stage)
        yield stage


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """What that hour left behind, the bot and all servers gone."""
    folder = tmp_path_factory.mktemp("lived")
    with staged(folder, LIVED) as stage:
        live(stage)
        return stage.environment(), folder


@pytest.fixture
def left(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for one test, which only reads."""
    settle(*lived, monkeypatch)


def settle(environment: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)


def live(stage: Stage) -> None:
    with stage.bot() as bot:
        for ana, luis in zip(ANA, LUIS, strict=True):
            stage.agents({"12004-ANA": ana, "12005-LUIS": luis})
            bot.poll_once()
            bot.deliver_due()
            stage.wait(minutes=5)
            bot.cycle.catch_up(stage.now)
            bot.deliver_due()


def why(capsys: Said, subject: str, entity: str = "", at: str = "") -> str:
    at = at and f"2026-01-05T{at}"
    capsys.readouterr()
    assert explain(subject, entity, at=at, operation="", as_json=False) == 0
    return capsys.readouterr().out


def told(capsys: Said, subject: str, entity: str = "", at: str = "") -> dict[str, Any]:
    at = at and f"2026-01-05T{at}"
    capsys.readouterr()
    assert explain(subject, entity, at=at, operation="", as_json=True) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


# ---- explain ----


@pytest.mark.usefixtures("left")
def test_why_was_i_not_told_names_the_gate_and_what_is_left(capsys: Said) -> None:
    said = why(capsys, "rejection", "12004", "10:12")

    assert "not told - the condition holds, but not for long enough yet (pending)" in said
    assert "network_rejection (2) > 1 -> true" in said
    assert "[x] lasting: seen for 5m of 10m, in 2 of 2 polls" in said
    assert "timer for: 5m left" in said


@pytest.mark.usefixtures("left")
def test_why_was_i_never_told_shows_the_nearest_miss_of_the_day(capsys: Said) -> None:
    found = told(capsys, "rejection", "12005", "10:40")

    assert found["explanation"]["reason"] == "clear"
    assert (found["nearest_miss"]["value"], round(found["nearest_miss"]["gap"], 3)) == (0.9, 0.1)
    assert [(run["reason"], run["polls"]) for run in found["day"]] == [
        ("clear", 2),
        ("pending", 1),
        ("clear", 6),
    ]
    assert "0.1 short of the limit 1" in why(capsys, "rejection", "12005", "10:40")


@pytest.mark.usefixtures("left")
def test_why_was_i_told_is_answered_from_a_messages_short_id(capsys: Said) -> None:
    message = told(capsys, "rejection", "12004", "10:16")["messages"][0]

    said = why(capsys, message["id"][:8])
    found = told(capsys, message["id"][:8])

    assert said.startswith(f"message {message['id'][:8]} 2026-01-05 10:15:00 open to leads")
    assert "told - people were told that it opened (open)" in said
    assert "delivered" in said
    assert found["message"]["state"] == "delivered"
    assert found["explanation"]["incident"] in found["incidents"]
    assert why(capsys, found["incidents"][0][:8]).startswith("rejection 12004: told")


def test_whom_no_message_reached_is_not_passed_off_as_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    with staged(tmp_path, LIVED) as stage:
        settle(stage.environment(), stage.folder, monkeypatch)
        stage.slack.stop()
        live(stage)
        waiting = why(capsys, "rejection", "12004", "10:16")

    assert "but nothing has reached leads so far: see the messages below" in waiting
    assert "has reached on-call" not in waiting


@pytest.mark.usefixtures("left")
def test_whom_a_message_reached_is_told(capsys: Said) -> None:
    assert "nothing has reached" not in why(capsys, "rejection", "12004", "10:16")


@pytest.mark.usefixtures("left")
def test_what_a_timer_told_after_the_poll_is_shown(capsys: Said) -> None:
    said = why(capsys, "rejection", "12004", "10:48")

    assert "poll of 2026-01-05 10:45:00: clear" in said
    assert "told - people were told that it closed (close)" in said
    assert [each["reason"] for each in told(capsys, "rejection", "12004", "10:34")["later"]] == []


@pytest.mark.usefixtures("left")
def test_a_rule_alone_lists_its_entities(capsys: Said) -> None:
    assert why(capsys, "rejection", at="10:21").splitlines() == [
        "12004: unchanged - people know already, and nothing is new, value 2",
        "12005: clear - nothing is wrong, value 0",
    ]
    assert told(capsys, "rejection", at="10:21")[0]["entity"] == "12004"  # type: ignore[index]


@pytest.mark.usefixtures("left")
def test_part_of_an_entitys_name_is_answered_with_the_whole(capsys: Said) -> None:
    assert "did you mean 12004, 12005?" in why(capsys, "rejection", "1200", "10:21")
    assert "did you mean" not in why(capsys, "rejection", "12004", "10:21")
    assert "did you mean" not in why(capsys, "rejection", "99", "10:21")


@pytest.mark.usefixtures("left")
def test_before_the_first_poll_there_is_nothing_to_explain(capsys: Said) -> None:
    assert "no good poll" in why(capsys, "rejection", "12004", "09:00")
    assert "no good poll" in why(capsys, "rejection", at="09:00")


def test_failed_polls_since_are_counted(stage: Stage, capsys: Said) -> None:
    with stage.bot() as bot:
        stage.wolkvox.fault = Fault(Wrong.STATUS, status=500)
        bot.poll_once()

    assert "1 poll failed since: nothing" in why(capsys, "rejection", "12004", "10:55")


def test_an_event_is_found_by_its_message(stage: Stage, capsys: Said) -> None:
    with stage.bot() as bot:
        stage.hits("a")
        bot.poll_once()
    found = told(capsys, "hit", "a", "10:55")

    assert found["explanation"]["reason"] == "event"


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize(
    ("subject", "says"),
    [
        ("source", "notifier history --rule source"),
        ("rejections", "neither a rule"),
        ("abc", "neither a rule"),
        ("abcdef00", "no message"),
    ],
)
def test_what_is_nothing_is_a_sentence(subject: str, says: str) -> None:
    with pytest.raises(NotifierError, match=says):
        explain(subject, "", at="", operation="", as_json=False)


@pytest.mark.usefixtures("left")
def test_another_operation_than_the_rules_is_refused() -> None:
    with pytest.raises(ConfigError, match="it is about bogota"):
        explain("rejection", "", at="", operation="lima", as_json=False)


# ---- history ----


def past(capsys: Said, **wanted: Any) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert history(Listing(form="json", **(DAY | wanted))) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.usefixtures("left")
def test_an_incidents_life_is_told_from_its_opening_to_its_end(capsys: Said) -> None:
    (found,) = past(capsys)

    assert {k: found[k] for k in ("rule", "operation", "entity", "severity", "state", "told")} == {
        "rule": "rejection",
        "operation": "bogota",
        "entity": "12004",
        "severity": "warning",
        "state": "closed",
        "told": ["leads", "on-call"],
    }
    life = [(e["at"][11:16], e["what"], e["who"], e["detail"]) for e in found["timeline"]]
    assert life[:3] == [
        ("15:15", "opened", "", ""),
        ("15:15", "told", "leads", "open"),
        ("15:15", "told", "on-call", "open"),
    ]
    assert ("15:30", "told", "leads", "repeat") in life
    assert ("15:35", "recovering", "", "") in life
    assert ("15:35", "closed", "", "recovered") in life
    assert ("15:45", "told", "on-call", "close") in life


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize(
    "wanted",
    [
        {"rule": "rej*"}, {"entity": "12004"}, {"operation": "b*"}, {"receiver": "leads"},
        {"severity": "warning"}, {"state": "closed"},
    ],
)  # fmt: skip
def test_filters_let_through_what_fits(capsys: Said, wanted: dict[str, str]) -> None:
    assert len(past(capsys, **wanted)) == 1


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize(
    "wanted",
    [
        {"rule": "hit"}, {"entity": "1200"}, {"operation": "lima"}, {"receiver": "nobody"},
        {"severity": "critical"}, {"state": "open"}, {"until": "2026-01-05T09:00"},
    ],
)  # fmt: skip
def test_filters_hold_back_the_rest(capsys: Said, wanted: dict[str, str]) -> None:
    assert past(capsys, **wanted) == []


def test_what_is_open_still_is_part_of_history(stage: Stage, capsys: Said) -> None:
    with stage.bot() as bot:
        for value in ("2", "2", "2", "0"):
            stage.agents({"12009-EVA": value})
            bot.poll_once()
            stage.wait(minutes=6)

    assert [(f["entity"], f["state"]) for f in past(capsys)] == [
        ("12009", "recovering"),
        ("12004", "closed"),
    ]


def test_a_spreadsheet_runs_nothing_of_what_it_is_given(stage: Stage, capsys: Said) -> None:
    with stage.bot() as bot:
        for _ in range(4):
            stage.agents({"=HYPERLINK(1)": "3"})
            bot.poll_once()
            stage.wait(minutes=6)

    capsys.readouterr()
    assert history(Listing(form="csv", **DAY)) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))

    assert [row["entity"] for row in rows] == ["'=HYPERLINK(1)", "12004"]
    assert (rows[1]["told"], rows[1]["closing"]) == ("leads on-call", "recovered")
    assert "opened; " in rows[1]["timeline"]


def test_people_see_a_table_or_the_timelines(stage: Stage, capsys: Said) -> None:
    assert history(Listing(**DAY)) == 0
    assert history(Listing(timelines=True, **DAY)) == 0
    stage.rules.unlink()  # history outlives a rules file
    assert history(Listing(since="2026-01-07", until="2026-01-08")) == 0
    said = capsys.readouterr().out

    assert (
        "closed  warning   rejection  12004   2026-01-05 10:15  2026-01-05 10:35 recovered" in said
    )
    assert "  2026-01-05 10:15  told leads open" in said
    assert "nothing was open then" in said


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize("wanted", [{"severity": "bad"}, {"state": "shut"}])
def test_a_filter_that_means_nothing_is_refused(wanted: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="write"):
        history(Listing(**wanted))  # type: ignore[arg-type]


# ---- suggest ----


def answers(folder: Path) -> Asked:
    """Four days of one agent, every six hours: 2, 0, 3, 0 percent and so on."""
    folder.mkdir()
    for place in range(17):
        value = [2, 0, 3, 0][place % 4]
        rows = [{"agent_id": "12004-ANA", "network_rejection": str(value), "ip": "1.2.3.4"}]
        body = {"code": 200, "msg": "ok", "data": [{"by_agent": rows, "by_ip": [], "by_pbx": []}]}
        name = f"latency.202601{5 + place // 4:02d}T{place % 4 * 6:02d}00Z.json"
        (folder / name).write_text(json.dumps(body))
    return Asked(folder=folder)


def test_a_limit_is_suggested_with_its_evidence(stage: Stage, capsys: Said) -> None:
    stage.rules.write_text(stage.rules.read_text().replace(LASTING, ""))
    asked = answers(stage.folder / "answers")

    def tried(budget: str, *, as_json: bool) -> int:
        return suggest("rejection", asked, times=False, values="1,2.5,4", budget=budget,
                       as_json=as_json)  # fmt: skip

    assert (tried("1/day", as_json=False), tried("1/day", as_json=True)) == (0, 0)
    people, programs = capsys.readouterr().out.split("{", 1)
    found = json.loads("{" + programs)

    assert "a limit of 2.5 keeps 1/day: 1.0 incidents a day, 2.2 as it is" in people
    assert found["suggestion"] == "2.5"
    assert [(c["value"], c["incidents"], c["median"]) for c in found["candidates"]] == [
        ("1", 9, 21600.0),
        ("2.5", 4, 21600.0),
        ("4", 0, None),
    ]


def test_no_limit_that_keeps_it_is_said_and_fails(stage: Stage, capsys: Said) -> None:
    asked = answers(stage.folder / "answers")

    assert suggest("rejection", asked, times=True, values="", budget="0/hour", as_json=False) == 0
    stage.rules.write_text(stage.rules.read_text().replace(LASTING, ""))
    assert suggest("rejection", asked, times=False, values="1", budget="0/day", as_json=False) == 1
    assert "none of these keeps 0/day" in capsys.readouterr().out


@pytest.mark.usefixtures("left")
@pytest.mark.parametrize(
    ("rule", "values", "says"),
    [
        ("rejection", "", "only 0.1 days of readings"),
        ("nothing", "", "no rule `nothing`"),
        ("hit", "", "announces events"),
        ("rejection", "one", "no number"),
    ],
)
def test_too_little_or_nothing_to_try_is_refused(rule: str, values: str, says: str) -> None:
    with pytest.raises(NotifierError, match=says):
        suggest(
            rule,
            Asked(since="2026-01-05", until="2026-01-06"),
            times=False,
            values=values,
            budget="",
            as_json=False,
        )
