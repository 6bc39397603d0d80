"""Name what a server can do wrong on demand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Wrong(Enum):
    """What goes wrong with one answer of the wolkvox stand-in."""

    STATUS = "status"  # answers `status`, as JSON with `text` for its msg
    HTML = "html"  # a web server's own error page, with `status`
    HANG = "hang"  # takes the request, never answers; the connection ends after `seconds`
    DRIP = "drip"  # the right answer, a byte at a time, `seconds` apart
    TRUNCATED = "truncated"  # half of the announced length, then the connection closes
    DROPPED = "dropped"  # takes the request and closes without a word
    REDIRECT = "redirect"  # 302 to `text`
    MAINTENANCE = "maintenance"  # the 403 of a server backup
    CONTENT_TYPE = "content_type"  # the right answer, called text/html
    BOM = "bom"  # the right answer behind a byte order mark
    LATIN_1 = "latin_1"  # the right answer in another encoding
    INVALID_JSON = "invalid_json"  # cut off in the middle, with a matching length
    EMPTY_BODY = "empty_body"  # 200 and nothing at all
    EMPTY_LIST = "empty_list"  # 200 and no rows
    GZIP = "gzip"  # the right answer, compressed: not an error
    BODY_CODE = "body_code"  # HTTP 200 whose body says `status` and `text`


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong answer.

    Attributes:
        seconds: How long a hanging server holds the connection; the pause between drips.
        status: The HTTP status, or the body's code.
        text: The message, or where a redirect leads.
        api: Only requests for this api meet it; empty for any.
    """

    wrong: Wrong
    status: int = 500
    text: str = ""
    seconds: float = 30.0
    api: str = ""

    def meets(self, api: str) -> bool:
        """Whether a request for *api* runs into it."""
        return self.api in ("", api)
