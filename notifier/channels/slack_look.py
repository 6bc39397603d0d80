"""Look at a Slack workspace as the bot sees it: its token, scopes and channels; posts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notifier.channels.slack import Slack


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token is.

    Attributes:
        scopes: What it may do; None where Slack does not say.
    """

    team: str
    user: str
    scopes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Place:
    """A channel as the bot sees it."""

    id: str
    member: bool
    archived: bool
    private: bool


def identity(slack: Slack, now: datetime) -> Identity:
    """Return who the token is.

    Raises:
        DeliveryError: Slack refuses it, or cannot be reached.
    """
    answer = slack.ask("auth_test", now)
    headers = {name.lower(): value for name, value in dict(answer.headers).items()}
    scopes = headers.get("x-oauth-scopes")
    return Identity(
        team=str(answer.get("team", "")),
        user=str(answer.get("user", "")),
        scopes=None if scopes is None else frozenset(part.strip() for part in scopes.split(",")),
    )


def place(slack: Slack, recipient: str, now: datetime) -> Place:
    """Return what is known of a channel.

    Raises:
        DeliveryError: there is none that the bot can see.
    """
    channel = slack.resolve(recipient, now)
    found = slack.ask("conversations_info", now, channel=channel).get("channel") or {}
    return Place(
        id=str(found.get("id", channel)),
        member=bool(found.get("is_member")),
        archived=bool(found.get("is_archived")),
        private=bool(found.get("is_private") or found.get("is_im")),
    )
