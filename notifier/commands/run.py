"""Run the daemon."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from notifier import logs
from notifier.channels.slack import Slack
from notifier.clerk import Clerk
from notifier.core.judging.plan import Plan
from notifier.core.telling.outgoing import Envelope
from notifier.serving import front
from notifier.settings import Settings, load_settings, unknown_variables
from notifier.succession import succession
from notifier.version import VERSION
from notifier.web.server import Server

log = logs.logger("run")

QUIET = 0.5  # seconds in which a rules file that was saved does not change any more


def run() -> int:
    """Poll, judge and tell until SIGTERM or SIGINT; what is due is delivered before the end.

    Where another notifier does so on the same server's database, stand by and take over from it.
    """
    settings = load_settings()
    logs.configure(settings.log_format, settings.log_level)
    for problem in unknown_variables():
        log.warning("settings", problem=problem.text)
    stop, reload = threading.Event(), threading.Event()
    _listen(stop, reload)
    with succession(settings) as line:
        plan = line.clerk.bot.cycle.plan
        for unheard in deaf_for_want_of_settings(settings, plan):
            log.warning("settings", problem=unheard)
        server = _serve(settings, line.clerk)
        log.info("started", version=VERSION, port=server.port, rules=len(plan.rules),
                 sources=len(plan.sources))  # fmt: skip
        line.begin()
        watch = threading.Thread(target=_watch, args=(settings.rules, stop, reload), daemon=True)
        watch.start()
        line.run(stop, reload)
        log.info("stopping")
        line.end()
        server.stop()
    log.info("stopped")
    return 0


def deaf_for_want_of_settings(settings: Settings, plan: Plan) -> Iterator[str]:
    """Whom nothing can reach, for a setting is missing. Messages wait: it may come any moment."""
    names = sorted({each.name for each in plan.reaches.values() if each.kind == Slack.kind})
    if names and settings.slack.bot_token is None:
        heard = ", ".join(f"`{name}`" for name in names)
        yield f"no message reaches {heard} without a Slack token; set NOTIFIER_SLACK__BOT_TOKEN"


def _listen(stop: threading.Event, reload: threading.Event) -> None:
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, lambda *_: reload.set())


def _serve(settings: Settings, desk: Clerk) -> Server:
    desk.exhibition.draw = drawn
    site = front(settings, desk)
    server = Server(site, settings.web.host, settings.web.port, site.leave)
    server.start()
    return server


def drawn(sent: Sequence[Envelope], language: str) -> str:
    """A message as Slack shows it."""
    from notifier.demo.sheet import Exhibit, sheet  # seldom looked at

    return sheet([Exhibit("", tuple(sent))], ZoneInfo("America/Bogota"), language)


def _watch(rules: Path, stop: threading.Event, reload: threading.Event) -> None:
    """Ask for a reload when the file changes. Editors and mounts replace it: watch its folder."""
    from watchfiles import watch  # not needed by any other command

    name = rules.resolve().name
    for changes in watch(rules.resolve().parent, stop_event=stop, recursive=False):
        if any(Path(path).name == name for _, path in changes):
            _settle(rules, stop)
            reload.set()


def _settle(rules: Path, stop: threading.Event) -> None:
    """Wait until nobody writes: half a file may make sense, and would end what is open."""
    before = None
    while not stop.wait(QUIET):
        now = _stamp(rules)
        if now == before:
            return
        before = now


def _stamp(rules: Path) -> tuple[int, int]:
    try:
        found = rules.stat()
    except OSError:
        return 0, 0  # an editor is putting another in its place
    return found.st_mtime_ns, found.st_size
