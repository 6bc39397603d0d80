"""Let nobody guess a token: only so many wrong ones a minute."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from threading import Lock

MINUTE = 60.0  # seconds
FROM_ONE = 5  # wrong tokens a minute from one address
FROM_ALL = 30  # and from all together, of those that tried a wrong one
MOST = 4096  # addresses that are remembered
SITE = 64  # bits that the addresses of one IPv6 site share: whoever has one has all of them


@dataclass(slots=True)
class Attempts:
    """The wrong tokens of the last minute.

    However many strangers guess, whoever tried no wrong one may try: strangers shut nobody out.

    Attributes:
        clock: Monotonic seconds.
    """

    clock: Callable[[], float]
    _wrong: deque[float] = field(default_factory=lambda: deque(maxlen=FROM_ALL))
    _own: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def wait(self, client: str) -> float:
        """Seconds until that address may try again; 0 when it may now."""
        with self._lock:
            own = self._own.get(_site(client))
            now = self.clock()
            if own is None or now - own[-1] >= MINUTE:
                return 0.0
            return max(_left(own, FROM_ONE, now), _left(self._wrong, FROM_ALL, now))

    def failed(self, client: str) -> None:
        """That address tried a wrong one."""
        with self._lock:
            now, site = self.clock(), _site(client)
            self._wrong.append(now)
            self._own.setdefault(site, deque(maxlen=FROM_ONE)).append(now)
            self._own.move_to_end(site)
            if len(self._own) > MOST:
                self._own.popitem(last=False)


def _left(wrong: deque[float], most: int, now: float) -> float:
    """Seconds until there were fewer than *most* in the last minute."""
    return max(wrong[-most] + MINUTE - now, 0.0) if len(wrong) >= most else 0.0


def _site(client: str) -> str:
    """What is counted as one address."""
    try:
        address = ip_address(client)
    except ValueError:
        return client[:64]
    if isinstance(address, IPv6Address):
        return address.ipv4_mapped.exploded if address.ipv4_mapped else f"{int(address) >> SITE:x}/"
    return str(address)
