"""Let a browser draw a page into a picture: it reads a file, and is given no network."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from notifier.errors import NotifierError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE = 760  # pixels of a picture
PATIENCE = 120  # seconds for a browser to draw
_QUIETLY = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--virtual-time-budget=5000",
)  # fmt: skip
_MEASURE = "<script>document.body.dataset.tall = document.documentElement.scrollHeight</script>"
_TALL = re.compile(rb'data-tall="(\d+)"')


def draw(page: str, png: Path) -> None:
    """Draw the whole of *page*, however long it is.

    Raises:
        NotifierError: there is no browser, or it drew nothing.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NotifierError(
            "no browser is here to draw a picture; install chromium, or use --html and open that"
        )
    with tempfile.TemporaryDirectory(prefix="notifier-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(page + _MEASURE, encoding="utf-8")
        tall = _TALL.search(_run(browser, file, WIDE, "--dump-dom").stdout)
        file.write_text(page, encoding="utf-8")
        size = int(tall[1]) if tall else WIDE
        drawn = _run(browser, file, size, f"--screenshot={png.resolve()}")
    if drawn.returncode or not png.exists():
        raise NotifierError(f"{Path(browser).name} drew nothing; try --html and open that")


def _run(browser: str, file: Path, tall: int, *more: str) -> subprocess.CompletedProcess[bytes]:
    own = f"--user-data-dir={file.parent}/browser"
    return subprocess.run(  # noqa: S603  # a browser of this machine, a file of our own
        [browser, *_QUIETLY, own, f"--window-size={WIDE},{tall}", *more, file.as_uri()],
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
