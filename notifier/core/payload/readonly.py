"""Say which questions only read: the same hosts serve write operations, some by plain GET.

An allow-list of families, and within them a deny-list of words: what starts, stops, adds, changes,
removes or sends is never asked, whoever wrote it into a rules file. The client asks here again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

FAMILIES = ("billing", "customer", "gamification", "information", "real_time", "reports_manager")
"""The PHP files that hold reports; ``campaign``, ``configuration`` and ``agentbox`` act."""

_VERBS = """
    abort accept activate add append apply assign authorize ban block book call cancel change clean
    clear clone close cmd command compile confirm connect copy create deactivate del delete deploy
    dial disable disconnect drop edit enable erase exec execute force generate hangup import
    inactivate insert invite kick kill launch load lock login logoff logout make merge modify move
    mute new originate pause play post publish purge push put reassign reboot recycle refresh
    register reject release reload remove rename replace reset restart restore resume revoke run
    save schedule send set shutdown spy start stop submit suspend switch sync terminate toggle
    transfer turbo unassign unban unblock unlock unmute unregister update upload upsert
    whisper write
"""
WRITING = frozenset(_VERBS.split())
"""Words of a name that do something."""

_BEGINNINGS = re.compile(
    "(add(?!r|iti)|cancel|create|del(?!a|iv)|disable|enable|insert|remove|send|set(?!ting|up)"
    "|start|stop(?!ped)|update|upload)"
)
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 64  # characters
_OURS = frozenset({"api", "date_ini", "date_end"})  # params that are set here
_PARTS = re.compile(r"[a-z]+")
_DOERS = frozenset({"action", "cmd", "command", "do", "exec", "method", "operation", "op", "query"})
_SECRETS = frozenset({"token", "password", "key", "secret"})


def refusal(family: str, api: str) -> str:
    """Return why a question is never asked; empty for one that only reads."""
    if family not in FAMILIES:
        return f"`{family}` is no family of reports; only {', '.join(FAMILIES)} are read"
    if len(api) > _LONGEST or not _NAME.fullmatch(api):
        return "a name of an API is a-z and 0-9, with single _ between them"
    doing = _doing(api)
    return f"`{doing}` in a name of an API does something, and only reports are read" * bool(doing)


def refused_param(name: str) -> str:
    """Return why a parameter is never sent; empty for one that may be."""
    if name in _OURS:
        return f"`{name}` is set by notifier itself"
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        return "a parameter is a-z and 0-9, with single _ between them"
    parts = _PARTS.findall(name)
    if doing := _doing(name) or _first(parts, _DOERS):
        return f"`{doing}` in a parameter may do something, and only reports are read"
    if _first(parts, _SECRETS):
        return "a secret is never sent in an address; the token goes by itself"
    return ""


def _doing(name: str) -> str:
    """The first part of a name that does something, run together with others or not."""
    parts = _PARTS.findall(name)
    return _first(parts, WRITING) or next(filter(_BEGINNINGS.match, parts), "")


def _first(parts: Iterable[str], words: frozenset[str]) -> str:
    return next((part for part in parts if part in words), "")
