"""Turn what is true into notices: who is told what now, in which conversation.

Grouping (the rule's ``group``) decides which incidents share a message; ``told`` is kept per
incident and receiver, so that every member has its own open and its own close.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from notifier.core.conversation import Address, address_of, begin, open_addresses
from notifier.core.known import Draft
from notifier.core.notice import ROSTER, Item, Notice, Reason, RuleText, Untold
from notifier.core.plan import Plan, Reach, muted_until
from notifier.core.state import (
    OWN_RULES,
    Conversation,
    Incident,
    Scalar,
    Severity,
    SourceKey,
    Told,
)
from notifier.core.why import Terms, blind, keeper, kept_quiet, why

NEWS = frozenset({Reason.OPEN, Reason.RAISED, Reason.REPEAT})
HOLDING = frozenset({Untold.SILENCED, Untold.QUIET, Untold.ACKNOWLEDGED})  # what was due
OWN_TEXTS = {rule: RuleText(id=rule, severity=Severity.CRITICAL) for rule in OWN_RULES}


@dataclass(slots=True)
class _Talk:
    """One conversation's part of this decision.

    Attributes:
        joined: Ids of the incidents that are new in it.
    """

    conversation: Conversation
    items: list[Item] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)


def tell(draft: Draft, plan: Plan) -> None:
    """Add to *draft* every notice that is due at its time, and what people believe then."""
    talks: dict[str, _Talk] = {}
    addresses = open_addresses(draft)
    terms = _TermsBook(draft, plan)
    for incident in _current(draft):
        _tell_of(incident, draft, plan, terms, talks, addresses)
    for talk in talks.values():
        _close_when_done(talk, draft)
        draft.notices.append(_notice(talk, draft, plan))


def _current(draft: Draft) -> Iterator[Incident]:
    """Every incident as it stands, in the order in which they opened."""
    return iter(sorted(draft.current().values(), key=lambda i: (i.opened_at, i.key)))


def _tell_of(
    incident: Incident,
    draft: Draft,
    plan: Plan,
    terms: _TermsBook,
    talks: dict[str, _Talk],
    addresses: dict[Address, Conversation],
) -> None:
    believed = draft.known.told.get(incident.id, {})
    outcomes: list[Untold] = []
    told_now = False
    for receiver in dict.fromkeys((*incident.receivers, *believed)):
        told = believed.get(receiver)
        given = terms.of(incident, receiver)
        outcome = why(incident, told, given, draft.at)
        if told is None and (incident.key.operation, receiver) not in plan.reaches:
            outcome = Untold.NOBODY
        if outcome is Untold.WAITING and not kept_quiet(incident, given):
            outcome = _company(incident, receiver, draft, plan, talks, addresses)
        if isinstance(outcome, Untold):
            outcomes.append(outcome)
            _keep(incident, receiver, told, outcome, given, draft)
            continue
        talk = _talk(incident, receiver, told, draft, plan, talks, addresses)
        _say(talk, incident, receiver, outcome, told, given, draft)
        told_now = True
    if told_now:
        draft.reasons.pop(incident.key, None)
    elif incident.open or outcomes != [Untold.UNCHANGED] * len(outcomes):
        _note_untold(incident, (*outcomes, Untold.NOBODY)[0], draft, record=not believed)


def _company(
    incident: Incident,
    receiver: str,
    draft: Draft,
    plan: Plan,
    talks: dict[str, _Talk],
    addresses: dict[Address, Conversation],
) -> Reason | Untold:
    """What waits for company goes along with the first of its message that waited long enough."""
    conversation = addresses.get(address_of(incident, receiver, draft.at, plan))
    talk = talks.get(conversation.id) if conversation else None
    goes = talk is not None and any(item.reason is Reason.OPEN for item in talk.items)
    return Reason.OPEN if goes else Untold.WAITING


def _keep(
    incident: Incident,
    receiver: str,
    told: Told | None,
    outcome: Untold,
    terms: Terms,
    draft: Draft,
) -> None:
    """Remember who holds news back from a receiver: it is said when it may be."""
    if told is not None:
        kept_by = _kept_by(incident, told, terms, draft)
        if kept_by != told.kept_by and incident.open and not told.closed:
            draft.told[incident.id, receiver] = replace(told, kept_by=kept_by)
    elif outcome in (Untold.SILENCED, Untold.QUIET):
        now = draft.incident(incident.id)
        kept_from = {**now.kept_from, receiver: keeper(incident, terms) or ""}
        if kept_from != now.kept_from:
            draft.incidents[incident.id] = replace(now, kept_from=kept_from)


def _kept_by(incident: Incident, told: Told, terms: Terms, draft: Draft) -> str | None:
    """Who holds back what would notify, or did so; nobody where no word is owed after that."""
    found = keeper(incident, terms)
    silence = draft.quieting().get(incident.silence)
    if found is None or not terms.still_open or (silence is not None and not silence.still_open):
        return told.kept_by
    return found


def _say(
    talk: _Talk,
    incident: Incident,
    receiver: str,
    reason: Reason,
    told: Told | None,
    terms: Terms,
    draft: Draft,
) -> None:
    """Put the incident into the message, and note what the receiver believes from now on."""
    kept_by = told.kept_by if told else incident.kept_from.get(receiver)
    talk.items.append(
        Item(
            reason,
            incident,
            was=told.value if told else None,
            before=told,
            kept_by=kept_by if reason in NEWS else None,
            silent=reason is Reason.CLOSE and keeper(incident, terms) is not None
            and not terms.loud_close,
        )
    )  # fmt: skip
    if told is None:
        talk.joined.append(incident.id)
    after = _belief(talk, incident, receiver, reason, told, draft.at)
    if told is not None and not reason.notifies:
        after = replace(after, kept_by=_kept_by(incident, told, terms, draft))
    draft.told[incident.id, receiver] = after


def _belief(
    talk: _Talk,
    incident: Incident,
    receiver: str,
    reason: Reason,
    told: Told | None,
    now: datetime,
) -> Told:
    worst = incident.severity
    if told is not None and (told.severity.rank > worst.rank or not reason.notifies):
        worst = told.severity
    return Told(
        incident=incident.id,
        receiver=receiver,
        conversation=talk.conversation.id,
        at=now if told is None or reason.notifies else told.at,
        severity=worst,
        value=incident.value,
        held=incident.held,
        silence=incident.silence,
        acknowledged=incident.acknowledged_by,
        closed=reason is Reason.CLOSE,
    )


def _note_untold(incident: Incident, reason: Untold, draft: Draft, *, record: bool) -> None:
    """Note why nobody hears of an incident now; record a new reason of one never told."""
    draft.reasons[incident.key] = reason
    if (record or reason in HOLDING) and incident.untold != reason.value:
        now = draft.incident(incident.id)
        draft.incidents[incident.id] = replace(now, untold=reason.value)
        draft.suppressed.append((incident.key, reason.value, draft.at))


def _talk(
    incident: Incident,
    receiver: str,
    told: Told | None,
    draft: Draft,
    plan: Plan,
    talks: dict[str, _Talk],
    addresses: dict[Address, Conversation],
) -> _Talk:
    conversation = (
        _conversation(draft, told.conversation)
        if told
        else _join(incident, receiver, draft.at, plan, addresses)
    )
    return talks.setdefault(conversation.id, _Talk(conversation))


def _conversation(draft: Draft, conversation: str) -> Conversation:
    return draft.conversations.get(conversation) or draft.known.conversations[conversation]


def _join(
    incident: Incident,
    receiver: str,
    now: datetime,
    plan: Plan,
    addresses: dict[Address, Conversation],
) -> Conversation:
    """The open conversation this incident belongs to, or a new one."""
    address = address_of(incident, receiver, now, plan)
    if address not in addresses:
        reach = plan.reaches[incident.key.operation, receiver]
        addresses[address] = begin(address, reach, now, incident.id)
    return addresses[address]


def _close_when_done(talk: _Talk, draft: Draft) -> None:
    """Take in who joined, raise the revision; close it with its last member's close."""
    before = talk.conversation
    members = (*before.members, *talk.joined)
    over = all(_over(member, before.receiver, draft) for member in members)
    talk.conversation = replace(before, members=members, revision=before.revision + 1, closed=over)
    draft.conversations[before.id] = talk.conversation


