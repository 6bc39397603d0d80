"""Hold back what another open incident explains: one message for a broken link, not forty.

An explained incident is as true as any other; only nobody is told of it. It is set free by one
fresh snapshot *later* than the end of its explanation, so that children which recover with their
parent never speak.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from notifier.core.facts.state import Incident, SourceKey
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan, RulePlan


def explain_away(draft: Draft, plan: Plan, fresh: SourceKey | None) -> None:
    """Mark each untold incident that an open one explains; free those no longer explained.

    fresh: The source that was just read well, if any.
    """
    current = {**draft.known.incidents, **draft.incidents}
    causes = _causes(current.values(), plan)
    if not causes and not any(incident.explained_by for incident in current.values()):
        return
    for incident in current.values():
        if incident.open and not draft.known.told.get(incident.id):
            cause = _cause(incident, causes)
            after = _explained(incident, cause, draft, fresh)
            if after is not incident:
                draft.incidents[incident.id] = after


Causes = Mapping[tuple[str, str], list[tuple[RulePlan, Incident]]]  # by operation, child rule


def _causes(incidents: Iterable[Incident], plan: Plan) -> Causes:
    found: dict[tuple[str, str], list[tuple[RulePlan, Incident]]] = {}
    for incident in incidents:
        rule = plan.rule(incident.key.operation, incident.key.rule)
        if rule is None or not incident.open:
            continue
        for child in rule.explains:
            found.setdefault((incident.key.operation, child), []).append((rule, incident))
    return found


def _cause(incident: Incident, causes: Causes) -> Incident | None:
    for rule, cause in causes.get((incident.key.operation, incident.key.rule), ()):
        shared = rule.by or ()
        if all(incident.fields.get(name) == cause.fields.get(name) for name in shared):
            return cause
    return None


def _explained(
    incident: Incident, cause: Incident | None, draft: Draft, fresh: SourceKey | None
) -> Incident:
    if cause is not None:
        if incident.explained_by == cause.id and incident.freed_at is None:
            return incident
        return replace(incident, explained_by=cause.id, freed_at=None)
    if not incident.explained_by:
        return incident
    if incident.freed_at is None:
        return replace(incident, freed_at=draft.at)
    later = draft.at > incident.freed_at and fresh == incident.source
    return replace(incident, explained_by="", freed_at=None) if later else incident
