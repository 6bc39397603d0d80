"""Put a notice into the shape of a Slack message, within Slack's limits."""

from __future__ import annotations

import re
from typing import Any

from notifier.core.facts.state import Severity
from notifier.core.judging.notice import Notice, Reason
from notifier.core.trial.sample import TEST
from notifier.render.layout import EventView, View
from notifier.render.renderer import Renderer
from notifier.render.words import Words

COLORS = {
    "critical": "#d72b3f",
    "warning": "#e8a33d",
    "info": "#3b82c4",
    "taken": "#7d5fb2",
    "resolved": "#2eb67d",
    "closed": "#8a929e",
    "cheer": "#2eb67d",
}
# https://docs.slack.dev/reference/block-kit/blocks/section-block: 3,000 characters. Whether Slack
# counts code points or UTF-16 units is not documented: half of it is safe either way.
SECTION = 2_800
TEXT = 3_800  # characters; longer texts are cut by some clients

_ID = re.compile(r"[UWS][A-Z0-9]{6,20}")
_SHOUTS = frozenset({"here", "channel"})
_CALLS = frozenset({Reason.OPEN, Reason.RAISED})


def slack_parts(notice: Notice, renderer: Renderer) -> tuple[dict[str, Any], dict[str, Any]]:
    """The message, and the line for its thread: payloads without their metadata."""
    shown = renderer.view(notice, public=True)
    words = renderer.words(notice.conversation.language)
    parts = renderer.slack(
        template(notice, renderer), shown, words, ping=ping(notice), edit=_has_reply(notice)
    )
    text = fitting(parts.get("text", ""), TEXT)
    blocks = [
        *(section(parts[name]) for name in ("body", "roster") if parts.get(name)),
        *_actions(notice, shown, renderer, words),
        *(context(parts[name]) for name in ("footer",) if parts.get(name)),
    ]
    attachment = {"color": COLORS[tone(shown)], "blocks": blocks, "fallback": text}
    message = {"text": text, "attachments": [attachment] if blocks else [], "blocks": []}
    return message, {"text": fitting(parts.get("reply", ""), TEXT)}


def template(notice: Notice, renderer: Renderer) -> str:
    """Which template serves the notice: the rule's own, or the usual one."""
    if notice.rule.template and renderer.known(notice.rule.template):
        return notice.rule.template
    return "event" if notice.is_event else "incident"


def is_edit(notice: Notice) -> bool:
    """Whether the conversation has its message already."""
    return notice.conversation.revision > 1


def _has_reply(notice: Notice) -> bool:
    """Whether a line in the thread calls people: an incoming webhook has none but the message."""
    return is_edit(notice) and notice.conversation.kind == "slack"


def tone(shown: View | EventView) -> str:
    """Which colour the bar has."""
    taken = isinstance(shown, View) and shown.taken and not shown.closed
    return "taken" if taken else shown.tone


def _actions(
    notice: Notice, shown: View | EventView, renderer: Renderer, words: Words
) -> list[dict[str, Any]]:
    """The buttons of what is open: those that do something, and one that leads to the page."""
    about = shown.about
    leads = [_button("page", words, url=about.page)] if about.button else []
    buttons = [*(_deeds(notice, words) if _heard(notice, renderer) else ()), *leads]
    return [{"type": "actions", "elements": buttons}] if buttons else []


def _heard(notice: Notice, renderer: Renderer) -> bool:
    """Whether somebody hears which of its buttons are pressed, and there is something to take."""
    known = renderer.buttons and notice.conversation.kind == "slack"
    real = not notice.rule.drill and notice.rule.id != TEST.id and not notice.is_event
    return known and notice.open > 0 and real


def _deeds(notice: Notice, words: Words) -> list[dict[str, Any]]:
    """They carry the conversation's id and nothing else."""
    talk = notice.conversation
    taken = all(incident.acknowledged_by for incident in notice.roster if incident.open)
    acknowledge = [] if taken else [_button("acknowledge", words, value=talk.id, style="primary")]
    confirm = {
        "title": _plain(words.say("button.silence")),
        "text": _plain(words.say("button.really")),
        "confirm": _plain(words.say("button.silence")),
        "deny": _plain(words.say("button.no")),
    }
    return [*acknowledge, _button("silence", words, value=talk.id, confirm=confirm)]


def _button(action: str, words: Words, **more: Any) -> dict[str, Any]:
    text = _plain(words.say(f"button.{action}"))
    return {"type": "button", "action_id": action, "text": text, **more}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def section(text: str) -> dict[str, Any]:
    """A block of text. ``verbatim``: Slack makes no links of its own."""
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": fitting(text, SECTION), "verbatim": True},
    }


def context(text: str) -> dict[str, Any]:
    """A block of small print."""
    return {
        "type": "context",
        "elements": [{"type": "mrkdwn", "text": fitting(text, SECTION), "verbatim": True}],
    }


def fitting(text: str, longest: int) -> str:
    """Cut *text* at the end of a line: anywhere else, an escape or a link may be cut in half."""
    if _units(text) <= longest:
        return text
    kept: list[str] = []
    room = longest - 2
    for line in text.splitlines():
        room -= _units(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join([*kept, "…"])


def _units(text: str) -> int:
    """The length in UTF-16 units: a sign beyond the first plane counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def ping(notice: Notice) -> str:
    """Whom a critical message calls, as Slack writes it; only when there is news."""
    loud = any(
        item.reason in _CALLS and item.incident.severity is Severity.CRITICAL
        for item in notice.items
    )
    who = notice.rule.mention.removeprefix("@")
    if not loud or not who:
        return ""
    if who in _SHOUTS:
        return f"<!{who}>"
    if not _ID.fullmatch(who):
        return ""
    return f"<!subteam^{who}>" if who.startswith("S") else f"<@{who}>"
