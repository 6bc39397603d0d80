"""Look at the mail server: reach it, encrypt, log in, name the sender. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator

from notifier.channels.email import Email
from notifier.core.examination.finding import Finding, ok, warn

GROUP = "mail"
FIX = "check NOTIFIER_SMTP__HOST, __PORT, __SECURITY, __USERNAME and __PASSWORD"


def look(email: Email) -> Iterator[Finding]:
    """Raises DeliveryError where the server refuses or cannot be reached."""
    said = email.rehearse()
    where = f"{email.host}:{email.port}"
    yield ok(GROUP, "server", f"{where} takes mail from {email.sender}: {said}")
    if email.security == "none" and email.username:
        text = "the password goes over a line that is not encrypted"
        yield warn(GROUP, "encryption", text, "set NOTIFIER_SMTP__SECURITY to starttls or implicit")
    if email.sender.endswith("@localhost"):
        text = f"mail comes from {email.sender}, which most servers refuse in the end"
        yield warn(GROUP, "sender", text, "set NOTIFIER_SMTP__SENDER")
