"""Envelopes as the renderer makes them, to hand to a channel."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from notifier.core.judging.notice import Item, Notice, Reason
from notifier.core.telling.outgoing import Envelope
from notifier.render import Renderer, envelopes
from tests.edges.notices import NOW, closed, conversation, incident, notice

RENDERER = Renderer()
LATER = NOW + timedelta(seconds=5)


def of(told: Notice, form: str = "") -> Envelope:
    """Return the notice's first envelope, or its first of that form."""
    return next(e for e in envelopes(told, RENDERER) if form in ("", e.form))


def first(kind: str = "slack", recipient: str = "") -> Envelope:
    """Return the envelope that opens a conversation."""
    talk = conversation(kind)
    if recipient:
        talk = conversation(kind, recipients=(recipient,))
    return of(notice(Item(Reason.OPEN, incident()), talk=talk))


def second(form: str, kind: str = "slack", reason: Reason = Reason.CHANGE) -> Envelope:
    """Return an edit or a reply: the value went from 4 to 6.5 %."""
    talk = conversation(kind, revision=2)
    return of(notice(Item(reason, incident(), was=4.0), talk=talk), form)


def last(form: str, kind: str = "slack") -> Envelope:
    """Return what tells of the end."""
    talk = conversation(kind, revision=3)
    return of(notice(Item(Reason.CLOSE, closed(incident())), talk=talk), form)


def with_payload(envelope: Envelope, **more: Any) -> Envelope:
    """Return the envelope with some of its payload replaced."""
    payload = {**json.loads(envelope.payload), **more}
    return replace(envelope, payload=json.dumps(payload))
