"""Spoil the bytes of an answer as servers do by accident."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from notifier.simulator.faults import Wrong

WARNING = (
    b"<br />\n<b>Warning</b>:  Undefined array key {0} in "
    b"<b>/var/www/html/api/v2/real_time.php</b> on line <b>41</b><br />\n"
)


_NAMES = re.compile(rb"([A-Z]) ([A-Z])")


def _latin_1(body: bytes) -> bytes:
    return body.decode(errors="replace").encode("latin-1", errors="replace")


BODIES: Mapping[Wrong, Callable[[bytes], bytes]] = MappingProxyType(
    {
        Wrong.BOM: lambda body: b"\xef\xbb\xbf" + body,
        Wrong.LATIN_1: _latin_1,
        Wrong.CONTROL: lambda body: _NAMES.sub(b"\\1\x00 \x1b\\2", body),
        Wrong.PHP_WARNING: lambda body: WARNING + body,
        Wrong.INVALID_JSON: lambda body: body[:-3],
        Wrong.EMPTY_BODY: lambda _: b"",
    }
)
