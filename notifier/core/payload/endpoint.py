"""What an endpoint of wolkvox is, as data: its collections, their keys and their fields.

Only the types; the entries themselves are in ``notifier.wolkvox.endpoints``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
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
    WORD = "word"  # of a vendor's list: case, accents and separators make no difference
    TEXT = "text"

    @property
    def numeric(self) -> bool:
        """Whether values are floats; TIME, WORD and TEXT are str, FLAG is bool."""
        return self not in (Kind.TIME, Kind.FLAG, Kind.WORD, Kind.TEXT)


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


class Span(Enum):
    """What stretch of time an answer is about."""

    NOW = "now"
    DAY = "the day so far"  # presumably from local midnight: no page says so
    SLIDING = "the last minutes"
    RANGE = "the window asked for"
    STANDING = "as set up"  # lists that people edit


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
        age_of: For seconds since the time in another field, when the answer came: the name of
            that field. Worked out at decode, never read.
        sent_as: The vendor's own name, where another is used here.
        optional: Not every server sends it: its absence is nothing odd.
        only: The only words it may hold; what else stands there may be a customer's: unknown.
        free: Free text: digits that may be a telephone or an id are blotted out.
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
    age_of: str = ""
    sent_as: str = ""
    optional: bool = False
    only: frozenset[str] = frozenset()
    free: bool = False
    says: str = ""

    @property
    def derived(self) -> bool:
        """Whether it is worked out at decode, so that no server may send it."""
        return bool(self.hit_of or self.age_of)

    @property
    def spellings(self) -> tuple[str, ...]:
        """Under which names it may come, beside its own, the likeliest first."""
        return (self.sent_as, *self.aliases) if self.sent_as else self.aliases


@dataclass(frozen=True, slots=True)
class Computed:
    """A field worked out from others, written in the condition language itself."""

    name: str
    kind: Kind
    formula: str
    low_is_bad: bool = False
    says: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """What numbers of one answer must be to each other, in the condition language.

    Where that is false the data are odd, which is noted; nobody is alerted by it.

    Attributes:
        name: In metrics.
        together: Said of all rows at once, by aggregates; else of each row.
    """

    name: str
    must: str
    together: bool = False


@dataclass(frozen=True, slots=True)
class Stay:
    """What rows are that each tell of one stay in a state.

    Attributes:
        who, state, begin: The fields that say who stays, in which state, and since when: together
            the collection's key, so that none of them is blank.
    """

    who: str
    state: str
    begin: str


@dataclass(frozen=True, slots=True)
class Unfold:
    """How lists within records become flat records.

    Attributes:
        inner: The list within each record; each of its items becomes a record of its own, with
            what is around it.
        last: A list within such an item; of it only the latest record is looked at, its fields'
            names with ``last_`` before them, and how many there are, as ``messages``.
    """

    inner: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that is sent only where a parameter asks for it.

    Attributes:
        param: The parameter, a whole number.
        field: With ``{}`` in its name where the number goes.
    """

    param: str
    field: Field


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
            and counted. Of events with an equal one the second is ``key/2``.
        placeholders: Texts of a key field that name nothing, beside the blanks.
        split_agent: ``agent_id`` may read ``12004-ANA``: number and name are told apart.
        split_campaign: ``campaign_id`` may read ``12 - COBROS - predictive``, likewise.
        single: The data is one record; its entity is called by this, in the field ``keyed_by``.
        unfold: How lists within its records become rows.
        totals: Fields in which a word like TOTAL or ALL marks a sum of the others, left out.
        numbered: Rows with an equal key are counted apart: the second is ``key/2``.
        asked: Fields that parameters ask for.
        ignored: Names that are sent and known to mean nothing.
        relations: What its numbers must be to each other.
        stay: Set where each row is one stay of somebody in a state.
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
    split_campaign: bool = False
    single: str = ""
    unfold: Unfold | None = None
    totals: tuple[str, ...] = ()
    numbered: bool = False
    asked: tuple[Asked, ...] = ()
    ignored: frozenset[str] = frozenset()
    relations: tuple[Relation, ...] = ()
    stay: Stay | None = None
    nature: Nature = Nature.STATE
    missing: Missing = Missing.RESOLVE

    def decoded(self) -> tuple[Field, ...]:
        """The fields that rows carry, in order: all but a customer's data."""
        return tuple(f for f in self.fields if not f.customer)

    def kinds(self) -> dict[str, Kind]:
        """The names that rules may use, customer data left out."""
        known = {f.name: f.kind for f in self.decoded()}
        return known | {c.name: c.kind for c in self.computed}

    @property
    def regular(self) -> bool:
        """Whether its rows are a list of flat records, or such lists by name."""
        return not (self.keyed_by or self.unfold)

    def for_params(self, params: Mapping[str, str]) -> Collection:
        """Return the collection as it is sent to whoever asks with *params*."""
        names = {f.name for f in self.fields}
        more = [
            replace(each.field, name=each.field.name.format(int(params[each.param])))
            for each in self.asked
            if params.get(each.param, "").isdecimal()
        ]
        return replace(self, fields=(*self.fields, *(f for f in more if f.name not in names)))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One read-only API of the vendor.

    Attributes:
        name: As in the rules file, equal to wolkvox's own ``api``.
        family: The PHP file: ``real_time``, ``reports_manager``, ...
        params: Parameters the user may or must give, with their defaults (``None``: required,
            empty: only sent where given).
        dated: Wants ``date_ini`` and ``date_end``.
        max_rows, max_days: Documented limits of one call.
        span: What time an answer is about.
        cost: Calls that one answer takes off the day's quota.
        pace: Asking more often than this brings nothing new.
    """

    name: str
    family: str
    api: str
    collections: tuple[Collection, ...]
    params: dict[str, str | None] = field(default_factory=dict)
    dated: bool = False
    max_rows: int = 60_000
    max_days: int = 31
    span: Span = Span.NOW
    cost: int = 1
    pace: timedelta = timedelta(seconds=30)
    says: str = ""

    def collection(self, name: str) -> Collection | None:
        """The collection of that name, or None."""
        return next((c for c in self.collections if c.name == name), None)

    def for_params(self, params: Mapping[str, str]) -> Endpoint:
        """Return the endpoint as it answers whoever asks with *params*."""
        if not any(each.asked for each in self.collections):
            return self
        return replace(self, collections=tuple(c.for_params(params) for c in self.collections))


Catalogue = dict[str, Endpoint]


def spread(params: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the parameters of each call of one poll: a list of ids is asked for one by one."""
    choices = [[(name, each) for each in text.split(",")] for name, text in params.items()]
    return [dict(chosen) for chosen in product(*choices)]
