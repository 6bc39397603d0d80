"""Print what is wrong in a file: for people, for other programs, for continuous integration."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypeAlias

from notifier.errors import Problem
from notifier.version import VERSION

Form: TypeAlias = Literal["text", "json", "sarif", "github"]

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = {  # what SARIF calls the kinds of findings
    "error": "A mistake: the rules file cannot be used",
    "warning": "Allowed, but hardly meant",
}


def say(problems: Iterable[Problem]) -> None:
    """Print each on one line to standard error; on a terminal with the line it is about."""
    lines: dict[str, list[str]] = {}
    for problem in problems:
        print(problem, file=sys.stderr)
        if sys.stderr.isatty() and problem.line:
            if problem.file not in lines:
                lines[problem.file] = _lines(problem.file)
            print(*excerpt(problem, lines[problem.file]), sep="\n", end="", file=sys.stderr)


def excerpt(problem: Problem, lines: Sequence[str]) -> list[str]:
    """The line that a problem is about, and a caret below its column."""
    if not 0 < problem.line <= len(lines):
        return []
    line = "".join(c if c.isprintable() or c == "\t" else " " for c in lines[problem.line - 1])
    margin = f"{problem.line:5} | "
    before = line[: max(problem.column - 1, 0)]
    padding = "".join("\t" if c == "\t" else " " for c in before)
    return [margin + line, f"{'| ':>{len(margin)}}{padding}^", ""]


def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return []


def as_data(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """As JSON objects."""
    return [asdict(problem) for problem in problems]


def sarif(problems: Iterable[Problem]) -> str:
    """As a SARIF 2.1.0 log, which code hosts and editors show beside the lines."""
    driver = {
        "name": "notifier",
        "version": VERSION,
        "rules": [{"id": id_, "shortDescription": {"text": t}} for id_, t in _RULES.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in problems],
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, ensure_ascii=False)


def _result(problem: Problem) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.level,
        "level": problem.level,
        "message": {"text": problem.text},
    }
    if problem.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": Path(problem.file).as_posix()}}
        if problem.line:
            region = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
            place["region"] = region
        result["locations"] = [{"physicalLocation": place}]
    return result


def github(problems: Iterable[Problem]) -> str:
    """As workflow commands of GitHub Actions: annotations in a pull request."""
    return "\n".join(map(_annotation, problems))


def _annotation(problem: Problem) -> str:
    places = {"file": problem.file, "line": problem.line, "col": problem.column}
    given = ",".join(f"{key}={_property(value)}" for key, value in places.items() if value)
    return f"::{problem.level} {given}::{_message(problem.text)}".replace(" ::", "::", 1)


def _message(text: str) -> str:
    """What may not stand raw in a workflow command: it would end, or begin another."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _message(str(value)).replace(":", "%3A").replace(",", "%2C")
