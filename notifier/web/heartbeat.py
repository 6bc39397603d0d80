"""Give a sign of life to a dead man's switch.

A bot that watches must be watched: something else has to notice when this one falls silent.
"""

from __future__ import annotations

from notifier import logs

log = logs.logger("heartbeat")

TIMEOUT = 5  # seconds to connect, and again to answer


def ping(url: str) -> None:
    """Call *url*; an empty one is nobody. Whoever has it may ping: it is never logged."""
    if not url:
        return
    import requests  # slow to import, and not everybody has a switch

    try:
        answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        log.warning("heartbeat failed", kind=type(error).__name__)
        return
    if not answer.ok:
        log.warning("heartbeat refused", status=answer.status_code)
