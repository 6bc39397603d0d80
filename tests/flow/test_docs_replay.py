"""Every command and every line of Python in docs/replay.md runs; spans are cut short for CI."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from notifier import cli
from notifier.clocks import utc_now
from notifier.simulator.center import Center
from tests.flow.stage import Stage, staged

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
RARE = ('every    = "5m"', 'every    = "30m"')  # fewer polls in CI
SHORT = {"suggest": "74h", "replay": "12h"}  # of a simulated time; a suggestion wants three days
Said = pytest.CaptureFixture[str]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def lines() -> list[str]:
    return [line for block in blocks("sh") for line in block.splitlines()]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A folder with the example, and a database in which a bot recorded three polls just now."""
    with staged(tmp_path) as stage:
        example = (ROOT / "rules.example.toml").read_text(encoding="utf-8").replace(*RARE)
        (tmp_path / "rules.example.toml").write_text(example)
        stage.rules.write_text(example.replace('"0041"', f'"{stage.wolkvox.url}"'))
        stage.now = utc_now()
        stage.wolkvox.center = Center(7, stage.now, ())  # no faults, whatever the hour
        stage.wolkvox.respond_with("hits_last_hour", None)
        for name, value in stage.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("NOTIFIER_RULES", "rules.toml")
        monkeypatch.chdir(tmp_path)
        with stage.bot() as bot:
            for value in ("0", "2", "3"):
                stage.agents({"12004-ANA": value})
                bot.poll_once()
                stage.wait(minutes=1)
        yield stage


def run(line: str, *, whole: bool) -> int:
    """What a line exits with; notifier runs within this process."""
    command = line.partition("#")[0].strip()
    words = [word.strip("'") for word in command.split()]
    if words[0] != "notifier":
        return subprocess.run(command, shell=True, check=False).returncode
    if not whole and "--simulate" in words:
        words[words.index("--simulate") + 1] = SHORT[words[1]]
    code = cli.app(words[1:], standalone_mode=False)
    return code if isinstance(code, int) else 0


def walk(*, whole: bool) -> None:
    for line in lines():
        expected = 1 if "# exits with 1" in line else 0
        if not whole and "--budget 1/week" in line:
            continue  # a morning is no week
        assert run(line, whole=whole) == expected, line


@pytest.mark.usefixtures("bench")
def test_the_walk_through_works_as_it_is_written(capsys: Said) -> None:
    walk(whole=False)
    said = capsys.readouterr().out

    assert "by hour of the day" in said
    assert "the other file: " in said
    assert "poll 4 (at 15m): expected open:warning 12004; got nothing" in said
    assert "keeps 1/day" in said
    assert "12004: " in said


@pytest.mark.long
@pytest.mark.usefixtures("bench")
def test_the_walk_through_works_with_the_whole_week(capsys: Said) -> None:
    walk(whole=True)

    assert "over the budget 1/week" in capsys.readouterr().out


@pytest.mark.usefixtures("bench")
def test_the_python_works_as_it_is_written(capsys: Said) -> None:
    (example,) = blocks("python")
    exec(compile(example.replace('"7d"', '"74h"'), "docs/replay.md", "exec"), {})

    assert "0.5" in capsys.readouterr().out


def test_every_command_of_the_page_is_one() -> None:
    known = set(getattr(typer.main.get_command(cli.app), "commands", {}))

    assert {line.split()[1] for line in lines() if line.startswith("notifier")} <= known
