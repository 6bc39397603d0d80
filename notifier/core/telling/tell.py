"""Turn what is true into notices: who is told what now, in which conversation.

Grouping (the rule's ``group``) decides which incidents share a message; ``told`` is kept per
incident and receiver, so that every member has its own open and its own close.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from notifier.core.facts.state import (
    Conversation,
    Incident,
    Phase,
    Told,
)
from notifier.core.judging.known import Draft
from notifier.core.judging.notice import Item, Reason, Untold
from notifier.core.judging.plan import Plan
from notifier.core.telling.belief import belief, keep, kept_by_now
from notifier.core.telling.composed import compose
from notifier.core.telling.conversation import (
    Address,
    Talk,
    address_of,
    alive,
    at_home,
    begin,
    end_lingering,
    open_addresses,
)
from notifier.core.telling.earlier import Earlier, earlier, reopened
from notifier.core.telling.standin import deputy_of
from notifier.core.telling.storm import calm
from notifier.core.telling.terms import TermsBook
from notifier.core.telling.why import Terms, keeper, kept_quiet, why

# What may take the place of the incident before it in its message: that disturbs nobody.
MAY_GO_ON = frozenset({Reason.OPEN, Untold.SILENCED, Untold.QUIET, Untold.WAITING})
NEWS = frozenset({Reason.OPEN, Reason.RAISED, Reason.REPEAT})
HOLDING = frozenset(
    {Untold.SILENCED, Untold.QUIET, Untold.ACKNOWLEDGED, Untold.FLAPPING}
)  # what was due


@dataclass(slots=True)
class _Round:
    """All that one decision needs for telling.

    Attributes:
        talks: What is said in each conversation, by its id.
        addresses: The conversations that incidents may join.
    """

    draft: Draft
    plan: Plan
    terms: TermsBook
    talks: dict[str, Talk]
    addresses: dict[Address, Conversation]

    def talk(self, conversation: Conversation) -> Talk:
        """What is said in *conversation* now."""
        return self.talks.setdefault(conversation.id, Talk(conversation))


def tell(draft: Draft, plan: Plan) -> None:
    """Add to *draft* every notice that is due at its time, and what people believe then."""
    end_lingering(draft)
    now = _Round(draft, plan, TermsBook(draft, plan), {}, open_addresses(draft))
    for incident in _current(draft):
        _tell_of(incident, now)
    calm(now.talks, draft, plan)
    for talk in now.talks.values():
        _close_when_done(talk, draft, plan)
        draft.notices.append(compose(talk, draft, plan))


def _current(draft: Draft) -> Iterator[Incident]:
    """Every incident as it stands, in the order in which they opened."""
    return iter(sorted(draft.current().values(), key=lambda i: (i.opened_at, i.key)))


def _tell_of(incident: Incident, now: _Round) -> None:
    draft = now.draft
    believed = draft.known.told.get(incident.id, {})
    outcomes: list[Untold] = []
    told_now = False
    for receiver in dict.fromkeys((*incident.receivers, *believed)):
        outcome = _tell_one(incident, receiver, believed.get(receiver), now)
        told_now = told_now or outcome is None
        outcomes += [outcome] if outcome else []
    if told_now:
        draft.reasons.pop(incident.key, None)
    elif incident.open or outcomes != [Untold.UNCHANGED] * len(outcomes):
        _note_untold(incident, (*outcomes, Untold.NOBODY)[0], draft, record=not believed)


def _tell_one(incident: Incident, receiver: str, told: Told | None, now: _Round) -> Untold | None:
    """Tell a receiver of an incident, or return why not."""
    terms = now.terms.of(incident, receiver)
    outcome = _outcome(incident, receiver, told, terms, now)
    if told is None and outcome in MAY_GO_ON:
        before = earlier(incident, receiver, now.draft)
        if before and incident.flapping and _lives_on(before, incident, receiver, now):
            _go_on(
                before, incident, receiver, terms, now, silent=_as_bad(before, incident, outcome)
            )
            return None
    if isinstance(outcome, Untold):
        keep(incident, receiver, told, outcome, terms, now.draft)
        return outcome
    talk = now.talk(_conversation(incident, receiver, told, now))
    _say(talk, incident, receiver, outcome, told, terms, now.draft)
    return None


def _outcome(
    incident: Incident, receiver: str, told: Told | None, terms: Terms, now: _Round
) -> Reason | Untold:
    if told is None and (incident.key.operation, receiver) not in now.plan.reaches:
        return Untold.NOBODY
    if told is not None and not _seen(incident, now.draft):
        told = replace(told, kept_by=None, flapping=incident.flapping)
    outcome = why(incident, told, terms, now.draft.at)
    if outcome is Untold.WAITING and not kept_quiet(incident, terms):
        return _company(incident, receiver, now)
    return outcome


def _seen(incident: Incident, draft: Draft) -> bool:
    """Whether it was seen to be open: of what may be over nobody is told that it is open still."""
    key = incident.key
    instance = draft.instances.get(key) or draft.known.instances.get(key)
    recovers = instance is not None and instance.phase is Phase.RECOVERING
    return not incident.held and not recovers


def _company(incident: Incident, receiver: str, now: _Round) -> Reason | Untold:
    """What waits for company goes along with the first of its message that waited long enough."""
    address = address_of(incident, receiver, now.draft.at, now.plan)
    conversation = now.addresses.get(address)
    talk = now.talks.get(conversation.id) if conversation else None
    goes = talk is not None and any(item.reason is Reason.OPEN for item in talk.items)
    return Reason.OPEN if goes else Untold.WAITING


# ---- the same message for what is back ----


def _lives_on(before: Earlier, incident: Incident, receiver: str, now: _Round) -> bool:
    """Whether the message of the incident before goes on, where the receiver is found now."""
    talk = alive(now.draft, before.told.conversation)
    reach = now.plan.reaches[incident.key.operation, receiver]
    return not before.told.closed and talk is not None and at_home(talk, reach)


def _as_bad(before: Earlier, incident: Incident, outcome: Reason | Untold) -> bool:
    """Whether nobody needs to notice that it is back; or whether nobody may."""
    return outcome is not Reason.OPEN or incident.severity.rank <= before.told.severity.rank


def _go_on(
    before: Earlier, incident: Incident, receiver: str, terms: Terms, now: _Round, *, silent: bool
) -> None:
    """Let a flapping incident take the place of the one before it in its message."""
    draft = now.draft
    talk = now.talk(draft.conversations.get(before.told.conversation) or
                    draft.known.conversations[before.told.conversation])  # fmt: skip
    was, ended = before.told, before.incident
    _end_silently(talk, before, receiver, draft)
    talk.items.append(Item(Reason.OPEN, incident, silent=silent, back=ended))
    talk.left.append(ended.id)
    talk.joined.append(incident.id)
    after = belief(talk, incident, receiver, Reason.OPEN, None, draft.at)
    if silent:
        kept_by = keeper(incident, terms) if terms.still_open else None
        after = replace(after, at=was.at, severity=was.severity, kept_by=kept_by)
    draft.told[incident.id, receiver] = after


def _end_silently(talk: Talk, before: Earlier, receiver: str, draft: Draft) -> None:
    """Tell of the end of what goes on in the same message, where that was held back so far."""
    if before.told.closed:
        return
    was = before.told
    talk.items.append(Item(Reason.CLOSE, before.incident, was=was.value, before=was, silent=True))
    draft.told[before.incident.id, receiver] = replace(was, closed=True)


def _conversation(
    incident: Incident, receiver: str, told: Told | None, now: _Round
) -> Conversation:
    """The conversation in which a receiver hears of an incident."""
    if told is not None:
        known = now.draft.known.conversations
        return now.draft.conversations.get(told.conversation) or known[told.conversation]
    return reopened(incident, receiver, now.draft, now.plan) or _join(incident, receiver, now)


def _join(incident: Incident, receiver: str, now: _Round) -> Conversation:
    """The open conversation this incident belongs to, or a new one."""
    address = address_of(incident, receiver, now.draft.at, now.plan)
    reach = now.plan.reaches[incident.key.operation, receiver]
    known = now.addresses.get(address)
    if known is None or not at_home(known, reach):
        known = now.addresses[address] = begin(address, reach, now.draft.at, incident.id)
    return known


# ---- what people believe ----


def _say(
    talk: Talk,
    incident: Incident,
    receiver: str,
    reason: Reason,
    told: Told | None,
    terms: Terms,
    draft: Draft,
) -> None:
    """Put the incident into the message, and note what the receiver believes from now on."""
    kept_by = told.kept_by if told else incident.kept_from.get(receiver)
    before = earlier(incident, receiver, draft) if told is None else None
    back = before.incident if before and before.incident.id in talk.conversation.members else None
    talk.items.append(
        Item(
            reason,
            incident,
            was=told.value if told else None,
            before=told,
            kept_by=kept_by if reason in NEWS else None,
            silent=reason is Reason.CLOSE and keeper(incident, terms) is not None
            and not terms.loud_close,
            back=back,
        )
    )  # fmt: skip
    if told is None:
        talk.joined.append(incident.id)
    if before is not None and back is not None:
        talk.left.append(back.id)
        _end_silently(talk, before, receiver, draft)
    after = belief(talk, incident, receiver, reason, told, draft.at)
    if told is not None and not reason.notifies:
        after = replace(after, kept_by=kept_by_now(incident, told, terms, draft))
    draft.told[incident.id, receiver] = after


def _note_untold(incident: Incident, reason: Untold, draft: Draft, *, record: bool) -> None:
    """Note why nobody hears of an incident now; record a new reason of one never told."""
    draft.reasons[incident.key] = reason
    if (record or reason in HOLDING) and incident.untold != reason.value:
        now = draft.incident(incident.id)
        draft.incidents[incident.id] = replace(now, untold=reason.value)
        draft.suppressed.append((incident.key, reason.value, draft.at))


def _close_when_done(talk: Talk, draft: Draft, plan: Plan) -> None:
    """Take in who joined, raise the revision; close it with its last member's close.

    Where the rule says so it lingers before that: what is back soon goes on in it.
    """
    before = talk.conversation
    members = (*(m for m in before.members if m not in talk.left), *talk.joined)
    over = all(_over(member, before.receiver, draft) for member in members)
    rule = plan.rule(before.operation, before.rule)
    lingers = draft.at + rule.reopen_within if over and rule and rule.reopen_within else None
    talk.conversation = replace(
        before,
        members=members,
        revision=before.revision + 1,
        closed=over and lingers is None,
        lingers_until=lingers,
        deputy=deputy_of(before, plan) if talk.fresh else before.deputy,
    )
    draft.conversations[before.id] = talk.conversation


def _over(incident: str, receiver: str, draft: Draft) -> bool:
    told = draft.told.get((incident, receiver)) or draft.believed(incident).get(receiver)
    return told is None or told.closed