def _over(incident: str, receiver: str, draft: Draft) -> bool:
    told = draft.told.get((incident, receiver)) or draft.believed(incident).get(receiver)
    return told is None or told.closed


def _notice(talk: _Talk, draft: Draft, plan: Plan) -> Notice:
    conversation = talk.conversation
    members = list(filter(None, map(draft.member, conversation.members)))
    reach = plan.reaches.get((conversation.operation, conversation.receiver))
    return Notice(
        conversation=conversation,
        rule=rule_text(conversation, plan, reach),
        at=draft.at,
        items=tuple(sorted(talk.items, key=lambda item: worst_first(item.incident))),
        roster=tuple(heapq.nsmallest(ROSTER, members, key=worst_first)),
        open=sum(member.open for member in members),
        members=len(conversation.members),
        give_up_at=draft.at + (reach.give_up if reach else Reach("", "", ()).give_up),
    )


def worst_first(incident: Incident) -> tuple[bool, int, float, str]:
    """The order in which incidents are shown: open, severe and bad ones first."""
    return not incident.open, -incident.severity.rank, -_badness(incident), incident.key.entity


def _badness(incident: Incident) -> float:
    value: Scalar = incident.value if incident.open else incident.worst
    if not isinstance(value, float):
        return 0.0
    return value if incident.direction == ">" else -value


