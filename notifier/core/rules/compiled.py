"""Hold a checked rules file: each source with its endpoint, each condition of a rule compiled."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property

from notifier.core.facts.beside import Beside
from notifier.core.facts.state import SourceKey, seconds
from notifier.core.language.expression import Expression, ExpressionError, Vocabulary, Want, parse
from notifier.core.payload.endpoint import Collection, Endpoint, Kind, Missing
from notifier.core.payload.values import plain
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.places import Loc
from notifier.core.rules.rulebook import Operation, Receiver, Rule, RulesFile, Source
from notifier.errors import Problem

_SHORTEST = timedelta(minutes=10)
_RTT_SHARE = 0.5  # of a round trip, taken as the way there
_REJECTION = "network_rejection"
_ANSWERED = "stat_answer"  # what the catalogue takes service levels for shares of
_LEVEL_BASES = {
    "answered": _ANSWERED,
    "inbound": "stat_inbound",
    "answered+abandoned": "stat_ended",
}


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """One source of one operation, with its endpoint; *beside* it are the operation's others."""

    operation: Operation
    source: Source
    endpoint: Endpoint
    beside: tuple[Beside, ...] = ()

    @property
    def key(self) -> SourceKey:
        return SourceKey(self.operation.name, self.source.title)

    @property
    def stale_after(self) -> timedelta:
        """How old data may be and still say something."""
        return self.source.stale_after or max(3 * self.source.every, _SHORTEST)

    @property
    def params(self) -> dict[str, str]:
        """What the endpoint is asked, its defaults included."""
        defaults = {name: text for name, text in self.endpoint.params.items() if text}
        return defaults | self.source.params


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRule:
    """One rule of one operation, ready to be judged.

    Attributes:
        value: What messages show: the rule's ``value``, or the left side of its first comparison.
        missing: Resolved: by the rule, by ``by``, by the collection.
        to: Receivers, those of other operations left out.
        stands_for: Of a rule's ``catch_up``: the collection whose events it lists, too.
    """

    rule: Rule
    operation: str
    source: SourceKey
    collection: Collection
    when: Expression
    where: Expression | None
    clear: Expression | None
    critical: Expression | None
    value: Expression | None
    missing: Missing
    to: tuple[str, ...]
    stands_for: Collection | None = None

    @property
    def attributes(self) -> frozenset[str]:
        """The fields of rows that decide, formulas taken apart."""
        asked = (self.when, self.clear, self.where, self.critical)
        return frozenset[str]().union(*(each.attributes for each in asked if each is not None))


@dataclass(frozen=True)
class Rulebook:
    """A rules file without mistakes: what the core works with.

    Attributes:
        file: The file as it was read.
        sources: In the order of the file.
        rules: In the order of the file, one for each operation; without those switched off.
        catch_ups: Rules about events once more, for the sources that list what was missed.
        warnings: What is allowed, but looks like an oversight.
        digest: Equal for files that say the same, whatever their comments and order of keys.
        text: The file, as it was read.
    """

    file: RulesFile
    sources: tuple[CompiledSource, ...]
    rules: tuple[CompiledRule, ...]
    catch_ups: tuple[CompiledRule, ...]
    warnings: tuple[Problem, ...]
    digest: str
    text: str = field(default="", repr=False)

    def only(self, ids: Names[str]) -> Rulebook:
        """The same with these rules, those that explain them, and the sources of all of them."""
        rules = tuple(r for r in self.rules if r.rule.id in ids or set(ids) & {*r.rule.explains})
        wanted = {rule.source for rule in rules}
        return replace(
            self,
            rules=rules,
            sources=tuple(source for source in self.sources if source.key in wanted),
            text=f"{self.text}\n# only {', '.join(sorted(ids))}",
        )

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """By name."""
        return {operation.name: operation for operation in self.file.operation}

    @cached_property
    def receivers(self) -> Mapping[str, Receiver]:
        """By name."""
        return {receiver.name: receiver for receiver in self.file.receiver}

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Old rule id to new."""
        return {rule.was: rule.id for rule in self.file.rule if rule.was}


def vocabulary(
    collection: Collection, source: CompiledSource, by: tuple[str, ...] | None
) -> Vocabulary:
    """The names that conditions on a collection of a source may use."""
    operation, kinds = source.operation, collection.kinds()
    plain_names = {field.name for field in collection.decoded()}
    sums = (field.name for field in collection.fields if field.sums)
    allowed = operation.allowances.items()
    if operation.rejection_unit == "count" and _REJECTION in kinds:
        kinds[_REJECTION] = Kind.COUNT
    share = _RTT_SHARE if operation.latency_kind == "rtt" else 1.0
    return Vocabulary(
        kinds=kinds,
        formulas={computed.name: computed.formula for computed in collection.computed},
        constants={"operation": operation.name, "latency_share": share},
        bases=_bases(collection, operation),
        places=operation.percent_decimals,
        beside={b.place: _asks(b, own) for b in source.beside if (own := b.asked_by(plain_names))},
        growing=frozenset(sums if source.source.window == "today" else ()),
        allowances={plain(state): seconds(span) for state, span in allowed},
        customer=frozenset(field.name for field in collection.fields if field.customer),
        grouped=by is not None,
        by=by or (),
    )


def _asks(other: Beside, own: str) -> tuple[str, Mapping[str, Kind], str]:
    return own, other.kinds, other.key if other.stay else ""


def _bases(collection: Collection, operation: Operation) -> dict[str, str]:
    own = {_ANSWERED: _LEVEL_BASES[operation.level_base]}
    return {f.name: own.get(f.base, f.base) for f in collection.fields if f.base}


def compile_rule(
    loc: Loc, rule: Rule, source: CompiledSource, collection: Collection, mistakes: Mistakes
) -> CompiledRule | None:
    """Compile a rule for one operation, without its receivers.

    What is wrong is added to *mistakes*; None: not even ``when`` can be used.
    """
    groups = vocabulary(collection, source, rule.by)
    rows = vocabulary(collection, source, None)

    def read(key: str, names: Vocabulary, want: Want = "condition") -> Expression | None:
        text = getattr(rule, key)
        return None if text is None else _parse((*loc, key), text, names, want, mistakes)

    when, where = read("when", groups), read("where", rows)  # also of a group the rows are chosen
    clear, critical = read("clear", groups), read("critical", groups)
    value = read("value", groups, "any")
    if rule.where is not None:
        _check_usual(loc, (when, clear, critical, value), mistakes)
    if when is None:
        return None
    return CompiledRule(
        rule=rule,
        operation=source.operation.name,
        source=source.key,
        collection=collection,
        when=when,
        where=where,
        clear=clear,
        critical=critical,
        value=value or when.left,
        missing=rule.missing or (Missing.HOLD if rule.by is not None else collection.missing),
        to=(),
    )


def _check_usual(loc: Loc, read: Iterable[Expression | None], mistakes: Mistakes) -> None:
    """What is usual of all rows is remembered of all of them, whatever a rule's ``where``."""
    if any(look.whole for each in read if each for look in each.looks):
        text = "`usual` of an aggregate takes all rows, and `where` leaves some out"
        mistakes.add((*loc, "where"), text, "say it within the aggregates, as in count(is_hit)")


def _parse(
    loc: Loc, text: str, names: Vocabulary, want: Want, mistakes: Mistakes
) -> Expression | None:
    try:
        return parse(text, names, want)
    except ExpressionError as error:
        mistakes.add(loc, error.text, error.suggestion, offset=error.column)
        return None
