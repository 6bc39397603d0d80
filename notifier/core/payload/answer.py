"""Say what an answer's status, and the vendor's words in it, mean.

The vendor's 403 alone means four things, told apart by its message only; a body code may say
no under HTTP 200. Rows are not looked at here. What is done about each: ``core/judging/reactions``.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from notifier.core.payload.values import plain
from notifier.errors import DecodeError, FetchError, PollError, Trouble

GOOD_CODES = frozenset({"", "200", "0", "201", "202"})  # in the body of good answers
EMPTY_CODE = "404"
LONGEST_WAIT = timedelta(days=1)  # a longer Retry-After is not believed
_READ = 64 * 1024  # bytes of a refusal that are looked at


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        headers: By lower-case name.
    """

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


_SAYS: dict[Trouble, str] = {
    Trouble.REQUEST: "wolkvox does not know this request; check the endpoint and its params",
    Trouble.TOKEN: "wolkvox refused the token; check it in wolkvox Manager and in the settings",
    Trouble.QUOTA: "the operation's calls of the day are spent; poll less often",
    Trouble.BUSY: "wolkvox asks to be left alone for a moment: the token is in use elsewhere",
    Trouble.MAINTENANCE: "wolkvox is in maintenance or backup; it is asked again later",
    Trouble.FORBIDDEN: "wolkvox forbade it without a known reason; the caller's IP address may "
    "have to be registered in wolkvox Manager",
    Trouble.SERVER: "wolkvox failed on its side; it is asked again later",
    Trouble.TIMEOUT: "wolkvox gave up waiting; it is asked again later",
    Trouble.REDIRECT: "wolkvox pointed elsewhere, which is never followed; check `server`",
    Trouble.REFUSED: "the answer says that the request failed",
    Trouble.NOT_JSON: "the answer is not JSON",
}

_CLIENT, _SERVER, _AWAY = range(400, 500), range(500, 600), range(300, 400)
_SIGNED = (401, 403, 429)  # what may be wrong with a token, which only words tell apart

TABLE: tuple[tuple[Container[int], str, Trouble], ...] = (
    (_SIGNED, "simultan", Trouble.BUSY),  # before the limit: its message names that too
    (_SIGNED, "maintenance|backup|mantenimiento|mantencion|manuten|respaldo", Trouble.MAINTENANCE),
    (_SIGNED, "copia de seguridad|temporar|temporal", Trouble.MAINTENANCE),
    (_SIGNED, "limit|quota|cuota|cota|exceed|excedi|super[ao]|agotad|esgotad", Trouble.QUOTA),
    (_SIGNED, "token", Trouble.TOKEN),
    ((400,), "", Trouble.REQUEST),  # unknown API, or a parameter is missing
    ((401,), "", Trouble.TOKEN),
    ((403,), "", Trouble.FORBIDDEN),  # no cause is claimed
    ((408,), "", Trouble.TIMEOUT),
    ((429,), "", Trouble.BUSY),
    (_CLIENT, "", Trouble.REQUEST),  # 405, 412, 416, 417: permanent
    (_SERVER, "maintenance|mantenimiento|mantencion|manuten|respaldo", Trouble.MAINTENANCE),
    (_SERVER, "", Trouble.SERVER),
    (_AWAY, "", Trouble.REDIRECT),
)
"""The vendor's table of errors: status, words of the message, meaning. The first line that fits.

Words are compared without case and accents; lines without words need none. 404 is not in it.
"""

_FOUND = tuple((statuses, re.compile(words), trouble) for statuses, words, trouble in TABLE)
_NONE_FOUND = re.compile(r"\s*(0|no) (records|registros)")


def blame(status: int, msg: str) -> Trouble | None:
    """Return what a status and the vendor's message mean together; None: nothing that is known."""
    said = plain(msg)
    lines = (trouble for statuses, words, trouble in _FOUND
             if status in statuses and words.search(said))  # fmt: skip
    return next(lines, None)


def _complaint(msg: str) -> Trouble | None:
    """Return what a message means whose status says that all is well."""
    found = blame(_SIGNED[1], msg)
    return None if found is Trouble.FORBIDDEN else found


def none_found(msg: str) -> bool:
    """Whether the message says that there are no rows."""
    return _NONE_FOUND.match(msg.casefold()) is not None


def refused(code: str, msg: str) -> PollError:
    """Return the error for a body whose *code* is none of GOOD_CODES, under HTTP 200."""
    number = int(code) if re.fullmatch("[0-9]{3}", code) else 0
    trouble = blame(number, msg) or _complaint(msg) or Trouble.REFUSED
    return DecodeError(trouble, _SAYS[trouble])


def classify(answer: Answer, now: datetime | None = None) -> bool:
    """Return whether the answer may hold rows: True for 2xx, False for a 404 that means none.

    now: When it came: what a Retry-After with a date is counted from, if it has no Date itself.

    Raises:
        FetchError: the status says no; ``after`` is the Retry-After.
        DecodeError: a 404 that is not the API's own.
    """
    if 200 <= answer.status < 300:
        return True
    trouble = _trouble(answer)
    if trouble is None:
        return False
    if trouble is Trouble.NOT_JSON:
        raise DecodeError(trouble, _SAYS[trouble])
    said = f"{_SAYS[trouble]} (HTTP {answer.status})"
    raise FetchError(trouble, said, after=_after(answer.headers, now))


def _trouble(answer: Answer) -> Trouble | None:
    """Return what is wrong, or None for the 404 that means no rows.

    Status and body may disagree: the body's own code is the nearer one, where it is an error.
    """
    code, msg = _refusal(answer.body)
    status = code if 400 <= code < 600 and code != int(EMPTY_CODE) else answer.status
    if status == int(EMPTY_CODE):
        return None if _is_json(answer.body) else Trouble.NOT_JSON
    return blame(status, msg) or Trouble.REQUEST


class _Refusal(msgspec.Struct):
    code: object = ""
    msg: object = ""
    error: object = ""


def _refusal(body: bytes) -> tuple[int, str]:
    """Return the code and the words of a JSON refusal; 0 and "" where there are none."""
    try:
        said = msgspec.json.decode(body[:_READ].removeprefix(b"\xef\xbb\xbf"), type=_Refusal)
    except (ValueError, RecursionError):
        return 0, ""
    code = str(said.code).strip()
    return int(code) if re.fullmatch("[0-9]{3}", code) else 0, f"{said.msg} {said.error}"


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body[:_READ].removeprefix(b"\xef\xbb\xbf"), type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _after(headers: Mapping[str, str], now: datetime | None) -> timedelta | None:
    """Return the Retry-After, in seconds or as a date; None where there is none to be read."""
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch("[0-9]{1,9}", asked):
        return min(timedelta(seconds=int(asked)), LONGEST_WAIT)
    until, since = _date(asked), _date(headers.get("date", "")) or now
    if until is None or since is None:
        return None
    return min(max(until - since, timedelta(0)), LONGEST_WAIT)


def _date(said: str) -> datetime | None:
    """Return a date of HTTP's, with a zone."""
    try:
        found = parsedate_to_datetime(said)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
