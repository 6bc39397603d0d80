"""Mails in a real browser: on a phone and a desktop, light and dark, as pictures for the docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from notifier.core.judging.plan import Reach
from notifier.core.judging.planning import plan
from notifier.core.trial.gallery import gallery
from notifier.exhibition import WHEN
from notifier.render import Renderer, envelopes, shipped
from notifier.render.mail import framed
from notifier.rules import read_rules

PHONE, DESKTOP = 390, 900  # pixels
LARGEST = 200_000  # bytes of a picture in the docs
Scheme = Literal["light", "dark"]


def mail(case: str) -> str:
    """The HTML of one mail about many agents behind one link, as it is sent."""
    laid = plan(read_rules(shipped.example()))
    rule = laid.rules["bogota", "site-link"]
    collection = laid.sources[rule.source].collections[rule.collection].collection
    reach = Reach("on-call", "email", ("a@example.com",), "es", "es_CO", "America/Bogota")
    (envelope,) = envelopes(gallery(rule, collection, reach, WHEN)[case], Renderer())
    return framed(json.loads(envelope.payload))


@pytest.mark.parametrize("case", ["open", "close", "group"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("phone", PHONE), ("desktop", DESKTOP)])
def test_a_mail_holds_at_every_width_light_and_dark(
    browser: Browser, picture: Path, case: str, scheme: Scheme, name: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 640}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    page.set_content(mail(case))
    path = picture / f"mail-{case}-{name}-{scheme}.png"

    page.screenshot(path=path)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(image => image.naturalWidth)")
    assert 4_000 < path.stat().st_size < LARGEST
    context.close()