def rule_text(conversation: Conversation, plan: Plan, reach: Reach | None) -> RuleText:
    """What the message may say of the rule, also when the rule is gone from the file."""
    rule = plan.rule(conversation.operation, conversation.rule)
    if rule is not None:
        return with_mention(rule.text, reach)
    if conversation.rule in OWN_RULES:
        return with_mention(OWN_TEXTS[conversation.rule], reach)
    return RuleText(id=conversation.rule, severity=Severity.WARNING)


def with_mention(text: RuleText, reach: Reach | None) -> RuleText:
    """The words of a rule for one receiver."""
    return dataclasses.replace(text, mention=reach.mention) if reach else text


class _TermsBook:
    """The terms of each rule and receiver at one moment, worked out once."""

    def __init__(self, draft: Draft, plan: Plan) -> None:
        self._draft = draft
        self._plan = plan
        self._now = draft.at
        self._terms: dict[tuple[SourceKey, str, str], Terms] = {}

    def of(self, incident: Incident, receiver: str) -> Terms:
        key = (incident.source, incident.key.rule, receiver)
        if key not in self._terms:
            operation, rule, _ = incident.key
            terms = terms_of(self._plan, operation, rule, receiver, now=self._now)
            self._terms[key] = dataclasses.replace(terms, blind=self._blind(incident.source))
        return self._terms[key]

    def _blind(self, source: SourceKey) -> bool:
        state = self._draft.source(source)
        return blind(state, self._plan.sources.get(source), self._now)


def terms_of(plan: Plan, operation: str, rule: str, receiver: str, *, now: datetime) -> Terms:
    """On which terms a receiver hears of a rule at *now*."""
    found = plan.rule(operation, rule)
    reach = plan.reaches.get((operation, receiver))
    return Terms(
        repeat=found.repeat if found else None,
        wait=found.group_wait if found else timedelta(0),
        quiet_until=muted_until(reach, now) if reach else None,
        loud_close=bool(reach and reach.kind != "slack"),
        still_open=bool(reach and reach.still_open),
    )
