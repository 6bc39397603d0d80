"""Send one marked message through a receiver's real channel."""

from __future__ import annotations

from notifier import logs
from notifier.app import channel_for, rendering
from notifier.clocks import REAL
from notifier.core.judging.plan import Reach
from notifier.core.judging.planning import plan
from notifier.core.rules.compiled import Rulebook
from notifier.core.trial.sample import marked_notice
from notifier.errors import ConfigError, DeliveryError
from notifier.rules import read_rules
from notifier.settings import load_settings


def send_test(receiver: str) -> int:
    """Send it and say how it went.

    Raises:
        ConfigError: there is no such receiver, or its channel is not set up.
        DeliveryError: the channel did not take the message.
    """
    settings = load_settings()
    logs.configure(settings.log_format, "error")
    reach = _reach(read_rules(settings.rules), receiver)
    now = REAL.now()
    channel = channel_for(settings, reach.kind)
    for envelope in rendering(settings)(marked_notice(reach, now)):
        try:
            delivered = channel.send(envelope, None, now)
        except DeliveryError as error:
            raise DeliveryError(
                f"{receiver} ({envelope.recipient}) did not take it: {error}"
            ) from error
        print(f"{receiver}: {envelope.recipient} took it {delivered.detail}".rstrip())
    return 0


def _reach(book: Rulebook, receiver: str) -> Reach:
    reaches = {reach.name: reach for reach in plan(book).reaches.values()}
    if receiver not in reaches:
        known = ", ".join(sorted(reaches)) or "none"
        raise ConfigError(f"there is no receiver `{receiver}`; the rules file has {known}")
    return reaches[receiver]
