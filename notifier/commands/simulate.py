"""Run the simulated wolkvox alone."""

from __future__ import annotations

import signal
import threading
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from notifier.clocks import utc_now
from notifier.core.rules.mistakes import Mistake, Mistakes
from notifier.core.rules.toml import normal, tables
from notifier.errors import ConfigError, StateError
from notifier.simulator.scriptfile import ScriptError, ScriptFile, read_script
from notifier.simulator.serve import SCRIPTS, serve
from notifier.simulator.wolkvox import WolkvoxServer

ZONE = ZoneInfo("America/Bogota")  # where the simulated contact center is


def simulate(
    *, port: int, seed: int, speed: float, start: str | None, script: str, token: str
) -> int:
    """Answer until interrupted.

    start: The time of today there, as ``10:00``; None for now.
    script: A name in SCRIPTS, or a file.

    Raises:
        ConfigError: there is no such script, it has mistakes, or *start* is no time.
        StateError: the port is taken.
    """
    begin = _begin(start)
    happens = _script(script, begin)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def ready(server: WolkvoxServer) -> None:
        print(f"wolkvox is simulated at {server.url}; its token is {token}", flush=True)

    try:
        serve(port, seed=seed, speed=speed, start=begin, script=happens, token=token,
              stop=stop, ready=ready)  # fmt: skip
    except OSError as error:
        raise StateError(
            f"cannot listen on port {port} ({error.strerror}); choose another with --port"
        ) from error
    return 0


def _script(name: str, begin: datetime) -> ScriptFile:
    if name in SCRIPTS:
        return ScriptFile(SCRIPTS[name](begin))
    try:
        return read_file(normal(Path(name).read_text(encoding="utf-8")), name, begin)
    except FileNotFoundError:
        raise ConfigError(
            f"there is no script `{name}`; use one of {', '.join(SCRIPTS)}, or a file"
        ) from None
    except UnicodeError:
        raise ConfigError(f"the script {name} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"the script {name} cannot be read: {error.strerror}") from None


def read_file(text: str, file: str, begin: datetime) -> ScriptFile:
    """Return the script in a TOML *text*.

    Raises:
        ConfigError: with every mistake, in its line and column.
    """
    try:
        return read_script(tables(text, file), begin)
    except ScriptError as error:
        mistakes = Mistakes([Mistake(s.loc, s.text, s.at_key) for s in error.slips])
        raise ConfigError(mistakes.problems(text, file)) from None


def _begin(start: str | None) -> datetime:
    now = utc_now().astimezone(ZONE)
    if start is None:
        return now
    try:
        return datetime.combine(now.date(), time.fromisoformat(start), ZONE)
    except ValueError:
        raise ConfigError(f"`{start}` is not a time of day; write it as in 10:00") from None
