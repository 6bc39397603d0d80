"""Carry what is known over to another rules file: nothing is sent again, no timer starts anew."""

from __future__ import annotations

from msgspec.structs import astuple, replace

from notifier.core.facts.state import (
    PACE_RULE,
    QUOTA_RULE,
    RECEIVER_RULE,
    SOURCE_RULE,
    Closing,
    Incident,
    Instance,
    InstanceKey,
    RuleTally,
    Seen,
    SourceKey,
)
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.reacting import receivers


def apply(draft: Draft, plan: Plan) -> None:
    """Close what no rule judges any more; everything else stays as it is.

    A rule that looks at another source or groups by other fields has other entities: its old
    incidents close too. What the rules now say of the rest is seen at the next snapshot.
    """
    _rename(draft, plan)
    for key, instance in {**draft.known.instances, **draft.instances}.items():
        if instance is not None:
            _keep_or_end(draft, plan, key, instance)
    for source, state in draft.known.sources.items():
        if state.incident and source not in plan.sources:
            _end_source(draft, source)
    for incident in draft.known.incidents.values():
        if incident.open and _subject_is_gone(incident, plan):
            _close(draft, incident, Closing.RULE_REMOVED)
    _readdress(draft, plan)


def _subject_is_gone(incident: Incident, plan: Plan) -> bool:
    operation, rule, _ = incident.key
    match rule:
        case "receiver":
            return receivers.is_gone(incident, plan)
        case "quota":
            return operation not in plan.quotas
        case "pace":
            return incident.source not in plan.sources
        case _:
            return False


def _keep_or_end(draft: Draft, plan: Plan, key: InstanceKey, instance: Instance) -> None:
    rule = plan.rule(key.operation, key.rule)
    if rule is None:
        _end(draft, instance, Closing.RULE_REMOVED)
    elif rule.event or not _same_entities(instance, rule):
        _end(draft, instance, Closing.RULE_CHANGED)


def _same_entities(instance: Instance, rule: RulePlan) -> bool:
    return instance.source == rule.source and instance.shape in ("", rule.shape)


def _end(draft: Draft, instance: Instance, closing: Closing) -> None:
    draft.instances[instance.key] = None
    if instance.incident:
        _close(draft, draft.incident(instance.incident), closing)


def _close(draft: Draft, incident: Incident, closing: Closing) -> None:
    draft.incidents[incident.id] = replace(incident, closed_at=draft.at, closing=closing, held="")


def _end_source(draft: Draft, source: SourceKey) -> None:
    """A source that is polled no more cannot recover: its own incident closes."""
    state = draft.source(source)
    _close(draft, draft.incident(state.incident), Closing.RULE_REMOVED)
    draft.sources[source] = replace(state, incident="")


def _readdress(draft: Draft, plan: Plan) -> None:
    """Send what nobody heard of yet to whom the rules name now; the rest ends where it began."""
    for incident in {**draft.known.incidents, **draft.incidents}.values():
        if incident.open and not draft.known.told.get(incident.id):
            to = _receivers(incident, plan)
            if to != incident.receivers:
                draft.incidents[incident.id] = replace(incident, receivers=to)


def _receivers(incident: Incident, plan: Plan) -> tuple[str, ...]:
    source, rule = plan.sources.get(incident.source), plan.rule(*incident.key[:2])
    if incident.key.rule in (SOURCE_RULE, PACE_RULE):
        return source.operators if source else ()
    if incident.key.rule == QUOTA_RULE:
        quota = plan.quotas.get(incident.key.operation)
        return quota.operators if quota else ()
    if incident.key.rule == RECEIVER_RULE:
        return receivers.told_of(incident, plan)
    return rule.to if rule else ()


def _rename(draft: Draft, plan: Plan) -> None:
    """Move what is known of a rule to its new id (``was``)."""
    names = {old: new for old, new in plan.renamed.items() if _unused(plan, old)}
    if not names:
        return
    stays = _move_instances(draft, names)
    for incident in draft.known.incidents.values():
        if incident.key.rule in names and incident.key not in stays:
            moved = incident.key._replace(rule=names[incident.key.rule])
            draft.incidents[incident.id] = replace(draft.incident(incident.id), key=moved)
    for conversation in draft.known.conversations.values():
        if conversation.rule in names:
            draft.conversations[conversation.id] = replace(
                conversation, rule=names[conversation.rule]
            )
    _rename_events(draft, names)
    _rename_tallies(draft, names)
    _rename_silences(draft, names)


def _move_instances(draft: Draft, names: dict[str, str]) -> frozenset[InstanceKey]:
    """Return those that stay, and end: the new id has an instance of the same entity already."""
    old = [key for key in draft.known.instances if key.rule in names]
    moved = {key: key._replace(rule=names[key.rule]) for key in old}
    stays = frozenset(key for key in old if moved[key] in draft.known.instances)
    for key in old:
        if key not in stays:
            draft.instances[key] = None
            draft.instances[moved[key]] = replace(draft.known.instances[key], key=moved[key])
    return stays


def _unused(plan: Plan, old: str) -> bool:
    return all(rule != old for _, rule in plan.rules)


def _rename_events(draft: Draft, names: dict[str, str]) -> None:
    for (operation, rule), events in draft.known.seen.items():
        if rule in names:
            news = events - draft.known.seen.get((operation, names[rule]), frozenset())
            moved_there = [Seen(operation, names[rule], event) for event in sorted(news)]
            draft.seen.extend((seen, draft.at) for seen in moved_there)
            draft.carried.update(moved_there)
    for known, score in draft.known.scores.items():
        if known.rule in names:
            moved_to = known._replace(rule=names[known.rule])
            draft.scores[moved_to] = replace(score, key=moved_to)
    for key, state in draft.known.sources.items():
        if state.baselines & names.keys():
            moved = frozenset(names.get(rule, rule) for rule in state.baselines)
            draft.sources[key] = replace(state, baselines=moved)


def _rename_tallies(draft: Draft, names: dict[str, str]) -> None:
    """What a rule did is told of it by the name that it has now."""
    for key, tally in draft.known.tallies.items():
        rules: dict[str, RuleTally] = {}
        for rule, counts in tally.rules.items():
            name = names.get(rule, rule)
            both = zip(astuple(rules.get(name, RuleTally())), astuple(counts), strict=True)
            rules[name] = RuleTally(*map(sum, both))
        if rules != tally.rules:
            draft.tallies[key] = replace(tally, rules=rules)


def _rename_silences(draft: Draft, names: dict[str, str]) -> None:
    """Who silenced a rule by its name silenced that rule, whatever it is called."""
    for silence in draft.quieting().values():
        rules = tuple(dict.fromkeys(names.get(rule, rule) for rule in silence.rules))
        if rules != silence.rules:
            draft.silences[silence.id] = replace(silence, rules=rules)
