"""Correct an announcement when an event turns out to be none: a sale that is taken back.

The message that told it is edited, quietly, and so are later ones that counted it; there is never
a new one. What cannot be edited, a mail or an incoming webhook, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from notifier.core.announcing.events import noticed
from notifier.core.announcing.merits import fewer
from notifier.core.facts.sales import Sale
from notifier.core.facts.state import Conversation, Held, Seen
from notifier.core.judging.known import Draft
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.judging.view import View

KEPT = timedelta(hours=24)  # an event is listed for an hour, and coded within the shift


def retract(draft: Draft, plan: Plan, rule: RulePlan, view: View, turned: Sequence[Sale]) -> None:
    """Look at what was announced, or is held, of a rule: what its rows do not say any more.

    turned: The sales that were taken back just now, or are some again.
    """
    zone = plan.sources[rule.source].zone
    talks = _talks(draft, rule)
    for talk in talks:
        events = tuple(_seen_again(held, rule, view) for held in talk.events)
        changed = [now for was, now in zip(talk.events, events, strict=True) if was != now]
        draft.mended |= {(Seen(rule.operation, rule.id, e.key), e.back) for e in changed}
        own = sum(1 if held.back else -1 for held in changed)
        merits = fewer(talk, own, _counted(talk, talks, turned), zone)
        if changed or merits != talk.merits:
            _mend(draft, plan, replace(talk, events=events, merits=merits))


def _counted(
    talk: Conversation, talks: Iterable[Conversation], turned: Sequence[Sale]
) -> list[Sale]:
    """The sales of other messages that were known to the receiver of this one when it was told."""
    if talk.told_at is None:
        return []
    unknown = {
        held.key
        for other in talks
        if other is talk
        or (
            other.receiver == talk.receiver and not (other.told_at and other.told_at < talk.told_at)
        )
        for held in other.events
    }
    return [sale for sale in turned if sale.at <= talk.told_at and sale.key not in unknown]


def _talks(draft: Draft, rule: RulePlan) -> list[Conversation]:
    merged = {**draft.known.conversations, **draft.conversations}
    return [
        talk
        for talk in merged.values()
        if talk.events and not talk.closed
        and (talk.operation, talk.rule) == (rule.operation, rule.id)
        and talk.condition in ("", rule.condition)  # an edited rule takes no sale back
    ]  # fmt: skip


def _seen_again(held: Held, rule: RulePlan, view: View) -> Held:
    """The event as its row stands now; one that is not listed, or is blank, stays as it was."""
    found = view.found[rule.id]
    if held.key not in view.rows or held.key in {view.order[place] for place in found.unsure}:
        return held
    back = held.key not in {view.order[place] for place in found.breach}
    return held if held.back is back else replace(held, back=back)


def _mend(draft: Draft, plan: Plan, talk: Conversation) -> None:
    """Write it down; of what was told already, edit the message."""
    reach = plan.reaches.get((talk.operation, talk.receiver))
    if talk.revision and reach is not None:
        talk = replace(talk, revision=talk.revision + 1)
        draft.notices.append(noticed(draft, plan, talk, reach))
    draft.conversations[talk.id] = talk


def forget(draft: Draft) -> None:
    """Let go of announcements that nothing will correct any more."""
    for talk in {**draft.known.conversations, **draft.conversations}.values():
        told = talk.revision and talk.events and not talk.closed
        if told and draft.at - talk.opened_at >= KEPT:
            draft.conversations[talk.id] = replace(talk, closed=True, events=())
