"""Put a notice into the two parts of a mail, and its subject."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from notifier.core.judging.notice import Notice
from notifier.render.clean import one_line
from notifier.render.layout import EventView, Picture, View
from notifier.render.picture import picture
from notifier.render.renderer import Renderer
from notifier.render.slack import COLORS, tone

CHART = "chart"  # what the picture is called within its mail
HIGH = frozenset({"critical"})  # tones that mark a mail as important


def mail_payload(notice: Notice, renderer: Renderer) -> dict[str, Any]:
    """What a mail is built from when it is sent.

    ``subject``, ``text``, ``html``, whether it is ``high``, what to sort by, and the ``pictures``
    that the HTML shows, each with its ``cid`` and its ``png`` in base64.
    """
    shown = renderer.view(notice, public=False)
    words = renderer.words(notice.conversation.language)
    name = "event" if notice.is_event else "incident"
    drawn = _drawn(notice, shown)
    chart = _described(notice, renderer) if drawn else None
    html = renderer.mail_html(name, shown, words, COLORS[tone(shown)], chart)
    return {
        "subject": one_line(shown.subject),
        "text": renderer.mail_text(name, shown, words),
        "html": html,
        "high": shown.tone in HIGH,
        "rule": one_line(notice.rule.id),
        "operation": one_line(notice.conversation.operation),
        "severity": shown.tone,
        **(_pictures(drawn) if f"cid:{CHART}" in html else {}),
    }


def framed(payload: Mapping[str, Any]) -> str:
    """The HTML of a mail, its pictures in it: for a browser, which has not got the mail."""
    page = str(payload["html"])
    for found in payload.get("pictures", ()):
        page = page.replace(f"cid:{found['cid']}", f"data:image/png;base64,{found['png']}")
    return page


def _drawn(notice: Notice, shown: View | EventView) -> bytes:
    """The course of the one incident that a mail is about; nothing for several, or for events."""
    if not isinstance(shown, View) or not shown.single or not notice.roster:
        return b""
    incident = notice.roster[0]
    return picture(incident.trend, incident.threshold)


def _described(notice: Notice, renderer: Renderer) -> Picture:
    incident, manner = notice.roster[0], renderer.manner(notice, public=False)
    ends = incident.trend[0], incident.trend[-1], min(incident.trend), max(incident.trend)
    first, last, lowest, highest = (manner.value(value, incident.unit) for value in ends)
    says = manner.words.say(
        "picture.says",
        n=manner.number(len(incident.trend)), first=first, last=last, lowest=lowest,
        highest=highest,
    )  # fmt: skip
    return Picture(CHART, says, first, f"{last} · {manner.time(incident.seen_at, notice.at)}")


def _pictures(drawn: bytes) -> dict[str, Any]:
    return {"pictures": [{"cid": CHART, "png": b64encode(drawn).decode("ascii")}]}
