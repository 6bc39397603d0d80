"""Say what an answer's status, and the vendor's words in it, mean.

The vendor's 403 alone means four things, told apart by its message only; a body code may say
no under HTTP 200. Rows are not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

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

_WORDS: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    (Trouble.BUSY, re.compile("simultan")),  # before the limit: its message names that too
    (Trouble.QUOTA, re.compile(r"limit|quota|l[ií]mite|cuota")),
    (Trouble.MAINTENANCE, re.compile("maintenance|backup|mantenimiento|respaldo|manuten")),
    (Trouble.TOKEN, re.compile("token")),
)
_NONE_FOUND = re.compile(r"\s*(0|no) (records|registros)")


def blame(msg: str) -> Trouble | None:
    """Return what the vendor's message complains of, if its words are known."""
    said = msg.casefold()
    return next((trouble for trouble, words in _WORDS if words.search(said)), None)


def none_found(msg: str) -> bool:
    """Whether the message says that there are no rows."""
    return _NONE_FOUND.match(msg.casefold()) is not None


def refused(code: str, msg: str) -> PollError:
    """Return the error for a body whose *code* is none of GOOD_CODES, under HTTP 200."""
    trouble = blame(msg) or _by_number(int(code) if re.fullmatch("[0-9]{3}", code) else 0)
    return DecodeError(trouble or Trouble.REFUSED, _SAYS[trouble or Trouble.REFUSED])


def classify(answer: Answer) -> bool:
    """Return whether the answer may hold rows: True for 2xx, False for a 404 that means none.

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
    raise FetchError(trouble, f"{_SAYS[trouble]} (HTTP {answer.status})", after=_after(answer))


def _trouble(answer: Answer) -> Trouble | None:
    """Return what is wrong, or None for the 404 that means no rows."""
    if answer.status == 404:
        return None if _is_json(answer.body) else Trouble.NOT_JSON
    if answer.status in (401, 403):
        said = blame(_message(answer.body))
        return said or (Trouble.TOKEN if answer.status == 401 else Trouble.FORBIDDEN)
    return _by_number(answer.status) or Trouble.REQUEST


def _by_number(status: int) -> Trouble | None:
    """Return what a status means that needs no message, the body's own code included."""
    match status:
        case 401:
            return Trouble.TOKEN
        case 403:
            return Trouble.FORBIDDEN
        case 408:
            return Trouble.TIMEOUT
        case 429:
            return Trouble.BUSY
        case _ if 300 <= status < 400:
            return Trouble.REDIRECT
        case _ if 400 <= status < 500:
            return Trouble.REQUEST
        case _ if 500 <= status < 600:
            return Trouble.SERVER
        case _:
            return None


class _Refusal(msgspec.Struct):
    msg: object = ""
    error: object = ""


def _message(body: bytes) -> str:
    """Return the words of a JSON refusal; "" where there are none."""
    try:
        said = msgspec.json.decode(body[:_READ].removeprefix(b"\xef\xbb\xbf"), type=_Refusal)
    except (ValueError, RecursionError):
        return ""
    return f"{said.msg} {said.error}"


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body[:_READ].removeprefix(b"\xef\xbb\xbf"), type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _after(answer: Answer) -> timedelta | None:
    """Return the Retry-After when it is in seconds; the other form needs a clock."""
    asked = answer.headers.get("retry-after", "").strip()
    if not re.fullmatch("[0-9]{1,9}", asked):
        return None
    return min(timedelta(seconds=int(asked)), LONGEST_WAIT)
