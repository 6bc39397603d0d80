"""Write the log: one line an event, a constant phrase and then key=value; never a secret.

The only module that knows structlog.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRETS = re.compile(
    r"xox[abeprs]-[\w-]+|xapp-[\w-]+|xoxe[\w.-]*|(?<=/services/)\S+|(?i:bearer) \S+"
)
HIDDEN = "[hidden]"


def configure(style: str = "console", level: str = "info") -> None:
    """Send what is logged to standard error.

    style: ``console`` for people, ``json`` for machines.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is by then
        cache_logger_on_first_use=False,
    )


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide whatever looks like a token, wherever it stands."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = SECRETS.sub(HIDDEN, value)
    return event


def logger(room: str) -> Any:
    """A logger that says which room speaks."""
    return structlog.get_logger(room=room)


def hushed(spoken: Any) -> Any:
    """The same logger, to which what usually is news is a detail."""
    return _Hushed(spoken)


class _Hushed:
    def __init__(self, spoken: Any) -> None:
        self._spoken = spoken

    def __getattr__(self, level: str) -> Any:
        return getattr(self._spoken, "debug" if level == "info" else level)


def mute(library: str) -> None:
    """Keep what a library logs to itself: it may hold anything, and come as often as others like.

    What it means for us, we say.
    """
    theirs = logging.getLogger(library)
    theirs.addHandler(logging.NullHandler())
    theirs.propagate = False


def place(error: BaseException) -> str:
    """Where a mistake of ours happened, without any value: those may be anybody's data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
