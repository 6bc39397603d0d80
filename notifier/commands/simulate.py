"""Run the simulated wolkvox alone."""

from __future__ import annotations

import signal
import threading
from datetime import datetime, time
from zoneinfo import ZoneInfo

from notifier.clocks import utc_now
from notifier.errors import ConfigError, StateError
from notifier.simulator.serve import SCRIPTS, serve
from notifier.simulator.wolkvox import WolkvoxServer

ZONE = ZoneInfo("America/Bogota")  # where the simulated contact center is


def simulate(
    *, port: int, seed: int, speed: float, start: str | None, script: str, token: str
) -> int:
    """Answer until interrupted.

    start: The time of today there, as ``10:00``; None for now.

    Raises:
        ConfigError: no script has that name, or *start* is no time.
        StateError: the port is taken.
    """
    if script not in SCRIPTS:
        raise ConfigError(f"there is no script `{script}`; use one of {', '.join(SCRIPTS)}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def ready(server: WolkvoxServer) -> None:
        print(f"wolkvox is simulated at {server.url}; its token is {token}", flush=True)

    try:
        serve(port, seed=seed, speed=speed, start=_begin(start), script=script, token=token,
              stop=stop, ready=ready)  # fmt: skip
    except OSError as error:
        raise StateError(
            f"cannot listen on port {port} ({error.strerror}); choose another with --port"
        ) from error
    return 0


def _begin(start: str | None) -> datetime:
    now = utc_now().astimezone(ZONE)
    if start is None:
        return now
    try:
        return datetime.combine(now.date(), time.fromisoformat(start), ZONE)
    except ValueError:
        raise ConfigError(f"`{start}` is not a time of day; write it as in 10:00") from None
