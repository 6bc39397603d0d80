"""Keep what is wrong with the running bot, and since when each of its threads was last seen."""

from __future__ import annotations

from dataclasses import dataclass, field

HANGS = (
    900.0  # seconds without a sign of a thread; a batch to a silent far side takes eight minutes
)


@dataclass(slots=True)
class Condition:
    """What keeps the bot from being well, in words that name nobody.

    Attributes:
        troubles: By the work that met them: what goes well elsewhere does not end them.
        beats: When each thread last began a round, in monotonic seconds.
    """

    troubles: dict[str, str] = field(default_factory=dict)
    beats: dict[str, float] = field(default_factory=dict)

    def trouble(self, work: str, what: str) -> None:
        """Remember what is wrong with some work."""
        self.troubles[work] = what

    def well(self, work: str) -> None:
        """It went well again."""
        self.troubles.pop(work, None)

    def reasons(self) -> list[str]:
        """What is wrong, each once; empty when nothing is."""
        return sorted(set(self.troubles.copy().values()))

    def beat(self, thread: str, at: float) -> None:
        """The thread begins a round."""
        self.beats[thread] = at

    def hanging(self, now: float, pace: float) -> list[str]:
        """The threads that began no round for too long: they wait for what never comes."""
        beats = self.beats.copy()
        return [f"{thread} hangs" for thread, at in beats.items() if now - at > HANGS * pace]
