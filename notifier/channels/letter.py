"""Build the mail of an envelope: the same bytes each time, so that a second copy is known as one.

No text of any kind can end a header, split the mail or keep it from being built.
"""

from __future__ import annotations

import html
import json
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Any

from notifier.core.telling.outgoing import Envelope, before_text
from notifier.errors import PermanentDeliveryError

SUBJECT = 150  # characters
HEADER = 200  # characters of any other header
LATE = "<!--late-->"  # where the HTML says that it is late


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be sent.

    Attributes:
        reference: JSON for the conversation's later mails: the thread's first Message-ID and its
            subject, because mail readers thread by both.
        utf8: The addressee's name before the @ is not ASCII: the server must know SMTPUTF8.
        pictures: It has some, without which it is smaller.
    """

    recipient: str
    content: bytes
    reference: str
    utf8: bool
    pictures: bool = False


def letter(
    envelope: Envelope,
    reference: str | None,
    sender: str,
    now: datetime,
    *,
    pictures: bool = True,
) -> Letter:
    """Build the mail. *pictures*: with those of the payload, each ``cid`` and ``png`` in base64.

    Raises:
        PermanentDeliveryError: The recipient is not a mail address.
    """
    payload: dict[str, Any] = json.loads(envelope.payload)
    recipient, utf8 = addressed(envelope.recipient)
    own, _ = addressed(split(sender)[1], "NOTIFIER_SMTP__SENDER")
    domain = own.rpartition("@")[2]
    number = f"<notifier.{envelope.id}@{domain}>"
    thread = _thread(reference)
    subject = thread.get("subject") or one_line(str(payload.get("subject", "")), SUBJECT)
    policy = SMTPUTF8 if utf8 else SMTP
    message = EmailMessage(policy=policy)
    message["Subject"] = subject or "notifier"
    message["From"] = _from(sender, own)
    message["To"] = recipient
    message["Date"] = format_datetime(envelope.queued_at.astimezone(UTC))
    message["Message-ID"] = number
    if root := thread.get("root"):
        message["In-Reply-To"] = root
        message["References"] = root
    _mark(message, envelope, payload, domain)
    if not pictures:
        payload.pop("pictures", None)
    _fill(message, envelope, payload, now)
    known = json.dumps({"root": thread.get("root") or number, "subject": subject})
    shown = bool(payload.get("pictures"))
    return Letter(recipient, message.as_bytes(policy=policy), known, utf8, shown)


def addressed(address: str, what: str = "The recipient") -> tuple[str, bool]:
    """Return an address with its domain in ASCII, and whether its local part is not.

    Raises:
        PermanentDeliveryError: It is not a mail address.
    """
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
        Address(username=local, domain=domain)
    except (UnicodeError, ValueError, IndexError):
        domain = ""
    clean = local.isprintable() and not any(sign in local for sign in ' <>()[],;:\\"@')
    if (
        not local
        or not domain
        or not clean
        or not domain.replace("-", "").replace(".", "").isalnum()
    ):
        raise PermanentDeliveryError(f"{what} is not a mail address; correct it.")
    return f"{local}@{domain}", not local.isascii()


def split(sender: str) -> tuple[str, str]:
    """Take ``Name <address>`` apart; the name may be missing, and may hold anything."""
    name, bracket, address = sender.strip().removesuffix(">").rpartition("<")
    return (name.strip(' "'), address) if bracket else ("", sender.strip())


def one_line(text: str, longest: int = HEADER) -> str:
    """Return *text* fit for a header: printable, on one line, and no encoded word in disguise."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    shown = " ".join(shown.split()).replace("=?", "= ?")
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _thread(reference: str | None) -> dict[str, str]:
    known: dict[str, str] = json.loads(reference) if reference else {}
    return known


def _from(sender: str, own: str) -> Address:
    name = one_line(split(sender)[0])
    local, _, domain = own.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _mark(message: EmailMessage, envelope: Envelope, payload: dict[str, Any], domain: str) -> None:
    """Say that a machine wrote it, and by what to sort it."""
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday notes are not sent back
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    message["List-Id"] = f"<{_label(envelope.receiver)}.notifier.{domain}>"
    marks = {
        "Id": envelope.id,
        "Incident": envelope.incident,
        "Conversation": envelope.conversation,
        "Revision": str(envelope.revision),
        "Reason": envelope.reason,
        "Receiver": envelope.receiver,
        "Rule": str(payload.get("rule", "")),
        "Operation": str(payload.get("operation", "")),
        "Severity": str(payload.get("severity", "")),
    }
    for name, value in marks.items():
        if line := one_line(value):
            message[f"X-Notifier-{name}"] = line
    if payload.get("high"):
        message["Importance"] = "high"


def _label(name: str) -> str:
    kept = "".join(
        sign for sign in name.lower() if sign.isascii() and (sign.isalnum() or sign in "-_")
    )
    return kept or "receiver"


def _fill(
    message: EmailMessage, envelope: Envelope, payload: dict[str, Any], now: datetime
) -> None:
    """Put in both texts. ``=_`` cannot stand in quoted-printable, so no text holds the boundary."""
    text, page = _sound(str(payload.get("text", ""))), _sound(str(payload.get("html", "")))
    late = _sound(before_text(payload, late=now >= envelope.give_up_at))
    if late:
        text = f"{late}\n\n{text}"
    message.set_content(text, cte="quoted-printable")
    if page:
        page = page.replace(LATE, html.escape(late), 1)
        message.add_alternative(page, subtype="html", cte="quoted-printable")
        message.set_boundary(f"=_notifier_{envelope.id}")
        _illustrate(message, envelope, payload.get("pictures") or ())


def _illustrate(
    message: EmailMessage, envelope: Envelope, pictures: Iterable[dict[str, str]]
) -> None:
    """Put pictures beside the HTML that shows them; the boundary is the same each time."""
    page = message.get_body(("html",))
    for picture in pictures:
        assert isinstance(page, EmailMessage)  # noqa: S101  # it was just put there
        page.add_related(
            b64decode(picture["png"]), "image", "png", cid=f"<{picture['cid']}>",
            disposition="inline", filename=f"{picture['cid']}.png",
        )  # fmt: skip
        page.set_boundary(f"=_pictures_{envelope.id}")


def _sound(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
