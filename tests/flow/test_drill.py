"""`notifier drill`: a rule's whole way to its real receivers, with nothing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier import logs
from notifier.clocks import Clocks
from notifier.commands.drill import hold
from notifier.errors import ConfigError
from notifier.simulator.slack_faults import SlackFault, Slip
from tests.flow.stage import RULES, Stage, staged

BAD = '[{ agent_id = "12004-ANA", network_rejection = "2" }]'
TESTS = f"""
[[test]]
name = "nothing yet"
rule = "rejection"
polls = [{{ at = "0m", error = "timeout" }}]
[[test]]
name = "two percent are told, after a failed poll"
rule = "rejection"
polls = [{{ at = "0m", error = "timeout" }}, {{ at = "5m", rows = {BAD}, expect = ["open 12004"] }}]
[[test]]
name = "a sale"
rule = "hit"
polls = [{{ at = "0m", rows = [] }}, {{ at = "5m", rows = [{{ conn_id = "7", hit = "yes" }}] }}]
"""
Said = pytest.CaptureFixture[str]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    logs.configure("console", "error")
    with staged(
        tmp_path, RULES.replace('slack = "#op', 'quiet = "00:00-23:59"\nslack = "#op') + TESTS
    ) as stage:
        yield stage


def held(stage: Stage, rule: str, *receivers: str, operation: str | None = None) -> int:
    clocks = Clocks(stage.clock, lambda: stage.now.timestamp(), lambda: 0.0)
    return hold(stage.settings(), clocks, rule, operation=operation, receivers=receivers)


def test_everybody_sees_a_marked_message_that_ends(stage: Stage, capsys: Said) -> None:
    assert held(stage, "rejection") == 0

    (message,) = stage.slack.visible("operaciones")
    assert "DRILL · " in message.text
    assert "Resolved" in message.text
    assert [subject.partition(" · ")[0] for subject in stage.mailed()] == ["DRILL", "DRILL"]
    assert capsys.readouterr().out.splitlines() == [
        "leads: #operaciones was told, and the message was read back",
        "on-call: guardia@example.com was told",
    ]


def test_it_is_about_now_and_leaves_no_trace_in_the_bot(stage: Stage) -> None:
    stage.wait(days=3)
    held(stage, "rejection")

    assert not (stage.folder / "state.db").exists()
    with stage.bot() as bot:
        assert not bot.cycle.known.incidents


def test_only_one_receiver_may_be_asked(stage: Stage, capsys: Said) -> None:
    assert held(stage, "rejection", "on-call") == 0

    assert stage.seen() == []
    assert capsys.readouterr().out == "on-call: guardia@example.com was told\n"


def test_an_event_is_announced_once_and_marked(stage: Stage) -> None:
    assert held(stage, "hit") == 0

    (text,) = stage.seen()
    assert "DRILL · " in text


def test_a_dead_channel_is_found(stage: Stage, capsys: Said) -> None:
    stage.slack.faults.append(SlackFault(Slip.ERROR, "chat.postMessage", error="channel_not_found"))

    assert held(stage, "rejection", "leads") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("leads: #operaciones was NOT told; Slack refuses: channel_not_found")


def test_an_end_that_is_not_taken_is_told(stage: Stage, capsys: Said) -> None:
    stage.slack.faults.append(SlackFault(Slip.ERROR, "chat.update", error="token_revoked"))

    assert held(stage, "rejection", "leads") == 1
    assert "leads: #operaciones was not told of the end; " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rule", "receivers", "operation", "says"),
    [
        ("rejecton", (), None, "there is no rule `rejecton`; the rules file has hit, rejection"),
        ("hit", (), "cali", "there is no rule `hit` in operation `cali`; the rules"),
        ("hit", ("on-call",), None, "rule `hit` does not tell `on-call`, but leads"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_a_sentence(
    stage: Stage, rule: str, receivers: tuple[str, ...], operation: str | None, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        held(stage, rule, *receivers, operation=operation)


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        ('expect = ["open 12004"]', "makes it speak"),
        ('rule = "rejection"\npolls', r"has no \[\[test\]\]"),
    ],
)
def test_without_rows_there_is_no_drill(stage: Stage, gone: str, says: str) -> None:
    text = stage.rules.read_text()
    assert gone in text
    quiet = text.replace('network_rejection = "2"', 'network_rejection = "0"')
    renamed = text.replace('rule = "rejection"\npolls', 'rule = "hit"\npolls')
    stage.rules.write_text(quiet if gone.startswith("expect") else renamed)

    with pytest.raises(ConfigError, match=says):
        held(stage, "rejection")
