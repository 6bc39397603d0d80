"""The table of behaviours names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs" / "behaviours.md"
_NAMED = re.compile(r"`(tests/[\w/]+\.py)?::(test_\w+)`")


def named() -> list[tuple[str, str]]:
    """Each test that the table names; without a file it is in the one named before it."""
    found: list[tuple[str, str]] = []
    for file, test in _NAMED.findall(TABLE.read_text(encoding="utf-8")):
        found.append((file or found[-1][0], test))
    return found


def test_each_behaviour_has_a_test_that_exists() -> None:
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in named()}

    missing = [f"{file}::{test}" for file, test in named() if f"def {test}(" not in texts[file]]

    assert not missing


def test_every_row_of_the_table_names_a_test() -> None:
    rows = [
        line
        for line in TABLE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| what", "| ---"))
    ]

    assert rows
    assert not [row for row in rows if not _NAMED.search(row)]
