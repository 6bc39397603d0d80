"""The demo's page in a real browser: live, narrow, dark, without its script, and as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from notifier.app import opened
from notifier.bot import Bot
from notifier.clocks import Clocks
from notifier.demo.page import Strip
from notifier.demo.site import Site
from notifier.demo.stage import CHANNEL, Stage, staged
from notifier.demo.story import PACE, lap_of
from notifier.demo.tally import tally
from notifier.web.server import Server

LARGEST = 300_000  # bytes of a picture in the README


@dataclass
class Play:
    """The demo's page, its clock in the test's hand."""

    url: str
    stage: Stage
    bot: Bot
    simulated: list[int]

    def until(self, seconds: int) -> None:
        """Poll and deliver every 30 simulated seconds."""
        while self.simulated[0] < seconds:
            self.simulated[0] += 30
            self.bot.poll_once()
            self.bot.deliver_due()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    simulated = [0]
    clocks = Clocks(monotonic=lambda: simulated[0] / PACE, jitter=lambda: 0.5)
    with ThreadPoolExecutor(1) as apart, ExitStack() as rooms:
        # Playwright has an event loop on this thread, and the mail server starts one of its own.
        stage = apart.submit(rooms.enter_context, staged(tmp_path, clocks)).result()
        bot = rooms.enter_context(opened(stage.settings, stage.clocks))

        def strip() -> Strip:
            now = stage.now()
            return Strip(
                now, lap_of(stage.center.script, now), tally(stage, bot).counts(), "/status"
            )

        server = Server(Site(stage, strip).application(), "127.0.0.1", 0)
        server.start()
        stage.curtain.up()
        yield Play(f"http://127.0.0.1:{server.port}/", stage, bot, simulated)
        server.stop()


@pytest.fixture
def page(browser: Browser, play: Play) -> Iterator[Page]:
    """A desktop in daylight; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(play.url)
    yield page
    context.close()
    assert complaints == []


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def test_messages_come_by_themselves_and_are_edited_in_place(page: Page, play: Play) -> None:
    play.until(90)
    message = page.locator("#channel article").last
    expect(message).to_contain_text("La red de ANDRÉS GÓMEZ rechaza llamadas", timeout=20_000)
    key = message.get_attribute("data-key")

    play.until(240)

    same = page.locator(f'#channel [data-key="{key}"]')
    expect(same).to_contain_text("(edited)", timeout=20_000)
    expect(same).to_contain_text("1 reply", timeout=20_000)
    assert same.count() == 1
    expect(page.locator("#strip .now").first).to_be_visible()


def test_a_hostile_message_is_text(page: Page, play: Play) -> None:
    hostile = "<img src=x onerror=document.title='owned'>&lt;b&gt; <javascript:alert(1)|x>"

    play.stage.slack.say(CHANNEL, hostile)

    message = page.locator("#channel article").last
    expect(message).to_contain_text("<img src=x onerror=", timeout=20_000)
    assert message.locator("img, b, a").count() == 0
    assert page.title() == "notifier demo"


def test_a_mail_is_read_in_its_frame_and_can_do_nothing(page: Page, play: Play) -> None:
    play.until(120)
    frame = page.locator("#inbox iframe").first
    expect(frame).to_be_visible(timeout=20_000)

    assert frame.get_attribute("sandbox") == ""
    answer = page.request.get(play.url + str(frame.get_attribute("src")))
    assert "sandbox;" in answer.headers["content-security-policy"]
    assert "The network of ANDRÉS GÓMEZ" in answer.text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_without_scrolling_sideways(
    browser: Browser, play: Play, scheme: str
) -> None:
    play.until(240)
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(play.url)
    expect(page.locator("#channel article").first).to_be_visible(timeout=20_000)

    assert not too_wide(page)
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (shade == "rgb(16, 17, 20)") is (scheme == "dark")
    context.close()


def test_it_works_without_its_script(browser: Browser, play: Play) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(play.url)
    assert page.locator("#channel article").count() == 0

    play.until(120)  # the page reloads itself

    expect(page.locator("#channel article").first).to_be_visible(timeout=30_000)
    expect(page.locator("#inbox article").first).to_be_visible(timeout=30_000)
    context.close()


def test_it_says_when_the_demo_has_ended(browser: Browser, play: Play) -> None:
    page = browser.new_page()
    page.goto(play.url)

    page.route("**/live*", lambda route: route.abort())

    expect(page.locator("#ended")).to_be_visible(timeout=30_000)
    page.close()


def test_the_picture_of_the_readme(page: Page, play: Play, picture: Path) -> None:
    play.until(510)
    expect(page.locator("#inbox iframe").first).to_be_visible(timeout=20_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(4_000)  # what is new has stopped to glow
    path = picture / "demo.png"

    page.screenshot(path=path)

    assert not too_wide(page)
    assert 20_000 < path.stat().st_size < LARGEST
