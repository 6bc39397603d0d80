"""Look at Slack: the token, what it may do, and each channel that a receiver names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from notifier.channels.slack import Slack
from notifier.channels.slack_look import Identity, identity, place
from notifier.core.finding import Finding, fail, ok, skipped, warn
from notifier.core.plan import Reach
from notifier.errors import DeliveryError

GROUP = "slack"
INSTALL = "add it to the app under OAuth & Permissions, install the app again"


class Feature(NamedTuple):
    """A scope, and what cannot be done without it."""

    scope: str
    what: str
    needed: bool = False


FEATURES = (
    Feature("chat:write", "post and edit messages", needed=True),
    Feature("channels:read", "find channels by name"),
    Feature(
        "channels:history", "look for a message whose answer was lost, so that none comes twice"
    ),
)
PUBLIC = "chat:write.public"


def look(slack: Slack, reaches: Iterable[Reach], now: datetime) -> Iterator[Finding]:
    """Ask who the token is, then for each channel. Raises DeliveryError for a refused token."""
    known = identity(slack, now)
    yield ok(GROUP, "token", f"accepted: {known.user} in {known.team}")
    yield from _scopes(known)
    channels = {address: r.name for r in reaches if r.kind == "slack" for address in r.recipients}
    for address, receiver in channels.items():
        yield _channel(slack, address, receiver, known, now)


def _scopes(known: Identity) -> Iterator[Finding]:
    if known.scopes is None:
        yield skipped(GROUP, "scopes", "Slack does not say what the token may do")
        return
    missing = [feature for feature in FEATURES if feature.scope not in known.scopes]
    for feature in missing:
        level = fail if feature.needed else warn
        text = f"{feature.scope} is missing: it cannot {feature.what}"
        yield level(GROUP, "scopes", text, INSTALL)
    if not missing:
        yield ok(GROUP, "scopes", f"all {len(FEATURES)} that are needed")


def _channel(slack: Slack, address: str, receiver: str, known: Identity, now: datetime) -> Finding:
    check = f"receiver {receiver}"
    try:
        found = place(slack, address, now)
    except DeliveryError as error:
        if "missing_scope" in str(error):
            return skipped(GROUP, check, f"{address}: without channels:read it cannot be looked at")
        fix = "correct `slack` of the receiver, or invite the bot into the channel"
        return fail(GROUP, check, f"{address}: {error}", fix)
    if found.archived:
        return fail(GROUP, check, f"{address} is archived", "name another channel")
    if found.member:
        return ok(GROUP, check, f"{address}: the bot is a member")
    if not found.private and known.scopes is not None and PUBLIC in known.scopes:
        return ok(GROUP, check, f"{address}: not a member, but it may post in public channels")
    return fail(GROUP, check, f"{address}: the bot is no member", f"/invite @{known.user} there")
