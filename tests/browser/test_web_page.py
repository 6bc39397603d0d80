"""The page in a real browser: live, on a phone, in the dark, by keyboard, and as pictures."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec import Raw
from playwright.sync_api import Browser, Page, expect

from notifier.app import house
from notifier.bot import Bot
from notifier.clerk import Clerk
from notifier.clocks import Clocks
from notifier.commands import run
from notifier.demo.stage import Stage, staged
from notifier.demo.story import PACE
from notifier.errands.errand import Sent
from notifier.errands.lookback import _Begun
from notifier.errands.orders import News
from notifier.serving import front
from notifier.web.server import Server
from notifier.web.wishes import Trial
from tests.flow.pages import VIEWER, WITH_TOKENS, served, settle
from tests.flow.stage import staged as bare

LARGEST = 300_000  # bytes of a picture
PATIENCE = 20_000  # milliseconds that a busy machine may take
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}
PATHS = ("/", "/silences/new?rule=network-rejection", "/silences", "/history", "/sources", "/rules",
         "/receivers", "/gallery", "/hits", "/changes", "/nothing")  # fmt: skip


@dataclass
class Play:
    """The demo's contact center, its clock in the test's hand, and the page before it."""

    stage: Stage
    bot: Bot
    clerk: Clerk
    simulated: list[int]
    port: int = 0
    _servers: list[Server] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def until(self, seconds: int) -> None:
        """Poll and deliver every 30 simulated seconds."""
        while self.simulated[0] < seconds:
            self.simulated[0] += 30
            self.bot.poll_once()
            self.bot.deliver_due()

    def serve(self) -> None:
        """Answer the port, the same one after a stop."""
        settings, clocks = self.stage.settings, self.stage.clocks
        site = front(settings, self.clerk, clocks)
        server = Server(site, "127.0.0.1", self.port, site.leave)
        server.start()
        self.port = server.port
        self._servers.append(server)

    def stop(self) -> None:
        """Answer nothing more."""
        self._servers.pop().stop()


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    simulated = [0]
    clocks = Clocks(monotonic=lambda: simulated[0] / PACE, jitter=lambda: 0.5)
    folder = tmp_path_factory.mktemp("page")
    with ThreadPoolExecutor(1) as apart, ExitStack() as rooms:
        # Playwright has an event loop on this thread, and the mail server starts one of its own.
        stage = apart.submit(rooms.enter_context, staged(folder, clocks)).result()
        bot, clerk = rooms.enter_context(house(stage.settings, stage.clocks))
        clerk.exhibition.draw = run.drawn
        play = Play(stage, bot, clerk, simulated)
        play.serve()
        stage.curtain.up()
        play.until(300)
        yield play
        play.stop()


@contextmanager
def opened(
    browser: Browser, play: Play, path: str = "/", *, dark: bool = False, language: str = "en",
    phone: bool = False, quiet: bool = True, script: bool = True,
) -> Iterator[Page]:  # fmt: skip
    """A page; whatever the browser complains of fails the test, where it is to be quiet."""
    context = browser.new_context(
        viewport=PHONE if phone else DESK,  # type: ignore[arg-type]
        color_scheme="dark" if dark else "light",
        locale=language,
        has_touch=phone,
        java_script_enabled=script,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(play.url + path)
    yield page
    context.close()
    assert complaints == [] or not quiet


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def drawn(page: Page, path: Path) -> None:
    page.screenshot(path=path, animations="disabled")
    assert 10_000 < path.stat().st_size < LARGEST


# ---- what somebody does who never saw it ----


def test_on_a_phone_somebody_silences_what_is_broken_for_an_hour(
    browser: Browser, play: Play, picture: Path
) -> None:
    with opened(browser, play, phone=True, language="es") as page:
        worst = page.locator(".incident").first
        expect(worst).to_contain_text("Sede Medellín")
        expect(worst).to_contain_text("Nadie lo tiene todavía")
        drawn(page, picture / "page-phone.png")
        worst.get_by_role("link", name="Silenciar").tap()
        expect(page.locator("#preview")).to_contain_text("Cubre 1 incidente")
        page.get_by_label("Por qué").fill("cambio del router")
        page.get_by_label("Quién es usted").fill("Eva")
        drawn(page, picture / "page-silence.png")
        page.get_by_role("button", name="Silenciar").tap()
        expect(page.get_by_role("status")).to_have_text("Silenciado.")
        page.goto(play.url)
        expect(page.locator(".incident").first).to_contain_text("Silenciado por Eva hasta")

        page.goto(f"{play.url}/silences")
        page.get_by_role("button", name="Terminar ya").tap()

        expect(page.get_by_role("status")).to_have_text("El silencio terminó.")
        assert not too_wide(page)


def test_what_the_bot_learns_comes_by_itself_and_a_restart_is_bridged(
    browser: Browser, play: Play
) -> None:
    with opened(browser, play, quiet=False) as page:
        expect(page.locator("#live .state")).to_have_text("Live", timeout=PATIENCE)
        page.evaluate("window.same = true")
        link = page.locator(".incident h3 a").first
        link.focus()
        before = page.locator("#as-of").inner_text()

        play.until(play.simulated[0] + 60)
        expect(page.locator("#as-of")).not_to_have_text(before, timeout=PATIENCE)
        assert page.evaluate("document.activeElement.matches('.incident h3 a')")

        play.stop()
        expect(page.locator("#live .state")).to_contain_text("Connection lost", timeout=PATIENCE)
        play.serve()
        expect(page.locator("#live .state")).to_have_text("Live", timeout=PATIENCE)
        now = page.locator("#as-of").inner_text()
        play.until(play.simulated[0] + 60)
        expect(page.locator("#as-of")).not_to_have_text(now, timeout=PATIENCE)
        assert page.evaluate("window.same"), "the page was loaded anew"


def test_a_page_whose_session_ended_asks_to_log_in_again(browser: Browser, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as apart, ExitStack() as rooms:
        stage = apart.submit(rooms.enter_context, bare(tmp_path)).result()
        site = rooms.enter_context(served(stage, **WITH_TOKENS))
        page = browser.new_context().new_page()
        page.goto(f"{site.url}/")
        page.locator("[name=name]").fill("Luis")
        page.locator("[name=token]").fill(VIEWER)
        page.keyboard.press("Enter")
        expect(page.locator("#live .state")).to_have_text("Live", timeout=PATIENCE)

        stage.wait(minutes=7 * 24 * 60)

        expect(page.locator("[name=token]")).to_be_visible(timeout=PATIENCE)
        page.context.close()


def test_by_keyboard_somebody_takes_an_incident(browser: Browser, play: Play) -> None:
    with opened(browser, play) as page:
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("Enter")
        page.locator(".incident button").last.focus()

        page.keyboard.press("Enter")

        expect(page.locator(".taken").last).to_contain_text("Taken by localhost")


def test_without_script_it_is_all_there(browser: Browser, play: Play) -> None:
    with opened(browser, play, script=False) as page:
        expect(page.locator(".incident").first).to_contain_text("Sede Medellín")
        page.locator(".others summary").click()
        expect(page.locator(".within .incident").first).to_be_visible()
        page.get_by_role("link", name="Silence", exact=True).first.click()
        page.get_by_label("Entity").fill("*")
        page.get_by_role("button", name="Show what it covers").click()
        expect(page.locator("#preview")).to_contain_text("Covers 1 incident")


@pytest.mark.parametrize("script", [True, False])
def test_a_page_that_waits_for_the_past_shows_the_answer_by_itself(
    browser: Browser, play: Play, script: bool
) -> None:
    operation = next(iter(play.clerk.zones()))
    wish = Trial(
        operation=operation, rule="network-rejection", when="network_rejection > 3", days=9
    )
    sent = Sent(share=1 / 3)
    play.clerk.lookback._begun["00aa"] = _Begun(wish, sent, 9.0)
    path = f"/rules/{operation}/network-rejection?look=00aa"

    with opened(browser, play, path, phone=True, script=script) as page:
        expect(page.get_by_role("status").last).to_contain_text("Looking back: 3 of 9 days read.")
        sent.last = News(answer=Raw(b'{"was": [], "would": []}'))
        expect(page.locator("#tried")).to_contain_text("As you try it", timeout=30_000)
        assert not script or not too_wide(page)
    del play.clerk.lookback._begun["00aa"]


# ---- for everybody ----


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's source; empty where it cannot be had: then only our own checks are made."""
    npm = shutil.which("npm")
    folder = tmp_path_factory.mktemp("axe")
    if npm is None:
        return ""
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "axe-core@4"]
    subprocess.run(command, cwd=folder, check=False, timeout=120)
    found = folder / "node_modules" / "axe-core" / "axe.min.js"
    return found.read_text(encoding="utf-8") if found.is_file() else ""


