"""Check what the tables of a rules file say of each other: names, pairs and contradictions."""

from __future__ import annotations

import re
from collections.abc import Collection as Names
from collections.abc import Iterable

from notifier.core.facts.sales import CELEBRATION
from notifier.core.facts.state import (
    RESERVED,
)
from notifier.core.rules.draft import UNSAID, Draft
from notifier.core.rules.mistakes import Mistakes
from notifier.core.rules.places import Loc
from notifier.core.rules.rulebook import Digest, Poll, Receiver, Rule
from notifier.core.rules.tables import KINDS, NAMED

_BESIDE = re.compile(r"""\bother\(\s*["']([a-z0-9_-]+)""")
_EXPECT = re.compile(
    r"(?:(?:open|change|repeat)(?::(?:info|warning|critical))?|close|event|none:[a-z][a-z_ -]*)"
    r"(?: \S.*)?"
)
_LASTING = (
    *("clear", "critical", "for", "of", "keep", "min_samples", "gap_max", "missing"),
    *("missing_after", "reopen_within", "flapping", "repeat", "explains"),
)


def check_references(draft: Draft, templates: Names[str] | None, mistakes: Mistakes) -> None:
    """Add to *mistakes* what is wrong between the tables, expressions and sources apart."""
    _check_unique(draft, mistakes)
    _check_variables(draft, mistakes)
    for i, receiver in draft.receivers:
        _check_receiver(("receiver", i), receiver, draft, mistakes)
    for i, rule in draft.rules:
        _check_rule(("rule", i), rule, draft, templates, mistakes)
    _check_loops(draft, mistakes)
    for i, each in draft.digests:
        _check_digest(("digest", i), each, draft, mistakes)
    for i, test in draft.tests:
        check_names(("test", i, "rule"), "rule", (test.rule,), draft.names["rule"], mistakes)
        check_polls(("test", i, "polls"), test.polls, draft.names["receiver"], mistakes)
    check_names(("operators",), "receiver", draft.top.operators, draft.names["receiver"], mistakes)


def check_names(
    loc: Loc, what: str, names: Iterable[str], known: Names[str], mistakes: Mistakes
) -> None:
    """Each of the names must be known."""
    for index, name in enumerate(names):
        if name not in known and name != UNSAID:
            mistakes.unknown((*loc, index), what, name, known)


# ---- names ----


def _check_unique(draft: Draft, mistakes: Mistakes) -> None:
    _once("operation", "name", [(i, each.name) for i, each in draft.operations], mistakes)
    _once("receiver", "name", [(i, each.name) for i, each in draft.receivers], mistakes)
    _once("rule", "id", [(i, each.id) for i, each in draft.rules], mistakes)
    _once("rule", "was", [(i, each.was) for i, each in draft.rules if each.was], mistakes)
    _once("digest", "name", [(i, each.name) for i, each in draft.digests], mistakes)
    _once("test", "name", [(i, each.name) for i, each in draft.tests], mistakes)


def _once(section: str, key: str, names: Iterable[tuple[int, str]], mistakes: Mistakes) -> None:
    seen: set[str] = set()
    for i, name in names:
        if name in seen:
            mistakes.add((section, i, key), f"`{name}` is there twice", "give each its own")
        seen.add(name)


def _check_variables(draft: Draft, mistakes: Mistakes) -> None:
    """A name becomes a part of a variable's name, where - and _ are the same."""
    receivers = draft.receivers
    named: dict[tuple[str, str], list[tuple[int, str | None]]] = {
        ("operation", "name"): [(i, each.name) for i, each in draft.operations],
        **{("receiver", key): [(i, getattr(r, key)) for i, r in receivers] for key in NAMED},
    }
    for (section, key), names in named.items():
        seen: dict[str, str] = {}
        for i, name in names:
            other = seen.setdefault(variable(name), name) if name else name
            if name and other != name:
                text = f"`{name}` and `{other}` would share the variable part {variable(name)}"
                mistakes.add((section, i, key), text, "rename one")


