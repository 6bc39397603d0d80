"""What somebody meets who edits rules.toml for the first time, or pipes what a command prints."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from notifier import cli
from notifier.commands import listing
from notifier.commands.run import deaf_for_want_of_settings
from notifier.errors import ConfigError
from notifier.rules import read_rules
from notifier.settings import load_settings
from tests.builders import rejection, rules
from tests.flow.test_check import RULES

Said = pytest.CaptureFixture[str]
PROGRAM = (sys.executable, "-m", "notifier")


def told(*words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """What a command line exits with."""
    monkeypatch.setattr(sys, "argv", ["notifier", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    assert isinstance(code, int)
    return code


# ---- a rules file that is none ----


def _folder(file: Path) -> None:
    file.mkdir()


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(content)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda _: None, "there is no rules file"),
        (_folder, "is a folder; name a file in it"),
        (_bytes("Sede Bogot\xe1".encode("latin-1")), "is not UTF-8; save it as UTF-8"),
        (_bytes("x".encode("utf-16")), "is not UTF-8; save it as UTF-8"),
        (_bytes(b""), "there is no [[operation]]; it names a wolkvox server"),
        (_bytes(b"#" * 5_000_000), "there is no [[operation]]"),
        (_bytes(b"operation:\n  - name: x\n"), "this is not TOML"),
        (_bytes(b"a = " + b"[" * 20_000), "nested too deep"),
    ],
)
def test_what_is_no_rules_file_is_told_in_a_sentence(
    tmp_path: Path, made: Callable[[Path], object], said: str
) -> None:
    made(tmp_path / "rules.toml")

    with pytest.raises(ConfigError) as caught:
        read_rules(tmp_path / "rules.toml")

    assert said in str(caught.value)


def test_an_editors_mark_line_ends_and_tabs_do_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_bytes(b"\xef\xbb\xbf" + RULES.replace(" = ", "\t=\t").replace("\n", "\r\n").encode())

    assert [rule.rule.id for rule in read_rules(file).rules] == ["loss"]


# ---- the terminal ----


def test_a_terminal_that_lacks_a_letter_shows_a_question_mark(tmp_path: Path) -> None:
    command = (*PROGRAM, "preview", "open", "--language", "es")
    surroundings = os.environ | {"PYTHONIOENCODING": "cp1252"}

    done = subprocess.run(
        command, cwd=tmp_path, env=surroundings, capture_output=True, timeout=60, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert "G\xd3MEZ".encode("cp1252") in done.stdout
    assert b"(post) ? " in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_behind_a_pipe_is_a_sentence(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            (*PROGRAM, "endpoints"), cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, timeout=60,
            check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.startswith(b"error: No space left on device (OSError in ")


def test_an_interrupted_simulation_says_so(tmp_path: Path) -> None:
    with subprocess.Popen(
        (*PROGRAM, "simulate", "--port", "0"), cwd=tmp_path, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGINT)

        assert child.wait(timeout=60) == 130


@pytest.mark.parametrize("port", ["80999", "-5"])
def test_a_port_that_cannot_be_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: Said, port: str
) -> None:
    assert told("simulate", "--port", port, monkeypatch=monkeypatch) == 2

    assert "Invalid value for '--port'" in capsys.readouterr().err


def test_the_list_of_commands_is_not_cut(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert told("--help", monkeypatch=monkeypatch) == 0

    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_each_command_explains_itself_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    commands = getattr(typer.main.get_command(cli.app), "commands", {})

    for name in commands:
        assert told(name, "--help", monkeypatch=monkeypatch) == 0
        said = capsys.readouterr()
        assert f"notifier {name} " in said.out.partition("Options:")[0]
        assert max(map(len, said.out.splitlines())) <= 80
        assert said.err == ""


def test_a_terminal_that_is_too_narrow_for_a_list_shows_a_paragraph_a_line() -> None:
    headings = ("incident", "state", "rule", "entity", "value", "held")
    rows = [("2df9d2e9", "open", "auxiliary-overrun", "12013/Break", "26 min 47 s", "")]

    assert list(listing.folded(headings, rows, 40)) == [
        "2df9d2e9  state open, rule",
        "  auxiliary-overrun, entity 12013/Break,",
        "  value 26 min 47 s",
    ]


# ---- the past, before there is one ----


def test_without_a_database_made_up_days_are_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    (tmp_path / "rules.toml").write_text(RULES)
    monkeypatch.chdir(tmp_path)

    assert told("replay", monkeypatch=monkeypatch) == 1

    assert "or look at made-up days: --simulate 7d" in capsys.readouterr().err


# ---- a setting that nobody set ----


def test_a_run_says_at_once_whom_nothing_can_reach() -> None:
    laid = rules(rejection())

    (said,) = deaf_for_want_of_settings(load_settings(env={}, dotenv=None), laid)

    assert said.startswith("no message reaches `team-leads` without a Slack token; set ")
    given = load_settings(env={"NOTIFIER_SLACK__BOT_TOKEN": "xoxb-1"}, dotenv=None)
    assert not list(deaf_for_want_of_settings(given, laid))
