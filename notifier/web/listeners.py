"""Count the browsers that listen, and let them go when the bot stops."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Listeners:
    """How many listen now; *leaving*: we are about to stop."""

    number: int = 0
    leaving: bool = False

    def leave(self) -> None:
        """Let them go: such an answer never ends by itself."""
        self.leaving = True
