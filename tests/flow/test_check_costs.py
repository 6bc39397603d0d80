"""What `notifier check` says of a day's calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notifier.commands.check import check

Said = pytest.CaptureFixture[str]
RULES = """\
operators = ["leads"]
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
licenses = 2
[[source]]
endpoint = "latency"
every = "1m"
priority = 1
[[source]]
endpoint = "skills"
params = { skill_id = ["3001", "3002"] }
every = "5m"
active = "Mon-Sat 07:00-21:00"
[[receiver]]
name = "leads"
slack = "#leads"
[[rule]]
id = "loss"
on = "latency.by_agent"
when = "ploss > 3"
to = "leads"
[[rule]]
id = "queue"
on = "skills"
when = "calls_in_queue_now > 3"
to = "leads"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.toml"
    file.write_text(text)
    return file


def test_the_days_plan_is_printed_with_its_share_of_the_quota(tmp_path: Path, capsys: Said) -> None:
    assert check(written(tmp_path, RULES)) == 0

    said = capsys.readouterr()
    assert said.out.splitlines()[:4] == [
        "bogota: 1776 calls a day, 88.8 % of its 2000; 1600 are notifier's",
        "  latency                    1440   72.0 %  every 1m",
        "  skills                      336   16.8 %  every 5m",
        "  less often asked, so that they last: skills 5m -> 12m30s",
    ]
    assert ":6:12: warning: `bogota` would ask 1,776 calls a day" in said.err


def test_programs_read_the_same_plan(tmp_path: Path, capsys: Said) -> None:
    assert check(written(tmp_path, RULES), form="json") == 0

    said = json.loads(capsys.readouterr().out)
    assert said["operations"] == [
        {
            "operation": "bogota",
            "day": "Mon",
            "calls": 1_776,
            "quota": 2_000,
            "share": 0.888,
            "allowance": 1_600,
        }
    ]
    assert [(s["source"], s["calls"], s["every"], s["stretched_to"]) for s in said["sources"]] == [
        ("latency", 1_440, "1m", "1m"),
        ("skills", 336, "5m", "12m30s"),
    ]
    assert said["sources"][1]["calls_per_poll"] == 2


def test_without_licenses_there_are_calls_and_no_shares(tmp_path: Path, capsys: Said) -> None:
    assert check(written(tmp_path, RULES.replace("licenses = 2\n", ""))) == 0

    assert capsys.readouterr().out.splitlines()[:2] == [
        "bogota: 1776 calls a day",
        "  latency                    1440  every 1m",
    ]


def test_an_impossible_plan_is_refused_at_the_licenses(tmp_path: Path, capsys: Said) -> None:
    file = written(tmp_path, RULES.replace("priority = 1\n", ""))

    assert check(file) == 2
    assert f"{file}:6:12: error: `bogota` would ask 1,776 calls a day" in capsys.readouterr().err
