"""Put a notice into plain texts and data, for channels that have no look of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from notifier.core.facts.state import Incident, Scalar, Severity
from notifier.core.judging.notice import Notice
from notifier.render.address import page_of, page_of_incident
from notifier.render.clean import NAME, SENTENCE, one_line, scrubbed
from notifier.render.layout import EventView
from notifier.render.renderer import Renderer

EVENT_LASTS = timedelta(minutes=5)  # an Alertmanager knows no moments, only spans
LABELS = 20  # of a rule, that go along
BODY = 8_000  # characters
MARKS = "🔴🟠🔵✅⚪⏸️🎉 "  # the signs that a line may begin with


def text_payload(notice: Notice, renderer: Renderer, *, public: bool) -> dict[str, Any]:
    """A title and a text that does not say it again, for Teams and Apprise."""
    whole = _texts(notice, renderer, public=public)
    page = page_of(notice, renderer.page)
    label = renderer.words(notice.conversation.language).say("button.page")
    leads = {"page": page, "page_label": label} if page else {}
    return {**whole, "text": _beyond(whole["title"], whole["text"]), **leads}


def _texts(notice: Notice, renderer: Renderer, *, public: bool) -> dict[str, str]:
    shown = renderer.view(notice, public=public)
    words = renderer.words(notice.conversation.language)
    name = "event" if notice.is_event else "incident"
    return {
        "title": one_line(shown.subject),
        "text": _bounded(renderer.mail_text(name, shown, words)),
        "tone": shown.tone,
    }


def _beyond(title: str, text: str) -> str:
    """What *text* says beyond its *title*, which a mail begins with, too."""
    lines = [line for line in text.splitlines() if line.strip() != "--"]
    while lines and lines[0].lstrip(MARKS) in title:
        lines.pop(0)
    return "\n".join(lines) or text


def data_payload(notice: Notice, renderer: Renderer) -> dict[str, Any]:
    """The same with its facts, for programs."""
    return {
        **_texts(notice, renderer, public=False),
        "operation": notice.conversation.operation,
        "rule": notice.rule.id,
        "severity": notice.rule.severity.value,
        "state": "event" if notice.is_event else "open" if notice.open else "closed",
        "open": notice.open,
        "members": notice.members,
        "owner": scrubbed(notice.rule.owner, NAME),
        "runbook": notice.rule.runbook,
        "labels": _labels(notice),
        "page": page_of(notice, renderer.page),
        "incidents": [_incident(incident) for incident in notice.roster],
        "events": _events(notice, renderer),
    }


def _bounded(text: str) -> str:
    kept: list[str] = []
    room = BODY
    for line in text.splitlines():
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*kept, "…"])
        kept.append(line)
    return "\n".join(kept)


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "entity": scrubbed(incident.key.entity, NAME),
        "severity": incident.severity.value,
        "state": "open" if incident.open else "closed",
        "since": _time(incident.since),
        "opened_at": _time(incident.opened_at),
        "closed_at": _time(incident.closed_at),
        "value": _value(incident.value),
        "worst": _value(incident.worst),
        "unit": incident.unit,
        "threshold": incident.threshold,
    }


def _events(notice: Notice, renderer: Renderer) -> list[str]:
    """What may be said of each event; customer data are not among it."""
    if not notice.events:
        return []
    shown = renderer.view(notice, public=False)
    return list(shown.lines) if isinstance(shown, EventView) else []


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _value(value: Scalar) -> Scalar:
    return scrubbed(value, NAME) if isinstance(value, str) else value


def _labels(notice: Notice) -> dict[str, str]:
    bounded = list(notice.rule.labels.items())[:LABELS]
    return {name: scrubbed(value, NAME) for name, value in bounded}


# ---- Alertmanager ----


def alerts_payload(notice: Notice, renderer: Renderer) -> dict[str, Any]:
    """The alerts of the notice's incidents, those that ended with their end."""
    shown = renderer.view(notice, public=False)
    said, root = scrubbed(shown.headline, SENTENCE), renderer.page
    if notice.is_event:
        return {"alerts": [_leading(_event_alert(notice, said), page_of(notice, root))]}
    changed = [item.incident for item in notice.items]
    incidents = {i.id: i for i in (*changed, *notice.roster)}
    return {
        "alerts": [
            _leading(alert, page_of_incident(incident, root))
            for incident in incidents.values()
            for alert in _alerts(notice, incident, said)
        ]
    }


def _leading(alert: dict[str, Any], page: str) -> dict[str, Any]:
    return {**alert, "generatorURL": page} if page else alert


def _alerts(notice: Notice, incident: Incident, said: str) -> list[dict[str, Any]]:
    """An alert is known by its labels, and the severity is one: a raised one ends the lower one."""
    ended = _time(incident.closed_at)
    first = min(notice.rule.severity, incident.severity, key=lambda each: each.rank)
    lower = [s for s in Severity if first.rank <= s.rank < incident.severity.rank]
    alerts = [_alert(notice, incident, s, ended or _time(notice.at), said) for s in lower]
    return [*alerts, _alert(notice, incident, incident.severity, ended, said)]


def _alert(
    notice: Notice, incident: Incident, severity: Severity, ends: str | None, said: str
) -> dict[str, Any]:
    alert: dict[str, Any] = {
        "labels": _own_labels(notice, scrubbed(incident.key.entity, NAME), severity),
        "annotations": {
            "summary": said,
            "incident": incident.id,
            **({} if incident.value is None else {"value": str(_value(incident.value))}),
            **({"runbook_url": notice.rule.runbook} if notice.rule.runbook else {}),
        },
        "startsAt": _time(incident.opened_at),
    }
    return {**alert, "endsAt": ends} if ends else alert


def _event_alert(notice: Notice, said: str) -> dict[str, Any]:
    return {
        "labels": _own_labels(notice, notice.conversation.id, Severity.INFO),
        "annotations": {"summary": said},
        "startsAt": _time(notice.at),
        "endsAt": _time(notice.at + EVENT_LASTS),
    }


def _own_labels(notice: Notice, entity: str, severity: Severity) -> dict[str, str]:
    """Ours win over the rule's own: an alert is found again by them."""
    given = {_name(name): value for name, value in _labels(notice).items()}
    return {
        **given,
        "alertname": notice.rule.id,
        "operation": notice.conversation.operation,
        "entity": entity or notice.conversation.operation,
        "severity": severity.value,
    }


def _name(label: str) -> str:
    """A label's name as Prometheus knows them: letters, digits and _."""
    kept = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in label)
    return f"_{kept}" if kept[:1].isdigit() else kept or "_"