def variable(name: str) -> str:
    """How a name is written within a variable of the environment."""
    return name.upper().replace("-", "_")


# ---- receivers ----


def _check_receiver(loc: Loc, receiver: Receiver, draft: Draft, mistakes: Mistakes) -> None:
    given = [kind for kind in KINDS if getattr(receiver, kind) is not None]
    if not given:
        mistakes.add(loc, f"`{receiver.name}` cannot be reached", f"add one of {', '.join(KINDS)}")
    for kind in given[1:]:
        text = f"`{receiver.name}` has `{given[0]}` already"
        mistakes.add((*loc, kind), text, "make a second receiver of it")
    known = draft.names["operation"]
    check_names((*loc, "operation"), "operation", receiver.operation or (), known, mistakes)
    if receiver.fallback is None:
        return
    check_names(
        (*loc, "fallback"), "receiver", (receiver.fallback,), draft.names["receiver"], mistakes
    )
    if receiver.fallback == receiver.name:
        mistakes.add((*loc, "fallback"), "a receiver cannot stand in for itself", "name another")


# ---- rules ----


def _check_rule(
    loc: Loc, rule: Rule, draft: Draft, templates: Names[str] | None, mistakes: Mistakes
) -> None:
    check_names((*loc, "to"), "receiver", rule.to, draft.names["receiver"], mistakes)
    if rule.id in RESERVED:
        text = f"`{rule.id}` is the id of the bot's own incidents about {rule.id}s"
        mistakes.add((*loc, "id"), text, "choose another")
    if rule.was is not None and rule.was in draft.names["rule"]:
        mistakes.add((*loc, "was"), f"`{rule.was}` is still a rule of this file", "remove one")
    if rule.event:
        _check_event(loc, rule, mistakes)
    elif rule.catch_up is not None:
        text = "`catch_up` is for rules about events"
        mistakes.add((*loc, "catch_up"), text, 'add kind = "event", or leave it away')
    if rule.batch and not (rule.event and rule.template == CELEBRATION):
        text = "`batch` is for celebrations"
        mistakes.add((*loc, "batch"), text, 'add template = "celebration", or leave it away')
    if rule.of and rule.for_:
        mistakes.add((*loc, "of"), "`of` stands instead of `for`", "keep one of them")
    if templates is not None and rule.template and rule.template not in templates:
        mistakes.unknown((*loc, "template"), "template", rule.template, templates)
    _check_explains(loc, rule, draft, mistakes)


def _check_event(loc: Loc, rule: Rule, mistakes: Mistakes) -> None:
    given = {"for" if key == "for_" else key for key in rule.model_fields_set}
    for key in _LASTING:
        if key in given:
            mistakes.add((*loc, key), f"an event has no `{key}`: it never closes", "leave it away")
    if rule.by is not None:
        mistakes.add((*loc, "by"), "an event is one row, and has no `by`", "leave it away")


def _check_explains(loc: Loc, rule: Rule, draft: Draft, mistakes: Mistakes) -> None:
    known = draft.names["rule"]
    check_names((*loc, "explains"), "rule", rule.explains, known, mistakes)
    if rule.explains and rule.by is None and not rule.event:
        text = "`explains` needs `by`: the fields whose equal values tie the incidents together"
        mistakes.add((*loc, "explains"), text, 'add it, as in by = "ip"')
    events = {each.id for _, each in draft.rules if each.event}
    for index, other in enumerate(rule.explains):
        if other in events:
            mistakes.add(
                (*loc, "explains", index), f"`{other}` is an event", "nothing explains events"
            )


def _check_digest(loc: Loc, digest: Digest, draft: Draft, mistakes: Mistakes) -> None:
    names = draft.names
    check_names((*loc, "to"), "receiver", digest.to, names["receiver"], mistakes)
    known = names["operation"]
    check_names((*loc, "operation"), "operation", digest.operation or (), known, mistakes)
    if digest.name in names["rule"]:
        text = f"`{digest.name}` is the id of a rule"
        mistakes.add((*loc, "name"), text, "give the digest another name")


