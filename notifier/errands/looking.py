"""Look back in a process of its own: one errand from standard input, its news on standard output.

``notifier.errands.errand`` starts it, without the bot's secrets; it ends when the bot does.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from msgspec import Raw

from notifier import logs
from notifier.errands.findings import found
from notifier.errands.orders import Errand, News, said, taken
from notifier.errors import NotifierError

LARGEST = 4 * 1024**3  # bytes of memory
STEP = 0.005  # of the whole: nobody sees less


def main() -> None:
    """Do one errand."""
    given, out = sys.stdin.buffer, sys.stdout.buffer
    errand = taken(given.readline())
    os.nice(errand.niceness)
    _bound(LARGEST)
    threading.Thread(target=_end_with, args=(given.fileno(),), daemon=True).start()
    out.write(said(done(errand, _teller(out))))
    out.flush()


def _bound(most: int) -> None:
    """Take no more memory than so many bytes: a template may ask for any amount."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _end_with(given: int) -> None:
    """Whoever sent us is gone when our input ends: nobody waits for an answer."""
    while os.read(given, 1024):
        pass
    os._exit(1)


def _teller(out: BinaryIO) -> Callable[[float], None]:
    told = [0.0]

    def tell(share: float) -> None:
        if share >= told[0] + STEP:
            told[0] = share
            out.write(said(News(share=share)))
            out.flush()

    return tell


def done(errand: Errand, share: Callable[[float], None]) -> News:
    """The last news of an errand."""
    try:
        return News(answer=Raw(found(errand, share)))
    except NotifierError as error:
        return News(refused=str(error))
    except Exception as error:  # noqa: BLE001  # whoever sent us says it: nobody reads our errors
        return News(broken=f"{type(error).__name__} at {logs.place(error)}")


if __name__ == "__main__":
    main()
