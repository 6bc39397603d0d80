"""Serve the page and the API of a staged bot on a real port, as ``notifier run`` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from notifier.app import house
from notifier.bot import Bot
from notifier.clerk import Clerk
from notifier.clocks import Clocks
from notifier.commands.run import drawn
from notifier.serving import front
from notifier.web.server import Server
from tests.flow.stage import Stage

TOKEN = "an-operators-token"
VIEWER = "a-viewers-token"
WITH_TOKENS = {"NOTIFIER_WEB__TOKEN": TOKEN, "NOTIFIER_WEB__VIEWER_TOKEN": VIEWER}


@dataclass
class Site:
    """The bot, its desk and its address."""

    url: str
    stage: Stage
    bot: Bot
    desk: Clerk
    headers: dict[str, str] = field(default_factory=dict)

    def poll(self, **rejections: str) -> None:
        """One poll in which these agents reject so many calls, and its deliveries."""
        self.stage.wait(minutes=1)
        self.stage.agents({agent.replace("_", "-"): v for agent, v in rejections.items()})
        self.bot.poll_once()
        self.bot.deliver_due()

    def ask(self, path: str, method: str = "GET", **more: object) -> requests.Response:
        """One request, as a program sends it; no redirect is followed."""
        headers = {**self.headers, **more.pop("headers", {})}  # type: ignore[dict-item]
        return requests.request(
            method, self.url + path, headers=headers, timeout=60, allow_redirects=False, **more  # type: ignore[arg-type]
        )  # fmt: skip

    def api(self, path: str) -> requests.Response:
        """The same, of the API."""
        return self.ask(f"/api/v1/{path}")


def settle(desk: Clerk) -> None:
    """Let what is to be worked out about the rules be worked out."""
    desk.mind_rules()
    while (errand := desk.review._errand) is not None:
        assert errand.sent.wait(60)
        desk.mind_rules()


@contextmanager
def served(stage: Stage, **variables: str) -> Iterator[Site]:
    """The site of the staged bot; *variables* are added to its environment."""
    stage.more.update(variables)
    clocks = Clocks(stage.clock, lambda: stage.now.timestamp(), lambda: 0.0)
    settings = stage.settings()
    with house(settings, clocks) as (bot, desk):
        desk.exhibition.draw = drawn
        site = front(settings, desk, clocks)
        server = Server(site, "127.0.0.1", 0, site.leave)
        server.start()
        try:
            yield Site(f"http://127.0.0.1:{server.port}", stage, bot, desk)
        finally:
            server.stop()
