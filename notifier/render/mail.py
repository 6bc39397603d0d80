"""Put a notice into the two parts of a mail, and its subject."""

from __future__ import annotations

from typing import Any

from notifier.core.judging.notice import Notice
from notifier.render.clean import one_line
from notifier.render.renderer import Renderer
from notifier.render.slack import COLORS, tone

HIGH = frozenset({"critical"})  # tones that mark a mail as important


def mail_payload(notice: Notice, renderer: Renderer) -> dict[str, Any]:
    """What the mail channel needs: the texts, and what its headers say.

    The subject is that of a conversation's first mail; the channel keeps it for later ones, so
    that mail readers keep them together.
    """
    shown = renderer.view(notice, public=False)
    words = renderer.words(notice.conversation.language)
    name = "event" if notice.is_event else "incident"
    return {
        "subject": one_line(shown.subject),
        "text": renderer.mail_text(name, shown, words),
        "html": renderer.mail_html(name, shown, words, COLORS[tone(shown)]),
        "high": shown.tone in HIGH,
        "rule": one_line(notice.rule.id),
        "operation": one_line(notice.conversation.operation),
        "severity": shown.tone,
    }
