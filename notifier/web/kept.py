"""Keep a page that was just made: many who look at once look at the same one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock

MOST = 32  # pages: of each reader's language, role and name


@dataclass(slots=True)
class Kept:
    """The last pages, by what they depend on."""

    _pages: OrderedDict[Hashable, str] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """The page of that key; made once, however many ask at once."""
        with self._lock:
            if key not in self._pages:
                self._pages[key] = make()
                while len(self._pages) > MOST:
                    self._pages.popitem(last=False)
            return self._pages[key]
