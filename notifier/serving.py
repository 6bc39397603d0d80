"""Put the page and the API before the running bot: what they ask, who may, and in which words."""

from __future__ import annotations

from notifier.app import reported
from notifier.clerk import Clerk
from notifier.clocks import REAL, Clocks
from notifier.settings import LOOPBACK, Settings
from notifier.web.front import Application, Front
from notifier.web.gate import Gate, names_of
from notifier.web.limit import Attempts
from notifier.web.listeners import Listeners
from notifier.web.visitor import Access, Role, networks


def front(settings: Settings, desk: Clerk, clocks: Clocks = REAL) -> Front:
    """What answers the port: the probes, and behind the gate all the rest."""
    listeners = Listeners()
    return Front(
        lambda: desk.bot.unhealthy(),
        lambda: desk.bot.unready(),
        lambda: _rest(settings, desk, clocks, listeners),
        listeners.leave,
    )


def _rest(settings: Settings, desk: Clerk, clocks: Clocks, listeners: Listeners) -> Application:
    # First, and whole: two threads that import libraries at once take each other's filters of
    # warnings, and a poll may be importing this one.
    import notifier.wire  # noqa: F401
    from notifier.render.pages import Pages  # slow to import: when somebody first asks
    from notifier.web.site import site

    attempts = Attempts(clocks.monotonic)
    pages = Pages(settings.templates, reported)
    names = names_of(settings.web.host, settings.web.hosts)
    local = LOOPBACK.fullmatch(settings.web.host)
    return Gate(
        app=site(desk, pages, attempts, listeners, lambda: desk.bot.numbers()),
        access=_access(settings, desk),
        names=names if local else None,
        attempts=attempts,
        clock=clocks.now,
    )


def _access(settings: Settings, desk: Clerk) -> Access:
    web = settings.web
    given = {Role.OPERATOR: web.token, Role.VIEWER: web.viewer_token}
    return Access(
        tokens={role: token.get_secret_value() for role, token in given.items() if token},
        proxies=networks(web.listed("proxies")),
        user_header=(web.user_header or "").lower(),
        operators=frozenset(web.listed("operators")),
        key=desk.key(),
    )
