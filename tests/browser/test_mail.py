"""Mails in a real browser: on a phone and a desktop, light and dark, as pictures for the docs.

``PICTURES=docs/images python -m pytest tests/browser/test_mail.py`` draws those of the docs anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from notifier.commands.preview import WHEN
from notifier.core.judging.plan import Reach
from notifier.core.judging.planning import plan
from notifier.core.trial.gallery import gallery
from notifier.render import Renderer, envelopes, shipped
from notifier.rules import read_rules

NAMES = ("chromium", "chromium-browser", "google-chrome")
FOUND = next(filter(None, map(shutil.which, NAMES)), None)
PHONE, DESKTOP = 390, 900  # pixels
LARGEST = 200_000  # bytes of a picture in the docs
Scheme = Literal["light", "dark"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(
        FOUND is None and not os.environ.get("CI"), reason="no Chromium: apt-get install chromium"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert FOUND is not None, "CI needs a Chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=FOUND, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def mail(case: str) -> str:
    """The HTML of one mail about many agents behind one link, as it is sent."""
    laid = plan(read_rules(shipped.example()))
    rule = laid.rules["bogota", "site-link"]
    collection = laid.sources[rule.source].collections[rule.collection].collection
    reach = Reach("on-call", "email", ("a@example.com",), "es", "es_CO", "America/Bogota")
    (envelope,) = envelopes(gallery(rule, collection, reach, WHEN)[case], Renderer())
    return str(json.loads(envelope.payload)["html"])


@pytest.mark.parametrize("case", ["open", "close", "group"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("phone", PHONE), ("desktop", DESKTOP)])
def test_a_mail_holds_at_every_width_light_and_dark(
    browser: Browser, tmp_path: Path, case: str, scheme: Scheme, name: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 640}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.set_content(mail(case))
    path = Path(os.environ.get("PICTURES", str(tmp_path))) / f"mail-{case}-{name}-{scheme}.png"

    page.screenshot(path=path)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert 4_000 < path.stat().st_size < LARGEST
    context.close()
