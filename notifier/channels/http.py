"""Post to an address by HTTP, bounded in time and size, and say what the answer means.

No redirect is followed: what is posted, and its secret, are for that address only. The address is
a secret itself, and is in no error.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from notifier.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

if TYPE_CHECKING:
    import requests

CONNECT, WHOLE = 5.0, 20.0  # seconds to connect, until the whole answer is there
ANSWER = 4_096  # bytes of an answer that are read
DETAIL = 200  # characters of an answer that are kept
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=1)
UNSAID = timedelta(seconds=30)  # where the far side does not say how long

_CREDENTIAL = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED})
_CLOSED = frozenset(
    {
        HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.GONE,
    }
)  # fmt: skip
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, and the beginning of the text on one line."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def taken(self) -> bool:
        """Whether the far side says yes."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def post(address: str, body: bytes, headers: Mapping[str, str], what: str) -> Reply:
    """Post *body*. *what*: what the far side is called in errors: ``the webhook``.

    Raises:
        TemporaryDeliveryError: No answer came.
        PermanentDeliveryError: It is not an address.
    """
    import requests  # slow to import: a start need not wait for it

    from notifier.wire import Deadline, a_session

    deadline = Deadline(time.monotonic, time.monotonic() + WHOLE)
    try:
        with (
            a_session(deadline, direct=_local(address)) as session,
            session.post(
                address,
                data=body,
                headers={**headers, "Connection": "close", "Accept-Encoding": "identity"},
                timeout=(CONNECT, WHOLE),
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            return Reply(answer.status_code, _text(answer), dict(answer.headers))
    except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
        text = f"The address of {what} is none; correct it."
        raise PermanentDeliveryError(text, broken="destination") from None
    except (requests.RequestException, OSError) as error:
        raise lost(error, what) from None  # its text holds the address


def _local(address: str) -> bool:
    """Whether it is on this machine: no proxy leads there."""
    return address.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))


def _text(answer: requests.Response) -> str:
    """The beginning of the answer; what cannot be read of it is no matter."""
    from urllib3.exceptions import HTTPError

    try:
        piece = answer.raw.read1(ANSWER, decode_content=False)
    except (HTTPError, OSError):
        return ""
    return " ".join(piece.decode("utf-8", "replace").split())[:DETAIL]


# ---- what it means ----


def lost(error: Exception, what: str) -> TemporaryDeliveryError:
    """No answer came. Where the message cannot have left, that is known."""
    return TemporaryDeliveryError(
        f"No answer from {what} ({type(error).__name__}).", ambiguous=not _unsent(error)
    )


def _unsent(error: Exception) -> bool:
    """Whether no byte of the message can have left."""
    from requests.exceptions import ConnectTimeout, ProxyError, SSLError

    if isinstance(error, ConnectTimeout | SSLError | ProxyError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return any(kind.__name__ == "NewConnectionError" for kind in type(reason).__mro__)


def refused(reply: Reply, now: datetime, what: str) -> DeliveryError:
    """What is to be made of an answer that is not yes."""
    status = reply.status
    text = f"{what.capitalize()} answers {status} {reply.text}".strip() + "."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TemporaryDeliveryError(text, after=retry_after(reply.headers, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TemporaryDeliveryError(text, ambiguous=True)
    if status in _LATER:
        return TemporaryDeliveryError(text)
    if status in _CREDENTIAL or status in _CLOSED or status < HTTPStatus.BAD_REQUEST:
        return PermanentDeliveryError(text, broken="destination")
    return PermanentDeliveryError(text, rejected=True)


def retry_after(headers: Mapping[str, object], now: datetime) -> timedelta:
    """How long to wait by ``Retry-After``, seconds or a date: between a second and a day."""
    said = next((v for k, v in headers.items() if k.lower() == "retry-after"), "")
    text = said if isinstance(said, str) else ""
    return min(max(_wait(text.strip(), now), SHORTEST), LONGEST)


def _wait(text: str, now: datetime) -> timedelta:
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST.total_seconds()))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return UNSAID
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
