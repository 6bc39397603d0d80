"""Make the rounds: each check for itself, each bounded in time, whatever the others meet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from notifier import logs
from notifier.core.examination.finding import Finding, fail
from notifier.errors import ConfigError, NotifierError

LONGEST = 90.0  # seconds: longer than any one question may take

log = logs.logger("doctor")


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at.

    Attributes:
        look: Finds; may raise what this package raises on purpose.
        fix: What to do where it raises.
    """

    group: str
    name: str
    look: Callable[[], Iterable[Finding]]
    fix: str = ""


def rounds(checks: Sequence[Check], longest: float = LONGEST) -> Iterator[list[Finding]]:
    """Do all checks at once; yield what each found, in their order."""
    begun = [_begin(check) for check in checks]
    for check, (thread, found) in zip(checks, begun, strict=True):
        thread.join(longest)
        yield [_late(check, longest)] if thread.is_alive() else found


def _late(check: Check, longest: float) -> Finding:
    text = f"no answer within {longest:.0f} s"
    return fail(check.group, check.name, text, check.fix or "look again later")


def _begin(check: Check) -> tuple[threading.Thread, list[Finding]]:
    found: list[Finding] = []
    thread = threading.Thread(target=_look, args=(check, found), name=check.name, daemon=True)
    thread.start()
    return thread, found


def _look(check: Check, found: list[Finding]) -> None:
    try:
        found += check.look()
    except NotifierError as error:
        found.append(fail(check.group, check.name, _said(error), check.fix))
    except Exception as error:  # noqa: BLE001  # a mistake of ours must not hide the other checks
        log.error("internal error", kind=type(error).__name__, where=logs.place(error))
        text = f"an internal mistake of notifier ({type(error).__name__})"
        found.append(fail(check.group, check.name, text, "report it"))


def _said(error: NotifierError) -> str:
    problems = error.problems if isinstance(error, ConfigError) else ()
    return "; ".join(problem.text for problem in problems) or str(error)
