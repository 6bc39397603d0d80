"""Say no as wolkvox says it: each status and message that its page of response codes lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

NOT_SIGNED = "please enter the wolkvox-token"
WRONGLY_SIGNED = "please validate token"
QUOTA = "token limit exceeded"
AT_ONCE = "exceeds the limit of simultaneous requests per token (2)"
NO_ROWS = "no records were found, please validate the dates"
REQUIRED = "some parameters are required"
UNKNOWN = "the api {api} does not exist"
MAINTENANCE = "the server is in backup, the api is temporarily disabled for maintenance"


class Refusal(Exception):  # noqa: N818
    """The platform says no."""

    def __init__(self, status: int, msg: str) -> None:
        self.status = status
        self.msg = msg
        super().__init__(msg)


@dataclass(frozen=True, slots=True)
class Words:
    """A status and the message under it."""

    status: int
    msg: str


REFUSALS: Mapping[str, Words] = MappingProxyType(
    {
        "unknown_api": Words(HTTPStatus.BAD_REQUEST, UNKNOWN.format(api="asked for")),
        "missing_parameter": Words(HTTPStatus.BAD_REQUEST, REQUIRED),
        "unsigned": Words(HTTPStatus.UNAUTHORIZED, NOT_SIGNED),
        "bad_token": Words(HTTPStatus.FORBIDDEN, WRONGLY_SIGNED),
        "expired_token": Words(HTTPStatus.FORBIDDEN, "unauthorized, please validate token"),
        "quota": Words(HTTPStatus.FORBIDDEN, QUOTA),
        "busy": Words(HTTPStatus.FORBIDDEN, AT_ONCE),
        "maintenance": Words(HTTPStatus.FORBIDDEN, MAINTENANCE),
        "forbidden": Words(HTTPStatus.FORBIDDEN, "access denied"),
        "not_found": Words(HTTPStatus.NOT_FOUND, NO_ROWS),
        "not_allowed": Words(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed"),
        "timeout": Words(HTTPStatus.REQUEST_TIMEOUT, "request timeout"),
        "precondition": Words(HTTPStatus.PRECONDITION_FAILED, "precondition failed"),
        "too_many": Words(HTTPStatus.TOO_MANY_REQUESTS, "too many requests"),
        "server_error": Words(HTTPStatus.INTERNAL_SERVER_ERROR, "internal server error"),
        "unavailable": Words(HTTPStatus.SERVICE_UNAVAILABLE, "service unavailable"),
    }
)