SERIOUS = """async () => (await axe.run()).violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.html).join(" | ")}`)"""
UNNAMED = """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select")]
    .filter((each) => !(each.textContent.trim() || each.labels?.length || each.ariaLabel))
    .map((each) => each.outerHTML)"""

SHIFTS = """() => new Promise((told) => {
    const add = (list) => told(list.getEntries().reduce((sum, each) => sum + each.value, 0));
    new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => told(0), 500);
})"""


@pytest.mark.parametrize(("dark", "phone"), [(False, False), (True, True)])
def test_everybody_can_read_it_and_nothing_runs_over(
    browser: Browser, play: Play, axe: str, dark: bool, phone: bool
) -> None:
    found = {}
    incident = next(each.incident for each in play.clerk.listed() if each.incident)
    with opened(browser, play, dark=dark, phone=phone, quiet=False) as page:
        for path in (*PATHS, f"/incidents/{incident}", "/rules/bogota/site-link"):
            page.goto(play.url + path)
            wrong = page.evaluate(UNNAMED) + ["too wide"] * too_wide(page)
            assert page.locator("h1").count() == 1
            if axe:
                page.evaluate(axe)
                wrong += page.evaluate(SERIOUS)
            found[path] = wrong

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_nothing_moves_once_it_is_painted(browser: Browser, play: Play) -> None:
    with opened(browser, play) as page:
        expect(page.locator("#live .state")).to_have_text("Live", timeout=PATIENCE)

        shift = page.evaluate(SHIFTS)

    assert shift < 0.05


# ---- pictures ----


def test_the_pictures_of_the_documents(browser: Browser, play: Play, picture: Path) -> None:
    incident = next(
        each.incident for each in play.clerk.listed() if each.rule == "network-rejection"
    )
    settle(play.clerk)
    for name, path, dark in (
        ("page", "/", False),
        ("page-incident", f"/incidents/{incident}", True),
        ("page-rules", "/rules", False),
    ):
        with opened(browser, play, path, dark=dark) as page:
            page.wait_for_load_state("load")
            drawn(page, picture / f"{name}.png")
            assert not too_wide(page)
