"""Say how agents are called: by the names that a team chose, in place of ids and whole names.

For eyes alone: keys, silences, conditions and whatever is matched know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifier.core.facts.state import Scalar
from notifier.core.payload.values import plain

Aliases = Mapping[str, str]
"""What an agent is called, by id or by name as ``values.plain`` says it."""

_NAMES = {"agent_name": "agent_id", "seller": "seller_id"}
"""A field with somebody's name, and the one with the id."""


def aliases(written: Mapping[str, str]) -> Aliases:
    """The aliases of an operation, as its table has them, ready to be looked up."""
    return {plain(agent): shown for agent, shown in written.items()}


def renamed(fields: Mapping[str, Scalar], known: Aliases) -> Mapping[str, Scalar]:
    """The fields of a row with the names that a team chose; all others as they are."""
    chosen = {name: _alias(fields, name, known) for name in _NAMES} if known else {}
    found = {name: alias for name, alias in chosen.items() if alias}
    return {**fields, **found} if found else fields


def called(entity: str, fields: Mapping[str, Scalar], known: Aliases) -> str:
    """What the agent of an entity is called, and the rest of its key: ``Ana G. (Break)``.

    Empty where the key has no agent, or nothing was chosen for them.
    """
    alias = _alias(fields, "agent_name", known) if known else ""
    agent = {str(fields[name]) for name in ("agent_id", "agent_name") if fields.get(name)}
    parts = entity.split("/")
    if not alias or agent.isdisjoint(parts):
        return ""
    rest = "/".join(part for part in parts if part not in agent)
    return f"{alias} ({rest})" if rest else alias


def _alias(fields: Mapping[str, Scalar], name: str, known: Aliases) -> str:
    """What is chosen for an agent by id, else by name."""
    given = (fields.get(key) for key in (_NAMES[name], name))
    texts = (plain(value) for value in given if isinstance(value, str))
    return next((known[text] for text in texts if text in known), "")
