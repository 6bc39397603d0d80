"""What an endpoint of wolkvox is, as data: its collections, their keys and their fields.

Only the types; the entries themselves are in ``notifier.wolkvox.endpoints``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from itertools import product


class Kind(Enum):
    """What a field's values mean, which decides how they are read, compared and shown."""

    COUNT = "count"  # a number of things now
    COUNTER = "counter"  # a number that only grows, until a reset at an unknown hour
    PERCENT = "percent"  # 0 to 100, and beyond: ratios over 100 % exist
    MS = "ms"
    SECONDS = "seconds"
    DURATION = "duration"  # HH:MM:SS in the payload, seconds here
    MONEY = "money"
    NUMBER = "number"  # without a unit, as an estimated call quality
    TIME = "time"  # kept as the text received: payloads carry no zone
    FLAG = "flag"  # yes or no
    TEXT = "text"

    @property
    def numeric(self) -> bool:
        """Whether values are floats; TIME and TEXT are str, FLAG is bool."""
        return self not in (Kind.TIME, Kind.FLAG, Kind.TEXT)


class Missing(Enum):
    """What becomes of an incident whose entity left."""

    RESOLVE = "resolve"
    HOLD = "hold"
    FIRE = "fire"


class Nature(Enum):
    """What a row of a collection is."""

    STATE = "state"  # an entity as it is now; its absence means something
    EVENT = "event"  # something that happened once and is listed for a while
    REPORT = "report"  # a sum over the window asked for; a row may be absent


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field. What is not declared is never decoded, so never stored or shown.

    Attributes:
        aliases: Other spellings of the name that servers send.
        customer: A customer's data: named here so that rules can refuse it, never decoded.
        limit: The documented bad limit, if the vendor gives one.
        base: For a cumulative percentage: the counter it is a share of.
        low_is_bad: Which of two values of a duplicate key is the worse one.
        sums: Adds up over the window asked for: while that is ``today`` it only grows.
        hit_of: For a flag that says whether another field holds one of the operation's
            ``hit_values``: the name of that field. Worked out at decode, never read.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    customer: bool = False
    limit: float | None = None
    base: str = ""
    low_is_bad: bool = False
    hit_of: str = ""
    sums: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True)
class Computed:
    """A field worked out from others, written in the condition language itself."""

    name: str
    kind: Kind
    formula: str
    low_is_bad: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """One list of rows within an answer.

    Attributes:
        name: ``by_agent``; empty where the endpoint has a single list.
        path: Where the rows are, below ``data``: ``()`` for a list there, ``(0, "by_agent")``
            for a list inside the first object.
        keyed_by: For an object of rows (``cdr_4``): the field that its keys become; else empty.
        key: The fields that name an entity, in order.
        fallback_key: Used where a key field is blank or a placeholder; empty: the row is dropped
            and counted.
        placeholders: Texts of a key field that name nothing, beside the blanks.
        split_agent: ``agent_id`` may read ``12004-ANA``: number and name are told apart.
    """

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    computed: tuple[Computed, ...] = ()
    path: tuple[str | int, ...] = ()
    keyed_by: str = ""
    fallback_key: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ()
    split_agent: bool = False
    nature: Nature = Nature.STATE
    missing: Missing = Missing.RESOLVE

    def decoded(self) -> tuple[Field, ...]:
        """The fields that rows carry, in order: all but a customer's data."""
        return tuple(f for f in self.fields if not f.customer)

    def kinds(self) -> dict[str, Kind]:
        """The names that rules may use, customer data left out."""
        known = {f.name: f.kind for f in self.decoded()}
        return known | {c.name: c.kind for c in self.computed}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One read-only API of the vendor.

    Attributes:
        name: As in the rules file, equal to wolkvox's own ``api``.
        family: The PHP file: ``real_time``, ``reports_manager``, ...
        params: Parameters the user may or must give, with their defaults (``None``: required).
        dated: Wants ``date_ini`` and ``date_end``.
        max_rows, max_days: Documented limits of one call.
    """

    name: str
    family: str
    api: str
    collections: tuple[Collection, ...]
    params: dict[str, str | None] = field(default_factory=dict)
    dated: bool = False
    max_rows: int = 60_000
    max_days: int = 31
    says: str = ""

    def collection(self, name: str) -> Collection | None:
        """The collection of that name, or None."""
        return next((c for c in self.collections if c.name == name), None)


Catalogue = dict[str, Endpoint]


def spread(params: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the parameters of each call of one poll: a list of ids is asked for one by one."""
    choices = [[(name, each) for each in text.split(",")] for name, text in params.items()]
    return [dict(chosen) for chosen in product(*choices)]
