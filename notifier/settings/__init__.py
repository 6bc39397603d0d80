"""The environment's say: secrets and paths. What the bot does is in the rules file."""

from notifier.settings.load import LOOPBACK, load_settings, rules_file, unknown_variables
from notifier.settings.model import Settings, Slack, Smtp, Web, Webhook, variables

__all__ = [
    "LOOPBACK",
    "Settings",
    "Slack",
    "Smtp",
    "Web",
    "Webhook",
    "load_settings",
    "rules_file",
    "unknown_variables",
    "variables",
]
