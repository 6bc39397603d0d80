"""Run the simulated wolkvox alone."""

from __future__ import annotations

import signal
import threading

from notifier.clocks import utc_now
from notifier.errors import ConfigError, StateError
from notifier.simulator.serve import SCRIPTS, serve
from notifier.simulator.wolkvox import WolkvoxServer


def simulate(*, port: int, seed: int, speed: float, script: str, token: str) -> int:
    """Answer until interrupted.

    Raises:
        ConfigError: no script has that name.
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
        serve(port, seed=seed, speed=speed, start=utc_now(), script=script, token=token,
              stop=stop, ready=ready)  # fmt: skip
    except OSError as error:
        raise StateError(
            f"cannot listen on port {port} ({error.strerror}); choose another with --port"
        ) from error
    return 0
