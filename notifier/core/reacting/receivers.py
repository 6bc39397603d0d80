"""Say which receivers take nothing, and tell the operators: whoever hears nothing cannot say so."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from notifier.core.facts.state import (
    RECEIVER_RULE,
    Closing,
    Incident,
    InstanceKey,
    Severity,
    SourceKey,
    incident_id,
)
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Delivery

TROUBLE = "receiver"  # what its words are found by


def judge(draft: Draft, reading: Delivery, plan: Plan) -> None:
    """Open an incident for a receiver that took nothing; close it when it takes something."""
    open_one = trouble_of(draft.known.incidents.values(), reading.receiver, reading.recipient)
    if reading.works and open_one is not None:
        draft.incidents[open_one.id] = replace(
            open_one, closed_at=draft.at, closing=Closing.RECOVERED, seen_at=draft.at
        )
    elif not reading.works and open_one is None:
        found = _operations(reading.receiver, plan) if reading.recipient else _all(reading, plan)
        for operation, operators in found[:1]:
            _open(draft, reading, operation, operators)


def trouble_of(incidents: Iterable[Incident], receiver: str, recipient: str) -> Incident | None:
    """The open incident about one address of a receiver, if there is one."""
    about = (i for i in incidents if i.open and i.key.rule == RECEIVER_RULE)
    wanted = {"source": receiver, "recipient": recipient}
    return next((i for i in about if wanted.items() <= i.fields.items()), None)


def operators_of(plan: Plan, operation: str, receiver: str) -> tuple[str, ...]:
    """Who hears of the troubles of an operation's receiver: not itself."""
    sources = (each for each in plan.sources.values() if each.key.operation == operation)
    operators = next((source.operators for source in sources), ())
    return tuple(name for name in operators if name != receiver)


def told_of(incident: Incident, plan: Plan) -> tuple[str, ...]:
    """Who hears of an incident about a receiver, or about a kind of channel."""
    operation, source = incident.key.operation, str(incident.fields.get("source"))
    if incident.fields.get("recipient"):
        return operators_of(plan, operation, source)
    return _reached_otherwise(plan, operation, source)


def is_gone(incident: Incident, plan: Plan) -> bool:
    """Whether the rules name the receiver, or any of the kind of channel, no more."""
    source = str(incident.fields.get("source"))
    if incident.fields.get("recipient"):
        return (incident.key.operation, source) not in plan.reaches
    return source not in {reach.kind for reach in plan.reaches.values()}


def _operations(receiver: str, plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """The operations that a receiver hears of, those with somebody to tell first."""
    heard = [operation for operation, name in plan.reaches if name == receiver]
    found = [(operation, operators_of(plan, operation, receiver)) for operation in heard]
    return sorted(found, key=lambda each: not each[1])


def _all(reading: Delivery, plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    """The operations that use a kind of channel, those first that have somebody to tell by another.

    One message says it, however many receivers the kind has.
    """
    using = {o for (o, _), reach in plan.reaches.items() if reach.kind == reading.receiver}
    found = [(o, _reached_otherwise(plan, o, reading.receiver)) for o in sorted(using)]
    return sorted(found, key=lambda each: not each[1])


def _reached_otherwise(plan: Plan, operation: str, kind: str) -> tuple[str, ...]:
    """The operators who can be told without a kind of channel, if only by a fallback."""
    reaches = {name: plan.reaches[operation, name] for name in operators_of(plan, operation, "")}
    told = []
    for name, reach in reaches.items():
        other = plan.reaches.get((operation, reach.fallback))
        if reach.kind != kind or (other is not None and other.kind != kind):
            told.append(name)
    return tuple(told)


def _open(draft: Draft, reading: Delivery, operation: str, operators: tuple[str, ...]) -> None:
    key = InstanceKey(
        operation, RECEIVER_RULE, f"{operation}/{reading.receiver}/{reading.recipient}"
    )
    incident = Incident(
        id=incident_id(key, draft.at),
        key=key,
        source=SourceKey(operation, ""),
        opened_at=draft.at,
        since=draft.at,
        seen_at=draft.at,
        severity=Severity.CRITICAL,
        fields={
            "operation": operation,
            "source": reading.receiver,
            "recipient": reading.recipient,
            "trouble": TROUBLE,
            "detail": reading.detail,
        },
        receivers=operators,
    )
    draft.incidents[incident.id] = incident
