"""Say where the status page shows what a message is about; empty where nothing leads there.

An address is made of the operator's own root, names of the rules file and hashes: never of what
came from the vendor.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode

from notifier.core.facts.state import STORM_RULE, Incident
from notifier.core.judging.notice import Notice
from notifier.core.trial.sample import TEST

_SLACK = frozenset({"slack", "slack_webhook"})
_OF_NONE = frozenset({STORM_RULE, TEST.id})  # they stand for many rules, or for none


def page_of(notice: Notice, root: str) -> str:
    """The page of the notice's incident; of several, what opened of their rule lately.

    root: Where people reach the page, without a slash at its end; empty for nowhere.
    """
    return f"{root}{_path(notice)}" if root else ""


def has_button(notice: Notice) -> bool:
    """Whether a button leads there, so that the text need not. In Slack what is open has one."""
    kind = notice.conversation.kind
    return kind == "teams" or (kind in _SLACK and notice.open > 0 and not notice.is_event)


def page_of_incident(incident: Incident, root: str) -> str:
    """The page of one incident; empty without a *root*."""
    return f"{root}{_story(incident)}" if root else ""


def _path(notice: Notice) -> str:
    if notice.ending is not None:
        return "/silences"
    if notice.announces:
        return "/hits"
    if notice.rule.id in _OF_NONE or notice.rule.drill:  # a drill's incident is nowhere written
        return "/"
    if notice.report is not None or notice.members > 1:
        return f"/history?{_filter(notice)}"
    incidents = notice.roster or tuple(item.incident for item in notice.items)
    return _story(incidents[0])


def _story(incident: Incident) -> str:
    return f"/incidents/{quote(incident.id, safe='')}"


def _filter(notice: Notice) -> str:
    known = {"operation": notice.conversation.operation}
    if notice.report is None:
        known["rule"] = notice.rule.id
    return urlencode(known)