def _check_loops(draft: Draft, mistakes: Mistakes) -> None:
    """A rule that explains itself, if only by way of others, would silence all of them."""
    explains = {rule.id: rule.explains for _, rule in draft.rules}
    for i, rule in draft.rules:
        reached: set[str] = set()
        pending = list(rule.explains)
        while pending:
            one = pending.pop()
            if one not in reached:
                reached.add(one)
                pending.extend(explains.get(one, ()))
        if rule.id in reached:
            text = f"`{rule.id}` would explain itself away"
            mistakes.add(("rule", i, "explains"), text, "explain in one direction only")


# ---- tests ----


def check_polls(
    loc: Loc, polls: tuple[Poll, ...], receivers: Names[str], mistakes: Mistakes
) -> None:
    """Add to *mistakes* what is wrong with the polls of one test."""
    for i, poll in enumerate(polls):
        here = (*loc, i)
        for name in poll.messages:
            if name not in receivers:
                at = (*here, "messages", name)
                mistakes.unknown(at, "receiver", name, receivers, at_key=True)
        if (poll.rows is None) == (poll.error is None):
            mistakes.add(here, "a poll has either `rows` or an `error`", "write one of them")
        if i and poll.at <= polls[i - 1].at:
            mistakes.add((*here, "at"), "polls are in the order of time", "write a later one")
        for index, item in enumerate(poll.expect or ()):
            if not _EXPECT.fullmatch(item):
                advice = (
                    "write open, change, close, event, repeat or none:REASON and the entity; "
                    "open:critical asks for a severity too"
                )
                mistakes.add((*here, "expect", index), f"`{item}` cannot be expected", advice)


# ---- what is allowed, but looks like an oversight ----


def warn(draft: Draft, mistakes: Mistakes) -> None:
    """Add warnings about a file without errors."""
    if not draft.top.operators:
        mistakes.warn((), "no `operators`: nobody will hear when a source is down")
    heard = {name for _, rule in draft.rules for name in rule.to}
    told = {name for _, digest in draft.digests for name in digest.to}
    useful = {*heard, *told, *draft.top.operators, *(each.fallback for _, each in draft.receivers)}
    for i, receiver in draft.receivers:
        if receiver.name not in useful:
            mistakes.warn(("receiver", i, "name"), f"nothing is sent to `{receiver.name}`")
        elif receiver.operation is None and len(draft.operations) > 1:
            text = f"`{receiver.name}` hears of every operation; say so with `operation`"
            mistakes.warn(("receiver", i, "name"), text)
    used = {rule.on.partition(".")[0] for _, rule in draft.rules}
    used |= {rule.catch_up for _, rule in draft.rules if rule.catch_up}
    used |= {name for _, rule in draft.rules for name in _asked(rule)}
    for i, source in draft.sources:
        if source.title not in used:
            mistakes.warn(("source", i), f"`{source.title}` is polled, but no rule is about it")
    _warn_of_stand_ins(draft, mistakes)


_SHARED = frozenset({"slack", "email"})  # one credential serves all receivers of the kind


def _asked(rule: Rule) -> list[str]:
    """The sources that a rule's conditions ask beside its own."""
    texts = (rule.when, rule.where, rule.clear, rule.critical, rule.value)
    return [name for text in texts if text for name in _BESIDE.findall(text)]


def _warn_of_stand_ins(draft: Draft, mistakes: Mistakes) -> None:
    """A stand-in is of no use where what hits the one hits the other."""
    known = {each.name: each for _, each in draft.receivers}
    for i, receiver in draft.receivers:
        other = known.get(receiver.fallback or "")
        if other is None:
            continue
        if other.kind == receiver.kind and other.kind in _SHARED:
            text = f"`{other.name}` is reached by {other.kind}, too: one dead credential hits both"
            mistakes.warn(("receiver", i, "fallback"), text)
        everything = receiver.operation is None
        if other.operation and (everything or set(receiver.operation or ()) - {*other.operation}):
            text = f"`{other.name}` does not hear of every operation of `{receiver.name}`"
            mistakes.warn(("receiver", i, "fallback"), text)
