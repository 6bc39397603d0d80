"""Look at Slack: the token, what it may do, and each channel that a receiver names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from notifier.channels.slack import Slack
from notifier.channels.slack_look import Identity, Place, identity, place
from notifier.core.examination.finding import Finding, fail, ok, skipped, warn
from notifier.core.judging.plan import Reach
from notifier.errors import DeliveryError

GROUP = "slack"
FIX, FIX_BUTTONS = (
    f"check NOTIFIER_SLACK__{name}, and that this machine reaches Slack: docs/slack.md"
    for name in ("BOT_TOKEN", "APP_TOKEN")
)
INSTALL = "add it to the app under OAuth & Permissions, install the app again"


class Feature(NamedTuple):
    """A scope, and what cannot be done without it.

    Attributes:
        private: It only matters where a receiver posts in a private channel.
    """

    scope: str
    what: str
    needed: bool = False
    private: bool = False


FEATURES = (
    Feature("chat:write", "post and edit messages", needed=True),
    Feature("channels:read", "find channels by name"),
    Feature(
        "channels:history", "look for a message whose answer was lost, so that none comes twice"
    ),
    Feature("groups:read", "find private channels by name", private=True),
    Feature("groups:history", "look for lost messages in private channels", private=True),
)
PUBLIC, JOIN = "chat:write.public", "channels:join"


def look(slack: Slack, reaches: Iterable[Reach], now: datetime) -> Iterator[Finding]:
    """Ask who the token is, then for each channel. Raises DeliveryError for a refused token."""
    known = identity(slack, now)
    yield ok(GROUP, "token", f"accepted: {known.user} in {known.team}")
    channels = {address: r.name for r in reaches if r.kind == "slack" for address in r.recipients}
    found = {address: _place(slack, address, now) for address in channels}
    private = any(isinstance(place, Place) and place.private for place in found.values())
    yield from _scopes(known, private=private)
    for address, receiver in channels.items():
        yield _channel(address, f"receiver {receiver}", found[address], known)


def look_at_buttons(app: Slack, token: str, now: datetime) -> Iterator[Finding]:
    """Ask whether buttons can be heard, by the app's own token. Raises DeliveryError if not."""
    app.ask("apps_connections_open", now, app_token=token)
    yield ok(GROUP, "buttons", "the app token is accepted: buttons are heard by Socket Mode")


def _scopes(known: Identity, *, private: bool) -> Iterator[Finding]:
    if known.scopes is None:
        yield skipped(GROUP, "scopes", "Slack does not say what the token may do")
        return
    wanted = [feature for feature in FEATURES if private or not feature.private]
    missing = [feature for feature in wanted if feature.scope not in known.scopes]
    for feature in missing:
        level = fail if feature.needed else warn
        text = f"{feature.scope} is missing: it cannot {feature.what}"
        yield level(GROUP, "scopes", text, INSTALL)
    if not missing:
        yield ok(GROUP, "scopes", f"all {len(wanted)} that are needed")


def _place(slack: Slack, address: str, now: datetime) -> Place | DeliveryError:
    try:
        return place(slack, address, now)
    except DeliveryError as error:
        return error


def _channel(address: str, check: str, found: Place | DeliveryError, known: Identity) -> Finding:
    if isinstance(found, DeliveryError):
        if "missing_scope" in str(found):
            return skipped(GROUP, check, f"{address}: without channels:read it cannot be looked at")
        fix = "correct `slack` of the receiver, or invite the bot into the channel"
        return fail(GROUP, check, f"{address}: {found}", fix)
    if found.archived:
        return fail(GROUP, check, f"{address} is archived", "name another channel")
    if found.member:
        return ok(GROUP, check, f"{address}: the bot is a member")
    scopes = known.scopes or frozenset()
    if not found.private and scopes & {PUBLIC, JOIN}:
        return ok(GROUP, check, f"{address}: not a member, but it may post there or join by itself")
    return fail(GROUP, check, f"{address}: the bot is no member", f"/invite @{known.user} there")
