"""Show the bot to whoever watches it from outside: traces of its work, and signs of life."""

from __future__ import annotations

from datetime import datetime

from notifier.bot import Bot
from notifier.canary import Canary
from notifier.channels import shown
from notifier.core.facts.state import SourceKey, seconds
from notifier.cycle import Render
from notifier.errors import ConfigError
from notifier.settings import Settings
from notifier.store.database import Database
from notifier.traces.span import Traces
from notifier.web.heartbeat import ping
from notifier.web.metrics import Metrics
from notifier.wolkvox.reader import Note


def traces_of(settings: Settings) -> Traces:
    """Where polls and deliveries are shown: nowhere, where no collector is set.

    Raises:
        ConfigError: it is set, and what it needs is not installed.
    """
    if settings.traces.url is None:
        return Traces()
    try:
        from notifier.traces.collector import collector
    except ImportError:
        raise ConfigError(
            "NOTIFIER_TRACES__URL is set, and OpenTelemetry is not installed; "
            "pip install 'notifier[traces]', or leave the setting out"
        ) from None
    return collector(shown(settings.traces.url), shown(settings.traces.headers))


def noting(traces: Traces, metrics: Metrics) -> Note:
    """What shows the steps of a poll, and counts how long decoding takes."""

    def note(source: SourceKey, step: str, began: datetime, ended: datetime) -> None:
        traces.step(source, step, began, ended)
        if step == "decode":
            metrics.decode_seconds.labels(*source).observe(max(0.0, seconds(ended - began)))

    return note


def watch(bot: Bot, settings: Settings, render: Render, database: Database, owner: str) -> None:
    """Let a canary fly where somebody waits for a sign of life: it is given by none other."""
    if settings.heartbeat_url is None:
        return
    url = settings.heartbeat_url.get_secret_value()
    canary = Canary(
        database=database,
        render=render,
        clock=bot.clock,
        owner=owner,
        metrics=bot.cycle.metrics,
        sign=lambda: ping(url),
    )
    bot.workers = [*bot.workers, canary.worker]

    def fly() -> None:
        canary.fly()
        bot.wake()

    bot.heartbeat = fly
