"""Say which names a rule's conditions may use, and check each condition of a rule."""

from __future__ import annotations

from notifier.core.endpoint import Collection, Kind
from notifier.core.expression import ExpressionError, Vocabulary, Want, parse
from notifier.core.mistakes import Mistakes
from notifier.core.places import Loc
from notifier.core.rulebook import Operation, Rule

_WANTS: dict[str, Want] = {
    "where": "condition",
    "when": "condition",
    "clear": "condition",
    "critical": "condition",
    "value": "any",
}
_RTT_SHARE = 0.5  # of a round trip, taken as the way there
_REJECTION = "network_rejection"


def vocabulary(
    operation: Operation, collection: Collection, by: tuple[str, ...] | None = None
) -> Vocabulary:
    """The names that conditions on a collection may use in that operation."""
    kinds = collection.kinds()
    if operation.rejection_unit == "count" and _REJECTION in kinds:
        kinds[_REJECTION] = Kind.COUNT
    share = _RTT_SHARE if operation.latency_kind == "rtt" else 1.0
    return Vocabulary(
        kinds=kinds,
        formulas={computed.name: computed.formula for computed in collection.computed},
        constants={"operation": operation.name, "latency_share": share},
        bases={field.name: field.base for field in collection.fields if field.base},
        customer=frozenset(field.name for field in collection.fields if field.customer),
        grouped=by is not None,
        by=by or (),
    )


def check_conditions(
    loc: Loc, rule: Rule, collection: Collection, operation: Operation, mistakes: Mistakes
) -> None:
    """Add to *mistakes* what is wrong in each; `where` is about rows, also in a rule with `by`."""
    groups, rows = vocabulary(operation, collection, rule.by), vocabulary(operation, collection)
    for key, want in _WANTS.items():
        text = getattr(rule, key)
        if text is None:
            continue
        try:
            parse(text, rows if key == "where" else groups, want)
        except ExpressionError as error:
            mistakes.add((*loc, key), error.text, error.suggestion, offset=error.column)
