"""Show the whole product on loopback: the production path against simulated servers."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from notifier import logs
from notifier.app import house
from notifier.bot import Bot
from notifier.clerk import Clerk
from notifier.clocks import REAL
from notifier.commands.run import drawn
from notifier.demo.page import Strip
from notifier.demo.site import Site
from notifier.demo.stage import Stage, staged, without_proxies
from notifier.demo.story import lap_of
from notifier.demo.tally import tally
from notifier.demo.terminal import Terminal
from notifier.errors import ConfigError, StateError
from notifier.serving import front
from notifier.web.server import Server

INTERRUPTED = 130
FAILED = 1
HIGHEST = 65_535
LOOK = 0.1  # seconds between two looks at what happens


def demo(seconds: float | None, port: int) -> int:
    """Run until interrupted, or for so many seconds.

    Returns 130 after Ctrl+C, 1 when a message could not be delivered.

    Raises:
        ConfigError: there is no such port.
        StateError: the port is taken.
    """
    if not 0 <= port <= HIGHEST:
        raise ConfigError(f"there is no port {port}; use one from 0 to {HIGHEST}")
    stop, interrupted = Event(), Event()

    def interrupt(*_: object) -> None:
        interrupted.set()
        stop.set()

    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, interrupt)
    logs.configure(level="error")
    without_proxies()
    with tempfile.TemporaryDirectory(prefix="notifier-demo-") as folder:
        failed = _play(Path(folder), seconds, port, stop)
    if interrupted.is_set():
        return INTERRUPTED
    return FAILED if failed else 0


def _play(folder: Path, seconds: float | None, port: int, stop: Event) -> bool:
    """Play the story; whether a message is left over."""
    with staged(folder) as stage, house(stage.settings, stage.clocks) as (bot, desk):
        terminal = Terminal(stage, stop)
        with _status(stage, desk, port) as status, _page(stage, bot, port, status) as url:
            terminal.welcome(url, status)
            stage.curtain.up()
            bot.start()
            _watch(terminal, seconds, stop)
            bot.stop()
        done = tally(stage, bot)
    terminal.summary(done)
    return bool(done.left or done.lost)


def _watch(terminal: Terminal, seconds: float | None, stop: Event) -> None:
    began = REAL.monotonic()
    while not stop.wait(LOOK):
        terminal.scenes()
        if seconds is not None and REAL.monotonic() - began >= seconds:
            return


@contextmanager
def _page(stage: Stage, bot: Bot, port: int, status: str) -> Iterator[str]:
    def strip() -> Strip:
        now = stage.now()
        return Strip(now, lap_of(stage.center.script, now), tally(stage, bot).counts(), status)

    with _started(_server(Site(stage, strip), port)) as url:
        yield url


@contextmanager
def _status(stage: Stage, desk: Clerk, port: int) -> Iterator[str]:
    """The page that ``notifier run`` serves: on the next port, or on any where that is taken."""
    desk.exhibition.draw = drawn
    site = front(stage.settings, desk, stage.clocks)
    try:
        server = Server(site, "127.0.0.1", port + 1 if 0 < port < HIGHEST else 0, site.leave)
    except StateError:
        server = Server(site, "127.0.0.1", 0, site.leave)
    with _started(server) as url:
        yield url


@contextmanager
def _started(server: Server) -> Iterator[str]:
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


def _server(site: Site, port: int) -> Server:
    try:
        return Server(site.application(), "127.0.0.1", port)
    except StateError:
        raise StateError(
            f"cannot listen on port {port}, something else does; "
            "choose another with --port, or 0 for any free one"
        ) from None
