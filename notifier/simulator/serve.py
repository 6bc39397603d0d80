"""Run the simulated wolkvox alone, on a clock of its own, until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from notifier.simulator.center import Center
from notifier.simulator.script import Script, day_script, demo_script
from notifier.simulator.scriptfile import ScriptFile
from notifier.simulator.wolkvox import WolkvoxServer

SCRIPTS: Mapping[str, Callable[[datetime], Script]] = MappingProxyType(
    {"day": day_script, "demo": demo_script, "quiet": lambda _: ()}
)


def running_clock(
    start: datetime, speed: float, seconds: Callable[[], float] = time.monotonic
) -> Callable[[], datetime]:
    """Return a clock that shows *start* now and runs *speed* times as fast as *seconds*."""
    began = seconds()
    return lambda: start + timedelta(seconds=(seconds() - began) * speed)


def serve(
    port: int,
    *,
    seed: int = 7,
    speed: float = 1.0,
    start: datetime,
    script: ScriptFile,
    token: str = "77766b74",  # noqa: S107
    stop: threading.Event,
    ready: Callable[[WolkvoxServer], None] = lambda _: None,
) -> None:
    """Answer until *stop* is set, on *port* (0: any free one); *ready* is told the running server.

    *speed* is in simulated seconds per second. *start* is the simulated time at the beginning, with
    a zone.

    Raises:
        OSError: The port is taken.
    """
    center = Center(seed, start, script.script)
    clock = running_clock(start, speed)
    with WolkvoxServer(
        center, clock, token, port, at_once=script.at_once, quota=script.quota
    ) as server:
        ready(server)
        stop.wait()
