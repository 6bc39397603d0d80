"""List the ways in which a script can let the platform misbehave, and what each may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from notifier.simulator.faults import Wrong
from notifier.simulator.refusals import REFUSALS
from notifier.simulator.shapes import SHAPES
from notifier.simulator.writing import WAYS as WRITINGS


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be wrong.

    Attributes:
        says: What it does, for people.
        needs, more: The parameters that it must have, and may have.
        texts: What ``text`` may be; empty for anything.
        status, text, seconds, amount: What they are where the script does not say.
    """

    wrong: Wrong
    says: str
    needs: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    status: int = 500
    text: str = ""
    seconds: float = 30.0
    amount: float = 0.0
    takes: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "takes", (*self.needs, *self.more))


_WHOSE = ("who",)
_CODES = ("200", "0", "", " ", "201", "202", "missing")

_REFUSALS = {
    name: Way(
        Wrong.STATUS,
        f"HTTP {words.status}, {words.msg}",
        more=("text", "status"),
        status=words.status,
        text=words.msg,
    )
    for name, words in REFUSALS.items()
}
_OTHERS = {
    "refusal": Way(Wrong.STATUS, "any status and message", ("status",), ("text",)),
    "html": Way(Wrong.HTML, "a web server's own error page", more=("status",)),
    "body_code": Way(Wrong.BODY_CODE, "HTTP 200 whose body says no", ("status",), ("text",)),
    # records
    "empty_list": Way(Wrong.EMPTY_LIST, "no rows"),
    "partial": Way(Wrong.PARTIAL, "the first share `amount` of each list", ("amount",)),
    "gone": Way(Wrong.GONE, "the records of `who` are left out", _WHOSE),
    "twice": Way(
        Wrong.TWICE, "the records of `who` come twice, `field` of the second being `text`",
        _WHOSE, ("field", "text"),
    ),
    "total": Way(Wrong.TOTAL, "a last record adds up the others", more=("text",), text="TOTAL"),
    "value": Way(Wrong.VALUE, "`field` is `text`", ("field", "text"), _WHOSE),
    "written": Way(
        Wrong.WRITTEN, "`field` is written in the way `text`", ("field", "text"), _WHOSE,
        texts=tuple(WRITINGS),
    ),
    "renamed": Way(Wrong.RENAMED, "`field` is called `text`", ("field", "text")),
    "new_field": Way(Wrong.NEW_FIELD, "each record has a new `field`", ("field",), ("text",)),
    "missing_field": Way(Wrong.MISSING_FIELD, "no record has `field`", ("field",), _WHOSE),
    "zero_level": Way(Wrong.ZERO_LEVEL, "queues have `service_level_0seg`, which is 0 %"),
    "placeholder": Way(
        Wrong.PLACEHOLDER, "each conn_id is `text`", more=("text", "who"), texts=("0", "-", ""),
        text="0",
    ),
    "stranger": Way(Wrong.STRANGER, "the answer belongs to a request for `text`", ("text",)),
    # envelope
    "code": Way(Wrong.CODE, "the body's code is `text`", ("text",), texts=_CODES),
    "data": Way(Wrong.DATA, "the data have the shape `text`", ("text",), texts=tuple(SHAPES)),
    "message": Way(Wrong.MESSAGE, "the msg is `text`", ("text",)),
    # bytes
    "bom": Way(Wrong.BOM, "behind a byte order mark"),
    "latin_1": Way(Wrong.LATIN_1, "in latin-1"),
    "control": Way(Wrong.CONTROL, "raw control characters within names"),
    "php_warning": Way(Wrong.PHP_WARNING, "behind a warning of PHP's"),
    "invalid_json": Way(Wrong.INVALID_JSON, "cut off, with a matching length"),
    "empty_body": Way(Wrong.EMPTY_BODY, "nothing at all"),
    # sending
    "hang": Way(Wrong.HANG, "no answer; the end after `seconds`", more=("seconds",)),
    "drip": Way(Wrong.DRIP, "a byte each `seconds`", more=("seconds",), seconds=1.0),
    "truncated": Way(Wrong.TRUNCATED, "half of the announced length, then the end"),
    "dropped": Way(Wrong.DROPPED, "the connection closes without a word"),
    "redirect": Way(Wrong.REDIRECT, "302 to `text`", ("text",)),
    "content_type": Way(Wrong.CONTENT_TYPE, "called text/html"),
    "gzip": Way(Wrong.GZIP, "compressed"),
    "gzip_bomb": Way(
        Wrong.GZIP_BOMB, "`amount` MB of blanks in a small answer", more=("amount",), amount=300.0
    ),
    "endless": Way(
        Wrong.ENDLESS, "blanks for `amount` MB or until the client goes", more=("amount",),
        amount=300.0,
    ),
    "date": Way(Wrong.DATE, "the Date header is `seconds` ahead", ("seconds",)),
}  # fmt: skip

WAYS: Mapping[str, Way] = MappingProxyType({**_REFUSALS, **_OTHERS})
