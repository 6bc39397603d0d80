"""A picture of the course in mails: where it is, the same each time, and never needed."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from notifier.channels.letter import letter
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Reach
from notifier.core.judging.planning import plan
from notifier.core.telling.outgoing import Envelope
from notifier.core.trial.gallery import gallery
from notifier.render import Renderer, envelopes, shipped
from notifier.render.mail import framed
from notifier.render.picture import HIGH, SHARP, WIDE, picture
from notifier.rules import read_rules
from notifier.simulator.mail import Mail

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)


def notice(case: str, rule: str = "network-rejection") -> Notice:
    laid = plan(read_rules(shipped.example()))
    found = laid.rules["bogota", rule]
    collection = laid.sources[found.source].collections[found.collection].collection
    reach = Reach("on-call", "email", ("a@example.com",), "en", "en", "America/Bogota")
    return gallery(found, collection, reach, NOW)[case]


def mail(case: str, rule: str = "network-rejection") -> Envelope:
    (envelope,) = envelopes(notice(case, rule), Renderer())
    return envelope


def drawn(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGBA")


def test_a_mail_about_one_alert_shows_its_course() -> None:
    (found,) = json.loads(mail("open").payload)["pictures"]

    image = drawn(b64decode(found["png"]))
    assert image.size == (WIDE * SHARP, HIGH * SHARP)
    sent = letter(mail("open"), None, "bot@example.com", NOW)
    assert sent.pictures
    assert b"Content-ID: <chart>" in sent.content
    assert b"cid:chart" in sent.content.replace(b"=\r\n", b"")


def test_who_cannot_see_it_is_told_its_values() -> None:
    html = json.loads(mail("open").payload)["html"]

    said = re.search(r'<img[^>]* alt="([^"]*)"', html)
    assert said
    assert said[1] == (
        "The last 6 values: from 0.84% to 4.2%, lowest 0.84%, highest 4.2% · limit 1%"
    )
    assert ">0.84%<" in html
    assert ">4.2% · 10:00<" in html


def test_a_browser_is_given_the_picture_itself() -> None:
    payload = json.loads(mail("open").payload)

    page = framed(payload)

    assert "cid:" not in page
    assert f"data:image/png;base64,{payload['pictures'][0]['png']}" in page


def test_a_demo_shows_a_mail_with_its_pictures() -> None:
    sent = letter(mail("open"), None, "bot@example.com", NOW)

    taken = Mail("bot@example.com", ("a@example.com",), sent.content, encrypted=False)

    assert "cid:" not in taken.page
    assert "data:image/png;base64,iVBOR" in taken.page


def test_it_has_no_ground_of_its_own_so_that_it_is_right_by_day_and_by_night() -> None:
    image = drawn(picture((1.0, 5.0, 2.0), 3.0))

    corner = image.getpixel((0, 0))
    assert isinstance(corner, tuple)
    assert corner[3] == 0


def test_the_limit_is_drawn_where_there_is_one() -> None:
    assert picture((1.0, 5.0, 2.0), 3.0) != picture((1.0, 5.0, 2.0), None)


def test_the_same_values_give_the_same_bytes() -> None:
    assert mail("open") == mail("open")


@pytest.mark.parametrize(("case", "rule"), [("group", "network-rejection"), ("event", "new-hit")])
def test_what_is_about_several_or_about_events_has_none(case: str, rule: str) -> None:
    assert "pictures" not in json.loads(mail(case, rule).payload)


def test_a_template_of_ones_own_that_shows_no_picture_sends_none(tmp_path: Path) -> None:
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "incident.html.j2").write_text("<p>{{ view.headline }}</p>")

    (envelope,) = envelopes(notice("open"), Renderer(tmp_path))

    assert "pictures" not in json.loads(envelope.payload)


@pytest.mark.parametrize(
    ("values", "limit"),
    [((0.0, 1.0, 0.0), None), ((-1.0, 5.0, 2.0), 3.0), ((1e300, 1.0, 2.0), 0.0)],
)
def test_any_course_can_be_drawn(values: tuple[float, ...], limit: float | None) -> None:
    assert picture(values, limit).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "values", [(), (1.0, 2.0), (2.0, 2.0, 2.0), (0.0, 0.0, 0.0), (1e308, 1e308, 1e307)]
)
def test_what_shows_no_course_is_not_drawn(values: tuple[float, ...]) -> None:
    assert picture(values, None) == b""
