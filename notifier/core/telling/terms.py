"""Work out on which terms each receiver hears of each rule, once a moment."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from notifier.core.facts.state import Incident, SourceKey
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan, muted_until
from notifier.core.telling.why import Terms, blind


class TermsBook:
    """The terms of each rule and receiver at one moment, worked out once."""

    def __init__(self, draft: Draft, plan: Plan) -> None:
        self._draft = draft
        self._plan = plan
        self._now = draft.at
        self._terms: dict[tuple[SourceKey, str, str], Terms] = {}

    def of(self, incident: Incident, receiver: str) -> Terms:
        """The terms of the incident's rule for *receiver*."""
        key = (incident.source, incident.key.rule, receiver)
        if key not in self._terms:
            operation, rule, _ = incident.key
            terms = terms_of(self._plan, operation, rule, receiver, now=self._now)
            self._terms[key] = dataclasses.replace(terms, blind=self._blind(incident.source))
        return self._terms[key]

    def _blind(self, source: SourceKey) -> bool:
        state = self._draft.source(source)
        plan = self._plan.sources.get(source)
        stale = self._draft.known.stale_after(plan) if plan else timedelta(0)
        return blind(state, plan, self._now, stale)


def terms_of(plan: Plan, operation: str, rule: str, receiver: str, *, now: datetime) -> Terms:
    """On which terms a receiver hears of a rule at *now*."""
    found = plan.rule(operation, rule)
    reach = plan.reaches.get((operation, receiver))
    return Terms(
        repeat=found.repeat if found else None,
        wait=found.group_wait if found else timedelta(0),
        quiet_until=muted_until(reach, now) if reach else None,
        loud_close=bool(reach and reach.kind != "slack"),
        flapping=bool(found and found.flapping),
        still_open=bool(reach and reach.still_open),
    )
