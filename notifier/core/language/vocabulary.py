"""Say which names a condition may use, and how a wrong one is reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from notifier.core.language.tree import Scalar
from notifier.core.payload.endpoint import Kind
from notifier.errors import NotifierError


class ExpressionError(NotifierError):
    """A condition that cannot be used.

    Attributes:
        text: What is wrong.
        column: Where, in characters from 0, within the condition's own text.
        suggestion: What to do; may be empty.
    """

    def __init__(self, text: str, column: int = 0, suggestion: str = "") -> None:
        self.text = text
        self.column = column
        self.suggestion = suggestion
        super().__init__(f"{text}; {suggestion}" if suggestion else text)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names of one collection, for one kind of rule.

    Attributes:
        kinds: What the fields mean, the computed ones included.
        formulas: How computed fields come about, in the condition language itself; a computed
            field that rows already carry has none.
        constants: Other names with their values (``operation``).
        bases: For a cumulative percentage what it is a share of.
        places: The decimals of such percentages; None: as many as the values show.
        growing: Sums that only grow while their window does, as those of ``today``.
        allowances: Seconds that a state may last, by state as ``values.plain`` says it.
        beside: By place, what of other sources can be asked: the own field that names the
            entity, the fields there and, where that names a state, the field of whose it is.
        customer: Names of customer data: known only to be refused.
        grouped: For a rule with ``by``: aggregates are at home; of the fields only those in *by*.
    """

    kinds: Mapping[str, Kind]
    formulas: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Scalar] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    places: int | None = None
    growing: frozenset[str] = frozenset()
    allowances: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, Mapping[str, Kind], str]] = field(default_factory=dict)
    customer: frozenset[str] = frozenset()
    grouped: bool = False
    by: tuple[str, ...] = ()

    @property
    def counters(self) -> tuple[str, ...]:
        """The numbers that only grow until a reset, those worked out of others left out."""
        plain = (name for name in self.kinds if name not in self.formulas)
        kinds = self.kinds
        return tuple(n for n in plain if kinds[n] is Kind.COUNTER or n in self.growing)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.kinds, *self.constants)


def closest(word: str, known: Iterable[str]) -> str:
    """Return the name that *word* is probably a slip of; empty where none is near."""
    folded = {name.casefold(): name for name in reversed(list(known))}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a suggestion that names what is closest, or nothing."""
    found = closest(word, known)
    return f"did you mean `{found}`?" if found else ""
