"""Carry rendered messages to people: one module for each kind of channel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from notifier.channels import alertmanager, signed
from notifier.channels.alertmanager import Alertmanager
from notifier.channels.apprise import Apprise
from notifier.channels.base import Channel, Delivered
from notifier.channels.email import Email, Security
from notifier.channels.signed import Webhook
from notifier.channels.slack import Slack
from notifier.channels.teams import Teams
from notifier.channels.webhook import SlackWebhook

__all__ = [
    "Alertmanager", "Apprise", "Channel", "Delivered", "Email", "Slack", "SlackWebhook", "Teams",
    "Webhook", "channels", "shown"]  # fmt: skip


class Secret(Protocol):
    """What is not shown unless it is asked for."""

    def get_secret_value(self) -> str:
        """The secret itself."""
        ...


class SlackSettings(Protocol):
    """What the settings say of Slack."""

    @property
    def bot_token(self) -> Secret | None: ...
    @property
    def base_url(self) -> str | None: ...


class SmtpSettings(Protocol):
    """What the settings say of the mail server."""

    @property
    def host(self) -> str: ...
    @property
    def actual_port(self) -> int: ...
    @property
    def security(self) -> Security: ...
    @property
    def username(self) -> str | None: ...
    @property
    def password(self) -> Secret | None: ...
    @property
    def oauth_token_file(self) -> Path | None: ...
    @property
    def sender(self) -> str | None: ...


class ChannelSettings(Protocol):
    """What channels need of the settings."""

    @property
    def slack(self) -> SlackSettings: ...
    @property
    def smtp(self) -> SmtpSettings: ...
    @property
    def slack_webhook_for(self) -> Callable[[str], Secret]: ...
    @property
    def webhook_for(self) -> Callable[[str], signed.Place]: ...
    @property
    def alertmanager_for(self) -> Callable[[str], alertmanager.Place]: ...
    @property
    def teams_for(self) -> Callable[[str], Secret]: ...
    @property
    def apprise_for(self) -> Callable[[str], Secret]: ...


def channels(settings: ChannelSettings) -> tuple[Channel, ...]:
    """One channel of each kind. What is not set is said when a message needs it."""
    slack = Slack(shown(settings.slack.bot_token), settings.slack.base_url)
    return (
        slack,
        SlackWebhook(lambda name: settings.slack_webhook_for(name).get_secret_value()),
        Webhook(settings.webhook_for),
        Alertmanager(settings.alertmanager_for),
        Teams(lambda name: settings.teams_for(name).get_secret_value()),
        Apprise(lambda name: settings.apprise_for(name).get_secret_value()),
        _email(settings.smtp),
    )


def _email(smtp: SmtpSettings) -> Email:
    return Email(
        host=smtp.host,
        port=smtp.actual_port,
        security=smtp.security,
        sender=smtp.sender or smtp.username or "notifier@localhost",
        username=smtp.username or "",
        password=shown(smtp.password),
        token_file=smtp.oauth_token_file,
    )


def shown(secret: Secret | None) -> str:
    """A secret as it is sent; empty where none is set."""
    return secret.get_secret_value() if secret is not None else ""
