"""Give every test here a real Chromium, and a folder for its pictures.

``PICTURES=docs/images python -m pytest tests/browser`` draws those of the README and docs anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FOUND = next(filter(None, map(shutil.which, NAMES)), None)
HERE = Path(__file__).parent
PATIENCE = 300  # seconds that a test may take on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On a desk without a browser they skip; in CI they must run."""
    absent = pytest.mark.skipif(
        FOUND is None and not os.environ.get("CI"), reason="no Chromium: apt-get install chromium"
    )
    for item in items:
        if HERE in item.path.parents:
            for mark in (pytest.mark.browser, pytest.mark.timeout(PATIENCE), absent):
                item.add_marker(mark)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file: while it is there, its thread has an event loop that runs."""
    assert FOUND is not None, "CI needs a Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=FOUND, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Where pictures are drawn: aside, unless somebody wants to keep them."""
    folder = Path(os.environ.get("PICTURES", str(tmp_path)))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
