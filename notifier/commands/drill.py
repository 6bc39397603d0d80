"""Hold a fire drill: a real rule's whole way to its real receivers, with made-up data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from notifier import logs
from notifier.aside import Aside, Sent, aside
from notifier.clocks import REAL, Clocks
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.judging.planning import plan
from notifier.core.rules.compiled import Rulebook
from notifier.core.trial.drill import drill as what_is_said
from notifier.core.trial.drill import over
from notifier.errors import ConfigError
from notifier.rules import read_rules
from notifier.settings import Settings, load_settings

LASTS = timedelta(seconds=1)  # a drill, from its opening to its end


def drill(rule: str, *, operation: str | None, receivers: Sequence[str]) -> int:
    """Hold it over the settings of the environment."""
    settings = load_settings()
    logs.configure(settings.log_format, "critical")  # each line below says how it went
    return hold(settings, REAL, rule, operation=operation, receivers=receivers)


def hold(
    settings: Settings,
    clocks: Clocks,
    rule: str,
    *,
    operation: str | None = None,
    receivers: Sequence[str] = (),
) -> int:
    """Tell each receiver what the rule would say, then that it is over; 1 where one was not told.

    Raises:
        ConfigError: there is no such rule or receiver, or no test that makes the rule speak.
    """
    book = read_rules(settings.rules)
    laid = plan(book)
    found = _rule(laid, rule, operation)
    _check_receivers(found, receivers)
    now = clocks.now() - LASTS  # so that its end is due at once
    notices = [
        notice
        for notice in what_is_said(found, book.file.test, laid, now)
        if not receivers or notice.conversation.receiver in receivers
    ]
    if not notices:
        raise ConfigError(_silent(book, rule))
    with aside(settings, clocks) as way:
        return _held(way, notices)


def _held(way: Aside, notices: Iterable[Notice]) -> int:
    lost = 0
    for notice in notices:
        opened = way.send(notice)
        print(*map(_line, opened), sep="\n")
        told = {sent.recipient for sent in opened if sent.told}
        lost += sum(not sent.told for sent in opened)
        if told and notice.items:  # what was opened ends: nothing stays open behind a drill
            ends = way.send(over(notice, notice.at + LASTS))
            unended = [end for end in ends if end.recipient in told and not end.told]
            lost += len(unended)
            for end in unended:
                print(f"{end.receiver}: {end.recipient} was not told of the end; {end.detail}")
    return int(lost > 0)


def _line(sent: Sent) -> str:
    if not sent.told:
        return f"{sent.receiver}: {sent.recipient} was NOT told; {sent.detail}"
    how = f"{sent.receiver}: {sent.recipient} was told"
    if sent.seen is None:
        return how
    return f"{how}, and the message was read back" if sent.seen else f"{how}; it was not found then"


def _rule(laid: Plan, rule: str, operation: str | None) -> RulePlan:
    found = [
        each
        for each in laid.rules.values()
        if each.id == rule and operation in (None, each.operation)
    ]
    if len(found) > 1:
        names = ", ".join(each.operation for each in found)
        raise ConfigError(f"rule `{rule}` is of several operations; add --operation, of {names}")
    if not found:
        known = ", ".join(sorted({each.id for each in laid.rules.values()})) or "none"
        within = f" in operation `{operation}`" if operation else ""
        raise ConfigError(f"there is no rule `{rule}`{within}; the rules file has {known}")
    return found[0]


def _check_receivers(rule: RulePlan, receivers: Sequence[str]) -> None:
    for name in receivers:
        if name not in rule.to:
            raise ConfigError(f"rule `{rule.id}` does not tell `{name}`, but {', '.join(rule.to)}")


def _silent(book: Rulebook, rule: str) -> str:
    if any(test.rule == rule for test in book.file.test):
        return f"no [[test]] of `{rule}` makes it speak to these receivers; write one that opens it"
    return f"`{rule}` has no [[test]]; write one that opens it: a drill uses its rows"
