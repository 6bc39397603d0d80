"""Hold what was measured against its goal, and print it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.timing import Timed


@dataclass(frozen=True, slots=True)
class Row:
    """One measure.

    Attributes:
        median: As people read it.
        figure: What the goal is about, in *unit*.
        goal: At most so much; None where it is only good to know.
    """

    measure: str
    median: str
    figure: float
    unit: str
    goal: float | None

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        if self.goal is None:
            return ""
        return "ok" if self.figure <= self.goal else "OVER"

    def cells(self) -> tuple[str, str, str, str, str]:
        """The row as texts."""
        goal = "" if self.goal is None else f"{self.goal:g} {self.unit}"
        return self.measure, self.median, f"{self.figure:.2f} {self.unit}", goal, self.verdict


HEAD = ("measure", "median", "figure", "goal", "")


def ratio(measure: str, timed: Timed, goal: float | None) -> Row:
    """A row about a time, as so many F."""
    return Row(measure, milliseconds(timed.seconds), timed.ratio, "F", goal)


def milliseconds(seconds: float) -> str:
    """A short time, to three digits or so."""
    return f"{seconds * 1e3:.{0 if seconds >= 0.1 else 2}f} ms"


def printed(rows: Iterable[Row]) -> Iterable[str]:
    """Lines of a table as Markdown has it."""
    widths = (62, 10, 11, 10, 4)
    for cells in (HEAD, tuple("-" * width for width in widths)):
        yield _line(cells, widths)
    for row in rows:
        yield _line(row.cells(), widths)


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
