"""Name what a server can do wrong on demand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Wrong(Enum):
    """What goes wrong with the answers of the wolkvox stand-in."""

    # Refusals: an answer of another kind.
    STATUS = "status"  # answers `status`, as JSON with `text` for its msg
    HTML = "html"  # a web server's own error page, with `status`
    MAINTENANCE = "maintenance"  # the 403 of a server backup
    BODY_CODE = "body_code"  # HTTP 200 whose body says `status` and `text`

    # The records are others.
    EMPTY_LIST = "empty_list"  # 200 and no rows
    PARTIAL = "partial"  # only the first share `amount` of each list
    GONE = "gone"  # the records of `who` are left out
    TWICE = "twice"  # the records of `who` come twice; `field` of the second is `text`
    TOTAL = "total"  # one more record, the sum of all, named `text`
    VALUE = "value"  # `field` of `who` is `text`
    WRITTEN = "written"  # the numbers in `field` are written in the way `text` names
    RENAMED = "renamed"  # `field` is called `text`
    NEW_FIELD = "new_field"  # each record has one more, called `field`, with `text` in it
    MISSING_FIELD = "missing_field"  # no record has `field`
    ZERO_LEVEL = "zero_level"  # `service_level_0seg` comes along, as it does with services_time
    PLACEHOLDER = "placeholder"  # every conn_id is `text`
    STRANGER = "stranger"  # the answer to another request: that of the api `text`

    # The envelope is another.
    CODE = "code"  # the body's code is `text`: "200" "0" "" " " "missing"
    DATA = "data"  # the data have the shape `text`, see `shapes`
    MESSAGE = "message"  # the msg is `text`

    # The bytes are others.
    BOM = "bom"  # behind a byte order mark
    LATIN_1 = "latin_1"  # in another encoding
    CONTROL = "control"  # raw control characters within the texts
    PHP_WARNING = "php_warning"  # behind a warning of PHP's
    INVALID_JSON = "invalid_json"  # cut off in the middle, with a matching length
    EMPTY_BODY = "empty_body"  # 200 and nothing at all

    # The way it is sent is another.
    HANG = "hang"  # takes the request, never answers; the connection ends after `seconds`
    DRIP = "drip"  # a byte at a time, `seconds` apart
    TRUNCATED = "truncated"  # half of the announced length, then the connection closes
    DROPPED = "dropped"  # takes the request and closes without a word
    REDIRECT = "redirect"  # 302 to `text`
    CONTENT_TYPE = "content_type"  # called text/html
    GZIP = "gzip"  # compressed: not an error
    GZIP_BOMB = "gzip_bomb"  # `amount` MB of blanks in some kB
    ENDLESS = "endless"  # blanks until the client goes away, or `amount` MB
    DATE = "date"  # the Date header is `seconds` ahead; behind, if negative


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        status: The HTTP status, or the body's code.
        text: The message, where a redirect leads, a value, a name: as the kind says.
        seconds: How long a hanging server holds the connection; the pause between drips.
        api: Only requests for this api meet it; empty for any.
        field: Of records.
        who: An agent's number, a queue, a conn_id: any value of the record; empty for all.
        amount: A share or megabytes.
    """

    wrong: Wrong
    status: int = 500
    text: str = ""
    seconds: float = 30.0
    api: str = ""
    field: str = ""
    who: str = ""
    amount: float = 0.0

    def meets(self, api: str) -> bool:
        """Whether a request for *api* runs into it."""
        return self.api in ("", api)
