"""Say which messages a notice becomes, for each recipient and kind of channel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from notifier.core.facts.state import digest
from notifier.core.judging.notice import Notice, Reason
from notifier.core.telling.outgoing import Envelope
from notifier.render.data import alerts_payload, data_payload, text_payload
from notifier.render.mail import mail_payload
from notifier.render.marks import marks
from notifier.render.renderer import Renderer
from notifier.render.slack import is_edit, slack_parts

EVENT_TYPE = "notifier_message"

_WORST_FIRST = (
    Reason.OPEN, Reason.RAISED, Reason.REPEAT, Reason.CLOSE, Reason.EVENT, Reason.CHANGE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One rendered message before it is addressed."""

    form: str
    payload: Mapping[str, Any]
    order: int = 0
    droppable: bool = False


def envelopes(notice: Notice, renderer: Renderer) -> list[Envelope]:
    """Render *notice* once, and address it to each recipient of its conversation.

    The same notice gives the same envelopes, ids and payloads included.

    Raises:
        RenderError: A shipped template failed.
    """
    match notice.conversation.kind:
        case "slack":
            sheets = _slack(notice, renderer)
        case "email":
            sheets = _mail(notice, renderer)
        case "alertmanager":
            sheets = _alerts(notice, renderer)
        case "webhook":
            sheets = _data(notice, renderer)
        case "teams" | "apprise":
            sheets = _texts(notice, renderer)
        case _:
            sheets = _webhook(notice, renderer)
    return [
        _addressed(notice, sheet, recipient)
        for recipient in notice.conversation.recipients
        for sheet in sheets
    ]


def _slack(notice: Notice, renderer: Renderer) -> list[_Sheet]:
    """One living message: posted once, edited after that, its history in the thread."""
    message, line = slack_parts(notice, renderer)
    said = marks(notice, renderer, public=True)
    message |= said
    line |= {"late": said["late"], "again": said["again"]}
    if not is_edit(notice):
        return [_Sheet("post", message)]
    quiet = notice.reasons <= {Reason.CHANGE}
    # Whoever follows the thread would notice: not what is to be silent, nor each other number.
    if all(item.silent or item.merely_moved for item in notice.items):
        return [_Sheet("edit", message, droppable=notice.open > 0)]
    loud = any(i.reason.notifies and i.reason is not Reason.CLOSE for i in notice.items)
    return [
        _Sheet("edit", message, droppable=quiet),
        _Sheet("reply", {**line, "reply_broadcast": loud}, order=1, droppable=quiet),
    ]


def _webhook(notice: Notice, renderer: Renderer) -> list[_Sheet]:
    """Posts only: nothing can be edited, so that mere changes are not told."""
    if not _worth_a_message(notice):
        return []
    message, _ = slack_parts(notice, renderer)
    return [_Sheet("post", {**message, **marks(notice, renderer, public=True)})]


def _mail(notice: Notice, renderer: Renderer) -> list[_Sheet]:
    if not _worth_a_message(notice):
        return []
    said = marks(notice, renderer, public=False)
    return [_Sheet("mail", {**mail_payload(notice, renderer), **said})]


def _texts(notice: Notice, renderer: Renderer) -> list[_Sheet]:
    if not _worth_a_message(notice):
        return []
    said = marks(notice, renderer, public=True)
    return [_Sheet("post", {**text_payload(notice, renderer, public=True), **said})]


def _data(notice: Notice, renderer: Renderer) -> list[_Sheet]:
    """Programs are told what people are; a mere change gives way to a newer one."""
    quiet = notice.reasons <= {Reason.CHANGE}
    said = marks(notice, renderer, public=False)
    return [_Sheet("data", {**data_payload(notice, renderer), **said}, droppable=quiet)]


def _alerts(notice: Notice, renderer: Renderer) -> list[_Sheet]:
    """The last one delivered is repeated while it is open: each holds all members."""
    quiet = notice.reasons <= {Reason.CHANGE}
    return [_Sheet("data", alerts_payload(notice, renderer), droppable=quiet)]


def _worth_a_message(notice: Notice) -> bool:
    loud = any(item.reason.notifies and not item.silent for item in notice.items)
    return loud or (notice.is_event and not notice.corrects)


def _addressed(notice: Notice, sheet: _Sheet, recipient: str) -> Envelope:
    talk = notice.conversation
    number = digest(talk.id, recipient, str(talk.revision), sheet.form)
    payload = dict(sheet.payload)
    if talk.kind == "slack":
        payload["metadata"] = _metadata(number, notice)
    return Envelope(
        id=number,
        conversation=talk.id,
        incident=talk.incident,
        receiver=talk.receiver,
        recipient=recipient,
        kind=talk.kind,
        revision=talk.revision,
        form=sheet.form,
        reason=_reason(notice.reasons).value,
        payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
        queued_at=notice.at,
        give_up_at=notice.give_up_at or notice.at,
        order=sheet.order,
        droppable=sheet.droppable,
    )


def _metadata(number: str, notice: Notice) -> dict[str, Any]:
    """How a message is found again. Every member of the workspace may read it."""
    talk = notice.conversation
    event = {"id": number, "incident": talk.incident, "revision": talk.revision}
    return {"event_type": EVENT_TYPE, "event_payload": event}


def _reason(reasons: Iterable[Reason]) -> Reason:
    known = set(reasons)
    return next((reason for reason in _WORST_FIRST if reason in known), Reason.CHANGE)
