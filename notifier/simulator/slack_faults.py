"""Lose, delay and refuse Slack's answers on demand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from notifier.simulator.loopback import Exchange

JSON = {"Content-Type": "application/json; charset=utf-8"}
_HTML = {"Content-Type": "text/html"}


class Slip(Enum):
    """How an answer goes wrong."""

    DROP = "drop"  # the connection closes without an answer
    HANG = "hang"  # nothing for `seconds`, then the same
    STATUS = "status"  # an HTTP `status` with an HTML body
    RATE_LIMITED = "rate_limited"  # 429 with `retry_after`
    ERROR = "error"  # HTTP 200, ok: false, `error`
    JUNK = "junk"  # HTTP 200 and no JSON


@dataclass(frozen=True, slots=True)
class SlackFault:
    """One wrong answer.

    Attributes:
        method: Only calls of that method meet it; ``webhook`` for webhooks, empty for any.
        taken: The request is carried out first, as when only the answer is lost.
        retry_after: The header's text, seconds or a date; empty leaves it out.
    """

    slip: Slip
    method: str = ""
    taken: bool = False
    status: int = 500
    retry_after: str = "1"
    error: str = "internal_error"
    seconds: float = 30.0


def lost(method: str = "chat.postMessage") -> SlackFault:
    """The message is taken, the answer never comes: the case that makes bots post twice."""
    return SlackFault(Slip.DROP, method, taken=True)


def slip(exchange: Exchange, fault: SlackFault) -> None:
    """Answer as the fault wants it."""
    if fault.slip is Slip.DROP:
        exchange.drop()
    elif fault.slip is Slip.HANG:
        exchange.hang(fault.seconds)
    elif fault.slip is Slip.STATUS:
        exchange.reply(fault.status, b"<html><body>Server error</body></html>", _HTML)
    elif fault.slip is Slip.RATE_LIMITED:
        headers = {**JSON, "Retry-After": fault.retry_after} if fault.retry_after else JSON
        body = b'{"ok":false,"error":"ratelimited"}'
        exchange.reply(HTTPStatus.TOO_MANY_REQUESTS, body, headers)
    else:
        junk = b"<!doctype html>"
        error = json.dumps({"ok": False, "error": fault.error}).encode()
        exchange.reply(HTTPStatus.OK, junk if fault.slip is Slip.JUNK else error, JSON)
